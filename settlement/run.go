package settlement

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Settled is one statement that a run brought to its voucher.
type Settled struct {
	Statement  wire.Digest         `json:"statement"`
	Channel    wire.Digest         `json:"channel"`
	Sequence   uint64              `json:"sequence"`
	Count      uint64              `json:"count"`
	Gross      wire.MonetaryAmount `json:"gross"`
	Net        wire.MonetaryAmount `json:"net"`
	Cumulative uint64              `json:"cumulative_minor"`
}

// RunResult is what one run with a peer did. Paid sums the nets of the
// vouchers it signed, in units of Currency; 0 when there was nothing to settle.
type RunResult struct {
	Peer       did.DID       `json:"peer"`
	Paid       uint64        `json:"paid"`
	Currency   string        `json:"currency,omitempty"`
	Statements []Settled     `json:"statements"`
	Awaiting   []wire.Digest `json:"awaiting,omitempty"` // statements that an operator has to pay outside
	Missing    []wire.Digest `json:"missing,omitempty"`  // receipts that the peer has and we lack
	Disputed   []wire.Digest `json:"disputed,omitempty"` // receipts of ours that the peer does not acknowledge
	Unpriced   uint64        `json:"unpriced,omitzero"`  // obligations that cannot be converted
	Reason     string        `json:"reason,omitempty"`   // of the first of those
}

// runner is one Run.
type runner struct {
	s          *Settler
	peer       did.DID
	res        *RunResult
	skip       map[wire.Digest]bool // receipts that this run leaves out
	undisputed bool                 // the peer said what it has beyond ours
	missing    []wire.Digest        // what that is, as far as a descent found it
	bound      int                  // receipts in a statement
	descents   int
}

// Run settles what this node owes a peer: it first finishes what an earlier run
// began, with the same bytes, then makes statements until nothing is left that
// both sides agree on. Run again, it finds nothing and pays 0. On an error the
// result says what was done before it; the next Run continues there.
func (s *Settler) Run(ctx context.Context, peer did.DID) (*RunResult, error) {
	defer s.lock(peer)()
	run := s.newRunner(peer)
	channels, err := s.list(Out, peer)
	if err != nil {
		return run.res, err
	}
	for _, a := range channels {
		if a, err = s.reconciled(ctx, a); err != nil {
			return run.res, err
		}
		if a.Settled < a.Vouchered || a.Booked < a.Deposits || !funded(a.Rail) {
			if a, err = s.observe(ctx, a); err != nil {
				return run.res, err
			}
		}
		if err := run.finish(ctx, a); err != nil {
			return run.res, err
		}
		if err := s.fileReceipts(ctx, a); err != nil {
			return run.res, err
		}
		if err := run.renew(ctx, a); err != nil {
			return run.res, err
		}
	}
	for {
		a, err := run.begin(ctx)
		if err != nil || a == nil {
			return run.res, err
		}
		if err := run.finish(ctx, a); err != nil {
			return run.res, err
		}
		if err := s.fileReceipts(ctx, a); err != nil {
			return run.res, err
		}
	}
}

func (s *Settler) newRunner(peer did.DID) *runner {
	return &runner{s: s, peer: peer, res: &RunResult{Peer: peer, Statements: []Settled{}}, skip: make(map[wire.Digest]bool), bound: MaxReceipts}
}

func (s *Settler) list(side Side, peer did.DID) (out []*account, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		out, err = accounts(r, side, peer)
		return err
	})
	return out, err
}

// begin makes the next statement durable and returns its channel, or nil if
// nothing is left.
func (run *runner) begin(ctx context.Context) (*account, error) {
	b, err := run.next()
	if err != nil || b == nil {
		return nil, err
	}
	if err := b.account.usable(); err != nil {
		return nil, err
	}
	if b.account.VoucherSequence != b.account.Acked {
		return nil, nil // an operator pays the statement before, and says so
	}
	return b.account, run.s.record(ctx, b)
}

// record signs and stores a statement; nothing has left the node yet.
func (s *Settler) record(ctx context.Context, b *batch) error {
	env, err := wire.Seal(StatementSchema, b.statement, s.cfg.Kernel)
	if err != nil {
		return err
	}
	rec := record{Stage: stageProposed, Document: env.Bytes(), Receipts: []wire.Digest{}}
	if len(b.draft.receipts) <= s.cfg.ListedReceipts {
		rec.Receipts = b.draft.receipts
	} else {
		rec.Extent = &b.extent
		if err := s.keepReceipts(ctx, b.statement, b.draft.receipts); err != nil {
			return err
		}
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		a, err := reload(tx, b.account)
		if err != nil {
			return err
		}
		if err := b.draft.current(tx, Out, b.terms.Peer); err != nil {
			return err
		}
		b.draft.prices.keep(tx)
		a.Sequence = b.statement.Sequence
		if err := save(tx, a.key(), a); err != nil {
			return err
		}
		return save(tx, statementKey(a.Channel, a.Sequence), rec)
	})
	if err != nil {
		return fmt.Errorf("record statement %d to %s: %w", b.statement.Sequence, b.terms.Peer, err)
	}
	s.cfg.Failpoint("statement.signed_before_send")
	return nil
}

// finish brings the newest statement of a channel to a delivered voucher, from
// wherever it is.
func (run *runner) finish(ctx context.Context, was *account) error {
	for {
		var a *account
		var rec *record
		err := run.s.cfg.DB.View(func(r store.Reader) error {
			have, ok, err := load[account](r, was.key())
			if err != nil || !ok || have.Sequence == 0 {
				return err
			}
			a = &have
			rec, err = readRecord(r, a.Channel, a.Sequence)
			return err
		})
		if err != nil || a == nil {
			return err
		}
		if err := a.usable(); err != nil && !(rec.Stage == stageVouchered && rec.Delivered) {
			return err
		}
		switch {
		case rec.Stage == stageProposed:
			if withdrawn, err := run.send(ctx, a, rec); err != nil || withdrawn {
				return err
			}
		case rec.Stage == stageAcked && a.Rail == RailOffchain:
			run.await(a)
			return nil
		case rec.Stage == stageAcked:
			if err := run.promise(ctx, a, rec); err != nil {
				return err
			}
		case !rec.Delivered:
			if err := run.deliver(ctx, a, rec); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}
