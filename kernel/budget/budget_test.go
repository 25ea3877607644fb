package budget_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

const now = 1_800_000_000

var token = capability.Ref{Issuer: wire.PublicKey{1}, ID: "cap-1"}

func usd(units uint64) *wire.MonetaryAmount {
	return &wire.MonetaryAmount{Units: units, Currency: "USD"}
}

func count(n uint32) *uint32 { return &n }

func open(t testing.TB) *store.Engine {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func request(caps ...kernel.GrantCap) kernel.HoldRequest {
	return kernel.HoldRequest{Token: token, ExpiresAt: now + 60, Candidates: caps}
}

func hold(db store.DB, callID string, req kernel.HoldRequest, charge *wire.MonetaryAmount) (held kernel.HeldGrant, err error) {
	err = db.Update(context.Background(), func(tx store.Tx) error {
		held, err = holdIn(tx, callID, now, req, charge)
		return err
	})
	return held, err
}

// holdIn holds under one token and the nodes of no tree.
func holdIn(tx store.Tx, callID string, at int64, req kernel.HoldRequest, charge *wire.MonetaryAmount) (kernel.HeldGrant, error) {
	held, err := budget.Hold(tx, budget.Request{CallID: callID, Now: at, Tokens: []kernel.HoldRequest{req}, Charge: charge})
	if err != nil {
		return kernel.HeldGrant{}, err
	}
	return held[0], nil
}

func settle(db store.DB, callID string, how kernel.Disposition, cost *wire.MonetaryAmount) error {
	return db.Update(context.Background(), func(tx store.Tx) error { return budget.Settle(tx, callID, budget.Bill{How: how, Cost: cost}) })
}

func account(t testing.TB, db store.DB, grant int) (a budget.Account) {
	t.Helper()
	err := db.View(func(r store.Reader) (err error) {
		a, err = budget.Snapshot(r, token, grant)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantCode(t testing.TB, err error, code kernel.Code) {
	t.Helper()
	var d *kernel.Denial
	if !errors.As(err, &d) || d.Code != code || d.Reason == "" || d.Fix == "" {
		t.Fatalf("got %v, want a denial %s", err, code)
	}
}

func TestExactBoundary(t *testing.T) {
	db := open(t)
	req := request(kernel.GrantCap{MaxInvocations: count(3), MaxCostPerInvocation: usd(5), MaxTotalCost: usd(10)})
	_, err := hold(db, "over", req, usd(6))
	wantCode(t, err, kernel.CodeBudgetExceeded)
	held, err := hold(db, "c1", req, usd(5))
	if err != nil || held.Remaining != 5 {
		t.Fatalf("first: %+v, %v", held, err)
	}
	if held, err = hold(db, "c2", req, usd(5)); err != nil || held.Remaining != 0 {
		t.Fatalf("to the exact boundary: %+v, %v", held, err)
	}
	_, err = hold(db, "c3", req, usd(1))
	wantCode(t, err, kernel.CodeBudgetExceeded)
	if _, err = hold(db, "c4", req, usd(0)); err != nil {
		t.Fatalf("a free call has room: %v", err)
	}
	_, err = hold(db, "c5", req, nil)
	wantCode(t, err, kernel.CodeBudgetExceeded) // invocations
	if a := account(t, db, 0); a.Invocations != 3 || a.Purse("USD").Outstanding != 10 {
		t.Fatalf("account %+v", a)
	}
}

func TestFirstCandidateWithRoomIsTaken(t *testing.T) {
	db := open(t)
	req := request(kernel.GrantCap{Index: 2, MaxInvocations: count(1)}, kernel.GrantCap{Index: 5, MaxTotalCost: usd(3)},
		kernel.GrantCap{Index: 7, MaxTotalCost: &wire.MonetaryAmount{Units: 9, Currency: "EUR"}})
	for i, want := range []int{2, 5} {
		held, err := hold(db, fmt.Sprint("c", i), req, usd(3))
		if err != nil || held.Index != want {
			t.Fatalf("call %d: %+v, %v; want grant %d", i, held, err, want)
		}
	}
	_, err := hold(db, "c2", req, usd(3))
	wantCode(t, err, kernel.CodeBudgetExceeded)
}

func TestHoldDenials(t *testing.T) {
	eur := func(units uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: units, Currency: "EUR"} }
	tests := []struct {
		name   string
		caps   []kernel.GrantCap
		charge *wire.MonetaryAmount
		code   kernel.Code
	}{
		{"no candidate", nil, usd(1), kernel.CodeBudgetExceeded},
		{"no invocations", []kernel.GrantCap{{MaxInvocations: count(0)}}, nil, kernel.CodeBudgetExceeded},
		{"total in another currency", []kernel.GrantCap{{MaxTotalCost: eur(100)}}, usd(1), kernel.CodeBudgetCurrency},
		{"per call in another currency", []kernel.GrantCap{{MaxCostPerInvocation: eur(100)}}, usd(1), kernel.CodeBudgetCurrency},
		{"currency then room", []kernel.GrantCap{{MaxTotalCost: eur(100)}, {MaxTotalCost: usd(0)}}, usd(1), kernel.CodeBudgetExceeded},
		{"room then currency", []kernel.GrantCap{{MaxTotalCost: usd(0)}, {MaxTotalCost: eur(100)}}, usd(1), kernel.CodeBudgetExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := open(t)
			_, err := hold(db, "c", request(tt.caps...), tt.charge)
			wantCode(t, err, tt.code)
			if a := account(t, db, 0); a.Invocations != 0 || len(a.Purses) != 0 {
				t.Fatalf("a denied hold left %+v", a)
			}
		})
	}
}

func TestMalformedRequestsAreErrors(t *testing.T) {
	db := open(t)
	ok := kernel.GrantCap{}
	for name, try := range map[string]func() error{
		"amount above 2^53-1": func() error { _, err := hold(db, "c", request(ok), usd(wire.MaxUnits+1)); return err },
		"empty currency":      func() error { _, err := hold(db, "c", request(ok), &wire.MonetaryAmount{Units: 1}); return err },
		"empty call":          func() error { _, err := hold(db, "", request(ok), nil); return err },
		"negative grant":      func() error { _, err := hold(db, "c", request(kernel.GrantCap{Index: -1}), nil); return err },
		"settle nothing":      func() error { return settle(db, "none", kernel.Commit, nil) },
	} {
		var d *kernel.Denial
		if err := try(); err == nil || errors.As(err, &d) {
			t.Errorf("%s: %v, want an error that is no denial", name, err)
		}
	}
}

func TestSettle(t *testing.T) {
	tests := []struct {
		name                                     string
		how                                      kernel.Disposition
		cost                                     *wire.MonetaryAmount
		invocations                              uint64
		committed, released, retained, remaining uint64
	}{
		{"commit all", kernel.Commit, usd(8), 1, 8, 0, 0, 2},
		{"commit some", kernel.Commit, usd(3), 1, 3, 5, 0, 7},
		{"commit nothing", kernel.Commit, usd(0), 1, 0, 8, 0, 10},
		{"commit unreported", kernel.Commit, nil, 1, 8, 0, 0, 2},
		{"release", kernel.Release, nil, 0, 0, 8, 0, 10},
		{"retain", kernel.Retain, nil, 1, 0, 0, 8, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := open(t)
			req := request(kernel.GrantCap{MaxTotalCost: usd(10)})
			if _, err := hold(db, "c", req, usd(8)); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time changes nothing
				if err := settle(db, "c", tt.how, tt.cost); err != nil {
					t.Fatal(err)
				}
				a := account(t, db, 0)
				want := budget.Purse{Currency: "USD", Reserved: 8, Committed: tt.committed, Released: tt.released, Retained: tt.retained}
				if a.Invocations != tt.invocations || a.Purse("USD") != want {
					t.Fatalf("got %+v, want %+v and %d invocations", a, want, tt.invocations)
				}
			}
			other := kernel.Release
			if tt.how == kernel.Release {
				other = kernel.Retain
			}
			if err := settle(db, "c", other, nil); !errors.Is(err, budget.ErrSettled) {
				t.Fatalf("another settlement: %v, want ErrSettled", err)
			}
			if _, err := hold(db, "c2", req, usd(tt.remaining)); err != nil {
				t.Fatalf("%d should remain: %v", tt.remaining, err)
			}
			_, err := hold(db, "c3", req, usd(1))
			wantCode(t, err, kernel.CodeBudgetExceeded)
		})
	}
}

