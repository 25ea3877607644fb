package capability

import (
	"fmt"
	"strings"
	"testing"
)

func TestMatchResourcesAndPrompts(t *testing.T) {
	scope := Scope{
		Grants: []ToolGrant{{ServerID: "*", ToolName: "*", Operations: []Operation{Invoke, ReadResult, Read, Subscribe, Get, Delegate}}},
		ResourceGrants: []ResourceGrant{
			{"*", []Operation{Subscribe}},
			{"file:///a/*", []Operation{Read}},
			{"file:///a/b", []Operation{Read, Subscribe}},
		},
		PromptGrants: []PromptGrant{{"review*", []Operation{Get}}, {"review", []Operation{Get}}, {"*", []Operation{Read}}},
	}
	cases := []struct {
		op      Operation
		tool    string
		indexes string
	}{
		{Invoke, "t", "[0]"},
		{ReadResult, "t", "[0]"},
		{Delegate, "t", ""},
		{"", "t", ""},
		{"fly", "t", ""},
		{Read, "file:///a/x", "[2]"},
		{Read, "file:///a/b", "[3 2]"},
		{Subscribe, "file:///a/b", "[3 1]"},
		{Subscribe, "any:thing", "[1]"},
		{Read, "file:///b", ""},
		{Get, "review", "[5 4]"},
		{Get, "review-code", "[4]"},
		{Get, "other", ""},
		{Get, "", ""},
		{Get, "a\x00", ""},
	}
	for _, tc := range cases {
		matches, err := Match(scope, CallFacts{Server: "s", Tool: tc.tool, Operation: tc.op, MaxCost: usd(1)})
		var indexes []int
		for _, m := range matches {
			indexes = append(indexes, m.Index)
			if m.Grant == nil || tc.op != Invoke && tc.op != ReadResult && m.Grant.ServerID != "*" {
				t.Errorf("%s %s: grant %+v", tc.op, tc.tool, m.Grant)
			}
		}
		if tc.indexes == "" && (err == nil || err.Code != CodeNoGrant || len(matches) > 0) || tc.indexes != "" && (err != nil || fmt.Sprint(indexes) != tc.indexes) {
			t.Errorf("%s %q: %v, %v", tc.op, tc.tool, indexes, err)
		}
	}
}

// TestUnsoundURIs: nothing that a reader could resolve out of a prefix matches,
// not even "*".
func TestUnsoundURIs(t *testing.T) {
	scope := Scope{ResourceGrants: []ResourceGrant{{"*", []Operation{Read}}, {"file:///a/*", []Operation{Read}}}}
	for uri, ok := range map[string]bool{
		"file:///a/b": true, "file:///a/b.c/..d": true, "https://h.example/a?x=1#f": true, "file:///a/é": true, "note:1": true,
		"": false, "file:///a/../b": false, "file:///a/..": false, "file:///a/./b": false, "file:///a/..?x": false,
		"file:///a/..#x": false, "file:///a/..;x/b": false, "file:///a?p=../b": false, "..": false,
		"file:///a/%2e%2e/b": false, "file:///a%2Fb": false, "file:///a%5cb": false, "file:///a/%252e": false, "file:///a%00": false,
		"file:///a\\..\\b": false, "file:///a/b\x00": false, "file:///a/b\n": false, "file:///a /b": false, "file:///\xff": false,
		"file:///" + strings.Repeat("a", MaxPatternBytes): false,
	} {
		_, err := Match(scope, CallFacts{Tool: uri, Operation: Read})
		if (err == nil) != ok || err != nil && err.Code != CodeNoGrant {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

// TestStarInPattern: a child's star is not a letter of its parent's prefix.
func TestStarInPattern(t *testing.T) {
	ops := []Operation{Read}
	if err := Covers(Scope{ResourceGrants: []ResourceGrant{{"a**", ops}}}, Scope{ResourceGrants: []ResourceGrant{{"a*", ops}}}); err == nil {
		t.Error(`"a**" covers "a*"`)
	}
	if err := Covers(Scope{ResourceGrants: []ResourceGrant{{"a**", ops}}}, Scope{ResourceGrants: []ResourceGrant{{"a*b", ops}, {"a**", ops}, {"a*b*", ops}}}); err != nil {
		t.Error(err)
	}
}
