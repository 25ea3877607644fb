package capability

import (
	"fmt"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
	"pgregory.net/rapid"
)

// everyConstraint has all kinds, those that never hold included.
func everyConstraint() []Constraint {
	return []Constraint{
		NewPathPrefix("/w"), NewPathPrefix("/w/a"), NewArgumentPathPrefix("/path", "/w"), NewDomainExact("h.example"), NewDomainGlob("*.example"),
		NewRegexMatch("."), NewRegexMatch("^/w"), NewMaxLength(12), NewMaxArgsSize(40), NewCustom("path", "/w/a"), NewTableAllowlist("users"),
		NewColumnDenylist("ssn"), NewOperationClass("read_only"), NewAudienceAllowlist("a@x"), NewMemoryStoreAllowlist("notes"),
		NewMemoryWriteDenyPatterns("secret"), NewGovernedIntentRequired(), NewRequireApprovalAbove(5), NewRequireApprovalAbove(9),
		NewRequireCumulativeApprovalAbove(wire.MonetaryAmount{Units: 1, Currency: "USD"}, "b", 1), NewSellerExact("shop"),
		NewMinimumRuntimeAssurance("basic"), NewMinimumAutonomyTier("direct"), NewMaxTransactionAmountUSD("1.5"), NewRequireDualApproval(true),
		NewRequireDualApproval(false), NewModelConstraint([]string{"m"}, "low"), NewContentReviewTier("basic"), NewMaxRowsReturned(3),
		NewOutputDigestSHA256(wire.Hash(nil)), {Type: "require_finding_clean"}, {Type: RegexMatch, Value: wire.Raw(`"("`)},
	}
}

// likelyArguments meet many of everyConstraint.
var likelyArguments = []string{
	`{}`, ``, `{"path":"/w/a"}`, `{"path":"/w/a"}`, `{"path":"/w/a/b"}`, `{"path":"/w/b"}`, `{"path":"/etc"}`, `{"url":"http://h.example/"}`,
	`{"path":"/w/a","content":"secret"}`, `{"path":"/w/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`, `{"host":"h.example","path":"/w/a"}`, `{bad`,
	`{"table":"users","columns":["id"]}`, `{"table":"users","columns":["ssn"]}`, `{"to":"a@x"}`, `{"store":"notes"}`, `{"store":"other"}`,
}

func genGrant(t *rapid.T, label string) ToolGrant {
	g := ToolGrant{
		ServerID:   rapid.SampledFrom([]string{"*", "s1", "s2"}).Draw(t, label+"server"),
		ToolName:   rapid.SampledFrom([]string{"*", "t1", "t2"}).Draw(t, label+"tool"),
		Operations: []Operation{Invoke},
	}
	if rapid.Bool().Draw(t, label+"delegate") {
		g.Operations = append(g.Operations, Delegate)
	}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(t, label+"constraints") {
		g.Constraints = append(g.Constraints, rapid.SampledFrom(everyConstraint()).Draw(t, label+"constraint"))
	}
	if rapid.Bool().Draw(t, label+"capped") {
		g.MaxCostPerInvocation = usd(rapid.Uint64Range(0, 3).Draw(t, label+"cost"))
	}
	if rapid.IntRange(0, 3).Draw(t, label+"counted") == 0 {
		g.MaxInvocations = u32(rapid.Uint32Range(0, 3).Draw(t, label+"count"))
	}
	return g
}

// narrow derives a grant that often is a subset, so that the property is not
// vacuous.
func narrow(t *rapid.T, g ToolGrant) ToolGrant {
	if g.ServerID == "*" && rapid.Bool().Draw(t, "narrow server") {
		g.ServerID = "s1"
	}
	if g.ToolName == "*" && rapid.Bool().Draw(t, "narrow tool") {
		g.ToolName = "t1"
	}
	g.Constraints = slices.Clone(g.Constraints)
	switch rapid.IntRange(0, 7).Draw(t, "change constraints") {
	case 0, 1:
		g.Constraints = append(g.Constraints, rapid.SampledFrom(everyConstraint()).Draw(t, "extra"))
	case 2: // a drop or a change, which must not be covered
		if len(g.Constraints) > 0 {
			g.Constraints[0] = rapid.SampledFrom(everyConstraint()).Draw(t, "other")
		}
	case 3:
		slices.Reverse(g.Constraints)
	}
	if g.MaxCostPerInvocation == nil || rapid.Bool().Draw(t, "cheaper") {
		g.MaxCostPerInvocation = usd(rapid.Uint64Range(0, 3).Draw(t, "narrow cost"))
	}
	return g
}

func genPatterns(t *rapid.T, label string) []string {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"*", "a:*", "a:/b*", "a:/b/*", "a:/b/c", "a:/b", "a:*b", "a:**", "z"}), 0, 3).Draw(t, label)
}

func genScope(t *rapid.T, label string, grants []ToolGrant) Scope {
	s := Scope{Grants: grants}
	ops := []Operation{Read, Subscribe, Get}
	for i, p := range genPatterns(t, label+"resources") {
		s.ResourceGrants = append(s.ResourceGrants, ResourceGrant{p, ops[:1+i%3]})
	}
	for i, p := range genPatterns(t, label+"prompts") {
		s.PromptGrants = append(s.PromptGrants, PromptGrant{p, ops[i%3:]})
	}
	return s
}

