package budget_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// The world of the law: two agents with a token each under one root, the root
// capped in euros, the leaves in dollars; one euro is worth half a dollar cent
// and conversions hold one more.
const (
	rootTotal, leafTotal, rootCalls, rootFamily = 90, 30, 14, 17
	rollingSeconds                              = 60
)

func euros(units uint64) *wire.MonetaryAmount {
	return &wire.MonetaryAmount{Units: units, Currency: "EUR"}
}

func holdInEuros(units uint64) uint64 { return 2*units + 1 }
func costInEuros(units uint64) uint64 { return 2 * units }

// modelCall is one admitted call, kept without any cleverness.
type modelCall struct {
	leaf      int
	tool      string
	at        int64
	amount    uint64 // in dollars
	state     budget.State
	paid      uint64
	converted bool // the cost was known in euros
	nodes     string
	forgotten bool
}

// spentIn is what counts of a call in one currency, and whether its
// invocation does.
func (c *modelCall) spentIn(currency string) (units, invocations uint64) {
	units, paid := c.amount, c.paid
	if currency == "EUR" {
		units, paid = holdInEuros(c.amount), costInEuros(c.paid)
		if !c.converted && c.paid > 0 {
			paid = units
		}
	}
	switch c.state {
	case budget.Released:
		return 0, 0
	case budget.Reconciled:
		return paid, 1
	default:
		return units, 1
	}
}

type world struct {
	disk  *memory.Backend
	db    *store.Engine
	tree  *budget.Tree
	team  uint64 // cap of a node that the configuration changes
	now   int64
	calls map[string]*modelCall
	seen  int
	past  []moment
}

// moment is a state the process could have been killed in.
type moment struct {
	rows  map[string][]byte
	calls map[string]*modelCall
	now   int64
}

func newWorld(t *rapid.T) *world {
	w := &world{disk: memory.NewBackend(), now: now, calls: map[string]*modelCall{}}
	w.open(t)
	w.configure(t)
	return w
}

func (w *world) open(t *rapid.T) {
	var err error
	if w.db, err = store.Open(store.Config{Backend: w.disk}); err != nil {
		t.Fatal(err)
	}
}

// configure changes one cap, or removes that node.
func (w *world) configure(t *rapid.T) {
	w.team = rapid.SampledFrom([]uint64{0, 15, 25, 40}).Draw(t, "team")
	nodes := []budget.NodeConfig{
		{ID: "company", Window: budget.Total, MaxCost: euros(110), Agents: []string{"nobody"}},
		{ID: "day", Parent: "company", Window: budget.Daily, MaxCost: usd(20), MaxInvocations: calls(8)},
		{ID: "month", Parent: "company", Window: budget.Monthly, MaxInvocations: calls(9), Tools: []string{"b"}},
		{ID: "last", Parent: "company", Window: budget.Rolling, WindowSeconds: rollingSeconds, MaxCost: euros(50), MaxInvocations: calls(5)},
	}
	if w.team > 0 {
		nodes = append(nodes, budget.NodeConfig{ID: "team", Parent: "day", Window: budget.Total, MaxCost: usd(w.team), Agents: []string{"researcher"}})
	}
	var err error
	if w.tree, err = budget.NewTree(budget.TreeConfig{Nodes: nodes, AgentName: agents}); err != nil {
		t.Fatal(err)
	}
}

// counting are the nodes of a call, by hand.
func (w *world) counting(leaf int, tool string) string {
	nodes := "company day last"
	if tool == "b" {
		nodes += " month"
	}
	if leaf == 0 && w.team > 0 {
		nodes += " team"
	}
	return nodes
}

// used adds up what counts of the calls that match.
func (w *world) used(currency string, match func(*modelCall) bool) (units, invocations uint64) {
	for _, c := range w.calls {
		if match(c) {
			u, n := c.spentIn(currency)
			units, invocations = units+u, invocations+n
		}
	}
	return units, invocations
}

func (w *world) in(node string, since int64) func(*modelCall) bool {
	return func(c *modelCall) bool { return slices.Contains(strings.Fields(c.nodes), node) && c.at >= since }
}

// room is the whole rulebook, by hand.
func (w *world) room(leaf int, tool string, amount uint64) bool {
	eur := holdInEuros(amount)
	all := func(*modelCall) bool { return true }
	rootSpent, rootTaken := w.used("EUR", all)
	leafSpent, _ := w.used("USD", func(c *modelCall) bool { return c.leaf == leaf })
	ok := rootTaken < min(rootCalls, rootFamily) && rootSpent+eur <= rootTotal && leafSpent+amount <= leafTotal && amount <= 7
	for _, node := range strings.Fields(w.counting(leaf, tool)) {
		switch node {
		case "company":
			spent, _ := w.used("EUR", w.in(node, 0))
			ok = ok && spent+eur <= 110
		case "day":
			spent, taken := w.used("USD", w.in(node, w.now-w.now%86400))
			ok = ok && spent+amount <= 20 && taken < 8
		case "month":
			_, taken := w.used("USD", w.in(node, 0)) // the days of the test are in one month
			ok = ok && taken < 9
		case "last":
			spent, taken := w.used("EUR", w.in(node, w.now-rollingSeconds+1))
			ok = ok && spent+eur <= 50 && taken < 5
		case "team":
			spent, _ := w.used("USD", w.in(node, 0))
			ok = ok && spent+amount <= w.team
		}
	}
	return ok
}

