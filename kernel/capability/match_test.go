package capability

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
	"pgregory.net/rapid"
)

func TestPathPrefix(t *testing.T) {
	cases := []struct {
		prefix, args string
		ok           bool
	}{
		{"/workspace", `{"path":"/workspace/a.txt"}`, true},
		{"/workspace", `{"path":"/workspace"}`, true},
		{"/workspace/", `{"path":"/workspace/b/../c"}`, true},
		{"/", `{"path":"/anything"}`, true},
		{"docs", `{"path":"docs/a"}`, true},
		{"./docs", `{"path":"docs/./a"}`, true},
		{".", `{"path":"a.txt"}`, true},
		{"../up", `{"path":"../up/a"}`, true},
		{"~/notes", `{"path":"~/notes/a"}`, true},
		{"/workspace", `{"path":"/workspace/a","mode":"read"}`, true},
		{"/workspace", `{"paths":["/workspace/a","/workspace/b"]}`, true},
		{"/w", `{"path":"\/w\/a"}`, true},
		{"/workspace", `{"path":"/workspacex/a"}`, false},
		{"/workspace", `{"path":"/workspace/../etc/passwd"}`, false},
		{"/workspace", `{"path":"/etc/passwd"}`, false},
		{"/workspace", `{"path":"a.txt"}`, false},
		{"/workspace", `{"path":""}`, false},
		{"/workspace", `{}`, false},
		{"/workspace", ``, false},
		{"/workspace", `{"n":1}`, false},
		{"/workspace", `{"path":"/workspace/a","target":"../../etc/passwd"}`, false},
		{"/workspace", `{"path":"/workspace/a","target":"/etc/passwd"}`, false},
		{"/workspace", `{"path":"/workspace/a","target":".."}`, false},
		{"/workspace", `{"path":"/workspace/a","opts":{"file":"x"}}`, false},
		{"/workspace", `{"path":"/workspace/a","paths":["/workspace/b","/etc"]}`, false},
		{"/workspace", `{"path":"/workspace/a","edits":[{"to":"c\\d"}]}`, false},
		{"/workspace", `{"path":"/workspace/a","files":{"/etc/passwd":"x"}}`, false},
		{"/workspace", `{"/etc/passwd":1,"path":"/workspace/a"}`, false},
		{"/workspace", `{"path":"/workspace/a\u0000b"}`, false},
		{"/workspace", `{"path":"/workspace/a\nb"}`, false},
		{"/workspace", `{"path":"/workspace\\..\\etc"}`, false},
		{"/workspace", `{"path":"/workspace/%2e%2e/etc"}`, false},
		{"/workspace", `{"path":"/workspace/%252e/etc"}`, false},
		{"/workspace", `{"path":" /workspace/a"}`, false},
		{".", `{"path":"file:///etc/passwd"}`, false},
		{".", `{"path":"file:/etc/passwd"}`, false},
		{".", `{"path":"~/x"}`, false},
		{".", `{"path":"~root/x"}`, false},
		{".", `{"path":"C:/x"}`, false},
		{".", `{"path":"$HOME/x"}`, false},
		{".", `{"path":"%APPDATA%/x"}`, false},
		{".", `{"path":"../x"}`, false},
		{"..", `{"path":"../../x"}`, false},
		{".", `{"path":"/x"}`, false},
		{"/workspace", `{"path":"/workspace/a"`, false},
		{"/workspace", `{"path":"/workspace/a","path":"/etc"}`, false},
		{"/workspace", `["/workspace/a"]`, true},
		{"/workspace", `"/workspace/a"`, true},
		{"", `{"path":"/x"}`, false},
		{`/a\b`, `{"path":"/a"}`, false},
	}
	for _, tc := range cases {
		scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: []Constraint{NewPathPrefix(tc.prefix)}}}}
		matches, err := Match(scope, CallFacts{Server: "s", Tool: "t", Operation: Invoke, Arguments: wire.Raw(tc.args)})
		if (err == nil) != tc.ok || (len(matches) == 1) != tc.ok || err != nil && err.Code != CodeConstraint {
			t.Errorf("%q %s: %v", tc.prefix, tc.args, err)
		}
	}
}

