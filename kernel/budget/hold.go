package budget

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
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

func (s State) String() string {
	return [...]string{"open", "reconciled", "released", "retained"}[s&3]
}

const holdRows = "b/h/"

// Request is everything one call must have room for.
type Request struct {
	CallID string
	Now    int64 // unix seconds
	Tokens []kernel.HoldRequest
	Charge *wire.MonetaryAmount // worst case as priced; nil is free
	Plan   Plan                 // the nodes of the tree that count the call
}

// Hold reserves one invocation and the charge under every token, in order, and
// then under every node of the plan. Under a token the first candidate grant
// with room is taken:
//
//	1 calls under the token < its aggregate budget, if it has one
//	2 invocations of the grant < max_invocations
//	3 charge ≤ max_cost_per_invocation, in the same currency
//	4 outstanding + committed + retained + charge ≤ max_total_cost, in the same currency
//
// The charge under a grant is GrantCap.Charge if that is set. No room is a
// *kernel.Denial: CHIO-BUDGET-CURRENCY if the currency was the obstacle of
// every candidate or of a node, CHIO-BUDGET-WINDOW-EXCEEDED if a node has room
// again later, CHIO-BUDGET-EXCEEDED otherwise. Any other error means nothing
// was decided. After an error the transaction must be dropped. Holding again
// for the same call, tokens and amounts returns what is held.
func Hold(tx store.Tx, req Request) ([]kernel.HeldGrant, error) {
	charge, err := amountOf(req.Charge)
	if err != nil {
		return nil, err
	}
	if err := checkRequest(req); err != nil {
		return nil, err
	}
	switch call, err := readHolds(tx, req.CallID); {
	case err == nil:
		return again(&call, req, charge)
	case !errors.Is(err, ErrNoHold):
		return nil, fmt.Errorf("holds of call %.80s: %w", req.CallID, err)
	}
	call := callHolds{now: req.Now, charge: charge, holds: make([]hold, 0, len(req.Tokens))}
	for i := range req.Tokens {
		h, err := take(tx, &req.Tokens[i], charge)
		if err != nil {
			return nil, err
		}
		call.holds = append(call.holds, h)
	}
	if call.nodes, err = req.Plan.hold(tx, req.Now); err != nil {
		return nil, err
	}
	tx.Set(holdRows+req.CallID, call.encode())
	return call.held(), nil
}

func checkRequest(req Request) error {
	if req.CallID == "" || req.Now < 0 || req.Now > maxTime || len(req.Tokens) == 0 || len(req.Tokens) > maxHolds {
		return fmt.Errorf("hold request: call id, time or number of tokens (1 to %d) is out of range", maxHolds)
	}
	for i, t := range req.Tokens {
		if t.Token.ID == "" || len(t.Token.ID) > maxIDBytes {
			return errors.New("hold request: token id is out of range")
		}
		if slices.ContainsFunc(req.Tokens[:i], func(o kernel.HoldRequest) bool { return o.Token == t.Token }) {
			return errors.New("hold request: a token is named twice")
		}
		for _, c := range t.Candidates {
			if c.Index < 0 || c.Index >= maxGrants {
				return fmt.Errorf("hold request: grant index %d is outside 0 … %d", c.Index, maxGrants-1)
			}
		}
	}
	return nil
}

// again answers a request whose call holds something already.
func again(call *callHolds, req Request, charge wire.MonetaryAmount) ([]kernel.HeldGrant, error) {
	same := call.state == Open && call.charge == charge && len(call.holds) == len(req.Tokens)
	for i := 0; same && i < len(call.holds); i++ {
		same = call.holds[i].answers(&req.Tokens[i], charge)
	}
	if !same {
		return nil, fmt.Errorf("call %.80s: %w", req.CallID, ErrHoldConflict)
	}
	return call.held(), nil
}

// answers reports whether h is what req would have been given.
func (h *hold) answers(req *kernel.HoldRequest, charge wire.MonetaryAmount) bool {
	if h.token != req.Token {
		return false
	}
	for _, c := range req.Candidates {
		if c.Index == h.grant {
			amount, err := amountUnder(&c, charge)
			return err == nil && amount == h.amount
		}
	}
	return false
}

// amountUnder is what to hold under one grant.
func amountUnder(c *kernel.GrantCap, charge wire.MonetaryAmount) (wire.MonetaryAmount, error) {
	if c.Charge == nil {
		return charge, nil
	}
	return amountOf(c.Charge)
}

// take applies rule 1 and tries the candidates in order. A refusal for currency
// gives way to any other, because that one names a limit the caller could wait
// for or raise.
func take(tx store.Tx, req *kernel.HoldRequest, charge wire.MonetaryAmount) (hold, error) {
	family, err := takeFamily(tx, req)
	if err != nil {
		return hold{}, err
	}
	var denial *kernel.Denial
	for i := range req.Candidates {
		c := &req.Candidates[i]
		amount, err := amountUnder(c, charge)
		if err != nil {
			return hold{}, err
		}
		key := accountKey(req.Token, c.Index)
		account, err := readAccount(tx, key)
		if err != nil {
			return hold{}, err
		}
		h := hold{token: req.Token, grant: c.Index, amount: amount, family: family, total: c.MaxTotalCost}
		d, err := account.fit(c, amount, &h)
		if err != nil {
			return hold{}, err
		}
		if d == nil {
			tx.Set(key, account.encode())
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

// takeFamily is rule 1; it reports whether the token has an aggregate budget.
func takeFamily(tx store.Tx, req *kernel.HoldRequest) (bool, error) {
	if req.MaxFamily == nil {
		return false, nil
	}
	key := familyKey(req.Token)
	account, err := readAccount(tx, key)
	if err != nil {
		return false, err
	}
	if account.Invocations >= uint64(*req.MaxFamily) {
		return false, exceeded("token %.80q allows %d invocations under all its grants and all are used", req.Token.ID, *req.MaxFamily)
	}
	account.Invocations++
	tx.Set(key, account.encode())
	return true, nil
}

func exceeded(format string, args ...any) *kernel.Denial {
	return &kernel.Denial{Step: 10, Code: kernel.CodeBudgetExceeded, Guard: "budget", Side: "local",
		Reason: fmt.Sprintf(format, args...), Fix: "ask the capability authority for a larger budget"}
}

// Held returns what a call holds or held under its tokens, in the order it was
// taken, or ErrNoHold.
func Held(r store.Reader, callID string) ([]kernel.HeldGrant, error) {
	c, err := readHolds(r, callID)
	if err != nil {
		return nil, err
	}
	return c.held(), nil
}

func (c *callHolds) held() []kernel.HeldGrant {
	out := make([]kernel.HeldGrant, len(c.holds))
	for i, h := range c.holds {
		out[i] = kernel.HeldGrant{Token: h.token, Index: h.grant, BudgetTotal: h.total, Remaining: h.remaining, Amount: h.amount}
	}
	return out
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

// Family returns the calls under a token that has an aggregate budget; its
// account holds no money.
func Family(r store.Reader, token capability.Ref) (Account, error) {
	return readAccount(r, familyKey(token))
}
