package capability

import (
	"cmp"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// CallFacts is one call as a scope sees it.
type CallFacts struct {
	Server    string
	Tool      string
	Operation Operation
	Arguments wire.Raw // one JSON value; nil when the call has none
	ArgsBytes int      // size of the canonical arguments; at least len(Arguments) is assumed
	// PathPointers are RFC 6901 pointers of the path arguments a trusted
	// manifest declares. With any, only these and path-like keys are paths;
	// without, every string that could be one is.
	PathPointers []string
	MaxCost      *wire.MonetaryAmount // worst-case charge; nil is free
}

// GrantMatch is one grant that allows a call.
type GrantMatch struct {
	Index int // in Scope.Grants
	Grant *ToolGrant
}

// Match returns the tool grants of a scope that allow a call, in the order in
// which their budgets are tried: exact server first, then exact tool, then more
// constraints, then position in the list.
//
// A tool grant matches when server, tool and operation are in it, every
// constraint holds, and its per-call cost cap is in the currency of the
// worst-case charge and not below it. A constraint that cannot be evaluated
// does not hold. When nothing matches the *Error says why: a failed constraint
// (CHIO-SCOPE-CONSTRAINT), the cost cap (CHIO-BUDGET-…), or no grant at all
// (CHIO-SCOPE-NO-GRANT).
func Match(scope Scope, c CallFacts) ([]GrantMatch, *Error) {
	var matches []GrantMatch
	why := refuse(CodeNoGrant, "no grant covers %s of %.80s/%.80s; ask for a capability that does", c.Operation, c.Server, c.Tool)
	facts := argumentFacts{call: &c}
	for i := range scope.Grants {
		g := &scope.Grants[i]
		if !nameCovers(g.ServerID, c.Server) || !nameCovers(g.ToolName, c.Tool) || !slices.Contains(g.Operations, c.Operation) {
			continue
		}
		if err := g.admits(&facts); err != nil {
			if why.Code == CodeNoGrant {
				why = err
			}
			continue
		}
		matches = append(matches, GrantMatch{Index: i, Grant: g})
	}
	if len(matches) == 0 {
		return nil, why
	}
	slices.SortStableFunc(matches, func(a, b GrantMatch) int {
		return cmp.Or(
			exactFirst(a.Grant.ServerID, b.Grant.ServerID),
			exactFirst(a.Grant.ToolName, b.Grant.ToolName),
			cmp.Compare(len(b.Grant.Constraints), len(a.Grant.Constraints)),
		)
	})
	return matches, nil
}

func exactFirst(a, b string) int {
	switch {
	case a != "*" && b == "*":
		return -1
	case a == "*" && b != "*":
		return 1
	}
	return 0
}

// admits checks what a grant demands beyond names.
func (g *ToolGrant) admits(facts *argumentFacts) *Error {
	for i := range g.Constraints {
		if err := g.Constraints[i].holds(facts); err != nil {
			return err
		}
	}
	limit, cost := g.MaxCostPerInvocation, facts.call.MaxCost
	if limit == nil || cost == nil {
		return nil
	}
	if limit.Currency != cost.Currency {
		return refuse(CodeBudgetCurrency, "the grant is capped in %s, the call costs %s", limit.Currency, cost.Currency)
	}
	if cost.Units > limit.Units {
		return refuse(CodeBudgetExceeded, "the call may cost %d %s, the grant allows %d per call", cost.Units, cost.Currency, limit.Units)
	}
	return nil
}