// TestDeclaredPaths: with declared path arguments, text elsewhere is text.
func TestDeclaredPaths(t *testing.T) {
	scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: []Constraint{NewPathPrefix("/w")}}}}
	call := CallFacts{Server: "s", Tool: "t", Operation: Invoke, PathPointers: []string{"/target", "/list/1", "/a~1b"}}
	for args, ok := range map[string]bool{
		`{"target":"/w/a","content":"see ../x or /etc\nand more"}`: true,
		`{"target":"a","content":"x"}`:                             false,
		`{"target":"/etc","path":"/w/a"}`:                          false,
		`{"target":"/w/a","path":"/etc"}`:                          false,
		`{"target":"/w","list":["/etc","/w/b"]}`:                   true,
		`{"target":"/w","list":["/w","/etc"]}`:                     false,
		`{"target":"/w","a/b":"/etc"}`:                             false,
		`{"content":"/w"}`:                                         false,
	} {
		call.Arguments = wire.Raw(args)
		if _, err := Match(scope, call); (err == nil) != ok {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestDomainExact(t *testing.T) {
	cases := []struct {
		domain, args string
		ok           bool
	}{
		{"example.com", `{"url":"https://example.com/a?b#c"}`, true},
		{"example.com", `{"url":"https://EXAMPLE.com./a"}`, true},
		{"Example.COM.", `{"url":"http://example.com:8080"}`, true},
		{"example.com", `{"host":"example.com"}`, true},
		{"example.com", `{"target":"example.com:443/x"}`, true},
		{"example.com", `{"text":"fetch https://example.com/a now"}`, true},
		{"example.com", `{"url":"//example.com/a"}`, true},
		{"localhost", `{"host":"localhost"}`, true},
		{"127.0.0.1", `{"url":"http://127.0.0.1:80/"}`, true},
		{"::1", `{"url":"http://[::1]:80/"}`, true},
		{"127.0.0.1", `{"url":"http://[::ffff:127.0.0.1]/"}`, true},
		{"example.com", `{"url":"https://example.com/","method":"GET"}`, true},
		{"example.com", `{"url":"https://evil.com/"}`, false},
		{"example.com", `{"url":"https://sub.example.com/"}`, false},
		{"example.com", `{"url":"https://example.com.evil.com/"}`, false},
		{"example.com", `{"url":"https://example.com@evil.com/"}`, false},
		{"example.com", `{"url":"https://evil.com#@example.com/"}`, false},
		{"example.com", `{"url":"https://example.com\\@evil.com/"}`, false},
		{"example.com", `{"url":"https:\\\\evil.com/","x":"https://example.com"}`, false},
		{"example.com", `{"url":"https:evil.com","x":"https://example.com"}`, false},
		{"example.com", `{"url":"https:/evil.com","x":"https://example.com"}`, false},
		{"example.com", `{"url":"https://example.com\t.evil.com/"}`, false},
		{"example.com", `{"url":"https://example.com%2eevil.com/"}`, false},
		{"example.com", `{"url":"https://exämple.com/"}`, false},
		{"example.com", `{"url":"https://example.com/?next=http://evil.com"}`, false},
		{"example.com", `{"url":"https://example.com:99999999/"}`, false},
		{"example.com", `{"url":"https://[::1/"}`, false},
		{"example.com", `{"a":"https://example.com","b":"evil.com"}`, false},
		{"example.com", `{"a":"https://example.com","host":"intranet"}`, false},
		{"example.com", `{"a":"https://example.com","url":"not a host"}`, false},
		{"example.com", `{"a":"https://example.com","b":"10.0.0.1"}`, false},
		{"example.com", `{"a":"https://example.com","b":"localhost"}`, false},
		{"example.com", `{"a":"word"}`, false},
		{"example.com", `{"a":"https://example.com","b":"git@evil.com:repo"}`, false},
		{"example.com", `{"a":"https://example.com","b":"someone@evil.com"}`, false},
		{"example.com", `{"a":"https://example.com","b":" //evil.com"}`, false},
		{"example.com", `{"repo":"git@example.com:repo"}`, true},
		{"example.com", `{"a":"https://example.com","b":"news:"}`, true},
		{"example.com", `{}`, false},
		{"example.com/x", `{"url":"https://example.com/"}`, false},
		{"", `{"url":"https://example.com/"}`, false},
	}
	for _, tc := range cases {
		scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: []Constraint{NewDomainExact(tc.domain)}}}}
		_, err := Match(scope, CallFacts{Server: "s", Tool: "t", Operation: Invoke, Arguments: wire.Raw(tc.args)})
		if (err == nil) != tc.ok || err != nil && err.Code != CodeConstraint {
			t.Errorf("%q %s: %v", tc.domain, tc.args, err)
		}
	}
}

