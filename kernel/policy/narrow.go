package policy

import (
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/network"
)

// narrowed returns the guards of one profile: those of the policy, and after
// mcp-tool and egress-allowlist the profile's own. Both must allow; only where
// one side has an allow list does the other's default not decide.
func (b *builder) narrowed(p *OriginProfile) ([]slot, error) {
	list := slices.Clone(b.slots)
	if p.ToolAccess != nil {
		slots, err := b.narrowedTools(p)
		if err != nil {
			return nil, err
		}
		list = replace(list, guards.McpToolName, slots)
	}
	if p.Egress != nil {
		slots, err := b.narrowedEgress(p)
		if err != nil {
			return nil, err
		}
		list = replace(list, egressName, slots)
	}
	return list, nil
}

// The names under which profiles place their own guards.
const (
	egressName   = "egress-allowlist"
	internalName = "internal-network"
)

func (b *builder) narrowedTools(p *OriginProfile) ([]slot, error) {
	path := "extensions.origins.profiles." + p.ID + ".tool_access"
	b.literal(path, p.ToolAccess)
	own := toolConfig(p.ToolAccess, path)
	own.Allow, own.Exact = nilIfEmpty(own.Allow), !b.globs()
	var slots []slot
	if t := b.d.Rules.ToolAccess; t != nil && t.Enabled {
		base := toolConfig(&t.ToolAccess, "rules.tool_access")
		base.Exact = own.Exact
		base.DefaultBlock = base.DefaultBlock && (own.Allow == nil || base.Allow != nil)
		own.DefaultBlock = own.DefaultBlock && (base.Allow == nil || own.Allow != nil)
		g, err := as(guards.NewMcpTool(base))
		if err != nil {
			return nil, err
		}
		if block := without(own.Block, base.Block); len(block) > 0 {
			first, err := as(guards.NewMcpTool(guards.McpToolConfig{Block: block, Exact: own.Exact, Rule: path}))
			if err != nil {
				return nil, err
			}
			slots = append(slots, slot{Guard: blockFirst{first, pass(guards.McpToolName, "")}, block: "origins", rule: true})
		}
		slots = append(slots, slot{Guard: g, block: "tool_access", rule: true, when: b.condition("tool_access")})
	}
	g, err := as(guards.NewMcpTool(own))
	if err != nil {
		return nil, err
	}
	return append(slots, slot{Guard: g, block: "origins", config: toolSummary(p.ToolAccess), rule: true}), nil
}

func (b *builder) narrowedEgress(p *OriginProfile) ([]slot, error) {
	own := egressConfig(p.Egress, "extensions.origins.profiles."+p.ID+".egress")
	var slots []slot
	base := b.d.Rules.Egress
	if base != nil && base.Enabled {
		c := egressConfig(&base.Egress, "")
		ownBlocks := p.Egress.Default == DefaultBlock // what the profile does not say is the policy's
		open := c.DefaultAllow && !ownBlocks
		switch {
		case c.Allow != nil && own.Allow != nil:
			c.DefaultAllow, own.DefaultAllow = open, open
		case own.Allow != nil: // the profile's list alone is the list
			c.DefaultAllow, own.DefaultAllow = true, open
		case c.Allow != nil:
			c.DefaultAllow, own.DefaultAllow = open, true
		default:
			own.DefaultAllow = !ownBlocks
		}
		if block := without(own.Block, c.Block); len(block) > 0 {
			first, err := newEgress(network.EgressConfig{Block: block, DefaultAllow: true, Rule: own.Rule})
			if err != nil {
				return nil, err
			}
			slots = append(slots, slot{Guard: blockFirst{first, pass(egressName, "")}, block: "origins", rule: true})
		}
		g, err := newEgress(c)
		if err != nil {
			return nil, err
		}
		slots = append(slots, slot{Guard: g, block: "egress", rule: true, when: b.condition("egress")})
	}
	g, err := newEgress(own)
	if err != nil {
		return nil, err
	}
	slots = append(slots, slot{Guard: g, block: "origins", config: egressSummary(p.Egress), rule: true})
	if base == nil || !base.Enabled {
		internal, err := b.internalGuard()
		if err != nil {
			return nil, err
		}
		slots = append(slots, slot{Guard: internal, block: "origins", rule: true})
	}
	return slots, nil
}

// blockFirst is the part of a profile's block list that the policy's own has
// not. It stands before the policy's rule, whose default would otherwise be
// what a denial names: block lists come before defaults, whoever wrote them.
type blockFirst struct {
	guard.Guard
	allow kernel.Decision
}

func (g blockFirst) Judge(r *guard.Request) (kernel.Decision, error) {
	d, err := g.Guard.Judge(r)
	if err == nil && d.Verdict == kernel.Allow {
		return g.allow, nil // an allow is for the rules behind it to explain
	}
	return d, err
}

// without returns the entries of list that are not in other.
func without(list, other []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(other, s) {
			out = append(out, s)
		}
	}
	return out
}

// replace puts slots where the guard called name stands or would stand.
func replace(list []slot, name string, with []slot) []slot {
	order := map[string]int{}
	for i, e := range guards.Catalogue() {
		order[e.Name] = i
	}
	if i := slices.IndexFunc(list, func(s slot) bool { return s.Name() == name }); i >= 0 {
		return slices.Replace(list, i, i+1, with...)
	}
	at := slices.IndexFunc(list, func(s slot) bool {
		i, known := order[s.Name()]
		return !known || i > order[name]
	})
	if at < 0 {
		at = len(list)
	}
	return slices.Insert(list, at, with...)
}
