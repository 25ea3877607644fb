package budget

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Settle ends every hold of a call:
//
//	Commit   cost becomes committed, the rest is released; a nil cost is the
//	         whole hold, so that an unreported charge is never undercounted
//	Release  the money and the invocation are given back
//	Retain   the money and the invocation stay spent
//
// Settling again in the same way changes nothing; in another way it is
// ErrSettled. A call without a hold is ErrNoHold; a cost above the hold or in
// another currency is ErrOverHold.
func Settle(tx store.Tx, callID string, how kernel.Disposition, cost *wire.MonetaryAmount) error {
	call, err := readHolds(tx, callID)
	if err != nil {
		return fmt.Errorf("settle call %.80s: %w", callID, err)
	}
	next, paid, err := call.outcome(how, cost)
	if err != nil {
		return fmt.Errorf("settle call %.80s: %w", callID, err)
	}
	if call.state != Open {
		if call.state != next || call.cost != paid {
			return fmt.Errorf("settle call %.80s: %w", callID, ErrSettled)
		}
		return nil
	}
	for _, h := range call.holds {
		if err := h.settle(tx, next, paid.Units); err != nil {
			return fmt.Errorf("settle call %.80s: %w", callID, err)
		}
	}
	call.state, call.cost = next, paid
	tx.Set(holdRows+callID, call.encode())
	return nil
}

// outcome is the state the call's holds end in, and what of them is spent. All
// holds of a call have the same amount.
func (c *callHolds) outcome(how kernel.Disposition, cost *wire.MonetaryAmount) (State, wire.MonetaryAmount, error) {
	held := c.holds[0].amount
	switch how {
	case kernel.Release:
		return Released, wire.MonetaryAmount{Currency: held.Currency}, nil
	case kernel.Retain:
		return Retained, held, nil
	case kernel.Commit:
		paid := held
		if cost != nil {
			paid = *cost
		}
		if paid.Units == 0 {
			paid.Currency = held.Currency
		}
		if paid.Units > held.Units || paid.Currency != held.Currency {
			return Open, paid, fmt.Errorf("%w: cost %d %.12s, held %d %s", ErrOverHold, paid.Units, paid.Currency, held.Units, held.Currency)
		}
		return Reconciled, paid, nil
	default:
		return Open, held, fmt.Errorf("unknown disposition %d", how)
	}
}

func (h *hold) settle(tx store.Tx, state State, paid uint64) error {
	account, err := Snapshot(tx, h.token, h.grant)
	if err != nil {
		return err
	}
	if state == Released {
		if account.Invocations == 0 {
			return fmt.Errorf("%w: no invocation to give back", ErrCorrupt)
		}
		account.Invocations--
	}
	if h.amount.Currency != "" {
		purse := account.Purse(h.amount.Currency)
		rest := h.amount.Units - paid
		switch state {
		case Retained:
			err = purse.end(0, 0, h.amount.Units)
		default:
			err = purse.end(paid, rest, 0)
		}
		if err != nil {
			return err
		}
		if err := account.put(purse); err != nil {
			return err
		}
	}
	tx.Set(accountKey(h.token, h.grant), account.encode())
	return nil
}

// StateOf reports what became of a call's holds, or ErrNoHold.
func StateOf(r store.Reader, callID string) (State, error) {
	c, err := readHolds(r, callID)
	return c.state, err
}

// Forget removes the record of a settled call once the journal no longer needs
// its id; the accounts keep what it spent. An open hold is never forgotten.
func Forget(tx store.Tx, callID string) error {
	c, err := readHolds(tx, callID)
	if errors.Is(err, ErrNoHold) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.state == Open {
		return fmt.Errorf("call %.80s still holds its budget", callID)
	}
	tx.Delete(holdRows + callID)
	return nil
}