func TestOtherConstraints(t *testing.T) {
	args := wire.Raw(`{"path":"/w/a"}`)
	cases := []struct {
		name string
		c    Constraint
		ok   bool
	}{
		{"size at the limit", NewMaxArgsSize(uint64(len(args))), true},
		{"size over", NewMaxArgsSize(uint64(len(args)) - 1), false},
		{"size negative", Constraint{Type: MaxArgsSize, Value: wire.Raw(`-1`)}, false},
		{"size float", Constraint{Type: MaxArgsSize, Value: wire.Raw(`1e3`)}, false},
		{"size missing", Constraint{Type: MaxArgsSize}, false},
		{"prefix is a number", Constraint{Type: PathPrefix, Value: wire.Raw(`7`)}, false},
		{"unknown", Constraint{Type: "moon_phase", Value: wire.Raw(`"full"`)}, false},
		{"known elsewhere", Constraint{Type: "require_finding_clean", Value: wire.Raw(`".*"`)}, false},
		{"unit", Constraint{Type: "governed_intent_required"}, false},
		{"empty", Constraint{}, false},
	}
	for _, tc := range cases {
		scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: []Constraint{tc.c}}}}
		_, err := Match(scope, CallFacts{Server: "s", Tool: "t", Operation: Invoke, Arguments: args})
		if (err == nil) != tc.ok || err != nil && (err.Code != CodeConstraint || !strings.Contains(err.Detail, tc.c.Type)) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	scope := Scope{Grants: []ToolGrant{{ServerID: "s", ToolName: "t", Operations: []Operation{Invoke}, Constraints: []Constraint{NewMaxArgsSize(100)}}}}
	if _, err := Match(scope, CallFacts{Server: "s", Tool: "t", Operation: Invoke, Arguments: args, ArgsBytes: 101}); err == nil {
		t.Error("the caller's larger size is ignored")
	}
}

