package node

import (
	"context"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
)

const (
	// rowSwept marks that everything issued was revoked.
	rowSwept = "m/deactivation/swept"
	// sweepBatch is how much is revoked in one transaction.
	sweepBatch = 200
)

// finishDeactivation goes on with what a deactivation began: revoking, and
// telling peers that were not reached.
func (n *Node) finishDeactivation(ctx context.Context) error {
	if n.alive() == nil {
		return nil
	}
	if err := n.sweep(ctx); err != nil {
		return err
	}
	_, err := n.network.service.TellDeactivation(ctx)
	return err
}

// sweep revokes every agent key, passport and live capability of this
// organisation, in batches, and signs the status lists that say so: they are
// the last it signs. Begun again after a crash it changes nothing that is
// revoked already.
func (n *Node) sweep(ctx context.Context) error {
	var entries []authority.Entry
	swept := false
	err := n.db.View(func(r store.Reader) (err error) {
		if _, err := r.Get(rowSwept); err == nil {
			swept = true
			return nil
		}
		entries, err = n.issued(r)
		return err
	})
	if err != nil || swept {
		return err
	}
	ids, err := n.livePassports()
	if err != nil {
		return err
	}
	for _, id := range ids {
		entries = append(entries, authority.Entry{Kind: authority.KindPassport, Issuer: n.DID().String(), ID: id})
	}
	for ; len(entries) > 0; entries = entries[min(sweepBatch, len(entries)):] {
		if err := n.revokeAll(ctx, entries[:min(sweepBatch, len(entries))]); err != nil {
			return err
		}
	}
	return n.db.Update(ctx, func(tx store.Tx) error {
		tx.Set(rowSwept, []byte{1})
		return n.passports.SignListsIn(tx, n.now())
	})
}

func (n *Node) revokeAll(ctx context.Context, batch []authority.Entry) error {
	return n.db.Update(ctx, func(tx store.Tx) error {
		for _, e := range batch {
			if e.Kind != authority.KindPassport {
				continue
			}
			if err := n.passports.RevokeIn(tx, e.ID, "the organisation was deactivated", n.now()); err != nil {
				return err
			}
		}
		_, err := n.revocations.Revoke(tx, batch, n.keys.Kernel(), n.now())
		return err
	})
}

// issued is what is to be revoked of agents' keys and capabilities.
func (n *Node) issued(r store.Reader) (entries []authority.Entry, err error) {
	agents, err := authority.Agents(r)
	if err != nil {
		return nil, err
	}
	for _, a := range agents {
		entries = append(entries, authority.Entry{Kind: authority.KindSubject, Issuer: n.DID().String(), ID: a.Key.String()})
	}
	own := n.keys.Kernel().Public()
	err = authority.List(r, func(c *authority.Capability) error {
		if leaf := c.Leaf(); leaf.Issuer == own && leaf.ExpiresAt > n.now() {
			entries = append(entries, authority.Entry{Kind: authority.KindCapability, Issuer: own.String(), ID: leaf.ID})
		}
		return nil
	})
	return entries, err
}

func (n *Node) livePassports() (ids []string, err error) {
	err = n.passports.List("", func(r *passport.Record) error {
		p, err := r.Parse()
		if err == nil && !r.Revoked() {
			ids = append(ids, p.ID)
		}
		return err
	})
	return ids, err
}
