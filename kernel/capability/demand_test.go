package capability

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// TestDemandsAreReturned: each demand arrives decoded, in order, and only at a
// caller that undertakes to fulfil it.
func TestDemandsAreReturned(t *testing.T) {
	digest := wire.Hash([]byte("x"))
	cases := []struct {
		c    Constraint
		want Demand
	}{
		{NewGovernedIntentRequired(), Demand{Type: GovernedIntentRequired}},
		{NewRequireApprovalAbove(1<<64 - 1), Demand{Type: RequireApprovalAbove, Units: 1<<64 - 1}},
		{NewRequireCumulativeApprovalAbove(*usd(100), "budget-1", 7), Demand{Type: RequireCumulativeApprovalAbove, Units: 100, Currency: "USD", Epoch: 7, Text: "budget-1"}},
		{NewSellerExact("shop"), Demand{Type: SellerExact, Text: "shop"}},
		{NewMinimumRuntimeAssurance(AssuranceAttested), Demand{Type: MinimumRuntimeAssurance, Level: "attested"}},
		{NewMinimumAutonomyTier(TierDelegated), Demand{Type: MinimumAutonomyTier, Level: "delegated"}},
		{NewMaxTransactionAmountUSD("12.5"), Demand{Type: MaxTransactionAmountUSD, Units: 12_500_000}},
		{NewMaxTransactionAmountUSD("0.9999999"), Demand{Type: MaxTransactionAmountUSD, Units: 999_999}},
		{NewMaxTransactionAmountUSD("0"), Demand{Type: MaxTransactionAmountUSD}},
		{NewMaxTransactionAmountUSD("9007199254.740991"), Demand{Type: MaxTransactionAmountUSD, Units: wire.MaxUnits}},
		{NewRequireDualApproval(true), Demand{Type: RequireDualApproval}},
		{NewModelConstraint([]string{"m1", "m2"}, SafetyHigh), Demand{Type: ModelConstraint, Level: "high", List: []string{"m1", "m2"}}},
		{NewModelConstraint(nil, SafetyLow), Demand{Type: ModelConstraint, Level: "low"}},
		{NewModelConstraint([]string{"m1"}, ""), Demand{Type: ModelConstraint, List: []string{"m1"}}},
		{NewContentReviewTier(ReviewStrict), Demand{Type: ContentReviewTier, Level: "strict"}},
		{NewMaxRowsReturned(10), Demand{Type: MaxRowsReturned, Units: 10}},
		{NewMaxRowsReturned(1<<53 + 1), Demand{Type: MaxRowsReturned, Units: 9007199254740993}}, // no double holds it
		{NewOutputDigestSHA256(digest), Demand{Type: OutputDigestSHA256, Text: digest.String()}},
	}
	var all []Constraint
	for _, tc := range cases {
		matches, err := judge(tc.c, CallFacts{FulfilsDemands: true})
		if err != nil || len(matches[0].Demands) != 1 || fmt.Sprint(matches[0].Demands[0]) != fmt.Sprint(tc.want) {
			t.Errorf("%s %s: %+v, %v", tc.c.Type, tc.c.Value, matches, err)
		}
		if _, err := judge(tc.c, CallFacts{}); err == nil || err.Code != CodeConstraint {
			t.Errorf("%s is skipped by a caller without later stages: %v", tc.c.Type, err)
		}
		if len(all) < MaxConstraints {
			all = append(all, tc.c)
		}
	}
	scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: all}}}
	matches, err := Match(scope, CallFacts{Server: "s", Tool: "t", Operation: Invoke, FulfilsDemands: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range matches[0].Demands {
		if d.Type != all[i].Type {
			t.Errorf("demand %d is %s, want %s", i, d.Type, all[i].Type)
		}
	}
	for _, fulfils := range []bool{false, true} {
		matches, err := judge(NewRequireDualApproval(false), CallFacts{FulfilsDemands: fulfils})
		if err != nil || len(matches[0].Demands) != 0 {
			t.Errorf("dual approval not required: %+v %v", matches, err)
		}
	}
}

// hostileValues are wrong for every constraint type that takes a value.
var hostileValues = []string{
	``, `null`, ` null `, `{}`, `[null]`, `[null,null]`, `[""]`, `["a",""]`, `[["a"]]`, `""`, `-1`, `1.5`, `1e3`, `1e400`, `18446744073709551616`,
	`"a\u0000b"`, `"\ud800"`, "\"\xff\"", `"`, `{`, `tru`, `"a" "b"`, `{"a":1,"a":2}`, `{"unknown":1}`,
	`{"pointer":null,"prefix":"/w"}`, `{"pointer":"/a","prefix":null}`, `{"pointer":"/a","prefix":"/w","x":1}`, `{"pointer":"/a"}`,
	`{"threshold_units":null}`, `{"threshold_units":"1"}`, `{"threshold_units":-1}`, `{"threshold_units":18446744073709551616}`,
	`{"threshold_units":1,"threshold_units":2}`, `{"threshold_units":1,"x":1}`,
	`{"threshold":{"units":1,"currency":"USD"},"approval_budget_id":"b"}`, `{"threshold":null,"approval_budget_id":"b","approval_budget_epoch":1}`,
	`{"threshold":{"units":1,"currency":"usd"},"approval_budget_id":"b","approval_budget_epoch":1}`,
	`{"threshold":{"units":9007199254740993,"currency":"USD"},"approval_budget_id":"b","approval_budget_epoch":1}`,
	`{"threshold":{"units":1,"currency":"USD"},"approval_budget_id":"b c","approval_budget_epoch":1}`,
	`{"threshold":{"units":1,"currency":"USD"},"approval_budget_id":"b","approval_budget_epoch":1,"cumulative_approval_root_binding":{}}`,
	`{"allowed_model_ids":[]}`, `{"allowed_model_ids":[null]}`, `{"allowed_model_ids":[""]}`, `{"allowed_model_ids":null}`, `{"min_safety_tier":"max"}`,
	`{"min_safety_tier":null}`, `{"allowed_model_ids":[],"min_safety_tier":"low"}`, `{"allowed_model_ids":["m"],"x":1}`,
	strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat("}", 100),
	`"` + strings.Repeat("a", wire.DocumentLimits.Bytes) + `"`, `"` + strings.Repeat("a", MaxItemBytes+1) + `"`,
	`["` + strings.Repeat("a", MaxItemBytes+1) + `"]`, `["a","` + strings.Repeat("a", MaxItemBytes+1) + `"]`,
	`[` + strings.Repeat(`"a",`, MaxListItems) + `"a"]`,
	`{"allowed_model_ids":[` + strings.Repeat(`"a",`, MaxListItems) + `"a"]}`,
}

var allTypes = []string{
	PathPrefix, ArgumentPathPrefix, DomainExact, DomainGlob, RegexMatch, MaxLength, MaxArgsSize, Custom, TableAllowlist, ColumnDenylist,
	OperationClass, AudienceAllowlist, MemoryStoreAllowlist, MemoryWriteDenyPatterns, RequireApprovalAbove, RequireCumulativeApprovalAbove,
	SellerExact, MinimumRuntimeAssurance, MinimumAutonomyTier, MaxTransactionAmountUSD, RequireDualApproval, ModelConstraint,
	ContentReviewTier, MaxRowsReturned, OutputDigestSHA256,
	"require_finding_clean", "moon_phase", "Path_Prefix", "path_prefix ",
}

// TestHostileValues: every decoder refuses every one of them.
func TestHostileValues(t *testing.T) {
	args := wire.Raw(`{"path":"/w/a","url":"https://h.example","table":"a","column":"a","to":"a","store":"a"}`)
	for _, kind := range allTypes {
		for _, value := range hostileValues {
			_, err := judge(Constraint{Type: kind, Value: wire.Raw(value)}, CallFacts{Arguments: args, Action: "file_read", FulfilsDemands: true})
			if err == nil || err.Code != CodeConstraint {
				t.Errorf("%s %.80s: %v", kind, value, err)
			}
		}
	}
	for kind, values := range map[string][]string{
		GovernedIntentRequired:  {`null`, `true`, `{}`, `""`},
		MaxTransactionAmountUSD: {`1`, `"-1"`, `"+1"`, `"1e3"`, `".5"`, `"5."`, `"01"`, `"1,5"`, `"1.2.3"`, `" 1"`, `"１"`, `"9007199254.740992"`, `"99999999999999999999"`, `"0x1"`},
		OutputDigestSHA256:      {`"ab"`, `"` + strings.Repeat("A", 64) + `"`, `"` + strings.Repeat("g", 64) + `"`},
		MinimumRuntimeAssurance: {`"Verified"`, `"direct"`, `1`},
		MinimumAutonomyTier:     {`"verified"`},
		ContentReviewTier:       {`"low"`},
		RequireDualApproval:     {`"true"`, `1`},
		SellerExact:             {`7`, `["a"]`, `"` + strings.Repeat("a", MaxNameBytes+1) + `"`},
		Custom:                  {`["a"]`, `["a","b","c"]`, `["","b"]`, `{"a":"b"}`, `["a",1]`},
		MaxArgsSize:             {`"1"`, `[1]`},
	} {
		for _, value := range values {
			if _, err := judge(Constraint{Type: kind, Value: wire.Raw(value)}, CallFacts{FulfilsDemands: true}); err == nil || err.Code != CodeConstraint {
				t.Errorf("%s %.80s: %v", kind, value, err)
			}
		}
	}
}

func TestLevels(t *testing.T) {
	for _, scale := range []struct {
		atLeast func(have, want string) bool
		words   []string
	}{
		{AssuranceAtLeast, []string{"none", "basic", "attested", "verified"}},
		{TierAtLeast, []string{"direct", "delegated", "autonomous"}},
		{SafetyAtLeast, []string{"low", "standard", "high", "restricted"}},
	} {
		for i, have := range scale.words {
			for j, want := range scale.words {
				if scale.atLeast(have, want) != (i >= j) {
					t.Errorf("%s at least %s: %t", have, want, i < j)
				}
			}
			if scale.atLeast(have, "") || scale.atLeast("", have) || scale.atLeast("x", "x") {
				t.Errorf("an unknown word is compared with %s", have)
			}
		}
	}
}
