package admit

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Recover closes the calls that were open when the process ended: each gets an
// incomplete receipt from sign and its holds stay spent. It goes through the
// same transaction as Close, one call at a time, so it can itself be
// interrupted and run again. It returns how many calls it closed; the node
// serves only after it returned nil.
func (a *Admission) Recover(ctx context.Context, sign func(journal.Intent) (*receipt.Receipt, []byte, error)) (int, error) {
	var open []journal.Intent
	err := a.cfg.DB.View(func(r store.Reader) (err error) {
		open, err = unfinished(r)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list open calls: %w", err)
	}
	for i := range open {
		if err := ctx.Err(); err != nil {
			return i, err
		}
		r, raw, err := sign(open[i])
		if err != nil {
			return i, fmt.Errorf("sign the receipt of call %s: %w", open[i].CallID, err)
		}
		ticket := kernel.Ticket{CallID: open[i].CallID, Held: open[i].Held, Charge: open[i].Charge}
		err = a.Close(ctx, &kernel.Closing{Call: open[i].Call(), Ticket: ticket,
			Disposition: kernel.Retain, Receipt: r, ReceiptJSON: raw})
		if err != nil {
			return i, err
		}
	}
	return len(open), nil
}

// unfinished lists the open intents with what each call holds.
func unfinished(r store.Reader) ([]journal.Intent, error) {
	open, err := journal.Open(r)
	if err != nil {
		return nil, err
	}
	for i := range open {
		if open[i].Held, err = budget.Held(r, open[i].CallID); err != nil {
			return nil, fmt.Errorf("call %s: %w", open[i].CallID, err)
		}
	}
	return open, nil
}

// The words of a recovered call's receipt.
const (
	recoveredReason = "the node stopped while the call was under way; its effect is unknown"
	recoveredFix    = "check the tool's effect before trying again; the hold stays spent"
)

// Incomplete is the unsigned receipt of a call whose process ended. It names
// the arguments by hash only: they are not kept. now is unix seconds, key the
// kernel key that will sign.
func Incomplete(in journal.Intent, key wire.PublicKey, now int64) (*receipt.Receipt, error) {
	meta, err := wire.Marshal(recoveredMetadata(&in))
	if err != nil {
		return nil, fmt.Errorf("receipt of call %s: %w", in.CallID, err)
	}
	null := wire.Raw("null")
	return &receipt.Receipt{
		Timestamp:     now,
		CapabilityID:  in.Leaf.ID,
		ToolServer:    in.Server,
		ToolName:      in.Tool,
		Action:        receipt.Action{Parameters: null, ParameterHash: wire.Hash(null).String()},
		Decision:      &receipt.Decision{Verdict: receipt.Incomplete, Reason: string(kernel.CodeUnknownEffect) + ": " + recoveredReason},
		ReceiptKind:   receipt.MediatedDecision,
		BoundaryClass: receipt.Prevent,
		TrustLevel:    receipt.Mediated,
		ToolOrigin:    receipt.CallerExecuted,
		RedactionMode: receipt.RedactAll,
		ContentHash:   wire.Hash(null).String(),
		PolicyHash:    in.PolicySHA256.String(),
		Metadata:      meta,
		KernelKey:     key,
	}, nil
}

func recoveredMetadata(in *journal.Intent) *receipt.Metadata {
	holder := in.Holder
	md := &receipt.Metadata{CallID: in.CallID, ArgsSHA256: in.ArgsSHA256, Code: string(kernel.CodeUnknownEffect), Step: 11,
		Fix: recoveredFix, Holder: &holder, Attribution: &receipt.Attribution{SubjectKey: in.Subject, DelegationDepth: in.Depth}}
	if len(in.Held) > 0 {
		md.Attribution.GrantIndex = in.Held[0].Index
	}
	if in.Passport != nil {
		md.Attribution.PassportID = in.Passport.ID
	}
	if !in.PolicySHA256.IsZero() {
		policy := in.PolicySHA256
		md.Policy = &receipt.Policy{Local: &policy}
	}
	switch {
	case in.Origin != nil:
		hash := in.Origin.ContinuationSHA256
		md.Federation = &receipt.Federation{Role: "host", PeerDID: in.Origin.PeerDID, TreatyID: in.Origin.TreatyID, ContinuationSHA256: &hash,
			HopIndex: in.Origin.HopIndex, Lineage: in.Origin.Lineage}
	case in.Route.PeerDID != "" && in.Route.TreatyID != nil:
		md.Federation = &receipt.Federation{Role: "origin", PeerDID: in.Route.PeerDID, TreatyID: *in.Route.TreatyID}
	}
	md.Financial = recoveredFinancial(in)
	return md
}

// recoveredFinancial charges the whole hold: that much may have been spent.
func recoveredFinancial(in *journal.Intent) *receipt.Financial {
	if in.Charge == nil {
		return nil
	}
	f := &receipt.Financial{CostCharged: in.Charge.Units, Currency: in.Charge.Currency, DelegationDepth: in.Depth,
		RootBudgetHolder: in.RootIssuer.String(), SettlementStatus: "not_applicable", PriceRound: in.Route.PriceRound}
	if len(in.Held) > 0 {
		h := in.Held[0]
		f.GrantIndex = h.Index
		if h.BudgetTotal != nil {
			total, remaining := h.BudgetTotal.Units, h.Remaining
			f.BudgetTotal, f.BudgetRemaining = &total, &remaining
		}
	}
	return f
}
