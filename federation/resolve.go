package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeUndelivered: the call ran at the peer, and this node stopped before its
// result reached the agent.
const CodeUndelivered kernel.Code = "CHIO-FED-UNDELIVERED"

// resolveTimeout bounds the questions about one call at start.
const resolveTimeout = 10 * time.Second

// Closer is the admission as Resolve uses it.
type Closer interface {
	Close(context.Context, *kernel.Closing) error
}

// Resolve asks peers about the calls that were open when the process ended, and
// closes those that a verified receipt of the host decides: with the charge it
// says, its receipt filed and its obligation accrued in the one transaction.
// What no peer answers for is left to admit.Recover, which must run next. It
// returns how many calls it closed. The p2p host must be running.
func (x *Exchange) Resolve(ctx context.Context, admission Closer) (int, error) {
	var open []journal.Intent
	err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
		if open, err = journal.Open(r); err != nil {
			return err
		}
		for i := range open {
			if open[i].Held, err = budget.Held(r, open[i].CallID); err != nil {
				return fmt.Errorf("call %s: %w", open[i].CallID, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("list open calls: %w", err)
	}
	closed := 0
	for i := range open {
		in := &open[i]
		if in.Route.PeerDID == "" {
			continue
		}
		c, h, err := x.askAfter(ctx, in)
		if err != nil {
			x.s.cfg.Log.Warn("call not resolved with its peer", slog.String("call_id", in.CallID), slog.String("error", err.Error()))
			continue
		}
		closing, err := x.resolved(in, c, h)
		if err != nil {
			return closed, err
		}
		if closing == nil {
			continue
		}
		if err := admission.Close(ctx, closing); err != nil {
			return closed, fmt.Errorf("close call %s: %w", in.CallID, err)
		}
		closed++
	}
	return closed, nil
}

// askAfter collects the host's receipt for an open call.
func (x *Exchange) askAfter(ctx context.Context, in *journal.Intent) (*wire.Envelope, *hostReceipt, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	var row departed
	found := false
	err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
		found, err = load(r, prefixOut+in.CallID, &row)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if !found || row.Peer != did.DID(in.Route.PeerDID) {
		return nil, nil, errors.New("no continuation of the call is kept")
	}
	c, err := peekContinuation(row.Continuation)
	if err != nil {
		return nil, nil, err
	}
	answer, err := x.query(ctx, row.Peer, in.CallID)
	if err != nil || answer.Status != statusDone {
		if err == nil && answer.Status == statusUnknown {
			return nil, nil, errors.New("the peer has not seen the call")
		}
		if answer, err = x.collect(ctx, c, nil, err); err != nil {
			return nil, nil, err
		}
	}
	h, err := checkReply(answer, c, row.Continuation.ID())
	return row.Continuation, h, err
}

// resolved builds the closing of a call that the host decided, or nil if its
// receipt leaves the effect unknown.
func (x *Exchange) resolved(in *journal.Intent, env *wire.Envelope, h *hostReceipt) (*kernel.Closing, error) {
	c, err := peekContinuation(env)
	if err != nil {
		return nil, err
	}
	ticket := kernel.Ticket{CallID: in.CallID, Held: in.Held, Charge: in.Charge}
	closing := &kernel.Closing{Call: in.Call(), Ticket: ticket, Result: &kernel.Result{Attach: h,
		Peer: &kernel.PeerOutcome{ReceiptID: h.id, Verdict: h.verdict, Code: h.code, Reason: h.reason, ContinuationSHA256: env.ID(),
			HopIndex: c.HopIndex, Lineage: c.Lineage}}}
	switch {
	case h.verdict == receipt.Allow && checkCharge(h, c.MaxCharge) == nil:
		closing.Disposition, closing.Cost = kernel.Commit, &wire.MonetaryAmount{}
		if h.charge != nil {
			closing.Cost = h.charge
		}
	case h.verdict == receipt.Deny, h.verdict == receipt.PendingApproval:
		closing.Disposition = kernel.Release
	default:
		return nil, nil
	}
	if closing.Receipt, err = x.resolvedReceipt(in, env, h, closing); err != nil {
		return nil, fmt.Errorf("receipt of call %s: %w", in.CallID, err)
	}
	closing.ReceiptJSON, err = receipt.Sign(closing.Receipt, x.cfg.KernelKey)
	return closing, err
}

// resolvedReceipt says what became of the call: the result reached nobody, the
// charge is known.
func (x *Exchange) resolvedReceipt(in *journal.Intent, env *wire.Envelope, h *hostReceipt, c *kernel.Closing) (*receipt.Receipt, error) {
	r, err := admit.Incomplete(*in, x.cfg.KernelKey.Public(), x.now())
	if err != nil {
		return nil, err
	}
	md, err := metadataOf(r)
	if err != nil {
		return nil, err
	}
	hash := env.ID()
	if md.Federation != nil {
		md.Federation.HopIndex, md.Federation.Lineage = c.Result.Peer.HopIndex, c.Result.Peer.Lineage
		md.Federation.ContinuationSHA256, md.Federation.PeerReceiptID, md.Federation.PeerVerdict = &hash, h.id, h.verdict
	}
	reason := "the node stopped before the result was delivered; the peer's receipt " + h.id + " says that the call ran"
	md.Code, md.Fix = string(CodeUndelivered), "ask again under a new call id if the result is still wanted"
	if c.Disposition == kernel.Release {
		md.Code, reason = string(kernel.CodePeerDenied), "the peer's kernel denied the call: "+h.code
		md.Fix = "the peer's receipt " + h.id + " says why"
		r.Decision = &receipt.Decision{Verdict: receipt.Deny, Guard: "peer"}
	}
	r.Decision.Reason = md.Code + ": " + reason
	if f := md.Financial; f != nil && in.Charge != nil {
		f.CostCharged = 0
		if c.Disposition == kernel.Commit {
			f.CostCharged, f.SettlementStatus = c.Cost.Units, "pending"
		} else {
			attempted := in.Charge.Units
			f.AttemptedCost = &attempted
		}
		if f.BudgetRemaining != nil {
			*f.BudgetRemaining += in.Charge.Units - f.CostCharged
		}
	}
	r.Metadata, err = wire.Marshal(md)
	return r, err
}