func (w *world) tokens(leaf int, amount uint64) []kernel.HoldRequest {
	return []kernel.HoldRequest{
		{Token: capability.Ref{Issuer: wire.PublicKey{2}, ID: fmt.Sprint("leaf-", leaf)}, Candidates: []kernel.GrantCap{
			{Index: 3, MaxTotalCost: usd(leafTotal), MaxCostPerInvocation: usd(7)}}},
		{Token: capability.Ref{Issuer: wire.PublicKey{1}, ID: "root"}, MaxFamily: count(rootFamily), Candidates: []kernel.GrantCap{
			{MaxTotalCost: euros(rootTotal), MaxInvocations: count(rootCalls), Charge: euros(holdInEuros(amount))}}},
	}
}

func (w *world) request(id string, leaf int, tool string, amount uint64) (budget.Request, error) {
	in := func(string) (*wire.MonetaryAmount, error) { return euros(holdInEuros(amount)), nil }
	plan, err := w.tree.Plan(call{id: id, at: w.now, agent: byte(10 + leaf), server: "files", tool: tool, charge: usd(amount), in: in}.admittance())
	return budget.Request{CallID: id, Now: w.now, Tokens: w.tokens(leaf, amount), Charge: usd(amount), Plan: plan}, err
}

func (w *world) admit(t *rapid.T) {
	w.remember(t)
	w.seen++
	id := fmt.Sprintf("c%d", w.seen)
	leaf, amount := rapid.IntRange(0, 1).Draw(t, "leaf"), rapid.Uint64Range(0, 8).Draw(t, "amount")
	tool := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "tool")
	room := w.room(leaf, tool, amount)
	req, err := w.request(id, leaf, tool, amount)
	if err != nil {
		t.Fatal(err)
	}
	times := rapid.IntRange(1, 2).Draw(t, "times") // the second is a replay
	err = w.update(t, func(tx store.Tx) error {
		for range times {
			if _, err := budget.Hold(tx, req); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errCrash) {
		return
	}
	if room != (err == nil) {
		t.Fatalf("%s: hold of %d for leaf %d at %d: %v, want room=%v", id, amount, leaf, w.now, err, room)
	}
	if err == nil {
		w.calls[id] = &modelCall{leaf: leaf, tool: tool, at: w.now, amount: amount, nodes: w.counting(leaf, tool)}
	}
}

func (w *world) settle(t *rapid.T) {
	id := w.pick(t)
	c := w.calls[id]
	if c == nil {
		return
	}
	w.remember(t)
	cost, known := rapid.Uint64Range(0, 8).Draw(t, "cost"), rapid.Bool().Draw(t, "cost known in euros")
	bill := budget.Bill{How: rapid.SampledFrom([]kernel.Disposition{kernel.Retain, kernel.Release, kernel.Commit}).Draw(t, "how"), Cost: usd(cost)}
	if known {
		bill.Held = []*wire.MonetaryAmount{nil, euros(costInEuros(cost))}
		bill.In = func(string) (*wire.MonetaryAmount, error) { return euros(costInEuros(cost)), nil }
	}
	err := w.update(t, func(tx store.Tx) error { return budget.Settle(tx, id, bill) })
	want := map[kernel.Disposition]budget.State{kernel.Retain: budget.Retained, kernel.Release: budget.Released, kernel.Commit: budget.Reconciled}[bill.How]
	switch {
	case errors.Is(err, errCrash):
	case c.forgotten:
		if !errors.Is(err, budget.ErrNoHold) {
			t.Fatalf("settling forgotten %s: %v", id, err)
		}
	case bill.How == kernel.Commit && cost > c.amount:
		if !errors.Is(err, budget.ErrOverHold) {
			t.Fatalf("%s: cost %d above %d: %v", id, cost, c.amount, err)
		}
	case c.state != budget.Open:
		same := c.state == want && (want != budget.Reconciled || c.paid == cost)
		if same != (err == nil) || !same && !errors.Is(err, budget.ErrSettled) {
			t.Fatalf("%s: ended %s with %d, then %s with %d: %v", id, c.state, c.paid, want, cost, err)
		}
	case err != nil:
		t.Fatal(err)
	default:
		c.state, c.converted = want, known
		if want == budget.Reconciled {
			c.paid = cost
		}
	}
}

// replay asks for a hold again, as a caller without an answer would.
func (w *world) replay(t *rapid.T) {
	id := w.pick(t)
	c := w.calls[id]
	if c == nil || c.forgotten {
		return
	}
	req, err := w.request(id, c.leaf, c.tool, c.amount)
	if err != nil {
		t.Fatal(err)
	}
	err = w.update(t, func(tx store.Tx) error { _, err := budget.Hold(tx, req); return err })
	if errors.Is(err, errCrash) {
		return
	}
	if open := c.state == budget.Open; open != (err == nil) || !open && !errors.Is(err, budget.ErrHoldConflict) {
		t.Fatalf("%s again in state %s: %v", id, c.state, err)
	}
}

func (w *world) pick(t *rapid.T) string {
	if w.seen == 0 {
		return ""
	}
	return fmt.Sprintf("c%d", rapid.IntRange(1, w.seen).Draw(t, "call"))
}

// sweep forgets an ended call and removes seconds that are over.
func (w *world) sweep(t *rapid.T) {
	id := w.pick(t)
	c := w.calls[id]
	err := w.update(t, func(tx store.Tx) error {
		if _, err := budget.Sweep(tx, "", rapid.IntRange(1, 9).Draw(t, "limit"), w.now); err != nil {
			return err
		}
		if c == nil || c.state == budget.Open {
			return nil
		}
		return budget.Forget(tx, id)
	})
	if err != nil && !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	if err == nil && c != nil && c.state != budget.Open {
		c.forgotten = true
	}
}

func (w *world) wait(t *rapid.T) { w.now += rapid.Int64Range(0, 40).Draw(t, "seconds") }

func (w *world) tomorrow(*rapid.T) {
	if w.now < now+5*86400 {
		w.now += 86400 - w.now%86400
	}
}

var errCrash = errors.New("crash")

// update runs fn; now and then its writes never reach the disk.
func (w *world) update(t *rapid.T, fn func(store.Tx) error) error {
	crash := rapid.IntRange(0, 5).Draw(t, "crash before commit") == 0
	return w.db.Update(context.Background(), func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if crash {
			return errCrash
		}
		return nil
	})
}

