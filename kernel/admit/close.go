package admit

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
)

// ErrReceipt: there is no receipt to record.
var ErrReceipt = errors.New("no signed receipt was given")

// Close ends an admitted call, in one transaction and in this order: the
// receipt enters the log, the holds are settled, the participants follow, the
// intent is closed. The caller's cancellation does not stop it. Closing again
// with the same receipt changes nothing.
//
// The tool may have run, so a receipt that cannot be recorded latches. If the
// process ends before Close commits, Recover closes the call as incomplete.
func (a *Admission) Close(ctx context.Context, c *kernel.Closing) error {
	if c == nil || c.Call == nil || c.Call.Mandate == nil || c.Receipt == nil || len(c.ReceiptJSON) == 0 {
		a.latch(ErrReceipt)
		return fmt.Errorf("close call: %w", ErrReceipt)
	}
	a.failpoint("close.before")
	err := a.prepare(context.WithoutCancel(ctx), c)
	if err == nil {
		err = a.record(ctx, func(tx store.Tx) error { return a.close(tx, c) })
	}
	if err != nil {
		a.latch(err)
		return fmt.Errorf("close call %s: %w", c.Call.Mandate.CallID, err)
	}
	a.failpoint("close.after")
	return nil
}

// prepare lets participants write what the closing transaction cannot hold.
func (a *Admission) prepare(ctx context.Context, c *kernel.Closing) error {
	for _, p := range a.cfg.Participants {
		if early, ok := p.(Preparer); ok {
			if err := early.Prepare(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Admission) close(tx store.Tx, c *kernel.Closing) error {
	callID := c.Call.Mandate.CallID
	if err := journal.CheckOpen(tx, callID); err != nil {
		if done, e := journal.Ended(tx, callID); e == nil && done.ReceiptID == c.Receipt.ID {
			return nil
		}
		return err
	}
	index, err := log.Append(tx, c.Receipt.ID, c.ReceiptJSON)
	if err != nil {
		return err
	}
	if err := budget.Settle(tx, callID, budget.Bill{How: c.Disposition, Cost: c.Cost, Held: c.HeldCosts, In: c.CostIn}); err != nil {
		return err
	}
	for _, p := range a.cfg.Participants {
		if err := p.Close(tx, c, index); err != nil {
			return err
		}
	}
	return journal.End(tx, callID, journal.Done{ReceiptID: c.Receipt.ID, LogIndex: index,
		ExpiresAt: a.cfg.Now() + a.cfg.EndedTTLSeconds})
}

// Refuse records a denial: the receipt enters the log and the nonce, if the
// proof verified, is taken so that the mandate cannot be tried again. A store
// that cannot record latches; once latched, only unreleased ballast is a reason
// to try.
func (a *Admission) Refuse(ctx context.Context, r *kernel.Refusal) error {
	if r == nil || r.Call == nil || r.Receipt == nil || len(r.ReceiptJSON) == 0 {
		return fmt.Errorf("refuse call: %w", ErrReceipt)
	}
	if err := a.Ready(); err != nil && !a.hasBallast() {
		return fmt.Errorf("refuse call: %w", err)
	}
	err := a.record(ctx, func(tx store.Tx) error {
		index, err := log.Append(tx, r.Receipt.ID, r.ReceiptJSON)
		if err != nil {
			return err
		}
		if r.Nonce != nil {
			if err := a.cfg.Nonces.Remember(tx, *r.Nonce, r.Call.Now); err != nil {
				return err
			}
		}
		for _, p := range a.cfg.Participants {
			if err := p.Refuse(tx, r, index); err != nil {
				return err
			}
		}
		// Refusals keep nonces, so they must also sweep; rows that cannot be
		// swept are Admit's to report, a refusal is recorded in any case.
		_ = a.sweep.step(tx, a.cfg.Nonces, r.Call.Now)
		_ = a.cfg.Budgets.Expire(tx, r.Call)
		return nil
	})
	if err != nil {
		return fmt.Errorf("refuse call: %w", err)
	}
	return nil
}

// record commits fn whatever becomes of the caller. If the store itself fails,
// the ballast is released and fn tried once more: a store that could continue
// does, and one that latched has room to recover at its next start. A failure
// of fn is the caller's to judge, a failure of the store latches.
func (a *Admission) record(ctx context.Context, fn func(store.Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	ran := false
	update := func() error {
		return a.cfg.DB.Update(ctx, func(tx store.Tx) error {
			ran = false
			err := fn(tx)
			ran = err == nil
			return err
		})
	}
	err := update()
	if err == nil || !storeFailed(ran, err) {
		return err
	}
	if a.releaseBallast() {
		if again := update(); again == nil {
			return nil
		}
	}
	a.latch(err)
	return err
}

// hasBallast reports whether a refusal is worth another try on a full disk.
func (a *Admission) hasBallast() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ballast != nil
}

// releaseBallast reports whether there was any to release.
func (a *Admission) releaseBallast() bool {
	a.mu.Lock()
	b := a.ballast
	a.ballast = nil
	a.mu.Unlock()
	return b != nil && b.Release() == nil
}