func TestMatchOrderAndReasons(t *testing.T) {
	ops := []Operation{Invoke}
	loose := []Constraint{NewMaxArgsSize(1000)}
	scope := Scope{Grants: []ToolGrant{
		{ServerID: "*", ToolName: "*", Operations: ops},
		{ServerID: "*", ToolName: "t", Operations: ops},
		{ServerID: "s", ToolName: "*", Operations: ops},
		{ServerID: "s", ToolName: "t", Operations: ops},
		{ServerID: "s", ToolName: "t", Operations: ops, Constraints: loose},
		{ServerID: "s", ToolName: "t", Operations: ops, Constraints: loose, MaxCostPerInvocation: usd(5)},
		{ServerID: "s", ToolName: "other", Operations: ops},
		{ServerID: "s", ToolName: "t", Operations: []Operation{Read}},
	}}
	call := CallFacts{Server: "s", Tool: "t", Operation: Invoke, MaxCost: usd(5)}
	matches, err := Match(scope, call)
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	for _, m := range matches {
		order = append(order, m.Index)
	}
	if fmt.Sprint(order) != "[4 5 3 2 1 0]" {
		t.Fatalf("order %v", order)
	}
	priced := Scope{Grants: scope.Grants[5:6]}
	for name, tc := range map[string]struct {
		cost *wire.MonetaryAmount
		code string
	}{
		"over":     {usd(6), CodeBudgetExceeded},
		"currency": {&wire.MonetaryAmount{Units: 1, Currency: "EUR"}, CodeBudgetCurrency},
	} {
		call.MaxCost = tc.cost
		if _, err := Match(priced, call); err == nil || err.Code != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []CallFacts{{Server: "x", Tool: "t", Operation: Invoke}, {Server: "s", Tool: "x", Operation: Invoke}, {Server: "s", Tool: "t", Operation: Delegate}, {}} {
		if _, err := Match(priced, c); err == nil || err.Code != CodeNoGrant {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestCovers(t *testing.T) {
	yes := true
	base := func() ToolGrant { return rootScope().Grants[0] }
	cases := []struct {
		name   string
		parent func(*ToolGrant)
		child  func(*ToolGrant)
		copies int
		ok     bool
	}{
		{name: "equal", ok: true},
		{name: "wildcard parent", ok: true, parent: func(g *ToolGrant) { g.ServerID, g.ToolName = "*", "*" }},
		{name: "wildcard child", child: func(g *ToolGrant) { g.ServerID = "*" }},
		{name: "fewer operations", ok: true, child: func(g *ToolGrant) { g.Operations = []Operation{Invoke} }},
		{name: "more operations", child: func(g *ToolGrant) { g.Operations = append(g.Operations, Read) }},
		{name: "extra constraint", ok: true, child: func(g *ToolGrant) { g.Constraints = append(g.Constraints, NewMaxArgsSize(1)) }},
		{name: "constraint dropped", child: func(g *ToolGrant) { g.Constraints = nil }},
		{name: "tighter prefix is another constraint", child: func(g *ToolGrant) { g.Constraints = []Constraint{NewPathPrefix("/workspace/a")} }},
		{name: "constraint spelled otherwise", ok: true, child: func(g *ToolGrant) {
			g.Constraints = []Constraint{{Type: PathPrefix, Value: wire.Raw(` "\/workspace"`)}}
		}},
		{name: "count at the cap", ok: true, child: func(g *ToolGrant) { g.MaxInvocations = u32(10) }},
		{name: "count over", child: func(g *ToolGrant) { g.MaxInvocations = u32(11) }},
		{name: "count dropped", child: func(g *ToolGrant) { g.MaxInvocations = nil }},
		{name: "per-call over", child: func(g *ToolGrant) { g.MaxCostPerInvocation = usd(6) }},
		{name: "per-call dropped", child: func(g *ToolGrant) { g.MaxCostPerInvocation = nil }},
		{name: "total over", child: func(g *ToolGrant) { g.MaxTotalCost = usd(51) }},
		{name: "total dropped", child: func(g *ToolGrant) { g.MaxTotalCost = nil }},
		{name: "currency", child: func(g *ToolGrant) { g.MaxTotalCost = &wire.MonetaryAmount{Units: 1, Currency: "JPY"} }},
		{name: "proof dropped", parent: func(g *ToolGrant) { g.DPoPRequired = &yes }},
		{name: "twice the whole cap", copies: 2},
		{name: "twice half the cap", copies: 2, ok: true, child: func(g *ToolGrant) { g.MaxInvocations, g.MaxTotalCost = u32(5), usd(25) }},
		{name: "twice, total over", copies: 2, child: func(g *ToolGrant) { g.MaxInvocations, g.MaxTotalCost = u32(5), usd(26) }},
	}
	for _, tc := range cases {
		parent, child := base(), base()
		if tc.parent != nil {
			tc.parent(&parent)
		}
		if tc.child != nil {
			tc.child(&child)
		}
		scope := Scope{Grants: []ToolGrant{child}}
		for range tc.copies - 1 {
			scope.Grants = append(scope.Grants, child)
		}
		err := Covers(Scope{Grants: []ToolGrant{parent}}, scope)
		if (err == nil) != tc.ok || err != nil && codeOf(err) != CodeWidened {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestCoversPatterns(t *testing.T) {
	ops := []Operation{Read}
	for _, tc := range []struct {
		parent, child string
		ok            bool
	}{
		{"*", "file:///a", true}, {"file:///a*", "file:///ab", true}, {"file:///a*", "file:///a*", true},
		{"file:///a", "file:///a", true}, {"file:///a*", "file:///*", false}, {"file:///a", "file:///a*", false}, {"a", "b", false},
	} {
		err := Covers(Scope{ResourceGrants: []ResourceGrant{{tc.parent, ops}}}, Scope{ResourceGrants: []ResourceGrant{{tc.child, ops}}})
		if (err == nil) != tc.ok {
			t.Errorf("resource %s ⊇ %s: %v", tc.parent, tc.child, err)
		}
		err = Covers(Scope{PromptGrants: []PromptGrant{{tc.parent, ops}}}, Scope{PromptGrants: []PromptGrant{{tc.child, ops}}})
		if (err == nil) != tc.ok {
			t.Errorf("prompt %s ⊇ %s: %v", tc.parent, tc.child, err)
		}
	}
	if err := Covers(Scope{}, Scope{}); err != nil {
		t.Errorf("nothing covers nothing: %v", err)
	}
	if err := Covers(Scope{PromptGrants: []PromptGrant{{"*", ops}}}, Scope{ResourceGrants: []ResourceGrant{{"*", ops}}}); err == nil {
		t.Error("a prompt grant covers a resource")
	}
}

// TestI3_AttenuateVerifies: what Attenuate makes, VerifyChain accepts, and only
// if Covers agrees.
func TestI3_AttenuateVerifies(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		var scope Scope
		for i := range rapid.IntRange(1, 2).Draw(rt, "grants") {
			scope.Grants = append(scope.Grants, genGrant(rt, fmt.Sprint("p", i)))
		}
		root, err := Sign(Token{ID: "r", Subject: w.middle.Public(), Scope: scope, IssuedAt: 0, ExpiresAt: 100}, w.root)
		if err != nil {
			rt.Fatal(err)
		}
		child := Scope{Grants: []ToolGrant{narrow(rt, scope.Grants[0])}}
		from, to := rapid.Int64Range(-1, 101).Draw(rt, "from"), rapid.Int64Range(-1, 101).Draw(rt, "to")
		tok, err := Attenuate(root, AttenuateRequest{ID: "c", Subject: w.agent.Public(), Scope: child, IssuedAt: from, ExpiresAt: to}, w.middle)
		inside := from >= 0 && from < to && to <= 100
		want := inside && covers(scope, child, Delegate) == nil
		if (err == nil) != want {
			rt.Fatalf("attenuate: %v, want %t", err, want)
		}
		if err != nil {
			return
		}
		in := w.input()
		in.Now = from
		if _, err := VerifyChain([]Token{*root, *tok}, in); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestEmptyDeclarationDeclaresNothing: a manifest that lists no path arguments
// ("paths":[]) must not exempt every argument from path_prefix.
func TestEmptyDeclarationDeclaresNothing(t *testing.T) {
	scope := Scope{Grants: []ToolGrant{{ServerID: "files", ToolName: "read", Operations: []Operation{Invoke},
		Constraints: []Constraint{NewPathPrefix("/srv")}}}}
	for _, declared := range [][]string{nil, {}} {
		_, err := Match(scope, CallFacts{Server: "files", Tool: "read", Operation: Invoke, PathPointers: declared,
			Arguments: wire.Raw(`{"path":"/srv/a","target":"/etc/passwd"}`)})
		if err == nil || err.Code != CodeConstraint {
			t.Errorf("declared %v: %v", declared, err)
		}
	}
}
