package capability

import (
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Covers reports whether everything child allows, parent allows too:
//
//	1 every child grant is covered by one parent grant: server and tool equal
//	  or "*" in the parent, operations a subset
//	2 every constraint of that parent grant is in the child grant verbatim
//	3 a cap of the parent grant is also in the child grant, in the same
//	  currency and no larger; dpop_required is inherited
//	4 the child grants that lean on one parent grant together stay within its
//	  max_invocations and max_total_cost
//
// A child grant leans on the first parent grant that covers it and has room.
// Errors are *Error with code CHIO-CAP-WIDENED.
func Covers(parent, child Scope) error { return covers(parent, child, "") }

// covers is Covers; a non-empty operation must also be in every parent grant
// that is leaned on.
func covers(parent, child Scope, need Operation) error {
	room := newAllotments(parent.Grants)
	for i := range child.Grants {
		if err := room.take(i, &child.Grants[i], need); err != nil {
			return err
		}
	}
	for i, c := range child.ResourceGrants {
		if !slices.ContainsFunc(parent.ResourceGrants, func(p ResourceGrant) bool {
			return patternCovers(p.URIPattern, c.URIPattern) && operationsCover(p.Operations, c.Operations, need)
		}) {
			return refuse(CodeWidened, "resource_grants[%d] %.80q is not covered by the parent%s", i, c.URIPattern, needing(need))
		}
	}
	for i, c := range child.PromptGrants {
		if !slices.ContainsFunc(parent.PromptGrants, func(p PromptGrant) bool {
			return patternCovers(p.PromptName, c.PromptName) && operationsCover(p.Operations, c.Operations, need)
		}) {
			return refuse(CodeWidened, "prompt_grants[%d] %.80q is not covered by the parent%s", i, c.PromptName, needing(need))
		}
	}
	return nil
}

func needing(op Operation) string {
	if op == "" {
		return ""
	}
	return " (whose grant must also list the operation " + string(op) + ")"
}

// allotments tracks what is left of each parent grant's shared caps.
type allotments struct {
	grants      []ToolGrant
	constraints [][]string
	invocations []uint64
	units       []uint64
}

func newAllotments(grants []ToolGrant) *allotments {
	a := &allotments{
		grants:      grants,
		constraints: make([][]string, len(grants)),
		invocations: make([]uint64, len(grants)),
		units:       make([]uint64, len(grants)),
	}
	for i := range grants {
		a.constraints[i] = constraintKeys(grants[i].Constraints)
		if n := grants[i].MaxInvocations; n != nil {
			a.invocations[i] = uint64(*n)
		}
		if m := grants[i].MaxTotalCost; m != nil {
			a.units[i] = m.Units
		}
	}
	return a
}

// take finds a parent grant for one child grant and uses up its shared caps.
func (a *allotments) take(index int, child *ToolGrant, need Operation) error {
	keys := constraintKeys(child.Constraints)
	why := "no parent grant names this server and tool"
	for i := range a.grants {
		p := &a.grants[i]
		if !nameCovers(p.ServerID, child.ServerID) || !nameCovers(p.ToolName, child.ToolName) { // 1
			continue
		}
		if reason := a.covers(i, child, keys, need); reason != "" {
			why = reason
			continue
		}
		if p.MaxInvocations != nil {
			a.invocations[i] -= uint64(*child.MaxInvocations)
		}
		if p.MaxTotalCost != nil {
			a.units[i] -= child.MaxTotalCost.Units
		}
		return nil
	}
	return refuse(CodeWidened, "grants[%d] %.80s/%.80s: %s", index, child.ServerID, child.ToolName, why)
}

// covers says why parent grant i does not cover child, or "".
func (a *allotments) covers(i int, child *ToolGrant, keys []string, need Operation) string {
	p := &a.grants[i]
	if !operationsCover(p.Operations, child.Operations, need) { // 1
		return "an operation is not in the parent grant" + needing(need)
	}
	for j, key := range a.constraints[i] { // 2
		if !slices.Contains(keys, key) {
			return "the parent's constraint " + p.Constraints[j].Type + " is missing or changed"
		}
	}
	if p.MaxInvocations != nil { // 3, 4
		if child.MaxInvocations == nil || uint64(*child.MaxInvocations) > a.invocations[i] {
			return "max_invocations is over what the parent grant has left"
		}
	}
	if !capCovers(p.MaxCostPerInvocation, child.MaxCostPerInvocation) { // 3
		return "max_cost_per_invocation is missing, larger, or in another currency"
	}
	if !capCovers(p.MaxTotalCost, child.MaxTotalCost) { // 3
		return "max_total_cost is missing, larger, or in another currency"
	}
	if p.MaxTotalCost != nil && child.MaxTotalCost.Units > a.units[i] { // 4
		return "max_total_cost is over what the parent grant has left"
	}
	if isTrue(p.DPoPRequired) && !isTrue(child.DPoPRequired) { // 3
		return "dpop_required is dropped"
	}
	return ""
}

func nameCovers(parent, child string) bool { return parent == "*" || parent == child }

// patternCovers compares "*", trailing-* and exact patterns. The star of an
// open child is no letter of its prefix: "a**" does not cover "a*".
func patternCovers(parent, child string) bool {
	childPrefix, childOpen := strings.CutSuffix(child, "*")
	if !childOpen {
		return patternMatchesText(parent, child)
	}
	parentPrefix, parentOpen := strings.CutSuffix(parent, "*")
	return parentOpen && strings.HasPrefix(childPrefix, parentPrefix)
}

func operationsCover(parent, child []Operation, need Operation) bool {
	if need != "" && !slices.Contains(parent, need) {
		return false
	}
	for _, op := range child {
		if !slices.Contains(parent, op) {
			return false
		}
	}
	return true
}

func capCovers(parent, child *wire.MonetaryAmount) bool {
	if parent == nil {
		return true
	}
	return child != nil && child.Currency == parent.Currency && child.Units <= parent.Units
}

func isTrue(b *bool) bool { return b != nil && *b }

// constraintKeys gives constraints a comparable form: two are the same if type
// and canonical value are.
func constraintKeys(cs []Constraint) []string {
	keys := make([]string, len(cs))
	for i, c := range cs {
		value := []byte(c.Value)
		if canonical, err := wire.Canonicalize(c.Value, wire.DocumentLimits); err == nil {
			value = canonical
		}
		keys[i] = c.Type + "\x00" + string(value)
	}
	return keys
}
