//go:build linux

package main

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/node"
)

// federate signs a treaty on both sides.
func federate(ctx context.Context, a, b *org) error {
	var p node.FederatePreview
	if err := a.ask(ctx, "federate/preview", node.PeerRequest{Peer: b.ready.Peer}, &p); err != nil {
		return fmt.Errorf("%s looks at %s's terms: %w", a.name, b.name, err)
	}
	if err := a.ask(ctx, "federate/propose", node.Propose{Peer: b.ready.Peer, Accept: p.TreatyHash}, nil); err != nil {
		return fmt.Errorf("%s proposes to %s: %w", a.name, b.name, err)
	}
	if err := b.ask(ctx, "federate/accept", node.AcceptTreaty{DID: a.ready.DID, Accept: p.TreatyHash}, nil); err != nil {
		return fmt.Errorf("%s accepts %s's proposal: %w", b.name, a.name, err)
	}
	return nil
}

// agree has all exchange everything, and reports the first thing that two of
// them see differently: each holds the other's whole log head, cosigned, and
// both have filed as many pairs.
func (w *world) agree(ctx context.Context) error {
	lists := make([]node.PeerList, len(w.orgs))
	sizes := make([]node.Status, len(w.orgs))
	for i, o := range w.orgs {
		if err := o.ask(ctx, "federate/sync", node.SyncRequest{}, nil); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		if err := o.ask(ctx, "federate/list", node.Empty{}, &lists[i]); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		if err := o.ask(ctx, "status", node.Empty{}, &sizes[i]); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	for i, o := range w.orgs {
		for j, other := range w.orgs {
			if i == j {
				continue
			}
			p, q := peer(lists[i], other), peer(lists[j], o)
			if p == nil || q == nil || p.State != "active" || p.HeadSize != sizes[j].Receipts || q.Witnessed != p.HeadSize ||
				p.Joint != q.Joint || *p.Treaty != *q.Treaty || p.Equivocated {
				return fmt.Errorf("%s (%d receipts) sees %s as %+v; it sees %+v", o.name, sizes[i].Receipts, other.name, p, q)
			}
		}
	}
	return nil
}

// peer is one organisation in the list of another.
func peer(list node.PeerList, o *org) *node.PeerInfo {
	for i := range list.Peers {
		if list.Peers[i].DID == o.ready.DID {
			return &list.Peers[i]
		}
	}
	return nil
}
