//go:build linux

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// flow is one organisation's agent calling another organisation's tools.
type flow struct {
	from, to   *org
	agent      string
	capability string
	limitCents uint64 // what its agent may spend

	mu   sync.Mutex // guards what follows
	made []attempt
}

// attempt is one call as its agent saw it.
type attempt struct {
	mark, tool string
	begun      time.Time
	answer     *node.CallAnswer // nil: the agent's own node went away meanwhile
}

// newFlow makes the agent of a flow, and the capability it has: both tools, and
// so much money.
func newFlow(ctx context.Context, from, to *org, limitCents uint64) (*flow, error) {
	f := &flow{from: from, to: to, agent: from.name + "-to-" + to.name, limitCents: limitCents}
	if err := from.verb("passport", "issue", "--agent", f.agent); err != nil {
		return nil, err
	}
	var c node.CapabilityInfo
	err := from.ask(ctx, "capability/issue", node.IssueCapability{Agent: f.agent, Server: f.server(), Tools: []string{paid, free},
		MaxTotal: &wire.MonetaryAmount{Units: limitCents, Currency: "USD"}}, &c)
	f.capability = c.ID
	return f, err
}

func (f *flow) server() string { return f.to.ready.DID + "/" + server }

// call makes one call and remembers how it ended.
func (f *flow) call(ctx context.Context, tool string) *node.CallAnswer {
	f.mu.Lock()
	a := attempt{mark: fmt.Sprintf("%s-%s-%d", f.from.name, f.to.name, len(f.made)), tool: tool, begun: time.Now()}
	at := len(f.made)
	f.made = append(f.made, a)
	f.mu.Unlock()
	var answer node.CallAnswer
	err := f.from.ask(ctx, "call", node.CallRequest{Agent: f.agent, Server: f.server(), Tool: tool, Arguments: arguments(a.mark)}, &answer)
	if err != nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made[at].answer = &answer
	return &answer
}

func arguments(mark string) wire.Raw { return wire.MustMarshal(entry{Mark: mark}) }

// run calls until the context ends: two calls in three cost money. A call that
// began is waited for.
func (f *flow) run(ctx, calls context.Context, pause func() time.Duration) {
	for i := 0; ctx.Err() == nil; i++ {
		tool := paid
		if i%3 == 2 {
			tool = free
		}
		f.call(calls, tool)
		select {
		case <-ctx.Done():
		case <-time.After(pause()):
		}
	}
}
