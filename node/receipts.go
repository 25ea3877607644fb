package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// call asks the kernel for one call in an agent's name. A denied call is an
// answer; an error means that nothing could even be asked.
func (n *Node) call(ctx context.Context, req CallRequest) (*CallAnswer, error) {
	if err := n.ensureRecovered(ctx); err != nil {
		return nil, err
	}
	m, err := n.mandate(ctx, call{ID: req.CallID, Agent: req.Agent, Server: req.Server, Tool: req.Tool, Args: req.Arguments, Edge: "api",
		Session: req.Session, OnBehalfOf: req.OnBehalfOf, Human: req.Human, Intent: req.Intent, Approvals: req.Approvals})
	if err != nil {
		return nil, err
	}
	return answerOf(n.kernel.Mediate(ctx, m)), nil
}

func answerOf(out kernel.Outcome) *CallAnswer {
	a := &CallAnswer{Verdict: out.Verdict.String(), Ended: out.Ended, Content: out.Content, IsError: out.IsError, Unlogged: out.Unlogged}
	if d := out.Denial; d != nil {
		a.Code, a.Guard, a.Reason, a.Fix, a.BoundBy = string(d.Code), d.Guard, d.Reason, d.Fix, d.Side
	}
	if p := out.Peer; p != nil {
		a.PeerReceiptID, a.PeerCode = p.ReceiptID, p.Code
	}
	if out.Receipt == nil {
		return a
	}
	a.ReceiptID = out.Receipt.ID
	var md receipt.Metadata
	if wire.Unmarshal(out.Receipt.Metadata, &md, wire.DocumentLimits) == nil && md.Financial != nil {
		a.Charged, a.Currency, a.Remaining = md.Financial.CostCharged, md.Financial.Currency, md.Financial.BudgetRemaining
	}
	return a
}

const maxListed = 1000

func (n *Node) listReceipts(_ context.Context, req ListReceipts) (*ReceiptList, error) {
	if req.Limit <= 0 || req.Limit > maxListed {
		req.Limit = maxListed
	}
	list := &ReceiptList{Receipts: []ReceiptRow{}}
	err := n.db.View(func(r store.Reader) (err error) {
		if list.Total, err = rlog.Size(r); err != nil {
			return err
		}
		before := req.Before
		if before == 0 {
			before = list.Total
		}
		return rlog.ScanNewest(r, before, func(index uint64, leaf []byte) error {
			row, err := rowOf(index, leaf)
			if err != nil {
				return err
			}
			row.Receipt = nil
			list.Receipts = append(list.Receipts, *row)
			if len(list.Receipts) >= req.Limit {
				return store.ErrStop
			}
			return nil
		})
	})
	return list, err
}

func rowOf(index uint64, leaf []byte) (*ReceiptRow, error) {
	rec, err := receipt.Parse(leaf)
	if err != nil {
		return nil, err
	}
	row := &ReceiptRow{Index: index, ID: rec.ID, Time: rec.Timestamp, Server: rec.ToolServer, Tool: rec.ToolName, Receipt: append(wire.Raw(nil), leaf...)}
	if rec.Decision != nil {
		row.Verdict = rec.Decision.Verdict
	}
	var md receipt.Metadata
	if wire.Unmarshal(rec.Metadata, &md, wire.DocumentLimits) == nil {
		row.Code = md.Code
	}
	return row, nil
}

func (n *Node) showReceipt(_ context.Context, req ByID) (row *ReceiptRow, err error) {
	err = n.db.View(func(r store.Reader) error {
		index, leaf, err := rlog.ByID(r, req.ID)
		if err != nil {
			return err
		}
		row, err = rowOf(index, leaf)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, &Problem{Code: "CHIO-RECEIPT-UNKNOWN", Message: fmt.Sprintf("no receipt %.80q in this log", req.ID),
			Hint: "chio-node receipt list shows them", Exit: ExitFailure}
	}
	return row, err
}

// exportReceipts bundles receipts with their proofs under the newest witnessed
// head, and writes the trust set that verifies them.
func (n *Node) exportReceipts(ctx context.Context, req ExportReceipts) (*ReceiptBundle, error) {
	bundle, err := n.bundle(req.IDs)
	if err != nil {
		return nil, err
	}
	return &ReceiptBundle{Bundle: bundle, Trust: wire.MustMarshal(n.trustSet())}, nil
}

// bundle puts the named receipts, or all, under one head. The head is the one
// peers have witnessed when it covers them.
func (n *Node) bundle(ids []string) ([]byte, error) {
	b, trust := &receipt.Bundle{Schema: receipt.BundleSchema}, n.trustSet()
	err := n.db.View(func(r store.Reader) error {
		leaves, need, err := chooseLeaves(r, ids)
		if err != nil {
			return err
		}
		note, size, err := n.network.head(r, need)
		if err != nil {
			return err
		}
		part := receipt.BundleLog{Checkpoint: string(note), Receipts: []receipt.BundleEntry{}}
		for _, index := range leaves {
			leaf, err := rlog.Leaf(r, index)
			if err != nil {
				return err
			}
			path, err := rlog.InclusionProof(r, index, size)
			if err != nil {
				return err
			}
			part.Receipts = append(part.Receipts, receipt.BundleEntry{Receipt: leaf, LeafIndex: index, AuditPath: path})
			if err := n.bundleCapability(r, b, trust, leaf); err != nil {
				return err
			}
		}
		if part.Consistency, err = finalProofs(r, n.keys, size); err != nil {
			return err
		}
		b.Logs = []receipt.BundleLog{part}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("export receipts: %w", err)
	}
	return b.Bytes()
}

// chooseLeaves lists the indexes of receipts, ascending, and how long a head
// must be to cover them.
func chooseLeaves(r store.Reader, ids []string) (leaves []uint64, need uint64, err error) {
	if len(ids) == 0 {
		if need, err = rlog.Size(r); err != nil {
			return nil, 0, err
		}
		for i := range need {
			leaves = append(leaves, i)
		}
		return leaves, need, nil
	}
	for _, id := range ids {
		index, _, err := rlog.ByID(r, id)
		if err != nil {
			return nil, 0, fmt.Errorf("receipt %.80s: %w", id, err)
		}
		leaves = append(leaves, index)
		need = max(need, index+1)
	}
	slices.Sort(leaves)
	return slices.Compact(leaves), need, nil
}

// bundleCapability adds the chain a receipt was decided under, if it is ours
// to show.
func (n *Node) bundleCapability(r store.Reader, b *receipt.Bundle, trust *receipt.TrustSet, leaf []byte) error {
	rec, err := receipt.Parse(leaf)
	if err != nil || rec.CapabilityID == "" {
		return err
	}
	c, err := authority.Get(r, rec.CapabilityID)
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
	t := &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{
		{Key: n.keys.Kernel().Public(), DID: n.DID().String(), Logs: []string{n.logID}}}}
	t.Kernels = append(t.Kernels, retiredKernels(n.keys, n.logID)...)
	n.network.addTrust(t)
	return t
}
