package node

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// embedded is a node with one Go function as a tool, and a capability on it.
func embedded(t *testing.T, run ToolFunc, price string, total *wire.MonetaryAmount) *Node {
	t.Helper()
	n := openNode(t, newHome(t))
	if _, err := n.RegisterTool(Tool{Server: "go", Name: "work", Price: price, Run: run}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Grant(t.Context(), IssueCapability{Agent: "local", Server: "go", Tools: []string{"work"}, MaxTotal: total}); err != nil {
		t.Fatal(err)
	}
	return n
}

func invoke(t *testing.T, n *Node, tool, args string) *CallAnswer {
	t.Helper()
	a, err := n.Invoke(t.Context(), CallRequest{Server: "go", Tool: tool, Arguments: wire.Raw(args)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRegisteredToolEnds(t *testing.T) {
	for name, c := range map[string]struct {
		run     ToolFunc
		ended   string
		isError bool
		spent   uint64
	}{
		"with a result": {func(context.Context, wire.Raw) (any, error) { return map[string]int{"n": 1}, nil }, receipt.Allow, false, 3},
		"with an error": {func(context.Context, wire.Raw) (any, error) { return nil, errors.New("no such thing") }, receipt.Allow, true, 3},
		"before it began": {func(context.Context, wire.Raw) (any, error) {
			return nil, fmt.Errorf("%w: not now", kernel.ErrNotDispatched)
		}, receipt.Deny, false, 0},
		"in a panic":           {func(context.Context, wire.Raw) (any, error) { panic("oh") }, receipt.Incomplete, false, 3},
		"with what no JSON is": {func(context.Context, wire.Raw) (any, error) { return make(chan int), nil }, receipt.Incomplete, false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			n := embedded(t, c.run, "0.03 USD", &wire.MonetaryAmount{Units: 100, Currency: "USD"})
			a := invoke(t, n, "work", `{"a":1}`)
			if a.Ended != c.ended || a.IsError != c.isError || a.ReceiptID == "" {
				t.Errorf("%+v", a)
			}
			list := do[CapabilityList](t, n, "capability/list", Empty{})
			if got := list.Capabilities[0].Budgets[0].Spent; got != c.spent {
				t.Errorf("%d spent, want %d", got, c.spent)
			}
		})
	}
}

// TestRegisteredToolIsMediated: being in the process gives a caller nothing.
func TestRegisteredToolIsMediated(t *testing.T) {
	ran := 0
	n := embedded(t, func(context.Context, wire.Raw) (any, error) { ran++; return struct{}{}, nil }, "0.03 USD", &wire.MonetaryAmount{Units: 6, Currency: "USD"})
	if _, err := n.RegisterTool(Tool{Server: "go", Name: "other", Run: func(context.Context, wire.Raw) (any, error) { ran += 100; return nil, nil }}); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct{ tool, args, ended string }{
		{"work", `{"a":1}`, receipt.Allow},
		{"other", `{"a":1}`, receipt.Deny},                     // no capability
		{"work", `{"path":"/root/.ssh/id_rsa"}`, receipt.Deny}, // the policy
		{"none", `{"a":1}`, receipt.Deny},
		{"work", `{"a":2}`, receipt.Allow},
		{"work", `{"a":3}`, receipt.Deny}, // the budget
	} {
		if a := invoke(t, n, c.tool, c.args); a.Ended != c.ended || a.ReceiptID == "" {
			t.Errorf("call %d: %+v, want %s", i, a, c.ended)
		}
	}
	if ran != 2 {
		t.Errorf("tools ran %d times", ran)
	}
}

func TestRegisterToolRefuses(t *testing.T) {
	n := openNode(t, newHome(t))
	serve(t, n, MCPServer{Server: "files"})
	run := func(context.Context, wire.Raw) (any, error) { return nil, nil }
	remove, err := n.RegisterTool(Tool{Server: "go", Name: "work", Run: run})
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]Tool{
		"no server":        {Name: "a", Run: run},
		"no name":          {Server: "go", Run: run},
		"no function":      {Server: "go", Name: "a"},
		"a peer's name":    {Server: "did:chio:aa/go", Name: "a", Run: run},
		"a bad price":      {Server: "go", Name: "a", Price: "3", Run: run},
		"twice":            {Server: "go", Name: "work", Run: run},
		"of an MCP server": {Server: "files", Name: "a", Run: run},
	} {
		if _, err := n.RegisterTool(bad); err == nil {
			t.Errorf("%s: registered", name)
		}
	}
	remove()
	remove()
	if a := invoke(t, n, "work", `{}`); a.Ended != receipt.Deny {
		t.Errorf("a removed tool: %+v", a)
	}
	if _, err := n.RegisterTool(Tool{Server: "go", Name: "work", Run: run}); err != nil {
		t.Errorf("once it was removed: %v", err)
	}
}
