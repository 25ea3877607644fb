package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// switched is a guard whose block may be out of force.
type switched struct {
	inner guard.Guard
	when  *condition
	out   kernel.Decision
}

// withCondition returns the guard itself if there is no condition.
func withCondition(g guard.Guard, block string, when *condition) guard.Guard {
	if when == nil {
		return g
	}
	d := guard.Conclude(kernel.Allow, g.Name(), "", "extensions.chio.conditions."+block, "the block is not in force: its condition does not hold")
	d.Evidence = d.Evidence[:1:1]
	c := switched{inner: g, when: when, out: d}
	if r, ok := g.(guard.Rejudger); ok {
		return switchedAgain{c, r}
	}
	return c
}

func (c switched) Name() string { return c.inner.Name() }

func (c switched) Judge(r *guard.Request) (kernel.Decision, error) {
	if c.when.holds(r.Call) == no {
		return c.out, nil
	}
	return c.inner.Judge(r)
}

type switchedAgain struct {
	switched
	again guard.Rejudger
}

func (c switchedAgain) Rejudge(r *guard.Request) (kernel.Decision, error) {
	if c.when.holds(r.Call) == no {
		return c.out, nil
	}
	return c.again.Rejudge(r)
}

// someInForce denies a call for which every rule of the policy is out of force.
type someInForce struct {
	whens []*condition
	allow kernel.Decision
}

func (g someInForce) Name() string { return ConditionName }

func (g someInForce) Judge(r *guard.Request) (kernel.Decision, error) {
	for _, when := range g.whens {
		if when.holds(r.Call) != no {
			return g.allow, nil
		}
	}
	return guard.Refuse(ConditionName, kernel.CodeNoPolicy, "extensions.chio.conditions", "no rule of the policy is in force for this call"), nil
}

// condition returns the condition of a block, that of the extension it belongs
// to included; nil is none.
func (b *builder) condition(block string) *condition {
	own := b.conditions[block]
	if own != nil {
		b.used[block] = true
	}
	parent, _, nested := strings.Cut(block, ".")
	outer := b.conditions[parent]
	if !nested || parent == "custom" || outer == nil {
		return own
	}
	b.used[parent] = true
	if own == nil {
		return outer
	}
	return &condition{all: []*condition{own, outer}}
}

// unused warns of conditions of blocks that the policy does not have.
func (b *builder) unused() {
	for _, block := range slices.Sorted(maps.Keys(b.conditions)) {
		if !b.used[block] {
			b.warn("extensions.chio.conditions."+block, "the policy has no such block in force")
		}
	}
}
