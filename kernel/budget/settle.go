package budget

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Bill is how a call's holds end.
type Bill struct {
	How  kernel.Disposition
	Cost *wire.MonetaryAmount // for Commit, as priced; nil is the whole charge
	// Held are the costs in the currencies of the token holds, in their order,
	// where they differ from Cost; nil entries mean Cost.
	Held []*wire.MonetaryAmount
	// In is Cost in another currency, for nodes of the tree; may be nil.
	In func(currency string) (*wire.MonetaryAmount, error)
}

// Settle ends every hold of a call:
//
//	Commit   the cost becomes committed, the rest is released; a cost that is
//	         not known, in whole or in a hold's currency, is that whole hold,
//	         so that an unreported charge is never undercounted
//	Release  the money and the invocation are given back
//	Retain   the money and the invocation stay spent
//
// Settling again in the same way changes nothing; in another way it is
// ErrSettled. A call without a hold is ErrNoHold; a cost above the hold or in
// another currency than stated is ErrOverHold; of a node of the tree it is the
// whole hold.
func Settle(tx store.Tx, callID string, bill Bill) error {
	call, err := readHolds(tx, callID)
	if err == nil {
		err = call.settle(tx, callID, &bill)
	}
	if err != nil {
		return fmt.Errorf("settle call %.80s: %w", callID, err)
	}
	return nil
}

func (c *callHolds) settle(tx store.Tx, callID string, bill *Bill) error {
	next, paid, err := c.outcome(bill)
	if err != nil {
		return err
	}
	if c.state != Open {
		if c.state != next || c.cost != paid {
			return ErrSettled
		}
		return nil
	}
	for i := range c.holds {
		h := &c.holds[i]
		if next == Reconciled {
			if h.paid, err = bill.paidUnder(i, h.amount, paid); err != nil {
				return err
			}
		}
		if err := h.settle(tx, next); err != nil {
			return err
		}
	}
	for i := range c.nodes {
		h := &c.nodes[i]
		if next == Reconciled {
			if h.paid, err = bill.paidIn(h.amount, paid); err != nil {
				return err
			}
		}
		if err := h.settle(tx, next); err != nil {
			return fmt.Errorf("budget %s: %w", h.node, err)
		}
	}
	c.state, c.cost = next, paid
	tx.Set(holdRows+callID, c.encode())
	return nil
}

// outcome is the state the holds end in, and what of the charge is spent.
func (c *callHolds) outcome(bill *Bill) (State, wire.MonetaryAmount, error) {
	switch bill.How {
	case kernel.Release:
		return Released, wire.MonetaryAmount{Currency: c.charge.Currency}, nil
	case kernel.Retain:
		return Retained, c.charge, nil
	case kernel.Commit:
		paid := c.charge
		if bill.Cost != nil {
			paid = *bill.Cost
		}
		if paid.Units == 0 {
			paid.Currency = c.charge.Currency
		}
		return Reconciled, paid, within(paid, c.charge)
	default:
		return Open, c.charge, fmt.Errorf("unknown disposition %d", bill.How)
	}
}

// within is nil for a cost that a hold covers.
func within(cost, held wire.MonetaryAmount) error {
	if cost.Units > held.Units || cost.Currency != held.Currency {
		return fmt.Errorf("%w: cost %d %.12s, held %d %s", ErrOverHold, cost.Units, cost.Currency, held.Units, held.Currency)
	}
	return nil
}

// paidUnder is what of the i-th token hold the call really cost.
func (b *Bill) paidUnder(i int, held, paid wire.MonetaryAmount) (uint64, error) {
	if i < len(b.Held) && b.Held[i] != nil && held.Currency != "" {
		cost := *b.Held[i]
		if cost.Units == 0 {
			return 0, nil
		}
		return cost.Units, within(cost, held)
	}
	return b.direct(held, paid)
}

// paidIn is what of a node's hold the call really cost.
func (b *Bill) paidIn(held, paid wire.MonetaryAmount) (uint64, error) {
	if b.In == nil || b.Cost == nil || paid.Units == 0 || held.Currency == "" || held.Currency == paid.Currency {
		return b.direct(held, paid)
	}
	cost, err := b.In(held.Currency)
	if err != nil || cost == nil || within(*cost, held) != nil {
		// Not known, or at a round that came after the hold: the hold was the
		// worst case, and all of it stays spent.
		return held.Units, nil
	}
	return cost.Units, nil
}

// direct is the cost where no other amount was given for it.
func (b *Bill) direct(held, paid wire.MonetaryAmount) (uint64, error) {
	switch {
	case held.Currency == "" || paid.Units == 0: // nothing is nothing in every currency
		return 0, nil
	case b.Cost == nil || held.Currency != paid.Currency:
		return held.Units, nil
	default:
		return paid.Units, within(paid, held)
	}
}

func (h *hold) settle(tx store.Tx, state State) error {
	if err := settleAccount(tx, accountKey(h.token, h.grant), state, h.amount, h.paid); err != nil {
		return err
	}
	if !h.family || state != Released {
		return nil
	}
	return settleAccount(tx, familyKey(h.token), state, wire.MonetaryAmount{}, 0)
}

func settleAccount(tx store.Tx, key string, state State, amount wire.MonetaryAmount, paid uint64) error {
	account, err := readAccount(tx, key)
	if err != nil {
		return err
	}
	if err := account.settle(state, amount, paid); err != nil {
		return err
	}
	tx.Set(key, account.encode())
	return nil
}

// StateOf reports what became of a call's holds, or ErrNoHold.
func StateOf(r store.Reader, callID string) (State, error) {
	c, err := readHolds(r, callID)
	return c.state, err
}