// Over random interleavings of several tokens under one ancestor, a tree in
// two currencies, changes of configuration, windows that turn, replays and
// crashes, every account obeys the law, no cap is exceeded, and whether a call
// has room is exactly what the rules say.
func TestI2_LawHoldsOverInterleavingsCrashesAndReplays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		defer func() { _ = w.db.Close() }()
		t.Repeat(map[string]func(*rapid.T){"admit": w.admit, "settle": w.settle, "replay": w.replay, "sweep": w.sweep, "wait": w.wait,
			"tomorrow": w.tomorrow, "crash": w.crash, "configure": w.configure, "": w.check})
	})
}

// Under real concurrency exactly N of many callers get through, whether a
// token or a node of the tree is what runs out.
func TestI2_NeverOneMoreUnderConcurrency(t *testing.T) {
	const limit, callers = 40, 200
	free := request(kernel.GrantCap{})
	capped := request(kernel.GrantCap{MaxTotalCost: usd(limit * 3), MaxInvocations: count(limit + 5)})
	family := request(kernel.GrantCap{})
	family.MaxFamily = count(limit)
	node := func(w budget.Window, seconds int64) *budget.Tree {
		return newTree(t, budget.NodeConfig{ID: "parent", Window: budget.Total, MaxInvocations: calls(limit + 5)},
			budget.NodeConfig{ID: "n", Parent: "parent", Window: w, WindowSeconds: seconds, MaxCost: usd(limit*3 + 2)})
	}
	for name, tt := range map[string]struct {
		token kernel.HoldRequest
		tree  *budget.Tree
		code  kernel.Code
	}{
		"grant":   {capped, nil, kernel.CodeBudgetExceeded},
		"family":  {family, nil, kernel.CodeBudgetExceeded},
		"total":   {free, node(budget.Total, 0), kernel.CodeBudgetExceeded},
		"daily":   {free, node(budget.Daily, 0), budget.CodeWindowExceeded},
		"rolling": {free, node(budget.Rolling, 3600), budget.CodeWindowExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			var wg sync.WaitGroup
			results := make(chan error, callers)
			for i := range callers {
				wg.Go(func() {
					results <- call{id: fmt.Sprint("c", i), charge: usd(3), token: &tt.token}.hold(db, tt.tree)
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
				case !errors.As(err, &d) || d.Code != tt.code:
					t.Fatal(err)
				}
			}
			if admitted != limit {
				t.Fatalf("%d calls were admitted, want exactly %d", admitted, limit)
			}
			sound(t, db)
		})
	}
}
