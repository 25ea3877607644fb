package budget

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// State is what became of a call's holds. The numbers are in rows.
type State uint8

// The states of a hold; every one but Open is final.
const (
	Open State = iota
	Reconciled
	Released
	Retained
)

const holdRows = "b/h/"

// Hold reserves one invocation and charge (nil is free) under the first
// candidate grant with room:
//
//	1 invocations < max_invocations
//	2 charge ≤ max_cost_per_invocation, in the same currency
//	3 outstanding + committed + retained + charge ≤ max_total_cost, in the same currency
//
// No candidate with room is a *kernel.Denial: CHIO-BUDGET-CURRENCY if the
// currency was the obstacle of every candidate, CHIO-BUDGET-EXCEEDED otherwise.
// Any other error means nothing was decided. Holding again for the same call
// and token returns what is held. now is unix seconds.
func Hold(tx store.Tx, callID string, req kernel.HoldRequest, charge *wire.MonetaryAmount, now int64) (kernel.HeldGrant, error) {
	amount, err := amountOf(charge)
	if err != nil {
		return kernel.HeldGrant{}, err
	}
	if err := checkRequest(callID, req, now); err != nil {
		return kernel.HeldGrant{}, err
	}
	call, err := readHolds(tx, callID)
	if err != nil && !errors.Is(err, ErrNoHold) {
		return kernel.HeldGrant{}, fmt.Errorf("holds of call %.80s: %w", callID, err)
	}
	for _, h := range call.holds {
		if h.token == req.Token {
			if call.state != Open || h.amount != amount {
				return kernel.HeldGrant{}, fmt.Errorf("call %s: %w", callID, ErrHoldConflict)
			}
			return h.held(), nil
		}
	}
	if call.state != Open || len(call.holds) >= maxHolds {
		return kernel.HeldGrant{}, fmt.Errorf("call %s holds %d tokens already or has ended: %w", callID, len(call.holds), ErrHoldConflict)
	}
	h, err := take(tx, req, amount)
	if err != nil {
		return kernel.HeldGrant{}, err
	}
	if len(call.holds) == 0 {
		call.now = now
	}
	call.holds = append(call.holds, h)
	tx.Set(holdRows+callID, call.encode())
	return h.held(), nil
}

func checkRequest(callID string, req kernel.HoldRequest, now int64) error {
	if callID == "" || now < 0 || req.Token.ID == "" || len(req.Token.ID) > maxIDBytes {
		return errors.New("hold request: call id, time or token id is out of range")
	}
	for _, c := range req.Candidates {
		if c.Index < 0 || c.Index >= maxGrants {
			return fmt.Errorf("hold request: grant index %d is outside 0 … %d", c.Index, maxGrants-1)
		}
	}
	return nil
}

// take tries the candidates in order. A refusal for currency gives way to any
// other, because that one names a limit the caller could wait for or raise.
func take(tx store.Tx, req kernel.HoldRequest, amount wire.MonetaryAmount) (hold, error) {
	var denial *kernel.Denial
	for _, c := range req.Candidates {
		account, err := Snapshot(tx, req.Token, c.Index)
		if err != nil {
			return hold{}, err
		}
		h := hold{token: req.Token, grant: c.Index, amount: amount, total: c.MaxTotalCost}
		d, err := account.fit(c, amount, &h)
		if err != nil {
			return hold{}, err
		}
		if d == nil {
			tx.Set(accountKey(req.Token, c.Index), account.encode())
			return h, nil
		}
		if denial == nil || denial.Code == kernel.CodeBudgetCurrency {
			denial = d
		}
	}
	if denial == nil {
		denial = exceeded("no grant of token %.80q matches the call", req.Token.ID)
	}
	return hold{}, denial
}

