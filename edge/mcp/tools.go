package mcp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// The limits of a tool list.
const (
	maxTools     = 4096
	maxToolPages = 256
)

// The reasons a tool cannot be called.
var (
	ErrToolsNotReady = errors.New("tool list is not pinned yet: initialize the session first")
	ErrToolUnknown   = errors.New("tool server does not list this tool")
	ErrToolNew       = errors.New("tool appeared after the list was pinned: the operator must accept the new list")
	ErrToolChanged   = errors.New("tool's definition changed after the list was pinned: the operator must accept the new list")
	ErrToolList      = errors.New("tool server's list is not usable")
	ErrToolsInDoubt  = errors.New("tool server says its list changed, and it was not read again in time")
)

// Tool is one tool as its server defined it when the list was pinned.
type Tool struct {
	Name       string
	Definition wire.Raw    // canonical: schema, annotations, description
	SHA256     wire.Digest // of Definition
}

// ToolsChange is how a server's list differs from the pinned one; names are
// sorted. Added and Changed tools are denied until the operator accepts them.
type ToolsChange struct {
	Added, Changed, Removed []string
}

func (c ToolsChange) empty() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) == 0 }

// toolPins holds what the operator's session agreed to and what the server
// says now.
type toolPins struct {
	mu      sync.RWMutex
	pinned  map[string]Tool // nil until the first list
	blocked map[string]error

	doubts uint64        // how often the server gave cause to look again
	looked uint64        // which of them a look has answered
	turn   chan struct{} // closed when looked grows; nil while nobody waits
}

func (p *toolPins) doubt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doubts++
}

// inDoubt returns the newest doubt, and whether it is answered. Before the first
// list there is nothing to doubt.
func (p *toolPins) inDoubt() (doubt uint64, settled bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.doubts, p.pinned == nil || p.looked >= p.doubts
}

// settle says that a look which began after that doubt has ended.
func (p *toolPins) settle(doubt uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked = doubt
	if p.turn != nil {
		close(p.turn)
		p.turn = nil
	}
}

// unsettled returns what to wait for until that doubt is answered, nil if it is.
func (p *toolPins) unsettled(doubt uint64) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.looked >= doubt {
		return nil
	}
	if p.turn == nil {
		p.turn = make(chan struct{})
	}
	return p.turn
}

func (p *toolPins) pin(listed map[string]Tool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pinned, p.blocked = listed, nil
}

// compare blocks every tool of listed that is not as pinned, and every pinned
// tool that is gone.
func (p *toolPins) compare(listed map[string]Tool) ToolsChange {
	p.mu.Lock()
	defer p.mu.Unlock()
	var c ToolsChange
	blocked := map[string]error{}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		was, ok := p.pinned[name]
		switch {
		case !ok:
			c.Added, blocked[name] = append(c.Added, name), ErrToolNew
		case was.SHA256 != listed[name].SHA256:
			c.Changed, blocked[name] = append(c.Changed, name), ErrToolChanged
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.pinned)) {
		if _, ok := listed[name]; !ok {
			c.Removed, blocked[name] = append(c.Removed, name), ErrToolUnknown
		}
	}
	p.blocked = blocked
	return c
}

func (p *toolPins) lookup(name string) (Tool, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.pinned == nil {
		return Tool{}, ErrToolsNotReady
	}
	if err := p.blocked[name]; err != nil {
		return Tool{}, fmt.Errorf("%w: %.80q", err, name)
	}
	t, ok := p.pinned[name]
	if !ok {
		return Tool{}, fmt.Errorf("%w: %.80q", ErrToolUnknown, name)
	}
	return t, nil
}

// Tool returns a tool that can be called, or why it cannot, by the list as it
// was last read.
func (u *Upstream) Tool(name string) (Tool, error) { return u.tools.lookup(name) }