func genCall(t *rapid.T) CallFacts {
	call := CallFacts{
		Server:         rapid.SampledFrom([]string{"s1", "s1", "s1", "s2", "s3", "*"}).Draw(t, "server"),
		Tool:           rapid.SampledFrom([]string{"t1", "t1", "t1", "t2", "t3", "*"}).Draw(t, "tool"),
		Operation:      rapid.SampledFrom([]Operation{Invoke, Invoke, Invoke, Invoke, Delegate, Read, Subscribe, Get}).Draw(t, "operation"),
		Arguments:      wire.Raw(rapid.SampledFrom(likelyArguments).Draw(t, "arguments")),
		Action:         rapid.SampledFrom([]string{"", "file_read", "shell"}).Draw(t, "action"),
		FulfilsDemands: rapid.IntRange(0, 3).Draw(t, "fulfils") > 0,
	}
	if call.Operation != Invoke {
		call.Tool = rapid.SampledFrom([]string{"a:/b/c", "a:/b", "a:*", "a:/b/../c", "z", "a:"}).Draw(t, "uri")
	}
	if rapid.Bool().Draw(t, "declared") {
		call.PathPointers = []string{"/path"}
	}
	if rapid.Bool().Draw(t, "priced") {
		call.MaxCost = usd(rapid.Uint64Range(0, 4).Draw(t, "price"))
	}
	return call
}

// demandsWithin reports whether every demand of parent is one of child.
func demandsWithin(parent, child []Demand) bool {
	for _, p := range parent {
		if !slices.ContainsFunc(child, func(c Demand) bool { return fmt.Sprint(c) == fmt.Sprint(p) }) {
			return false
		}
	}
	return true
}

// TestI3_ChildNeverAllowsMore: whatever a covered child matches, the parent
// matches too, and asks of later stages no more than the child does, for random
// scopes with every kind of constraint and grant, and random calls.
func TestI3_ChildNeverAllowsMore(t *testing.T) {
	covered, matched, demanded, patterned := 0, 0, 0, 0
	property := func(t *rapid.T) {
		var parents, children []ToolGrant
		for i := range rapid.IntRange(1, 3).Draw(t, "parents") {
			parents = append(parents, genGrant(t, fmt.Sprint("p", i)))
		}
		for i := range rapid.IntRange(1, 3).Draw(t, "children") {
			if rapid.IntRange(0, 7).Draw(t, "derive") > 0 {
				children = append(children, narrow(t, rapid.SampledFrom(parents).Draw(t, "from")))
			} else {
				children = append(children, genGrant(t, fmt.Sprint("c", i)))
			}
		}
		parent, child := genScope(t, "p", parents), genScope(t, "c", children)
		if rapid.Bool().Draw(t, "same patterns") {
			child.ResourceGrants, child.PromptGrants = parent.ResourceGrants, parent.PromptGrants
		}
		if Covers(parent, child) != nil {
			return
		}
		covered++
		call := genCall(t)
		allowed, err := Match(child, call)
		if err != nil {
			return
		}
		matched++
		above, err := Match(parent, call)
		if err != nil {
			t.Fatalf("child allows what the parent denies: %v", err)
		}
		for _, m := range allowed {
			if !slices.ContainsFunc(above, func(p GrantMatch) bool { return demandsWithin(p.Demands, m.Demands) }) {
				t.Fatalf("child grant %d asks less than the parent: %+v, %+v", m.Index, m.Demands, above)
			}
			demanded += len(m.Demands)
		}
		if call.Operation != Invoke {
			patterned++
		}
	}
	for range 40 {
		rapid.Check(t, property)
	}
	if covered == 0 || matched == 0 || demanded == 0 || patterned == 0 {
		t.Fatalf("vacuous: %d covered, %d matched, %d demands, %d resources and prompts", covered, matched, demanded, patterned)
	}
	t.Logf("%d covered, %d matched, %d demands, %d resources and prompts", covered, matched, demanded, patterned)
}

// TestI3_EveryKindIsKept: for each kind, a child that drops, replaces or
// changes the parent's constraint is not covered, and one that keeps it is.
func TestI3_EveryKindIsKept(t *testing.T) {
	grant := func(cs ...Constraint) Scope {
		return Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: cs}}}
	}
	for i, c := range everyConstraint() {
		for j, other := range everyConstraint() {
			if err := Covers(grant(c), grant(other)); (err == nil) != (i == j) {
				t.Errorf("%s %s ⊇ %s %s: %v", c.Type, c.Value, other.Type, other.Value, err)
			}
			if err := Covers(grant(c), grant(other, c)); err != nil {
				t.Errorf("%s %s with more: %v", c.Type, c.Value, err)
			}
		}
		if Covers(grant(c), grant()) == nil {
			t.Errorf("%s %s dropped", c.Type, c.Value)
		}
	}
}
