package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ExportReceipts asks "receipt/export": these ids, else what passes the filter,
// which if it is empty is every receipt that is not archived.
type ExportReceipts struct {
	ReceiptFilter
	IDs []string `json:"ids,omitempty"`
}

// ReceiptBundle answers "receipt/export". Archived counts the receipts left out
// because they are in archive files, which are bundles already.
type ReceiptBundle struct {
	Bundle   wire.Raw `json:"bundle"`
	Trust    wire.Raw `json:"trust"`
	Archived uint64   `json:"archived,omitzero"`
}

// exportReceipts bundles receipts with their proofs under the newest witnessed
// head, and writes the trust set that verifies them.
func (n *Node) exportReceipts(_ context.Context, req ExportReceipts) (*ReceiptBundle, error) {
	out := &ReceiptBundle{Trust: wire.MustMarshal(n.trustSet())}
	trust := n.trustSet()
	err := n.db.View(func(r store.Reader) error {
		leaves, archived, err := n.chooseLeaves(r, &req)
		if err != nil {
			return err
		}
		out.Archived = archived
		need, err := rlog.Size(r)
		if err != nil {
			return err
		}
		if len(leaves) > 0 && (len(req.IDs) > 0 || req.ReceiptFilter != (ReceiptFilter{})) {
			need = leaves[len(leaves)-1] + 1
		}
		note, size, err := n.network.head(r, need)
		if err != nil {
			return err
		}
		out.Bundle, err = n.bundle(r, trust, note, size, leaves)
		return err
	})
	if err != nil {
		var p *Problem
		if errors.As(err, &p) {
			return nil, err
		}
		return nil, fmt.Errorf("export receipts: %w", err)
	}
	return out, nil
}

// chooseLeaves lists the indexes of the receipts meant, ascending, and how many
// are left out because they are archived. Those named by id are never left out.
func (n *Node) chooseLeaves(r store.Reader, req *ExportReceipts) (leaves []uint64, archived uint64, err error) {
	if len(req.IDs) > 0 {
		for _, id := range req.IDs {
			index, _, _, err := n.receiptByID(r, id)
			if err != nil {
				return nil, 0, err
			}
			leaves = append(leaves, index)
		}
		slices.Sort(leaves)
		return slices.Compact(leaves), 0, nil
	}
	before, more := uint64(0), true
	for more {
		before, err = selectRows(r, &req.ReceiptFilter, before, maxListed, func(row *ReceiptRow) {
			if row.Archived != "" {
				archived++
				return
			}
			leaves = append(leaves, row.Index)
		})
		if err != nil {
			return nil, 0, err
		}
		more = before > 0
	}
	slices.Reverse(leaves)
	return leaves, archived, nil
}

// bundle puts the receipts at leaves under a head of size entries.
func (n *Node) bundle(r store.Reader, trust *receipt.TrustSet, note []byte, size uint64, leaves []uint64) ([]byte, error) {
	b := &receipt.Bundle{Schema: receipt.BundleSchema}
	part := receipt.BundleLog{Checkpoint: string(note), Receipts: []receipt.BundleEntry{}}
	for _, index := range leaves {
		leaf, err := n.leafAt(r, index)
		if err != nil {
			return nil, err
		}
		path, err := rlog.InclusionProof(r, index, size)
		if err != nil {
			return nil, err
		}
		part.Receipts = append(part.Receipts, receipt.BundleEntry{Receipt: leaf, LeafIndex: index, AuditPath: path})
		if err := bundleCapability(r, b, trust, leaf); err != nil {
			return nil, err
		}
	}
	var err error
	if part.Consistency, err = finalProofs(r, n.keys, size); err != nil {
		return nil, err
	}
	b.Logs = []receipt.BundleLog{part}
	return b.Bytes()
}

// bundleCapability adds the chain a receipt was decided under, if it is ours
// to show and the trust set can judge its root.
func bundleCapability(r store.Reader, b *receipt.Bundle, trust *receipt.TrustSet, leaf []byte) error {
	brief, err := receipt.Peek(leaf)
	if err != nil || brief.CapabilityID == "" {
		return err
	}
	c, err := authority.Get(r, brief.CapabilityID)
	if errors.Is(err, authority.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	if !trust.Issued(c.Chain[0].Issuer) {
		return nil // of a peer that changed its kernel key: nobody could judge it
	}
	for i := range c.Chain {
		if err := b.AddCapability(&c.Chain[i]); err != nil {
			return err
		}
	}
	return nil
}

// trustSet is what a verifier needs to believe about this node and its peers:
// kernel keys with their logs, and peers as witnesses.
func (n *Node) trustSet() *receipt.TrustSet {
	t := n.ownTrust()
	n.network.addTrust(t)
	return t
}

// ownTrust is the part of it that is about this node alone.
func (n *Node) ownTrust() *receipt.TrustSet {
	t := &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{
		{Key: n.keys.Kernel().Public(), DID: n.DID().String(), Logs: []string{n.logID}}}}
	t.Kernels = append(t.Kernels, retiredKernels(n.keys, n.logID)...)
	return t
}

// ConsistencyRequest asks "receipt/consistency": that the log of To receipts
// (0: now) begins with the log of From.
type ConsistencyRequest struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to,omitzero"`
}

// ConsistencyAnswer is the three files that chio-verify consistency takes, and
// the trust set.
type ConsistencyAnswer struct {
	From  uint64   `json:"from"`
	To    uint64   `json:"to"`
	Old   string   `json:"old_checkpoint"`
	New   string   `json:"new_checkpoint"`
	Proof wire.Raw `json:"proof"`
	Trust wire.Raw `json:"trust"`
}

// proveConsistency signs both heads with the present kernel key. Whoever holds
// an old head of ours compares it with the one here, or uses it in its place.
func (n *Node) proveConsistency(_ context.Context, req ConsistencyRequest) (*ConsistencyAnswer, error) {
	a := &ConsistencyAnswer{From: req.From, To: req.To, Trust: wire.MustMarshal(n.trustSet())}
	err := n.db.View(func(r store.Reader) error {
		size, err := rlog.Size(r)
		if err != nil {
			return err
		}
		if a.To == 0 {
			a.To = size
		}
		if a.From > a.To || a.To > size {
			return usage("the log has %d receipts: want from ≤ to ≤ %d", size, size)
		}
		if a.Old, err = n.headOf(r, a.From); err != nil {
			return err
		}
		if a.New, err = n.headOf(r, a.To); err != nil {
			return err
		}
		path, err := rlog.ConsistencyProof(r, a.From, a.To)
		if err != nil {
			return err
		}
		if path == nil {
			path = []wire.Digest{}
		}
		p := receipt.ConsistencyProof{Schema: receipt.ConsistencySchema, Origin: n.logID, From: a.From, To: a.To, Path: path}
		a.Proof, err = p.Bytes()
		return err
	})
	return a, err
}

// headOf signs the head of a size that the log has or had.
func (n *Node) headOf(r store.Reader, size uint64) (string, error) {
	root, err := rlog.Root(r, size)
	if err != nil {
		return "", err
	}
	note, err := receipt.SignCheckpoint(receipt.Checkpoint{Origin: n.logID, Size: size, Root: root}, n.headSigner())
	return string(note), err
}