// CheckTool returns why a tool cannot be called, nil if it can. While the server
// has said that its list changed and the list was not read again, it waits: what
// the operator agreed to may no longer be what a call would reach. Doubts that
// the server casts later are not waited for, so it cannot hold a call for ever.
func (u *Upstream) CheckTool(ctx context.Context, name string) error {
	doubt, settled := u.tools.inDoubt()
	for !settled {
		turn := u.tools.unsettled(doubt)
		if turn == nil {
			break
		}
		select {
		case <-turn:
		case <-u.conn.done:
			return fmt.Errorf("%w: %w", ErrToolsInDoubt, u.Err())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrToolsInDoubt, context.Cause(ctx))
		}
	}
	_, err := u.tools.lookup(name)
	return err
}

// Tools returns the tools that can be called, sorted by name.
func (u *Upstream) Tools() []Tool {
	u.tools.mu.RLock()
	defer u.tools.mu.RUnlock()
	var callable []Tool
	for _, name := range slices.Sorted(maps.Keys(u.tools.pinned)) {
		if u.tools.blocked[name] == nil {
			callable = append(callable, u.tools.pinned[name])
		}
	}
	return callable
}

// AcceptTools pins the server's list as it is now: the operator's decision
// that new and changed tools may be called. It returns what changed.
func (u *Upstream) AcceptTools(ctx context.Context) (ToolsChange, error) {
	if err := u.Ready(ctx); err != nil {
		return ToolsChange{}, err
	}
	listed, err := u.listTools(ctx)
	if err != nil {
		return ToolsChange{}, fmt.Errorf("list the tools of %s: %w", u.cfg.Server, err)
	}
	change := u.tools.compare(listed)
	u.tools.pin(listed)
	return change, nil
}

// suspectTools has the list looked at again, because the server says that it
// changed or a page of it was not as pinned. No call begins before that look.
func (u *Upstream) suspectTools() {
	u.tools.doubt()
	select {
	case u.changed <- struct{}{}:
	default: // a look is already due
	}
}

// listTools reads every page of the server's list.
func (u *Upstream) listTools(ctx context.Context) (map[string]Tool, error) {
	listed := map[string]Tool{}
	if !u.hasTools.Load() {
		return listed, nil
	}
	cursor := wire.Raw(nil)
	for range maxToolPages {
		page, next, err := u.toolsPage(ctx, cursor)
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			if _, repeated := listed[t.Name]; repeated {
				return nil, fmt.Errorf("%w: %.80q is listed twice", ErrToolList, t.Name)
			}
			listed[t.Name] = t
		}
		if len(listed) > maxTools {
			return nil, fmt.Errorf("%w: more than %d tools", ErrToolList, maxTools)
		}
		if cursor = next; len(cursor) == 0 {
			return listed, nil
		}
	}
	return nil, fmt.Errorf("%w: more than %d pages", ErrToolList, maxToolPages)
}

func (u *Upstream) toolsPage(ctx context.Context, cursor wire.Raw) ([]Tool, wire.Raw, error) {
	params := object{}
	if len(cursor) > 0 {
		params["cursor"] = cursor
	}
	result, rpcErr, err := u.conn.request(ctx, u.conn.reserve(), "tools/list", params.raw(), nil)
	if rpcErr != nil {
		err = rpcErr
	}
	if err != nil {
		return nil, nil, err
	}
	o, err := parseObject(result)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrToolList, err)
	}
	page, err := parseTools(o["tools"])
	if next := o["nextCursor"]; len(next) > 0 && next[0] == '"' {
		return page, next, err
	}
	return page, nil, err
}

// parseTools reads the tools member of a list result.
func parseTools(raw wire.Raw) ([]Tool, error) {
	var definitions []wire.Raw
	if err := wire.UnmarshalLenient(raw, &definitions, FrameLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToolList, err)
	}
	tools := make([]Tool, 0, len(definitions))
	for _, d := range definitions {
		o, err := parseObject(d)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrToolList, err)
		}
		name := o.text("name")
		if name == "" || len(name) > kernel.MaxNameBytes {
			return nil, fmt.Errorf("%w: a name must be 1 to %d bytes", ErrToolList, kernel.MaxNameBytes)
		}
		canonical, err := wire.Canonicalize(d, FrameLimits)
		if err != nil {
			return nil, fmt.Errorf("%w: tool %.80q: %w", ErrToolList, name, err)
		}
		tools = append(tools, Tool{Name: name, Definition: canonical, SHA256: wire.Hash(canonical)})
	}
	return tools, nil
}
