package capability

import (
	"cmp"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// CallFacts is one call as a scope sees it.
type CallFacts struct {
	Server    string
	Tool      string // for read and subscribe the resource's URI, for get the prompt's name
	Operation Operation
	Arguments wire.Raw // one JSON value; nil when the call has none
	ArgsBytes int      // size of the canonical arguments; at least len(Arguments) is assumed
	// PathPointers are RFC 6901 pointers of the path arguments a trusted
	// manifest declares; what is below one counts too. With any, only these and
	// values under path-like names are paths; without, every string that could
	// be one is.
	PathPointers []string
	// Action is the kind of action a trusted manifest declares: file_read,
	// file_write, patch, egress, shell or tool. Empty when none does.
	Action string
	// Resolve follows the symbolic links of a path on the tool's file system: it
	// returns the absolute path of what is there. If nothing is there, not even
	// a dangling link, the error wraps fs.ErrNotExist and the parent is asked
	// for next; any other error denies. nil: paths are judged as written only.
	Resolve func(path string) (string, error)
	// FulfilsDemands says that the caller acts on GrantMatch.Demands. Without
	// it a grant that demands something does not match.
	FulfilsDemands bool
	MaxCost        *wire.MonetaryAmount // worst-case charge; nil is free
}

// GrantMatch is one grant that allows a call.
type GrantMatch struct {
	// Index counts through Scope.Grants, then ResourceGrants, then PromptGrants.
	Index int
	// Grant is the tool grant, or stands for a resource or prompt grant: server
	// "*", the pattern as tool, the operations.
	Grant *ToolGrant
	// Demands are what its constraints ask of a later stage, in their order.
	Demands []Demand
}

// Match returns the grants of a scope that allow a call, in the order in which
// their budgets are tried: exact server first, then exact tool, then more
// constraints, then position in the list.
//
// Invoke and read_result are looked for in the tool grants, read and subscribe
// in the resource grants, get in the prompt grants; delegate is no call. A tool
// grant matches when server, tool and operation are in it, every constraint
// holds, and its per-call cost cap is in the currency of the worst-case charge
// and not below it. A constraint that cannot be evaluated does not hold. When
// nothing matches the *Error says why: a failed constraint
// (CHIO-SCOPE-CONSTRAINT), the cost cap (CHIO-BUDGET-…), or no grant at all
// (CHIO-SCOPE-NO-GRANT).
func Match(scope Scope, c CallFacts) ([]GrantMatch, *Error) {
	switch c.Operation {
	case Invoke, ReadResult:
		return matchTools(scope.Grants, c)
	case Read, Subscribe:
		return matchResources(scope, &c)
	case Get:
		return matchPrompts(scope, &c)
	}
	return nil, noGrant(&c)
}

func noGrant(c *CallFacts) *Error {
	return refuse(CodeNoGrant, "no grant covers %.32s of %.80s/%.80s; ask for a capability that does", string(c.Operation), c.Server, c.Tool)
}

func matchTools(grants []ToolGrant, c CallFacts) ([]GrantMatch, *Error) {
	var matches []GrantMatch
	var why *Error
	var facts *argumentFacts
	for i := range grants {
		g := &grants[i]
		if !nameCovers(g.ServerID, c.Server) || !nameCovers(g.ToolName, c.Tool) || !slices.Contains(g.Operations, c.Operation) {
			continue
		}
		if facts == nil && len(g.Constraints) > 0 {
			facts = newFacts(c)
		}
		demands, err := g.admits(facts, c.MaxCost)
		if err != nil {
			if why == nil {
				why = err
			}
			continue
		}
		if matches == nil {
			matches = make([]GrantMatch, 0, 1)
		}
		matches = append(matches, GrantMatch{Index: i, Grant: g, Demands: demands})
	}
	switch {
	case len(matches) == 0 && why == nil:
		return nil, noGrant(&c)
	case len(matches) == 0:
		return nil, why
	case len(matches) > 1:
		order(matches, func(name string) bool { return name == "*" })
	}
	return matches, nil
}

func newFacts(c CallFacts) *argumentFacts { return &argumentFacts{call: c} }

// order sorts candidates; open says which names stand for more than one.
func order(matches []GrantMatch, open func(string) bool) {
	slices.SortStableFunc(matches, func(a, b GrantMatch) int {
		return cmp.Or(
			exactFirst(open(a.Grant.ServerID), open(b.Grant.ServerID)),
			exactFirst(open(a.Grant.ToolName), open(b.Grant.ToolName)),
			cmp.Compare(len(b.Grant.Constraints), len(a.Grant.Constraints)),
		)
	})
}

func exactFirst(openA, openB bool) int {
	switch {
	case !openA && openB:
		return -1
	case openA && !openB:
		return 1
	}
	return 0
}

// admits checks what a grant demands beyond names. facts may be nil for a
// grant without constraints.
func (g *ToolGrant) admits(facts *argumentFacts, cost *wire.MonetaryAmount) ([]Demand, *Error) {
	var demands []Demand
	for i := range g.Constraints {
		var d Demand
		if err := g.Constraints[i].holds(facts, &d); err != nil {
			return nil, err
		}
		if d.Type != "" {
			demands = append(demands, d)
		}
	}
	limit := g.MaxCostPerInvocation
	if limit == nil || cost == nil {
		return demands, nil
	}
	if limit.Currency != cost.Currency {
		return nil, refuse(CodeBudgetCurrency, "the grant is capped in %s, the call costs %s", limit.Currency, cost.Currency)
	}
	if cost.Units > limit.Units {
		return nil, refuse(CodeBudgetExceeded, "the call may cost %d %s, the grant allows %d per call", cost.Units, cost.Currency, limit.Units)
	}
	return demands, nil
}

func isOpenPattern(pattern string) bool { return strings.HasSuffix(pattern, "*") }
