package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// The price of one USDC in USD as each operator saw it, times 10^priceExpo.
const (
	acmePrice   = 99_980_000
	globexPrice = 99_960_000
	priceExpo   = -8
)

func stepFederate(ctx context.Context, w *world, d *detail) error {
	if err := w.agreeOnPrice(ctx, d); err != nil {
		return err
	}
	preview, err := ask[node.FederatePreview](ctx, w.acme, "federate/preview", node.PeerRequest{Peer: w.globex.ready.Peer})
	if err != nil {
		return err
	}
	w.treaty = preview.TreatyHash
	d.add("terms", preview.Lines)
	d.add("lines", len(preview.Lines))
	if err := bothBind(preview); err != nil {
		return err
	}
	if err := w.sign(ctx, preview, d); err != nil {
		return err
	}
	return w.sameTreaty(ctx, d)
}

// agreeOnPrice makes the price round that calls will name: both operators sign
// what they observed, and both nodes take the median of the two.
func (w *world) agreeOnPrice(ctx context.Context, d *detail) error {
	var round node.ImportRound
	for _, o := range w.orgs() {
		value := int64(acmePrice)
		if o == w.globex {
			value = globexPrice
		}
		s, err := ask[node.Observation](ctx, o, "oracle/sign", node.SignPrice{Base: "USDC", Quote: "USD", Value: value, Expo: priceExpo, Source: o.name})
		if err != nil {
			return err
		}
		round.Observations = append(round.Observations, s.Observation)
	}
	for i, o := range w.orgs() {
		r, err := ask[node.Round](ctx, o, "oracle/import", round)
		if err != nil {
			return err
		}
		if i > 0 && r.ID != w.round.ID {
			return fmt.Errorf("the price round is %s at %s and %s at %s", w.round.ID, w.acme.name, r.ID, o.name)
		}
		w.round = r
	}
	d.add("price_round", w.round.ID.String())
	d.add("price", w.round.Price)
	return nil
}

// bothBind checks that the terms differ as they were written: somewhere the one
// side is stricter, somewhere the other.
func bothBind(p node.FederatePreview) error {
	seen := map[string]bool{}
	for _, l := range p.Lines {
		seen[l.Stricter] = true
		if l.Stricter == "both" {
			seen["ours"], seen["theirs"] = true, true
		}
	}
	if !seen["ours"] || !seen["theirs"] {
		return fmt.Errorf("each side should bind somewhere; the lines say %v", seen)
	}
	return nil
}

// sign has Acme propose what it saw, and Globex's operator accept what waits.
func (w *world) sign(ctx context.Context, p node.FederatePreview, d *detail) error {
	proposed, err := ask[node.PeerInfo](ctx, w.acme, "federate/propose", node.Propose{Peer: w.globex.ready.Peer, Accept: p.TreatyHash})
	if err != nil {
		return err
	}
	d.add("state_after_proposal", proposed.State)
	if proposed.State == "active" {
		return errors.New("the treaty is active although only one side has signed")
	}
	err = until(ctx, "the proposal at Globex", func() (bool, string, error) {
		waiting, err := ask[node.PeerList](ctx, w.globex, "federate/pending", node.Empty{})
		if err != nil || len(waiting.Peers) == 0 {
			return false, "nothing pending", err
		}
		return waiting.Peers[0].DID == w.acme.did, "another peer pending", nil
	})
	if err != nil {
		return err
	}
	accepted, err := ask[node.PeerInfo](ctx, w.globex, "federate/accept", node.AcceptTreaty{DID: w.acme.did, Accept: p.TreatyHash})
	if err != nil {
		return err
	}
	if accepted.State != "active" {
		return fmt.Errorf("the treaty is %s at Globex after both have signed", accepted.State)
	}
	return nil
}

// sameTreaty waits until both hold the treaty as active, and compares its bytes.
func (w *world) sameTreaty(ctx context.Context, d *detail) error {
	files := map[*org]wire.Raw{}
	for _, o := range w.orgs() {
		var p node.PeerInfo
		err := until(ctx, "the treaty to be active at "+o.name, func() (done bool, last string, err error) {
			p, err = o.peer(ctx, w.other(o).did)
			return p.State == "active", p.State, err
		})
		if err != nil {
			return err
		}
		if p.Treaty == nil || *p.Treaty != w.treaty {
			return fmt.Errorf("%s holds treaty %v, %s was agreed", o.name, p.Treaty, w.treaty)
		}
		f, err := ask[node.Files](ctx, o, "export", node.Empty{})
		if err != nil {
			return err
		}
		files[o] = f.Files["treaty.json"]
	}
	if len(files[w.acme]) == 0 || string(files[w.acme]) != string(files[w.globex]) {
		return errors.New("the two organisations hold different treaty files")
	}
	env, body, err := treatyBody(files[w.acme])
	if err != nil {
		return err
	}
	d.add("treaty", env.ID().String())
	d.add("signatures", len(env.Signatures))
	d.add("effective_a_to_b", body.Effective.AToB)
	d.add("effective_b_to_a", body.Effective.BToA)
	d.add("credit_minor", body.Money.CreditMinor)
	d.add("max_unvouchered_minor", body.Money.MaxUnvoucheredMinor)
	d.add("state", "active at both")
	if body.Money.CreditMinor != 300 || body.Money.MaxUnvoucheredMinor != 100 {
		return errors.New("the treaty does not take the stricter money terms")
	}
	return nil
}

// treatyTerms is the part of a treaty that the demo shows.
type treatyTerms struct {
	Effective struct {
		AToB string `json:"a_to_b"`
		BToA string `json:"b_to_a"`
	} `json:"effective"`
	Money struct {
		CreditMinor         uint64 `json:"credit_minor"`
		MaxUnvoucheredMinor uint64 `json:"max_unvouchered_minor"`
	} `json:"money"`
}

func treatyBody(doc wire.Raw) (*wire.Envelope, treatyTerms, error) {
	var env wire.Envelope
	var body treatyTerms
	if err := wire.Unmarshal(doc, &env, wire.DocumentLimits); err != nil {
		return nil, body, fmt.Errorf("treaty file: %w", err)
	}
	if err := wire.UnmarshalLenient(env.Body, &body, wire.DocumentLimits); err != nil {
		return nil, body, fmt.Errorf("treaty file: %w", err)
	}
	return &env, body, nil
}
