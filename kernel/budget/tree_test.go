package budget_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func calls(n uint64) *uint64 { return &n }

// agents names two keys.
func agents(key wire.PublicKey) (string, error) {
	switch key[0] {
	case 10:
		return "researcher", nil
	case 11:
		return "writer", nil
	case 99:
		return "", errors.New("the registry cannot be read")
	}
	return "", nil
}

func newTree(t testing.TB, nodes ...budget.NodeConfig) *budget.Tree {
	t.Helper()
	tree, err := budget.NewTree(budget.TreeConfig{Nodes: nodes, AgentName: agents})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// call is one call as the tree sees it.
type call struct {
	id           string
	at           int64
	agent        byte
	server, tool string
	charge       *wire.MonetaryAmount
	in           func(string) (*wire.MonetaryAmount, error)
	token        *kernel.HoldRequest
}

func (c call) admittance() *kernel.Admittance {
	m := &kernel.Mandate{CallID: c.id, Server: c.server, Tool: c.tool}
	if c.agent != 0 {
		m.Chain = []capability.Token{{Subject: wire.PublicKey{c.agent}}}
	}
	return &kernel.Admittance{Call: &kernel.Call{Mandate: m, Now: c.at}, Charge: c.charge, ChargeIn: c.in}
}

func (c call) hold(db store.DB, tree *budget.Tree) error {
	if c.at == 0 {
		c.at = now
	}
	plan, err := tree.Plan(c.admittance())
	if err != nil {
		return err
	}
	token := request(kernel.GrantCap{})
	if c.token != nil {
		token = *c.token
	}
	return db.Update(context.Background(), func(tx store.Tx) error {
		_, err := budget.Hold(tx, budget.Request{CallID: c.id, Now: c.at, Tokens: []kernel.HoldRequest{token}, Charge: c.charge, Plan: plan})
		return err
	})
}

func status(t testing.TB, db store.DB, tree *budget.Tree, id string, at int64) (found budget.NodeStatus) {
	t.Helper()
	err := db.View(func(r store.Reader) error {
		all, err := tree.Status(r, at)
		for _, s := range all {
			if s.ID == id {
				found = s
				return err
			}
		}
		return errors.Join(err, fmt.Errorf("no node %s", id))
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// sound audits the store; open calls are taken as under way.
func sound(t testing.TB, db store.DB) {
	t.Helper()
	err := db.View(func(r store.Reader) error {
		report, err := budget.Audit(r, func(string) (bool, error) { return true, nil })
		if len(report.Problems) > 0 {
			err = errors.Join(err, errors.New(strings.Join(report.Problems, "\n")))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTreeConfigIsChecked(t *testing.T) {
	ok := budget.NodeConfig{ID: "a", Window: budget.Total, MaxInvocations: calls(1)}
	with := func(change func(*budget.NodeConfig)) []budget.NodeConfig {
		c := ok
		change(&c)
		return []budget.NodeConfig{c}
	}
	var deep, many []budget.NodeConfig
	for i := range budget.MaxDepth + 1 {
		c := ok
		c.ID = fmt.Sprint("n", i)
		if i > 0 {
			c.Parent = fmt.Sprint("n", i-1)
		}
		deep = append(deep, c)
	}
	for i := range budget.MaxNodes + 1 {
		c := ok
		c.ID = fmt.Sprint("n", i)
		many = append(many, c)
	}
	tests := map[string][]budget.NodeConfig{
		"no id":              with(func(c *budget.NodeConfig) { c.ID = "" }),
		"id with slash":      with(func(c *budget.NodeConfig) { c.ID = "a/b" }),
		"long id":            with(func(c *budget.NodeConfig) { c.ID = strings.Repeat("a", 65) }),
		"twice":              {ok, ok},
		"no window":          with(func(c *budget.NodeConfig) { c.Window = "" }),
		"unknown window":     with(func(c *budget.NodeConfig) { c.Window = "weekly" }),
		"rolling, no length": with(func(c *budget.NodeConfig) { c.Window = budget.Rolling }),
		"rolling, too short": with(func(c *budget.NodeConfig) { c.Window, c.WindowSeconds = budget.Rolling, 59 }),
		"rolling, too long":  with(func(c *budget.NodeConfig) { c.Window, c.WindowSeconds = budget.Rolling, 31*86400+1 }),
		"length of a day":    with(func(c *budget.NodeConfig) { c.Window, c.WindowSeconds = budget.Daily, 60 }),
		"limits nothing":     with(func(c *budget.NodeConfig) { c.MaxInvocations = nil }),
		"no currency":        with(func(c *budget.NodeConfig) { c.MaxCost = &wire.MonetaryAmount{Units: 1} }),
		"too much money":     with(func(c *budget.NodeConfig) { c.MaxCost = usd(wire.MaxUnits + 1) }),
		"empty condition":    with(func(c *budget.NodeConfig) { c.Tools = []string{} }),
		"empty name":         with(func(c *budget.NodeConfig) { c.Servers = []string{""} }),
		"many names":         with(func(c *budget.NodeConfig) { c.Agents = make([]string, 257) }),
		"unknown parent":     with(func(c *budget.NodeConfig) { c.Parent = "b" }),
		"own parent":         with(func(c *budget.NodeConfig) { c.Parent = "a" }),
		"too deep":           deep,
		"too many":           many,
	}
	for name, nodes := range tests {
		if _, err := budget.NewTree(budget.TreeConfig{Nodes: nodes, AgentName: agents}); !errors.Is(err, budget.ErrTree) {
			t.Errorf("%s: %v, want ErrTree", name, err)
		}
	}
	if _, err := budget.NewTree(budget.TreeConfig{Nodes: with(func(c *budget.NodeConfig) { c.Agents = []string{"x"} })}); !errors.Is(err, budget.ErrTree) {
		t.Errorf("agents and nothing that names them: %v", err)
	}
	for name, nodes := range map[string][]budget.NodeConfig{"one": {ok}, "deepest": deep[:budget.MaxDepth], "most": many[:budget.MaxNodes], "none": nil} {
		if _, err := budget.NewTree(budget.TreeConfig{Nodes: nodes}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A call counts in every node whose conditions hold and in all their
// ancestors, each once.
func TestWhichNodesCount(t *testing.T) {
	limit := calls(100)
	tree := newTree(t,
		budget.NodeConfig{ID: "z-leaf", Parent: "team", Window: budget.Total, MaxInvocations: limit, Tools: []string{"read"}},
		budget.NodeConfig{ID: "company", Window: budget.Total, MaxInvocations: limit, Servers: []string{"never"}},
		budget.NodeConfig{ID: "team", Parent: "company", Window: budget.Total, MaxInvocations: limit, Agents: []string{"researcher"}, Servers: []string{"files"}},
		budget.NodeConfig{ID: "all", Window: budget.Total, MaxInvocations: limit},
		budget.NodeConfig{ID: "by-key", Window: budget.Total, MaxInvocations: limit, Agents: []string{wire.PublicKey{12}.String()}})
	tests := []struct {
		call call
		want string
	}{
		{call{agent: 10, server: "files", tool: "write"}, "all company team"},
		{call{agent: 10, server: "files", tool: "read"}, "all company team z-leaf"},
		{call{agent: 11, server: "files", tool: "write"}, "all"},
		{call{agent: 11, server: "files", tool: "read"}, "all company team z-leaf"},
		{call{agent: 10, server: "did:chio:x/files", tool: "write"}, "all"},
		{call{server: "never", tool: "write"}, "all company"},
		{call{agent: 12, server: "web", tool: "write"}, "all by-key"},
	}
	for i, tt := range tests {
		db := open(t)
		tt.call.id = fmt.Sprint("c", i)
		if err := tt.call.hold(db, tree); err != nil {
			t.Fatal(err)
		}
		var got []string
		err := db.View(func(r store.Reader) error {
			all, err := tree.Status(r, now)
			for _, s := range all {
				if s.Invocations == 1 && s.Account.Invocations == 1 {
					got = append(got, s.ID)
				} else if s.Invocations != 0 {
					t.Errorf("call %d counts %d times in %s", i, s.Invocations, s.ID)
				}
			}
			return err
		})
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("call %d counts in %v, %v; want %s", i, got, err, tt.want)
		}
	}
	if err := (call{id: "c", agent: 99}).hold(open(t), tree); err == nil || !strings.Contains(err.Error(), "registry") {
		t.Errorf("an agent that cannot be named: %v", err)
	}
}

// The denial names the same node whatever the order of the configuration, says
// what is used, and when room returns.
func TestFullNodeDenies(t *testing.T) {
	day := budget.NodeConfig{ID: "day", Window: budget.Daily, MaxInvocations: calls(2), MaxCost: usd(10)}
	ever := budget.NodeConfig{ID: "ever", Parent: "day", Window: budget.Total, MaxCost: usd(12)}
	midnight := int64(now - now%86400 + 86400)
	for _, tree := range []*budget.Tree{newTree(t, day, ever), newTree(t, ever, day)} {
		db := open(t)
		for i, charge := range []uint64{6, 4} {
			if err := (call{id: fmt.Sprint("c", i), charge: usd(charge)}).hold(db, tree); err != nil {
				t.Fatal(err)
			}
		}
		err := call{id: "c3", charge: usd(5)}.hold(db, tree)
		wantDenial(t, err, budget.CodeWindowExceeded, "budget day allows 2 calls a day (UTC) and 2 are used; room returns at unix", fmt.Sprint(midnight))
		err = call{id: "c4", at: midnight, charge: usd(5)}.hold(db, tree)
		wantDenial(t, err, kernel.CodeBudgetExceeded, "budget ever allows 12 USD in total, 10 are spent or held, the call may cost 5")
		err = call{id: "c5", at: midnight, charge: usd(11)}.hold(db, tree)
		wantDenial(t, err, kernel.CodeBudgetExceeded, "budget day allows 10 USD a day (UTC), 0 are spent or held, the call may cost 11")
		if err := (call{id: "c6", at: midnight, charge: usd(2)}).hold(db, tree); err != nil {
			t.Fatal(err)
		}
		sound(t, db)
	}
	none := newTree(t, budget.NodeConfig{ID: "none", Window: budget.Daily, MaxInvocations: calls(0)})
	wantDenial(t, call{id: "c"}.hold(open(t), none), kernel.CodeBudgetExceeded, "allows 0 calls")
}

func wantDenial(t testing.TB, err error, code kernel.Code, words ...string) {
	t.Helper()
	wantCode(t, err, code)
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Fatalf("%v does not say %q", err, w)
		}
	}
}

// A hold counts in the window it was made in, also when it is settled later.
func TestI2_CalendarWindows(t *testing.T) {
	for window, last := range map[budget.Window]time.Time{
		budget.Daily:   time.Date(2028, 2, 28, 23, 59, 59, 0, time.UTC),
		budget.Monthly: time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC),
	} {
		tree := newTree(t, budget.NodeConfig{ID: "w", Window: window, MaxCost: usd(10)})
		db := open(t)
		before, after := last.Unix(), last.Unix()+1
		if err := (call{id: "c1", at: before, charge: usd(10)}).hold(db, tree); err != nil {
			t.Fatal(err)
		}
		if err := (call{id: "c2", at: after, charge: usd(10)}).hold(db, tree); err != nil {
			t.Fatalf("%s: a new window has room: %v", window, err)
		}
		if err := settle(db, "c1", kernel.Commit, usd(3)); err != nil {
			t.Fatal(err)
		}
		err := call{id: "c3", at: after, charge: usd(1)}.hold(db, tree)
		_, end := status(t, db, tree, "w", after).WindowStart, status(t, db, tree, "w", after).WindowEnd
		wantDenial(t, err, budget.CodeWindowExceeded, fmt.Sprint("unix ", end))
		// A clock that goes back is still in the later window.
		wantDenial(t, call{id: "c4", at: before, charge: usd(1)}.hold(db, tree), budget.CodeWindowExceeded)
		if err := settle(db, "c2", kernel.Commit, usd(4)); err != nil {
			t.Fatal(err)
		}
		if s := status(t, db, tree, "w", after); s.Spent.Units != 4 || s.Invocations != 1 || s.Account.Purse("USD").Committed != 7 {
			t.Fatalf("%s: %+v", window, s)
		}
		if err := (call{id: "c5", at: end, charge: usd(10)}).hold(db, tree); err != nil {
			t.Fatal(err)
		}
		sound(t, db)
	}
}

func TestNodeInAnotherCurrency(t *testing.T) {
	eur := func(units uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: units, Currency: "EUR"} }
	tree := newTree(t, budget.NodeConfig{ID: "a", Window: budget.Total, MaxCost: eur(100)},
		budget.NodeConfig{ID: "b", Parent: "a", Window: budget.Total, MaxCost: eur(50)})
	asked := 0
	convert := func(string) (*wire.MonetaryAmount, error) { asked++; return eur(7), nil }
	for name, in := range map[string]func(string) (*wire.MonetaryAmount, error){
		"nothing converts": nil,
		"fails":            func(string) (*wire.MonetaryAmount, error) { return nil, errors.New("the round is stale") },
		"nil":              func(string) (*wire.MonetaryAmount, error) { return nil, nil },
		"wrong currency":   func(string) (*wire.MonetaryAmount, error) { return usd(7), nil },
	} {
		db := open(t)
		err := call{id: "c", charge: usd(5), in: in}.hold(db, tree)
		wantDenial(t, err, kernel.CodeBudgetCurrency, "budget a is in EUR")
		if err := (call{id: "free", in: in}).hold(db, tree); err != nil {
			t.Errorf("%s: a free call: %v", name, err)
		}
	}
	in := func(units uint64) func(string) (*wire.MonetaryAmount, error) {
		return func(string) (*wire.MonetaryAmount, error) { return eur(units), nil }
	}
	if err := (call{id: "c", charge: usd(5), in: in(wire.MaxUnits + 1)}).hold(open(t), tree); !errors.Is(err, wire.ErrAmount) {
		t.Errorf("a conversion out of range: %v", err)
	}
	db := open(t)
	bill := func(how kernel.Disposition, cost *wire.MonetaryAmount, in func(string) (*wire.MonetaryAmount, error)) budget.Bill {
		return budget.Bill{How: how, Cost: cost, In: in}
	}
	tests := []struct {
		bill  budget.Bill
		spent uint64 // of 7
	}{
		{bill(kernel.Commit, usd(3), in(4)), 4},
		{bill(kernel.Commit, usd(3), nil), 7},
		{bill(kernel.Commit, nil, in(4)), 7},
		{bill(kernel.Commit, usd(0), nil), 0},
		{bill(kernel.Commit, usd(3), func(string) (*wire.MonetaryAmount, error) { return nil, errors.New("gone") }), 7},
		{bill(kernel.Commit, usd(3), func(string) (*wire.MonetaryAmount, error) { return usd(1), nil }), 7},
		{bill(kernel.Commit, usd(3), in(8)), 7},
		{bill(kernel.Release, nil, nil), 0},
		{bill(kernel.Retain, nil, nil), 7},
	}
	want := uint64(0)
	for i, tt := range tests {
		id := fmt.Sprint("c", i)
		if err := (call{id: id, charge: usd(5), in: convert}).hold(db, tree); err != nil {
			t.Fatal(err)
		}
		err := db.Update(context.Background(), func(tx store.Tx) error { return budget.Settle(tx, id, tt.bill) })
		if err != nil {
			t.Fatal(i, err)
		}
		want += tt.spent
		if s := status(t, db, tree, "b", now); s.Spent.Units != want {
			t.Fatalf("%d: %d spent, want %d", i, s.Spent.Units, want)
		}
		sound(t, db)
	}
	if asked != len(tests) {
		t.Errorf("converted %d times for %d calls", asked, len(tests))
	}
}