// fit applies rules 1 to 3 of Hold and, if they pass, reserves in a.
func (a *Account) fit(c kernel.GrantCap, amount wire.MonetaryAmount, h *hold) (*kernel.Denial, error) {
	if c.MaxInvocations != nil && a.Invocations >= uint64(*c.MaxInvocations) { // 1
		return exceeded("grant %d allows %d invocations and all are used", c.Index, *c.MaxInvocations), nil
	}
	if d := fitOnce(c, amount); d != nil { // 2
		return d, nil
	}
	purse := a.Purse(amount.Currency)
	if c.MaxTotalCost != nil {
		if amount.Currency == "" {
			purse = a.Purse(c.MaxTotalCost.Currency)
		}
		spent, err := purse.Spent()
		if err != nil {
			return nil, err
		}
		after, err := sum(spent, amount.Units)
		if err != nil {
			return nil, err
		}
		if after > c.MaxTotalCost.Units { // 3
			return exceeded("grant %d allows %d %s in total, %d are spent or held, the call may cost %d",
				c.Index, c.MaxTotalCost.Units, c.MaxTotalCost.Currency, spent, amount.Units), nil
		}
		h.remaining = c.MaxTotalCost.Units - after
	}
	return a.reserve(purse, amount)
}

// fitOnce checks the caps that need no account.
func fitOnce(c kernel.GrantCap, amount wire.MonetaryAmount) *kernel.Denial {
	for _, limit := range []*wire.MonetaryAmount{c.MaxCostPerInvocation, c.MaxTotalCost} {
		if limit != nil && amount.Currency != "" && limit.Currency != amount.Currency {
			return &kernel.Denial{Step: 10, Code: kernel.CodeBudgetCurrency, Guard: "budget", Side: "local",
				Reason: fmt.Sprintf("grant %d is capped in %.12s, the tool is priced in %.12s", c.Index, limit.Currency, amount.Currency),
				Fix:    "ask for a capability capped in the currency of the tool's price"}
		}
	}
	if m := c.MaxCostPerInvocation; m != nil && amount.Units > m.Units {
		return exceeded("grant %d allows %d %s per invocation, the call may cost %d", c.Index, m.Units, m.Currency, amount.Units)
	}
	return nil
}

func (a *Account) reserve(purse Purse, amount wire.MonetaryAmount) (*kernel.Denial, error) {
	invocations, err := sum(a.Invocations, 1)
	if err != nil {
		return nil, err
	}
	a.Invocations = invocations
	if amount.Currency == "" {
		return nil, nil
	}
	if err := purse.reserve(amount.Units); err != nil {
		return nil, err
	}
	if err := a.put(purse); err != nil {
		return &kernel.Denial{Step: 10, Code: kernel.CodeBudgetCurrency, Guard: "budget", Side: "local",
			Reason: err.Error(), Fix: "ask for a capability of its own for the new currency"}, nil
	}
	return nil, nil
}

func exceeded(format string, args ...any) *kernel.Denial {
	return &kernel.Denial{Step: 10, Code: kernel.CodeBudgetExceeded, Guard: "budget", Side: "local",
		Reason: fmt.Sprintf(format, args...), Fix: "ask the capability authority for a larger budget"}
}

// Held returns what a call holds or held, in the order it was taken, or
// ErrNoHold.
func Held(r store.Reader, callID string) ([]kernel.HeldGrant, error) {
	c, err := readHolds(r, callID)
	if err != nil {
		return nil, err
	}
	var out []kernel.HeldGrant
	for i := range c.holds {
		out = append(out, c.holds[i].held())
	}
	return out, nil
}

func (h *hold) held() kernel.HeldGrant {
	return kernel.HeldGrant{Token: h.token, Index: h.grant, BudgetTotal: h.total, Remaining: h.remaining}
}

// readHolds returns the holds of a call, or ErrNoHold.
func readHolds(r store.Reader, callID string) (callHolds, error) {
	b, err := r.Get(holdRows + callID)
	if errors.Is(err, store.ErrNotFound) {
		return callHolds{}, ErrNoHold
	}
	if err != nil {
		return callHolds{}, err
	}
	return decodeHolds(b)
}
