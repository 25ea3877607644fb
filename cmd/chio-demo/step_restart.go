package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/node"
)

// memory is what an organisation must still know after a restart.
type memory struct {
	DID       string `json:"did"`
	KernelKey string `json:"kernel_key"`
	LogID     string `json:"log_id"`
	Policy    string `json:"policy_hash"`
	Receipts  uint64 `json:"receipts"`
	Peer      string `json:"peer_state"`
	Treaty    string `json:"treaty"`
	HeadSize  uint64 `json:"peer_head_size"`
	Witnessed uint64 `json:"witnessed"`
	Foreign   uint64 `json:"foreign_receipts"`
	Joint     uint64 `json:"joint_receipts"`
	Settled   string `json:"settled"`
}

// lines tells it to a person.
func (m memory) lines() []string {
	return []string{
		fmt.Sprintf("%d receipts in %s", m.Receipts, m.LogID),
		fmt.Sprintf("peer %s, %d of our receipts witnessed, its log head of %d held", m.Peer, m.Witnessed, m.HeadSize),
		fmt.Sprintf("%d joint and %d foreign receipts", m.Joint, m.Foreign),
		"settlement " + m.Settled,
	}
}

func stepRestart(ctx context.Context, w *world, d *detail) error {
	before := map[*org]memory{}
	for _, o := range w.orgs() {
		m, err := w.remember(ctx, o)
		if err != nil {
			return err
		}
		before[o] = m
	}
	if err := errors.Join(w.tools.stop(), w.acme.stop(), w.globex.stop()); err != nil {
		return err
	}
	for _, o := range w.orgs() {
		if err := o.start(ctx); err != nil {
			return err
		}
	}
	if err := w.attach(ctx); err != nil {
		return err
	}
	after := map[*org]memory{}
	for _, o := range w.orgs() {
		m, err := w.remember(ctx, o)
		if err != nil {
			return err
		}
		after[o] = m
		d.add(strings.ToLower(o.name), m)
		if err := m.continues(before[o]); err != nil {
			return fmt.Errorf("%s after the restart: %w", o.name, err)
		}
	}
	if err := agree(after[w.acme], after[w.globex]); err != nil {
		return err
	}
	return w.callAfterRestart(ctx, d)
}

func (w *world) remember(ctx context.Context, o *org) (m memory, err error) {
	if err := o.look(ctx); err != nil {
		return m, err
	}
	p, err := o.peer(ctx, w.other(o).did)
	if err != nil {
		return m, err
	}
	s, err := w.settle(ctx, o, "settle/status", node.SettleRequest{Peer: w.other(o).did})
	if err != nil {
		return m, err
	}
	m = memory{DID: o.status.DID, KernelKey: o.status.KernelKey.String(), LogID: o.status.LogID, Policy: o.status.Policy.String(),
		Receipts: o.status.Receipts, Peer: p.State, HeadSize: p.HeadSize, Witnessed: p.Witnessed, Foreign: p.Foreign, Joint: p.Joint,
		Settled: fmt.Sprintf("%s, cumulative %d, channel %s", s.State, s.Cumulative, s.Channel)}
	if p.Treaty != nil {
		m.Treaty = p.Treaty.String()
	}
	if s.Statement != nil {
		m.Settled += ", statement " + s.Statement.String()
	}
	return m, nil
}

// continues checks that what is remembered is what was known: the same, except
// that peers may have witnessed more in between.
func (m memory) continues(before memory) error {
	if m.HeadSize < before.HeadSize || m.Witnessed < before.Witnessed || m.Foreign < before.Foreign || m.Joint < before.Joint {
		return fmt.Errorf("it knows less of its peer: %+v, before %+v", m, before)
	}
	m.HeadSize, m.Witnessed, m.Foreign, m.Joint = before.HeadSize, before.Witnessed, before.Foreign, before.Joint
	if m != before {
		return fmt.Errorf("it remembers %+v, before %+v", m, before)
	}
	return nil
}

// agree checks the two organisations against each other.
func agree(a, b memory) error {
	switch {
	case a.Treaty == "" || a.Treaty != b.Treaty || a.Peer != "active" || b.Peer != "active":
		return fmt.Errorf("treaties %q (%s) and %q (%s)", a.Treaty, a.Peer, b.Treaty, b.Peer)
	case a.HeadSize > b.Receipts || b.HeadSize > a.Receipts:
		return fmt.Errorf("heads of %d and %d receipts are held of logs of %d and %d", a.HeadSize, b.HeadSize, b.Receipts, a.Receipts)
	case a.Joint != b.Joint:
		return fmt.Errorf("%d joint receipts at the one, %d at the other", a.Joint, b.Joint)
	}
	return nil
}

// callAfterRestart shows that the treaty works on: a free call by the agent
// whose passport stands.
func (w *world) callAfterRestart(ctx context.Context, d *detail) error {
	a, err := w.callFiles(ctx, analyst, "list_directory", "reports")
	if err != nil {
		return err
	}
	if a.Verdict != "allow" || a.Charged != 0 {
		return fmt.Errorf("after the restart: %w", refusal(a))
	}
	d.add("call_after_restart", a.ReceiptID)
	r, err := w.callFiles(ctx, researcher, "read_file", reportPath)
	if err != nil {
		return err
	}
	d.add("revoked_agent_code", r.Code)
	return denied(r, codeRevokedPassport, r.BoundBy)
}
