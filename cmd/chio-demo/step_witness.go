package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func stepWitness(ctx context.Context, w *world, d *detail) error {
	// First what comes by itself: the receipts of calls each is named in.
	for _, o := range w.orgs() {
		var p node.PeerInfo
		err := until(ctx, "receipts to arrive at "+o.name, func() (done bool, last string, err error) {
			p, err = o.peer(ctx, w.other(o).did)
			return p.Foreign >= w.bill.calls, fmt.Sprintf("%d of %d", p.Foreign, w.bill.calls), err
		})
		if err != nil {
			return err
		}
		d.add(strings.ToLower(o.name)+"_holds_foreign_receipts", p.Foreign)
		d.add(strings.ToLower(o.name)+"_holds_joint_receipts", p.Joint)
		if p.Joint < w.bill.calls {
			return fmt.Errorf("%s holds %d joint receipts of %d calls", o.name, p.Joint, w.bill.calls)
		}
	}
	if err := w.syncBoth(ctx); err != nil {
		return err
	}
	for _, o := range w.orgs() {
		if err := w.witnessed(ctx, o, d); err != nil {
			return err
		}
	}
	return nil
}

// syncBoth has both exchange heads, receipts and revocations now rather than
// when it next falls due.
func (w *world) syncBoth(ctx context.Context) error {
	for _, o := range w.orgs() {
		if _, err := ask[wire.Raw](ctx, o, "federate/sync", node.Empty{}); err != nil {
			return err
		}
	}
	return nil
}

// witnessed waits until an organisation's log head carries the other's
// signature and the other holds it, and verifies that signature.
func (w *world) witnessed(ctx context.Context, o *org, d *detail) error {
	other := w.other(o)
	var held, mine node.PeerInfo
	err := until(ctx, "the log head of "+o.name+" to be witnessed", func() (done bool, last string, err error) {
		if err := o.look(ctx); err != nil {
			return false, "", err
		}
		if held, err = other.peer(ctx, o.did); err != nil {
			return false, "", err
		}
		mine, err = o.peer(ctx, other.did)
		last = fmt.Sprintf("log %d, held by the peer %d, witnessed %d", o.status.Receipts, held.HeadSize, mine.Witnessed)
		return held.HeadSize == o.status.Receipts && mine.Witnessed == o.status.Receipts, last, err
	})
	if err != nil {
		return err
	}
	head, err := w.head(ctx, o)
	if err != nil {
		return err
	}
	name := strings.ToLower(o.name)
	d.add(name+"_log_size", head.Size)
	d.add(name+"_log_root", head.Root.String())
	d.add(name+"_witnesses", len(head.CosignedBy))
	if head.Size != held.HeadSize || len(head.CosignedBy) == 0 {
		return fmt.Errorf("the head %s exports has size %d and %d witnesses, the peer holds size %d", o.name, head.Size, len(head.CosignedBy), held.HeadSize)
	}
	return nil
}

// head exports an organisation's newest log head and verifies it, cosignatures
// and all.
func (w *world) head(ctx context.Context, o *org) (*receipt.Head, error) {
	b, trust, err := w.bundleOf(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(b.Logs) != 1 {
		return nil, fmt.Errorf("%s exports %d logs", o.name, len(b.Logs))
	}
	return receipt.VerifyHead([]byte(b.Logs[0].Checkpoint), trust)
}

// bundleOf exports every receipt of an organisation, and its trust set.
func (w *world) bundleOf(ctx context.Context, o *org) (*receipt.Bundle, *receipt.TrustSet, error) {
	e, err := ask[node.ReceiptBundle](ctx, o, "receipt/export", node.ExportReceipts{})
	if err != nil {
		return nil, nil, err
	}
	var b receipt.Bundle
	if err := wire.Unmarshal(e.Bundle, &b, wire.BundleLimits); err != nil {
		return nil, nil, fmt.Errorf("bundle of %s: %w", o.name, err)
	}
	trust, err := receipt.ParseTrustSet(e.Trust)
	if err != nil {
		return nil, nil, fmt.Errorf("trust set of %s: %w", o.name, err)
	}
	return &b, trust, nil
}
