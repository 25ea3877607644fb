package policy

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
)

// as turns a constructor's answer into a guard.Guard without making a typed
// nil of an error.
func as[G guard.Guard](g G, err error) (guard.Guard, error) {
	if err != nil {
		return nil, err
	}
	return g, nil
}

// plural counts for people: "1 pattern", "3 patterns".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// files builds forbidden-path. Path-allowlist stands later in the order.
func (b *builder) files() error {
	f := b.d.Rules.ForbiddenPaths
	if f == nil || !f.Enabled {
		return nil
	}
	g, err := guards.NewForbiddenPath(guards.ForbiddenPathConfig{
		Patterns: f.Patterns, Exceptions: f.Exceptions,
	})
	if err != nil {
		return err
	}
	b.forbidden = g
	return b.add(g, nil, "forbidden_paths", plural(len(f.Patterns), "pattern")+", "+plural(len(f.Exceptions), "exception"))
}

// allowlist builds path-allowlist. It enforces the session's roots
// (kernel.Mandate.Roots) in any case; where the block itself is conditional or
// only observes, a second one without lists keeps enforcing them.
func (b *builder) allowlist() error {
	p := b.d.Rules.PathAllowlist
	on := p != nil && p.Enabled
	if !on || b.conditions["path_allowlist"] != nil || b.observes(guards.PathAllowlistName) {
		g, err := as(guards.NewPathAllowlist(guards.PathAllowlistConfig{}))
		if err := b.add(g, err, "path_allowlist", "session roots only"); err != nil {
			return err
		}
		last := &b.slots[len(b.slots)-1]
		last.rule, last.when, last.strict = false, nil, true // session roots alone are not a policy
	}
	if !on {
		return nil
	}
	g, err := as(guards.NewPathAllowlist(guards.PathAllowlistConfig{Enabled: true, Read: p.Read, Write: p.Write, Patch: p.Patch}))
	return b.add(g, err, "path_allowlist", fmt.Sprintf("read %d, write %d, patch %d", len(p.Read), len(p.Write), len(p.Patch)))
}

// rates builds velocity and agent-velocity, as far as limits are set.
func (b *builder) rates() error {
	v := b.d.Rules.Velocity
	if v == nil || !v.Enabled {
		return nil
	}
	c := velocity.Config{
		MaxInvocations: v.MaxInvocationsPerWindow, MaxSpend: v.MaxSpendPerWindow, SpendCurrency: v.SpendCurrency,
		MaxPerAgent: v.MaxRequestsPerAgent, MaxPerSession: v.MaxRequestsPerSession,
		WindowSeconds: v.WindowSecs, BurstMicros: int64(v.BurstFactor),
	}
	window := fmt.Sprintf("window %d s", v.WindowSecs)
	if c.MaxInvocations != nil || c.MaxSpend != nil {
		g, err := newVelocity(c)
		if err := b.add(g, err, "velocity", window); err != nil {
			return err
		}
	}
	if c.MaxPerAgent != nil || c.MaxPerSession != nil {
		g, err := newAgentVelocity(c)
		if err := b.add(g, err, "velocity", window); err != nil {
			return err
		}
	}
	if c.MaxInvocations == nil && c.MaxSpend == nil && c.MaxPerAgent == nil && c.MaxPerSession == nil {
		b.warn("rules.velocity", "is enabled and sets no limit")
	}
	return nil
}
