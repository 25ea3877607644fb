package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// OpenOrInit opens a home, creating it first if there is none. Like Open it
// opens no listener and dials nobody.
func OpenOrInit(ctx context.Context, o Options) (*Node, error) {
	if !Exists(o.Home) {
		if _, err := Init(ctx, o); err != nil {
			return nil, err
		}
	}
	return Open(ctx, o)
}

// ToolFunc is a tool that runs in this process. args is one JSON object, in the
// canonical form that was hashed into the receipt. The result becomes JSON. An
// error is the tool's failure and reaches the caller as such; one that wraps
// kernel.ErrNotDispatched says that nothing was done, so nothing is charged. A
// panic leaves the effect unknown, and the receipt says incomplete.
type ToolFunc func(ctx context.Context, args wire.Raw) (result any, err error)

// Tool is a Go function offered as a tool.
type Tool struct {
	Server string // the name callers and capabilities use; several tools may share it
	Name   string
	Price  string // "0.03 USD" for each call, "" for none
	Run    ToolFunc
}

// RegisterTool makes a function callable through the kernel until the returned
// function is called, exactly as a tool of a wrapped server is: with capability,
// policy, budget and receipt.
func (n *Node) RegisterTool(t Tool) (remove func(), err error) {
	if t.Server == "" || isRemote(t.Server) || t.Name == "" || t.Run == nil {
		return nil, usage("register tool: it needs a server name that is not a peer's, a name and a function")
	}
	var price *wire.MonetaryAmount
	if t.Price != "" {
		a, err := n.cfg.currencies().Parse(t.Price)
		if err != nil {
			return nil, usage("price of %s: %v", t.Name, err)
		}
		price = &a
	}
	return n.tools.register(t, price)
}

// Grant issues a capability; see the operation capability/issue.
func (n *Node) Grant(ctx context.Context, req IssueCapability) (*CapabilityInfo, error) {
	return n.issueCapability(ctx, req)
}

// Invoke makes one call as an agent whose key this node holds. A denied call is
// an answer with its receipt, not an error.
func (n *Node) Invoke(ctx context.Context, req CallRequest) (*CallAnswer, error) {
	return n.callFrom(ctx, "embedded", req)
}

// Receipt returns a receipt as it stands in the log.
func (n *Node) Receipt(ctx context.Context, id string) (wire.Raw, error) {
	row, err := n.showReceipt(ctx, ByID{ID: id})
	if err != nil {
		return nil, err
	}
	return row.Receipt, nil
}

// KernelKey is the key that signs this node's receipts.
func (n *Node) KernelKey() wire.PublicKey { return n.keys.Kernel().Public() }

// source is where a tool server's tools are.
type source interface {
	callable(ctx context.Context, tool string) error // nil, or why it cannot be called
	names() []string                                 // of those that can, sorted
	call(context.Context, *kernel.Mandate) (kernel.Result, error)
}

// mcpSource is a server that speaks MCP.
type mcpSource struct {
	up *mcp.Upstream
	// shapes are what the server itself says of its tools, by the digest of
	// their definitions.
	shapes sync.Map
}

func (s *mcpSource) callable(ctx context.Context, tool string) error {
	return s.up.CheckTool(ctx, tool)
}

func (s *mcpSource) names() []string {
	tools := s.up.Tools()
	names := make([]string, len(tools))
	for i, t := range tools {
		names[i] = t.Name
	}
	return names
}

func (s *mcpSource) call(ctx context.Context, m *kernel.Mandate) (kernel.Result, error) {
	return s.up.CallTool(ctx, m.Tool, m.Arguments, mcp.MetaOf(m))
}

// functions are tools of this process. They never change: register and remove
// put another map in its place.
type functions map[string]ToolFunc

func (f functions) callable(_ context.Context, tool string) error {
	if f[tool] == nil {
		return fmt.Errorf("%w: %.80q", mcp.ErrToolUnknown, tool)
	}
	return nil
}

func (f functions) names() []string { return slices.Sorted(maps.Keys(f)) }

var errToolPanicked = errors.New("the tool panicked")

func (f functions) call(ctx context.Context, m *kernel.Mandate) (res kernel.Result, err error) {
	run := f[m.Tool]
	if run == nil {
		return res, fmt.Errorf("%w: %w: %.80q", kernel.ErrNotDispatched, mcp.ErrToolUnknown, m.Tool)
	}
	defer func() {
		if v := recover(); v != nil {
			res, err = kernel.Result{}, fmt.Errorf("%w: %v", errToolPanicked, v)
		}
	}()
	result, err := run(ctx, slices.Clone(m.Arguments))
	switch {
	case errors.Is(err, kernel.ErrNotDispatched):
		return res, err
	case err != nil:
		result, res.IsError = struct {
			Error string `json:"error"`
		}{err.Error()}, true
	}
	if res.Content, err = wire.Marshal(result); err != nil {
		return kernel.Result{}, fmt.Errorf("the tool ran and its result is not JSON: %w", err)
	}
	return res, nil
}

// register adds a function to its server's, which is made if there is none.
func (r *registry) register(t Tool, price *wire.MonetaryAmount) (remove func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.servers[t.Server]
	next := &toolServer{name: t.Server, tools: functions{}, prices: prices{}, confinement: "none: it runs in this process"}
	if old != nil {
		have, ok := old.tools.(functions)
		if !ok || have[t.Name] != nil {
			return nil, fmt.Errorf("%w: %s/%s", errServerTaken, t.Server, t.Name)
		}
		next.tools, next.prices = maps.Clone(have), maps.Clone(old.prices)
	}
	next.tools.(functions)[t.Name] = t.Run
	if price != nil {
		next.prices[t.Name] = *price
	}
	r.servers[t.Server] = next
	return func() { r.unregister(t) }, nil
}

func (r *registry) unregister(t Tool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.servers[t.Server]
	if old == nil {
		return
	}
	have, ok := old.tools.(functions)
	if !ok || have[t.Name] == nil {
		return
	}
	left, costs := maps.Clone(have), maps.Clone(old.prices)
	delete(left, t.Name)
	delete(costs, t.Name)
	if len(left) == 0 {
		delete(r.servers, t.Server)
		return
	}
	next := *old
	next.tools, next.prices = left, costs
	r.servers[t.Server] = &next
}
