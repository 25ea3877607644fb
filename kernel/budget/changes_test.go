package budget_test

import (
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/wire"
)

// A node whose rule changed keeps what it counted: the new window begins with
// everything the node ever used, and is exact from then on.
func TestI2_RuleChangesFreeNothing(t *testing.T) {
	node := func(w budget.Window, seconds int64) budget.NodeConfig {
		return budget.NodeConfig{ID: "r", Window: w, WindowSeconds: seconds, MaxInvocations: calls(3), MaxCost: usd(100)}
	}
	all := []budget.NodeConfig{node(budget.Daily, 0), node(budget.Monthly, 0), node(budget.Total, 0), node(budget.Rolling, 60), node(budget.Rolling, 120)}
	for i, from := range all {
		for j, to := range all {
			if i == j {
				continue
			}
			name := fmt.Sprintf("%s %d to %s %d", from.Window, from.WindowSeconds, to.Window, to.WindowSeconds)
			db, before, after := open(t), newTree(t, from), newTree(t, to)
			for k := range 3 {
				mustHold(t, db, before, fmt.Sprint("c", k), now+int64(k))
			}
			if err := (call{id: "no", at: now + 3, charge: usd(1)}).hold(db, after); err == nil {
				t.Errorf("%s: the change made room", name)
			}
			if s := status(t, db, after, "r", now+3); s.Invocations != 3 || s.Spent.Units != 3 || s.Account.Invocations != 3 {
				t.Errorf("%s: %+v", name, s)
			}
			if err := settle(db, "c0", kernel.Release, nil); err != nil {
				t.Fatal(err)
			}
			later := int64(now + 86400*32)
			err := call{id: "later", at: later, charge: usd(1)}.hold(db, after)
			if err != nil {
				t.Errorf("%s: no room after the window: %v", name, err)
			}
			sound(t, db)
			if err := settle(db, "c1", kernel.Release, nil); err != nil {
				t.Fatal(err)
			}
			if err := (call{id: "back", at: later, charge: usd(1)}).hold(db, before); err != nil && to.Window == budget.Total {
				t.Errorf("%s and back: %v", name, err)
			}
			sound(t, db)
		}
	}
}

// A window that grew begins anew; the rows of the one before are swept and
// never counted.
func TestGrownRollingWindow(t *testing.T) {
	short, long := newTree(t, rolling(60, 5)), newTree(t, rolling(600, 5))
	db := open(t)
	for i := range 4 {
		mustHold(t, db, short, fmt.Sprint("c", i), now+int64(i))
	}
	mustHold(t, db, long, "c4", now+100) // what 60 seconds had forgotten counts again
	wantCode(t, call{id: "no", at: now + 101, charge: usd(1)}.hold(db, long), budget.CodeWindowExceeded)
	if err := settle(db, "c3", kernel.Release, nil); err != nil { // a window counts no more than was ever used
		t.Fatal(err)
	}
	mustHold(t, db, long, "again", now+101)
	wantCode(t, call{id: "no", at: now + 101, charge: usd(1)}.hold(db, long), budget.CodeWindowExceeded)
	mustHold(t, db, long, "c5", now+700)
	mustHold(t, db, short, "c6", now+700) // shorter is exact at once
	if s := status(t, db, short, "r", now+760); s.Invocations != 0 {
		t.Fatalf("%+v", s)
	}
	sound(t, db)
}

// Money counts again in a currency the node had before, with everything spent
// in it; a cap that goes and comes back goes on.
func TestCurrencyChanges(t *testing.T) {
	node := func(max *wire.MonetaryAmount) *budget.Tree {
		return newTree(t, budget.NodeConfig{ID: "r", Window: budget.Daily, MaxInvocations: calls(100), MaxCost: max})
	}
	dollars, euros, none := node(usd(10)), node(&wire.MonetaryAmount{Units: 10, Currency: "EUR"}), node(nil)
	db := open(t)
	hold := func(tree *budget.Tree, id string, amount wire.MonetaryAmount) error {
		return call{id: id, charge: &amount}.hold(db, tree)
	}
	usd8, eur8 := wire.MonetaryAmount{Units: 8, Currency: "USD"}, wire.MonetaryAmount{Units: 8, Currency: "EUR"}
	for i, step := range []struct {
		tree   *budget.Tree
		amount wire.MonetaryAmount
		room   bool
	}{
		{none, usd8, true}, {dollars, usd8, true}, {dollars, usd8, false}, {euros, eur8, true}, {euros, eur8, false},
		{dollars, usd8, false}, {none, usd8, true}, {dollars, usd8, false}, {euros, eur8, false},
	} {
		id := fmt.Sprint("c", i)
		if err := hold(step.tree, id, step.amount); (err == nil) != step.room {
			t.Fatalf("%+v: %v", step, err)
		}
		if step.tree == none {
			if err := settle(db, id, kernel.Release, nil); err != nil {
				t.Fatal(err)
			}
		}
		sound(t, db)
	}
	for i := range 6 { // purses for two currencies exist
		c := fmt.Sprint("CU", i)
		tree := node(&wire.MonetaryAmount{Units: 10, Currency: c})
		if err := hold(tree, c, wire.MonetaryAmount{Units: 1, Currency: c}); err != nil {
			t.Fatal(err)
		}
	}
	tree := node(&wire.MonetaryAmount{Units: 10, Currency: "CU9"})
	wantCode(t, hold(tree, "CU9", wire.MonetaryAmount{Units: 1, Currency: "CU9"}), kernel.CodeBudgetCurrency)
}

// What is no longer configured is listed as orphaned, with what it used.
func TestRemovedNodeIsOrphaned(t *testing.T) {
	two := newTree(t, rolling(60, 5), budget.NodeConfig{ID: "x", Window: budget.Total, MaxInvocations: calls(5), MaxCost: usd(5)})
	one := newTree(t, rolling(60, 5))
	db := open(t)
	mustHold(t, db, two, "c", now)
	if s := status(t, db, one, "x", now); !s.Orphaned || s.Invocations != 1 || s.Spent.Units != 1 || s.MaxInvocations != nil {
		t.Fatalf("%+v", s)
	}
	if s := status(t, db, nil, "r", now); !s.Orphaned || s.Invocations != 1 {
		t.Fatalf("%+v", s)
	}
	if err := settle(db, "c", kernel.Retain, nil); err != nil {
		t.Fatal(err)
	}
	if s := status(t, db, two, "x", now); s.Orphaned || s.Account.Purse("USD").Retained != 1 {
		t.Fatalf("%+v", s)
	}
	sound(t, db)
}
