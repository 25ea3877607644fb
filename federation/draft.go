package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// draft is the treaty that the newest attestations of both sides make.
type draft struct {
	treaty       *Treaty
	id           wire.Digest
	ours, theirs signed
	oursEnv      *wire.Envelope
	inForce      bool // it is the treaty both have signed already
}

// draft computes the next treaty with a connected peer.
func (s *Service) draft(ctx context.Context, rec Record) (*draft, error) {
	if err := rec.usable(); err != nil {
		return nil, err
	}
	theirs, _, err := s.fetch(ctx, rec, nil)
	if err != nil {
		return nil, err
	}
	ours, env, err := s.issue(ctx, rec.DID)
	if err != nil {
		return nil, err
	}
	d := &draft{ours: ours, theirs: theirs, oursEnv: env}
	after, err := s.latest(rec)
	if err != nil {
		return nil, err
	}
	if rec.Treaty != nil && after.madeOf(ours, theirs) {
		d.treaty, d.id, d.inForce = after, *rec.Treaty, true
		return d, nil
	}
	if d.treaty, err = compute(ours, theirs, after); err != nil {
		return nil, err
	}
	d.id, err = wire.DigestOf(d.treaty)
	return d, err
}

// latest reads the treaty that the next one follows, nil for the first.
func (s *Service) latest(rec Record) (*Treaty, error) {
	id := rec.latest()
	if id == nil {
		return nil, nil
	}
	env, err := s.stored(prefixTreaty, *id)
	if err != nil {
		return nil, fmt.Errorf("treaty %s: %w", id, err)
	}
	return VerifyTreaty(env, rec.Treaty != nil) // one that has ended may have been signed by the peer unseen
}

// madeOf reports whether a treaty is over exactly these two attestations.
func (t *Treaty) madeOf(x, y signed) bool {
	a, b := x, y
	if a.Issuer > b.Issuer {
		a, b = b, a
	}
	return t.Parties == [2]did.DID{a.Issuer, b.Issuer} && t.Attestations == [2]wire.Digest{a.id, b.id}
}

// Preview is what an operator is shown before consenting. In the lines, a is
// this organisation and b the peer.
type Preview struct {
	Peer       did.DID       `json:"peer"`
	State      State         `json:"state"`
	TreatyHash wire.Digest   `json:"treaty"`
	InForce    bool          `json:"in_force"` // both have signed it already
	Treaty     *Treaty       `json:"body"`
	Outbound   []policy.Line `json:"outbound"` // my agents at the peer's tools
	Inbound    []policy.Line `json:"inbound"`  // the peer's agents at my tools
	Ours       *Attestation  `json:"our_attestation"`
	Theirs     *Attestation  `json:"peer_attestation"`
}

// Preview meets a peer and shows what a treaty with that peer would
// be. It agrees to nothing: the peer learns who we are and what terms we offer.
func (s *Service) Preview(ctx context.Context, peer string) (*Preview, error) {
	rec, err := s.Meet(ctx, peer)
	if err != nil {
		return nil, err
	}
	if rec, err = s.settleProposal(ctx, rec); err != nil {
		return nil, err
	}
	d, err := s.draft(ctx, rec)
	if err != nil {
		return nil, err
	}
	return s.show(rec, d), nil
}

func (s *Service) show(rec Record, d *draft) *Preview {
	return &Preview{
		Peer: rec.DID, State: rec.At(s.cfg.Now()), TreatyHash: d.id, InForce: d.inForce, Treaty: d.treaty,
		Outbound: policy.Meet(d.ours.Egress, d.theirs.Ingress),
		Inbound:  policy.Meet(d.ours.Ingress, d.theirs.Egress),
		Ours:     d.ours.Attestation, Theirs: d.theirs.Attestation,
	}
}

// Show returns the treaty with a peer as it stands, without the network: the
// proposal if there is one, else the treaty in force.
func (s *Service) Show(peer did.DID) (*Preview, error) {
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil {
		return nil, err
	}
	id := rec.Proposal
	if id == nil {
		id = rec.Treaty
	}
	if id == nil {
		return nil, fmt.Errorf("%w: %s is %s", ErrNotActive, peer, rec.At(s.cfg.Now()))
	}
	env, err := s.stored(prefixTreaty, *id)
	if err != nil {
		return nil, fmt.Errorf("treaty %s: %w", id, err)
	}
	t, err := VerifyTreaty(env, rec.Proposal == nil)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := s.parts(t, peer)
	if err != nil {
		return nil, err
	}
	return s.show(rec, &draft{treaty: t, id: *id, ours: ours, theirs: theirs, inForce: rec.Proposal == nil}), nil
}

// parts reads the two attestations of a treaty with a peer.
func (s *Service) parts(t *Treaty, peer did.DID) (ours, theirs signed, err error) {
	mine, other := 0, 1
	if t.Parties[0] == peer {
		mine, other = 1, 0
	}
	if t.Parties[mine] != s.did || t.Parties[other] != peer {
		return ours, theirs, fmt.Errorf("%w: it is not between %s and %s", ErrTreaty, s.did, peer)
	}
	ours, _, errOurs := s.attestation(t.Attestations[mine], s.did, peer)
	theirs, _, errTheirs := s.attestation(t.Attestations[other], peer, s.did)
	return ours, theirs, errors.Join(errOurs, errTheirs)
}

// TreatyEnvelope returns a stored treaty's envelope by its id.
func (s *Service) TreatyEnvelope(id wire.Digest) (*wire.Envelope, error) {
	return s.stored(prefixTreaty, id)
}
