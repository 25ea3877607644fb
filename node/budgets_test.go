package node

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

func withBudgets(t *testing.T, yaml string) Options {
	t.Helper()
	o := newHome(t)
	cfg, err := ParseConfig([]byte("name: acme\npolicy: builtin:default\nbudgets:\n" + yaml))
	if err != nil {
		t.Fatal(err)
	}
	o.Config = cfg
	return o
}

const twoBudgets = `
  - {id: company, window: total, max_cost: 0.08 USD}
  - {id: local, parent: company, window: rolling, window_seconds: 86400, max_invocations: 2, agents: [local], servers: [files], tools: [read_file]}
`

func TestBudgetsBoundCalls(t *testing.T) {
	o := withBudgets(t, twoBudgets)
	n := openNode(t, o)
	serve(t, n, MCPServer{Server: "files", Agent: "local", Prices: map[string]string{"read_file": "0.03 USD"}})
	grant(t, n)
	for range 2 {
		if a := callNode(t, n, `{"path":"a"}`); a.Verdict != "allow" {
			t.Fatalf("%+v", a)
		}
	}
	a := callNode(t, n, `{"path":"a"}`)
	if a.Code != "CHIO-BUDGET-EXCEEDED" || !strings.Contains(a.Reason, "budget company allows 8 USD in total, 6 are spent or held") {
		t.Fatalf("%+v", a)
	}
	list, err := n.listBudgets(context.Background(), Empty{})
	if err != nil || len(list.Budgets) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	top, below := list.Budgets[0], list.Budgets[1]
	if top.ID != "company" || top.Spent.Units != 6 || top.Remaining.Units != 2 || top.Ever.Purses[0].Committed != 6 || top.WindowEnd != 0 {
		t.Errorf("company: %+v", top)
	}
	if below.Parent != "company" || below.Depth != 2 || below.Invocations != 2 || *below.RemainingInvocations != 0 || below.WindowEnd == 0 || below.Agents[0] != "local" {
		t.Errorf("local: %+v", below)
	}
	if _, err := n.showBudget(context.Background(), ByID{ID: "none"}); problemCode(err) != "CHIO-BUDGET-UNKNOWN" {
		t.Errorf("an unknown budget: %v", err)
	}
	audit, err := n.auditBudgets(context.Background(), Empty{})
	if err != nil || len(audit.Problems) != 0 || audit.Accounts != 3 || audit.Open != 0 {
		t.Errorf("audit %+v, %v", audit, err)
	}
}

func problemCode(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// grant lets the local agent call everything of the files server.
func grant(t *testing.T, n *Node) {
	t.Helper()
	if _, err := n.issueCapability(context.Background(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"*"}}); err != nil {
		t.Fatal(err)
	}
}

// What a budget counted outlives the node, and its configuration.
func TestBudgetsSurviveARestart(t *testing.T) {
	o := withBudgets(t, twoBudgets)
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("first", func(t *testing.T) {
		serve(t, n, MCPServer{Server: "files", Agent: "local", Prices: map[string]string{"*": "0.03 USD"}})
		grant(t, n)
		callNode(t, n, `{"path":"a"}`)
	})
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	o.Config.Budgets = o.Config.Budgets[:1]
	n = openNode(t, o)
	for id, orphaned := range map[string]bool{"company": false, "local": true} {
		b, err := n.showBudget(context.Background(), ByID{ID: id})
		if err != nil || b.Orphaned != orphaned || b.Invocations != 1 {
			t.Errorf("%s: %+v, %v", id, b, err)
		}
	}
}

