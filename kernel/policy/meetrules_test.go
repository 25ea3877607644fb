package policy

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// What each kind of rule does when two sections meet, on calls that tell the
// answers apart. Both orders, and the merged form, give the stricter answer.
func TestI4_MeetOfEachRule(t *testing.T) {
	tools := func(t ToolAccess) Section { return Section{ToolAccess: &t} }
	hosts := func(e Egress) Section { return Section{Egress: &e} }
	size := func(n int64) Section { return Section{Caps: Caps{MaxArgsSize: &n}} }
	price := func(n uint64, currency string) Section {
		return Section{Caps: Caps{MaxChargePerCall: &wire.MonetaryAmount{Units: n, Currency: currency}}}
	}
	fetch := func(host string) *kernel.Call { return call("fetch", `{"url":"https://`+host+`/"}`) }
	paid := func(n uint64, currency string) *kernel.Call {
		k := call("x", `{}`)
		k.Route.Price = &wire.MonetaryAmount{Units: n, Currency: currency}
		return k
	}
	open := tools(ToolAccess{Default: DefaultAllow})
	const allow, ask, deny = kernel.Allow, kernel.PendingApproval, kernel.Deny
	for name, tc := range map[string]struct {
		a, b  Section
		calls map[*kernel.Call]kernel.Verdict
	}{
		"two allow lists": {tools(ToolAccess{Allow: []string{"a", "x"}}), tools(ToolAccess{Allow: []string{"b", "x"}}),
			map[*kernel.Call]kernel.Verdict{call("x", `{}`): allow, call("a", `{}`): deny, call("b", `{}`): deny}},
		"one allow list": {tools(ToolAccess{Allow: []string{"a"}}), open,
			map[*kernel.Call]kernel.Verdict{call("a", `{}`): allow, call("b", `{}`): deny}},
		"lists of globs": {tools(ToolAccess{Allow: []string{"read_*"}}), tools(ToolAccess{Allow: []string{"*_x"}}),
			map[*kernel.Call]kernel.Verdict{call("read_x", `{}`): allow, call("read_y", `{}`): deny, call("write_x", `{}`): deny}},
		"blocked tools": {tools(ToolAccess{Block: []string{"a"}}), tools(ToolAccess{Block: []string{"b"}}),
			map[*kernel.Call]kernel.Verdict{call("a", `{}`): deny, call("b", `{}`): deny, call("x", `{}`): allow}},
		"confirmations": {tools(ToolAccess{RequireConfirmation: []string{"a"}}), tools(ToolAccess{RequireConfirmation: []string{"b"}}),
			map[*kernel.Call]kernel.Verdict{call("a", `{}`): ask, call("b", `{}`): ask, call("x", `{}`): allow}},
		"sizes": {size(10), size(20),
			map[*kernel.Call]kernel.Verdict{call("x", `{"a":1}`): allow, call("x", `{"a":12345678}`): deny}},
		"a size and none": {size(10), open,
			map[*kernel.Call]kernel.Verdict{call("x", `{"a":1}`): allow, call("x", `{"a":12345678}`): deny}},
		"prices": {price(5, "USD"), price(9, "USD"),
			map[*kernel.Call]kernel.Verdict{paid(5, "USD"): allow, paid(6, "USD"): deny, paid(1, "EUR"): deny}},
		"two currencies": {price(5, "USD"), price(9, "EUR"),
			map[*kernel.Call]kernel.Verdict{call("x", `{}`): allow, paid(1, "USD"): deny, paid(1, "EUR"): deny}},
		"two lists of hosts": {hosts(Egress{Allow: []string{"a.example", "x.example"}}), hosts(Egress{Allow: []string{"b.example", "x.example"}}),
			map[*kernel.Call]kernel.Verdict{fetch("x.example"): allow, fetch("a.example"): deny, fetch("b.example"): deny}},
		"blocked hosts": {hosts(Egress{Default: DefaultAllow, Block: []string{"a.example"}}), hosts(Egress{Default: DefaultAllow, Block: []string{"b.example"}}),
			map[*kernel.Call]kernel.Verdict{fetch("x.example"): allow, fetch("a.example"): deny, fetch("b.example"): deny}},
		"internal networks": {hosts(Egress{Default: DefaultAllow}), open,
			map[*kernel.Call]kernel.Verdict{fetch("x.example"): allow, fetch("10.0.0.1"): deny}},
		"forbidden paths": {Section{ForbiddenPaths: &ForbiddenPaths{Patterns: []string{"/a/**"}}}, Section{ForbiddenPaths: &ForbiddenPaths{Patterns: []string{"/b/**"}}},
			map[*kernel.Call]kernel.Verdict{call("read_file", `{"path":"/x"}`): allow, call("read_file", `{"path":"/a/x"}`): deny, call("read_file", `{"path":"/b/x"}`): deny}},
		"exceptions of one side": {Section{ForbiddenPaths: &ForbiddenPaths{Patterns: []string{"/a/**"}, Exceptions: []string{"/a/x"}}}, Section{ForbiddenPaths: &ForbiddenPaths{Patterns: []string{"/a/**"}}},
			map[*kernel.Call]kernel.Verdict{call("read_file", `{"path":"/a/x"}`): deny}},
		"permitted paths": {Section{PathAllowlist: &PathAllowlist{Read: []string{"/a/**"}}}, Section{PathAllowlist: &PathAllowlist{Read: []string{"/a/b/**"}}},
			map[*kernel.Call]kernel.Verdict{call("read_file", `{"path":"/a/b/c"}`): allow, call("read_file", `{"path":"/a/c"}`): deny}},
		"nothing": {Section{}, open, map[*kernel.Call]kernel.Verdict{call("x", `{}`): deny}},
	} {
		for _, order := range [][2]Section{{tc.a, tc.b}, {tc.b, tc.a}} {
			both, err := Conjoin(order[0]).Meet(Conjoin(order[1])).Compile("both")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for k, want := range tc.calls {
				if got, _ := verdict(t, both, k); got != want {
					t.Errorf("%s: %s %s: %v, want %v", name, k.Mandate.Tool, k.Mandate.Arguments, got, want)
				}
			}
		}
	}
}

