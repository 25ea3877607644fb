package budget_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// model is what the budget should be, kept without any cleverness.
type model struct {
	db    *store.Engine
	caps  kernel.GrantCap
	calls map[string]*modelCall
	seen  int
}

type modelCall struct {
	amount, paid uint64
	ended        kernel.Disposition
	open         bool
}

func (m *model) hold(t *rapid.T) {
	m.seen++
	id := fmt.Sprintf("c%d", m.seen)
	amount := rapid.Uint64Range(0, 7).Draw(t, "amount")
	crash := rapid.Bool().Draw(t, "crash before commit")
	spent, taken := m.spent()
	room := taken < uint64(*m.caps.MaxInvocations) && amount <= m.caps.MaxCostPerInvocation.Units &&
		spent+amount <= m.caps.MaxTotalCost.Units
	err := m.update(crash, func(tx store.Tx) error {
		_, err := budget.Hold(tx, id, request(m.caps), usd(amount), now)
		return err
	})
	if crash && errors.Is(err, errCrash) {
		return
	}
	if room != (err == nil) {
		t.Fatalf("hold of %d with %d spent and %d calls: %v, want room=%v", amount, spent, taken, err, room)
	}
	if err == nil {
		m.calls[id] = &modelCall{amount: amount, open: true}
	}
}

func (m *model) settle(t *rapid.T) {
	if len(m.calls) == 0 {
		return
	}
	id := fmt.Sprintf("c%d", rapid.IntRange(1, m.seen).Draw(t, "call"))
	call := m.calls[id]
	if call == nil {
		return
	}
	how := rapid.SampledFrom([]kernel.Disposition{kernel.Retain, kernel.Release, kernel.Commit}).Draw(t, "how")
	cost := rapid.Uint64Range(0, 8).Draw(t, "cost")
	crash := rapid.Bool().Draw(t, "crash before commit")
	err := m.update(crash, func(tx store.Tx) error { return budget.Settle(tx, id, how, usd(cost)) })
	if err != nil {
		return // the law is checked after every step whatever happened
	}
	if !call.open && (call.ended != how || how == kernel.Commit && call.paid != cost) {
		t.Fatalf("call %s ended twice, as %d and %d", id, call.ended, how)
	}
	if how == kernel.Commit && cost > call.amount {
		t.Fatalf("cost %d above the hold of %d was committed", cost, call.amount)
	}
	call.open, call.ended, call.paid = false, how, cost
}

var errCrash = errors.New("crash")

// update runs fn; with crash set its writes never reach the disk.
func (m *model) update(crash bool, fn func(store.Tx) error) error {
	return m.db.Update(context.Background(), func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if crash {
			return errCrash
		}
		return nil
	})
}

func (m *model) spent() (money, calls uint64) {
	for _, c := range m.calls {
		switch {
		case c.open || c.ended == kernel.Retain:
			money += c.amount
			calls++
		case c.ended == kernel.Commit:
			money += c.paid
			calls++
		}
	}
	return money, calls
}

// check is the law, and agreement with the model.
func (m *model) check(t *rapid.T) {
	var a budget.Account
	if err := m.db.View(func(r store.Reader) (err error) {
		a, err = budget.Snapshot(r, token, m.caps.Index)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p := a.Purse("USD")
	if p.Reserved != p.Committed+p.Released+p.Retained+p.Outstanding {
		t.Fatalf("the law is broken: %+v", p)
	}
	money, calls := m.spent()
	if got := p.Outstanding + p.Committed + p.Retained; got != money || a.Invocations != calls {
		t.Fatalf("spent %d in %d calls, the model says %d in %d", got, a.Invocations, money, calls)
	}
	if money > m.caps.MaxTotalCost.Units || calls > uint64(*m.caps.MaxInvocations) {
		t.Fatalf("overspent: %d of %d, %d calls of %d", money, m.caps.MaxTotalCost.Units, calls, *m.caps.MaxInvocations)
	}
}

// Over random interleavings, replays and transactions that crash before they
// commit, reserved = committed + released + retained + outstanding and a
// budget of N never spends N+1.
func TestI2_LawHoldsOverInterleavingsCrashesAndReplays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{db: memory.New(), calls: map[string]*modelCall{}, caps: kernel.GrantCap{Index: 1,
			MaxInvocations:       count(uint32(rapid.IntRange(1, 12).Draw(t, "max invocations"))),
			MaxCostPerInvocation: usd(rapid.Uint64Range(0, 7).Draw(t, "max cost")),
			MaxTotalCost:         usd(rapid.Uint64Range(0, 30).Draw(t, "max total"))}}
		defer func() { _ = m.db.Close() }()
		t.Repeat(map[string]func(*rapid.T){"hold": m.hold, "settle": m.settle, "": m.check})
	})
}

// Under real concurrency exactly N of many callers get through.
func TestI2_NeverOneMoreUnderConcurrency(t *testing.T) {
	const limit, callers = 40, 200
	db := open(t)
	req := request(kernel.GrantCap{MaxTotalCost: usd(limit * 3), MaxInvocations: count(limit + 5)})
	var wg sync.WaitGroup
	results := make(chan error, callers)
	for i := range callers {
		wg.Go(func() {
			_, err := hold(db, fmt.Sprint("c", i), req, &wire.MonetaryAmount{Units: 3, Currency: "USD"})
			results <- err
		})
	}
	wg.Wait()
	close(results)
	admitted := 0
	for err := range results {
		var d *kernel.Denial
		switch {
		case err == nil:
			admitted++
		case !errors.As(err, &d) || d.Code != kernel.CodeBudgetExceeded:
			t.Fatal(err)
		}
	}
	if admitted != limit {
		t.Fatalf("%d calls were admitted, want exactly %d", admitted, limit)
	}
}
