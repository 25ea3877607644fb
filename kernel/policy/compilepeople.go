package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
)

// people builds human-in-loop and runtime-assurance.
func (b *builder) people() error {
	if h := b.d.Rules.HumanInLoop; h != nil && h.Enabled {
		g, err := as(newApprovalGuard(h))
		if err := b.add(g, err, "human_in_loop", approvalSummary(h)); err != nil {
			return err
		}
		if h.TimeoutSeconds != nil || h.OnTimeout != "" {
			b.warn("rules.human_in_loop.timeout_seconds", "requests live as long as the node's approvals are configured to; one that runs out denies")
		}
	}
	t := b.d.Rules.ToolAccess
	if t == nil || !t.Enabled {
		return nil
	}
	if t.PreferRuntimeAssuranceTier != "" || t.PreferWorkloadIdentity != nil {
		b.warn("rules.tool_access", "what the runtime is only preferred to show decides nothing")
	}
	if t.RequireWorkloadIdentity != nil {
		return errors.New("rules.tool_access.require_workload_identity: this kernel verifies no workload identities; use require_runtime_assurance_tier")
	}
	if !demandsAssurance(t) {
		return nil
	}
	g, err := as(newAssuranceGuard(t.RequireRuntimeAssuranceTier))
	if err := b.add(g, err, "tool_access", "at least "+t.RequireRuntimeAssuranceTier); err != nil {
		return err
	}
	b.slots[len(b.slots)-1].strict = true
	return nil
}

// customs appends the guards that the program registered.
func (b *builder) customs() error {
	configured := b.chio().Custom
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		if b.o.Custom[name] == nil {
			return fmt.Errorf("extensions.chio.custom.%s: no guard of this name is registered", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.o.Custom)) {
		g := b.o.Custom[name]
		config, have := configured[name]
		summary := "registered"
		if have {
			c, ok := g.(Configurable)
			if !ok {
				return fmt.Errorf("extensions.chio.custom.%s: this guard takes no configuration", name)
			}
			made, err := c.Configure(config)
			if err != nil {
				return fmt.Errorf("extensions.chio.custom.%s: %w", name, err)
			}
			g, summary = made, "registered and configured"
		}
		if err := b.add(g, nil, "custom."+name, summary); err != nil {
			return err
		}
		b.slots[len(b.slots)-1].rule = have // a registered guard alone is not a policy
	}
	return nil
}

// approvalGuard asks a person about tools by name and calls by price:
//
//  1. a tool of require_confirmation: pending
//  2. a price of at least approve_above: pending
//  3. a price in another currency: pending, because it cannot be compared
type approvalGuard struct {
	names    *guards.McpTool
	above    *int64
	currency string
	allow    kernel.Decision
}

func newApprovalGuard(h *HumanInLoopRule) (*approvalGuard, error) {
	names, err := guards.NewMcpTool(guards.McpToolConfig{RequireConfirmation: h.RequireConfirmation, Rule: "rules.human_in_loop"})
	if err != nil {
		return nil, err
	}
	if h.ApproveAbove != nil && *h.ApproveAbove < 0 {
		return nil, errors.New("rules.human_in_loop.approve_above: is negative")
	}
	return &approvalGuard{names: names, above: h.ApproveAbove, currency: word(h.ApproveAboveCurrency, "USD"), allow: pass(ApprovalName, "")}, nil
}

func approvalSummary(h *HumanInLoopRule) string {
	s := "confirm " + plural(len(h.RequireConfirmation), "name")
	if h.ApproveAbove != nil {
		s += fmt.Sprintf(", approve from %d minor units of %s", *h.ApproveAbove, word(h.ApproveAboveCurrency, "USD"))
	}
	return s
}

// Name implements guard.Guard.
func (g *approvalGuard) Name() string { return ApprovalName }

// Judge implements guard.Guard.
func (g *approvalGuard) Judge(r *guard.Request) (kernel.Decision, error) {
	named, err := g.names.Judge(r)
	if err != nil || named.Verdict == kernel.Deny {
		return named, err
	}
	pending := func(field, details string) (kernel.Decision, error) {
		return guard.Conclude(kernel.PendingApproval, ApprovalName, CodeApproval, "rules.human_in_loop."+field, details), nil
	}
	price := r.Call.Route.Price
	switch {
	case named.Verdict == kernel.PendingApproval: // 1
		return pending("require_confirmation", named.Evidence[0].Details)
	case g.above == nil || price == nil:
	case price.Currency != g.currency: // 3
		return pending("approve_above_currency", fmt.Sprintf("the price is in %.16s, the limit in %s", price.Currency, g.currency))
	case price.Units >= uint64(*g.above): // 2
		return pending("approve_above", fmt.Sprintf("the price is %d, approval is needed from %d minor units of %s", price.Units, *g.above, g.currency))
	}
	return g.allow, nil
}

// assuranceGuard makes the kernel's step 9 ask for runtime assurance: it denies
// a call for which some grant of the leaf could do without.
type assuranceGuard struct {
	tier  string
	allow kernel.Decision
}

const assuranceRule = "rules.tool_access.require_runtime_assurance_tier"

func newAssuranceGuard(tier string) (*assuranceGuard, error) {
	if !capability.AssuranceAtLeast(tier, capability.AssuranceBasic) {
		return nil, fmt.Errorf("%s: %.40q is not basic, attested or verified", assuranceRule, tier)
	}
	return &assuranceGuard{tier: tier, allow: pass(AssuranceName, assuranceRule)}, nil
}

// Name implements guard.Guard.
func (g *assuranceGuard) Name() string { return AssuranceName }

// Judge implements guard.Guard. Step 9 keeps any matching grant whose demands
// are met, so every grant that names the tool must demand the tier.
func (g *assuranceGuard) Judge(r *guard.Request) (kernel.Decision, error) {
	if r.Abstract {
		return g.allow, nil
	}
	m := r.Call.Mandate
	if len(m.Chain) == 0 {
		return guard.Refuse(AssuranceName, CodeAssurance, assuranceRule, "the call presents no capability that demands "+g.tier), nil
	}
	if m.Operation != "" && m.Operation != capability.Invoke {
		return guard.Refuse(AssuranceName, CodeAssurance, assuranceRule, "only a tool's grant can demand "+g.tier), nil
	}
	found := false
	for _, grant := range m.Chain[len(m.Chain)-1].Scope.Grants {
		if grant.ToolName != "*" && grant.ToolName != m.Tool {
			continue
		}
		found = true
		if !slices.ContainsFunc(grant.Constraints, g.demanded) {
			return guard.Refuse(AssuranceName, CodeAssurance, assuranceRule, "a grant of the capability does not demand "+g.tier), nil
		}
	}
	if !found {
		return guard.Refuse(AssuranceName, CodeAssurance, assuranceRule, "no grant of the capability names the tool"), nil
	}
	return g.allow, nil
}

func (g *assuranceGuard) demanded(c capability.Constraint) bool {
	if c.Type != capability.MinimumRuntimeAssurance || len(c.Value) < 2 {
		return false
	}
	return capability.AssuranceAtLeast(string(c.Value[1:len(c.Value)-1]), g.tier) // a plain word in quotes
}

// pass is a decision of a part that has nothing against a call, built once and
// shared; its evidence has no room to append to.
func pass(name, rule string) kernel.Decision {
	d := guard.Conclude(kernel.Allow, name, "", rule, "")
	d.Evidence = d.Evidence[:1:1]
	return d
}