// What each kind of change is worth to Narrower.
func TestEachChangeHasItsEffect(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"tool_access: {allow: [a, b]}", "tool_access: {allow: [a]}", true},
		{"tool_access: {allow: [a]}", "tool_access: {allow: [a, b]}", false},
		{"tool_access: {default: block}", "tool_access: {default: allow}", false},
		{"tool_access: {default: allow}", "tool_access: {default: block}", true},
		{"tool_access: {require_confirmation: [a]}", "tool_access: {}", false},
		{"tool_access: {}", "tool_access: {require_confirmation: [a]}", true},
		{"tool_access: {allow: [b]}", "tool_access: {allow: [b], require_confirmation: [a]}", false},
		{"tool_access: {allow: [a]}", "tool_access: {allow: [a], require_confirmation: [a]}", true},
		{"tool_access: {block: [a]}", "tool_access: {}", false},
		{"tool_access: {max_args_size: 10}", "tool_access: {max_args_size: 20}", false},
		{"tool_access: {max_args_size: 20}", "tool_access: {max_args_size: 10}", true},
		{"egress: {allow: [a.example]}", "egress: {allow: [a.example, b.example]}", false},
		{"egress: {allow: [a.example, b.example]}", "egress: {allow: [a.example]}", true},
		{"egress: {default: block}", "egress: {default: allow}", false},
		{"egress: {default: allow}", "egress: {default: block}", true},
		{"egress: {default: allow, block: [a.example]}", "egress: {default: allow}", false},
		{"forbidden_paths: {patterns: [a, b]}", "forbidden_paths: {patterns: [a]}", false},
		{"forbidden_paths: {patterns: [a]}", "forbidden_paths: {patterns: [a], exceptions: [/a]}", false},
		{"path_allowlist: {enabled: true, read: [/a]}", "path_allowlist: {enabled: true, read: [/a, /b]}", false},
		{"path_allowlist: {enabled: true, read: [/a, /b]}", "path_allowlist: {enabled: true, read: [/a]}", true},
		{"tool_access: {}, egress: {}", "tool_access: {}", false},
		{"tool_access: {}, egress: {}", "tool_access: {}, egress: {enabled: false}", false},
		{"tool_access: {}", "tool_access: {}, egress: {}", true},
		{"computer_use: {enabled: true, mode: fail_closed}", "computer_use: {enabled: true, mode: observe}", false},
		{"computer_use: {enabled: true, mode: observe}", "computer_use: {enabled: true, mode: guardrail}", true},
		{"velocity: {max_requests_per_agent: 5}", "velocity: {max_requests_per_agent: 6}", false},
		{"velocity: {max_requests_per_agent: 5}", "velocity: {max_requests_per_agent: 4}", true},
		{"human_in_loop: {require_confirmation: [a]}", "human_in_loop: {require_confirmation: []}", false},
		{"code_execution: {enabled: true, network_access: false}", "code_execution: {enabled: true, network_access: true}", false},
	} {
		both := func(rules string) *Document { // a rule in force on both sides, besides
			if !strings.Contains(tc.a, "forbidden_paths") {
				rules += ", forbidden_paths: {patterns: [x]}"
			}
			return mustParse(t, under1("rules: {"+rules+"}"))
		}
		got, reasons := Narrower(both(tc.a), both(tc.b))
		if got != tc.want {
			t.Errorf("%s → %s: %v %v", tc.a, tc.b, got, reasons)
		}
	}
	valid := mustParse(t, under1("rules: {tool_access: {}}"))
	broken := *valid
	broken.HushSpec = "9"
	if ok, reasons := Narrower(valid, &broken); ok || len(reasons) != 1 {
		t.Errorf("a document that is not valid is narrower: %v", reasons)
	}
}