func TestCostAboveHoldIsRefused(t *testing.T) {
	db := open(t)
	if _, err := hold(db, "c", request(kernel.GrantCap{}), usd(8)); err != nil {
		t.Fatal(err)
	}
	for _, cost := range []*wire.MonetaryAmount{usd(9), {Units: 1, Currency: "EUR"}} {
		if err := settle(db, "c", kernel.Commit, cost); !errors.Is(err, budget.ErrOverHold) {
			t.Fatalf("cost %+v: %v, want ErrOverHold", cost, err)
		}
	}
	if err := db.Update(context.Background(), func(tx store.Tx) error { return budget.Forget(tx, "c") }); err == nil {
		t.Fatal("an open hold was forgotten")
	}
}

func TestHoldIsIdempotentByCall(t *testing.T) {
	db := open(t)
	req := request(kernel.GrantCap{MaxTotalCost: usd(10)})
	first, err := hold(db, "c", req, usd(4))
	if err != nil {
		t.Fatal(err)
	}
	second, err := hold(db, "c", req, usd(4))
	if err != nil || second.Remaining != first.Remaining || second.Index != first.Index {
		t.Fatalf("again: %+v, %v; want %+v", second, err, first)
	}
	if _, err := hold(db, "c", req, usd(5)); !errors.Is(err, budget.ErrHoldConflict) {
		t.Fatalf("another amount: %v, want ErrHoldConflict", err)
	}
	if a := account(t, db, 0); a.Invocations != 1 || a.Purse("USD").Reserved != 4 {
		t.Fatalf("account %+v", a)
	}
}

func TestUncappedGrantTracksSeveralCurrencies(t *testing.T) {
	db := open(t)
	for i := range 8 {
		if _, err := hold(db, fmt.Sprint("c", i), request(kernel.GrantCap{}), &wire.MonetaryAmount{Units: 1, Currency: fmt.Sprint("CU", i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := hold(db, "c8", request(kernel.GrantCap{}), &wire.MonetaryAmount{Units: 1, Currency: "CU8"})
	wantCode(t, err, kernel.CodeBudgetCurrency)
	if a := account(t, db, 0); len(a.Purses) != 8 || a.Invocations != 8 {
		t.Fatalf("account %+v", a)
	}
}

func TestOverflowIsAnError(t *testing.T) {
	db := open(t)
	var err error
	for i := 0; err == nil && i < 4096; i++ {
		_, err = hold(db, fmt.Sprint("c", i), request(kernel.GrantCap{}), usd(wire.MaxUnits))
	}
	if !errors.Is(err, budget.ErrOverflow) {
		t.Fatalf("got %v, want ErrOverflow", err)
	}
}