func TestBudgetConfigIsChecked(t *testing.T) {
	for name, yaml := range map[string]string{
		"unknown key":      `[{id: a, window: total, max_invocations: 1, tool: x}]`,
		"currency":         `[{id: a, window: total, max_cost: 5.00 DOUBLOONS}]`,
		"decimals":         `[{id: a, window: total, max_cost: 5.001 USD}]`,
		"no window":        `[{id: a, max_invocations: 1}]`,
		"negative":         `[{id: a, window: total, max_invocations: -1}]`,
		"cycle":            `[{id: a, parent: b, window: total, max_invocations: 1}, {id: b, parent: a, window: total, max_invocations: 1}]`,
		"empty condition":  `[{id: a, window: total, max_invocations: 1, agents: []}]`,
		"limits nothing":   `[{id: a, window: total}]`,
		"rolling, 0":       `[{id: a, window: rolling, max_invocations: 1}]`,
		"length of total":  `[{id: a, window: total, window_seconds: 60, max_invocations: 1}]`,
		"too many":         "[" + strings.Repeat("{id: a, window: total, max_invocations: 1},", 257) + "]",
		"amount as number": `[{id: a, window: total, max_cost: 5}]`,
	} {
		if _, err := ParseConfig([]byte("budgets: " + yaml)); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	doc := yamlBlock(t, "budgets.md")
	c, err := ParseConfig([]byte(doc))
	if err != nil || len(c.Budgets) != 3 {
		t.Fatalf("docs/budgets.md: %v", err)
	}
}

func TestPriceLists(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "prices.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	prices, metered, err := LoadPrices(write("prices:\n  read_file: 0.03 USD\n  search: {max: 0.05 USD, metered: true}\n  \"*\": {max: 0.01 USD}\n"))
	if err != nil || len(prices) != 3 || prices["search"] != "0.05 USD" || prices["*"] != "0.01 USD" || !slices.Equal(metered, []string{"search"}) {
		t.Fatalf("%v %v %v", prices, metered, err)
	}
	for _, bad := range []string{"prices: {a: {metered: true}}", "prices: {a: {max: 1 USD, unit: x}}", "prices: {a: [1]}", "price: {}", "prices: {a: {max: 1 USD, metered: 7}}"} {
		if _, _, err := LoadPrices(write(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	n := openNode(t, newHome(t))
	for _, s := range []MCPServer{{Prices: map[string]string{"a": "x"}}, {Metered: []string{"a"}}} {
		if _, _, err := n.priceList(&s); problemCode(err) != "CHIO-USAGE" {
			t.Errorf("%+v: %v", s, err)
		}
	}
	usd := func(units uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: units, Currency: "USD"} }
	s := &toolServer{}
	if s.prices, s.metered, err = n.priceList(&MCPServer{Prices: map[string]string{"a": "0.05 USD", "b": "0.05 USD", "*": "0.02 USD", "free": "0.00 USD"}, Metered: []string{"a", "*"}}); err != nil {
		t.Fatal(err)
	}
	for tool, want := range map[string]*wire.MonetaryAmount{"a": usd(3), "b": nil, "other": usd(3), "free": nil} {
		res := kernel.Result{Cost: usd(3)}
		if s.charge(tool, &res); fmt.Sprint(res.Cost) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", tool, res.Cost, want)
		}
	}
	if s.prices.of("free") != nil || s.prices.of("other").Units != 2 {
		t.Error("prices")
	}
}

// meteredServer is a tool server whose tool reports what it cost.
func meteredServer(report func() string) io.ReadWriteCloser {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	go func() {
		defer func() { _ = outW.Close() }()
		for lines := bufio.NewScanner(inR); lines.Scan(); {
			var m struct {
				ID     json.RawMessage `json:"id"`
				Method string          `json:"method"`
			}
			if json.Unmarshal(lines.Bytes(), &m) != nil || m.ID == nil {
				continue
			}
			result := map[string]string{
				"initialize": `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"metered","version":"1"}}`,
				"tools/list": `{"tools":[{"name":"read_file","inputSchema":{"type":"object"}}]}`,
				"tools/call": `{"content":[],"_meta":{` + report() + `}}`,
			}[m.Method]
			fmt.Fprintf(outW, `{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", m.ID, cmp.Or(result, "{}"))
		}
	}()
	return &echoServer{outR, inW}
}

// A metered tool is charged what it reports, within what was held; one that
// is not metered reports in vain.
func TestMeteredTool(t *testing.T) {
	for _, tt := range []struct {
		report   string
		metered  bool
		charged  uint64
		retained uint64
		code     string
	}{
		{`"chio/cost":{"units":2,"currency":"USD"}`, true, 2, 0, ""},
		{`"chio/cost":{"units":0,"currency":"USD"}`, true, 0, 0, ""},
		{``, true, 5, 0, ""},
		{`"chio/cost":{"units":2}`, true, 5, 0, ""},
		{`"chio/cost":{"units":2,"currency":"USD"}`, false, 5, 0, ""},
		{`"chio/cost":{"units":6,"currency":"USD"}`, true, 0, 5, "CHIO-OUTPUT-OVERCHARGE"},
		{`"chio/cost":{"units":2,"currency":"EUR"}`, true, 0, 5, "CHIO-OUTPUT-OVERCHARGE"},
	} {
		n := openNode(t, withBudgets(t, "  - {id: all, window: total, max_cost: 1.00 USD}\n"))
		s := MCPServer{Server: "files", Agent: "local", Prices: map[string]string{"read_file": "0.05 USD"}}
		if tt.metered {
			s.Metered = []string{"read_file"}
		}
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := n.ServeMCP(ctx, s, nil, meteredServer(func() string { return tt.report })); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		awaitTools(t, n)
		grant(t, n)
		a := callNode(t, n, `{"path":"a"}`)
		b, err := n.showBudget(context.Background(), ByID{ID: "all"})
		cancel()
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		p := b.Ever.Purses[0]
		if a.Code != tt.code || p.Committed != tt.charged || p.Retained != tt.retained || p.Reserved != 5 || p.Outstanding != 0 {
			t.Errorf("%s, metered %v: %s %+v", tt.report, tt.metered, a.Code, p)
		}
		if strings.Contains(string(a.Content), "cost") {
			t.Errorf("the caller sees %s", a.Content)
		}
	}
}
