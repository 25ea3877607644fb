package reputation

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/capability"
)

// holding is a capability the agent used, as its token says.
type holding struct {
	use  *use
	leaf *capability.Token
}

// holdings are the capabilities that were used and are known, and how much of
// the decayed use is of others. A chain counts if
//
//	1 it is the one the receipts name, and its holder is the agent
//	2 it verifies (capability.VerifyDelegation)
//	3 its root is by a kernel of the trust set
func (r *run) holdings(c *Corpus) (known []holding, missing, all uint64, err error) {
	if c.Tokens == nil {
		return nil, 0, 0, nil
	}
	for id, u := range r.uses {
		w := Decay(r.now - u.newest)
		all += w
		chain, err := c.Tokens(id)
		if err != nil {
			return nil, 0, 0, fmt.Errorf("capability %.80q: %w", id, err)
		}
		if len(chain) == 0 || chain[len(chain)-1].ID != id || chain[len(chain)-1].Subject != r.subject || // 1
			capability.VerifyDelegation(chain) != nil || !r.kernels.trust.Issued(chain[0].Issuer) { // 2, 3
			missing += w
			continue
		}
		known = append(known, holding{u, &chain[len(chain)-1]})
	}
	return known, missing, all, nil
}

// leastPrivilege is, for each capability that was used,
//
//	(grants used / grants) · (0.5 + 0.5 · constrained share) · (0.5 + 0.5 · share without delegate)
//
// averaged with the decayed weight of its newest use. If more than half of that
// weight is of capabilities nobody here knows, it is unknown.
func (r *run) leastPrivilege(known []holding, missing, all uint64) value {
	if all == 0 || missing > all/2 {
		return unknown("the capabilities that were used are not known here")
	}
	num, den := uint64(0), uint64(0) // at most 2^16 grants · 2^32
	for _, h := range known {
		grants := h.leaf.Scope.Grants
		if len(grants) == 0 {
			continue
		}
		used, constrained, plain := uint64(0), uint64(0), uint64(0)
		for i := range grants {
			if h.use.grants[i] != nil {
				used++
			}
			if len(grants[i].Constraints) > 0 {
				constrained++
			}
			if !slices.Contains(grants[i].Operations, capability.Delegate) {
				plain++
			}
		}
		n := uint64(len(grants))
		w := Decay(r.now - h.use.newest)
		part := ratio(used*(n+constrained)*(n+plain), 4*n*n*n, one)
		num += ratio(part, one, w)
		den += w
	}
	if den == 0 {
		return unknown("no tool grant was used that still weighs anything")
	}
	return value{true, ratio(num, den, PPM), say("of %d capabilities: grants used, constrained, and without delegate", len(known))}
}

// wellUsed is the part of a cap that is best used: less is idle authority, more
// is an agent at its limit.
const wellUsed = 750_000

// resourceStewardship is 1 − |u − 0.75|, where u is the mean over the capped
// grants that were used of how much of the cap is: its cost, or else its calls.
func (r *run) resourceStewardship(known []holding) value {
	calls := make(map[*grantUse]uint64) // the cap on calls, where a token says one
	for _, h := range known {
		for i := range h.leaf.Scope.Grants {
			if g, most := h.use.grants[i], h.leaf.Scope.Grants[i].MaxInvocations; g != nil && most != nil && *most > 0 {
				calls[g] = uint64(*most)
			}
		}
	}
	sum, n := uint64(0), uint64(0)
	for _, u := range r.uses {
		for _, g := range u.grants {
			switch most := calls[g]; {
			case g.mixed:
			case g.total != nil && *g.total > 0:
				sum, n = sum+ratio(min(g.charged, *g.total), *g.total, PPM), n+1
			case most > 0:
				sum, n = sum+ratio(min(g.calls, most), most, PPM), n+1
			}
		}
	}
	if n == 0 {
		return unknown("no grant with a cap was used")
	}
	u := sum / n
	return value{true, PPM - max(u, wellUsed) + min(u, wellUsed), say("%d ppm of the caps of %d grants used; %d would be best", u, n, wellUsed)}
}

// delegationHygiene is the mean of three rates over what the agent delegated:
// of children with a narrower scope, with a shorter life, and with a smaller
// budget than their parent's.
func (r *run) delegationHygiene(c *Corpus) (value, error) {
	if c.Delegations == nil {
		return unknown("no record of what it delegated"), nil
	}
	met := make(map[capability.Ref]struct{})
	scope, life, budget := uint64(0), uint64(0), uint64(0)
	for chain, err := range c.Delegations {
		if err != nil {
			return value{}, err
		}
		if len(chain) < 2 || chain[len(chain)-1].Issuer != r.subject || capability.VerifyDelegation(chain) != nil ||
			!r.kernels.trust.Issued(chain[0].Issuer) {
			continue
		}
		parent, child := &chain[len(chain)-2], &chain[len(chain)-1]
		if _, twice := met[child.Ref()]; twice {
			continue
		}
		if len(met) >= MaxTracked {
			return value{}, over("delegations")
		}
		met[child.Ref()] = struct{}{}
		if capability.Covers(unbudgeted(child.Scope), unbudgeted(parent.Scope)) != nil {
			scope++
		}
		if child.ExpiresAt < parent.ExpiresAt {
			life++
		}
		if smallerBudget(parent, child) {
			budget++
		}
	}
	n := uint64(len(met))
	if n == 0 {
		return unknown("it delegated nothing"), nil
	}
	return value{true, ratio(scope+life+budget, 3*n, PPM), say("of %d delegations %d narrowed the scope, %d the life, %d the budget", n, scope, life, budget)}, nil
}

// unbudgeted is a scope without its caps, to compare what may be done.
func unbudgeted(s capability.Scope) capability.Scope {
	s.Grants = slices.Clone(s.Grants)
	for i := range s.Grants {
		s.Grants[i].MaxInvocations, s.Grants[i].MaxCostPerInvocation, s.Grants[i].MaxTotalCost = nil, nil, nil
	}
	return s
}

// smallerBudget reports whether every grant of the child has a cap that no
// grant of the parent for the same tool has as low, or that the child has a
// bound over all its calls and the parent none.
func smallerBudget(parent, child *capability.Token) bool {
	if len(child.AggregateInvocationBudget) > 0 && len(parent.AggregateInvocationBudget) == 0 {
		return true
	}
	for i := range child.Scope.Grants {
		if !lower(parent.Scope.Grants, &child.Scope.Grants[i]) {
			return false
		}
	}
	return len(child.Scope.Grants) > 0
}

func lower(parents []capability.ToolGrant, g *capability.ToolGrant) bool {
	calls, cost := g.MaxInvocations != nil, g.MaxTotalCost != nil
	for i := range parents {
		p := &parents[i]
		if p.ServerID != g.ServerID && p.ServerID != "*" || p.ToolName != g.ToolName && p.ToolName != "*" {
			continue
		}
		calls = calls && (p.MaxInvocations == nil || *p.MaxInvocations > *g.MaxInvocations)
		cost = cost && (p.MaxTotalCost == nil || p.MaxTotalCost.Currency == g.MaxTotalCost.Currency && p.MaxTotalCost.Units > g.MaxTotalCost.Units)
	}
	return calls || cost
}
