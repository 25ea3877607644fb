package velocity

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeVelocity is the code of a call that comes too fast or spends too fast.
const CodeVelocity kernel.Code = "CHIO-GUARD-VELOCITY"

// The names of the guards.
const (
	Name      = "velocity"
	AgentName = "agent-velocity"
)

// scope is what a limit counts under.
type scope uint8

const (
	perGrant scope = iota + 1
	perAgent
	perSession
)

// Use asks Buckets for room under one limit; it stands in Decision.Consume.
type Use struct {
	guard    string
	rule     string // dotted path of the limit
	scope    scope
	currency string // "" counts calls
	rate     rate
	id       wire.Digest // of all of the above
}

// identify computes the digest of what makes a limit another limit.
func (u *Use) identify() {
	u.id = wire.Hash(wire.MustMarshal(struct {
		Guard    string `json:"guard"`
		Rule     string `json:"rule"`
		Scope    uint8  `json:"scope"`
		Currency string `json:"currency"`
		Limit    uint64 `json:"limit"`
		Window   uint64 `json:"window"`
		Capacity uint64 `json:"capacity"`
	}{u.guard, u.rule, uint8(u.scope), u.currency, u.rate.limit, u.rate.window, u.rate.capacity}))
}

// Guard is velocity or agent-velocity. It denies what no waiting can make
// pass: a limit of zero, or a price above what a full bucket holds. The rest
// is taken at admission.
type Guard struct {
	name  string
	uses  []Use
	allow kernel.Decision // with all uses: shared, never written
}

var _ guard.Guard = (*Guard)(nil)

// NewVelocity limits calls and spending under each grant of a token, and under
// each token above it: MaxInvocations and MaxSpend. Price in another currency
// than SpendCurrency is converted at admission; without a converter it denies.
func NewVelocity(c Config) (*Guard, error) {
	currency := c.SpendCurrency
	if currency == "" {
		currency = "USD"
	}
	return newGuard(Name, c, []draft{
		{c.MaxInvocations, "max_invocations_per_window", perGrant, ""},
		{c.MaxSpend, "max_spend_per_window", perGrant, currency},
	})
}

// NewAgentVelocity limits the calls of each agent and of each of its sessions:
// MaxPerAgent and MaxPerSession.
func NewAgentVelocity(c Config) (*Guard, error) {
	return newGuard(AgentName, c, []draft{
		{c.MaxPerAgent, "max_requests_per_agent", perAgent, ""},
		{c.MaxPerSession, "max_requests_per_session", perSession, ""},
	})
}

// draft is one limit of a Config.
type draft struct {
	limit    *int64
	field    string
	scope    scope
	currency string
}

func newGuard(name string, c Config, drafts []draft) (*Guard, error) {
	rule := c.Rule
	if rule == "" {
		rule = "rules.velocity"
	}
	g := &Guard{name: name, allow: guard.Conclude(kernel.Allow, name, "", "", "")}
	for _, d := range drafts {
		if d.limit == nil {
			continue
		}
		r, err := newRate(*d.limit, c.WindowSeconds, c.BurstMicros)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, d.field, err)
		}
		g.uses = append(g.uses, Use{guard: name, rule: rule + "." + d.field, scope: d.scope, currency: d.currency, rate: r})
	}
	for i := range g.uses {
		g.uses[i].identify()
		g.allow.Consume = append(g.allow.Consume, &g.uses[i])
	}
	g.allow.Evidence = g.allow.Evidence[:1:1]
	g.allow.Consume = g.allow.Consume[:len(g.uses):len(g.uses)]
	return g, nil
}

// Name returns the guard's name.
func (g *Guard) Name() string { return g.name }

// Judge implements guard.Guard:
//
//  1. a limit of zero permits nothing; one on spending permits what is free
//  2. a price above a full bucket's capacity can never pass
//  3. the rest is for admission to take
func (g *Guard) Judge(r *guard.Request) (kernel.Decision, error) {
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return guard.Refuse(g.name, guard.CodeMalformed, "", "there is no call to judge"), nil
	}
	price := r.Call.Route.Price
	for i := range g.uses {
		u := &g.uses[i]
		if u.currency != "" && (price == nil || price.Units == 0) {
			continue
		}
		if u.rate.capacity == 0 { // 1
			return guard.Refuse(g.name, CodeVelocity, u.rule, "the limit is zero: nothing may pass"), nil
		}
		if u.currency != "" && price.Currency == u.currency && price.Units > u.rate.capacity { // 2
			return guard.Refuse(g.name, CodeVelocity, u.rule, fmt.Sprintf("price is %d, at most %d minor units of %s may be spent at once",
				price.Units, u.rate.capacity, u.currency)), nil
		}
	}
	return g.allow, nil // 3
}
