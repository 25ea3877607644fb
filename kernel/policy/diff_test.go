package policy

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel"
)

func TestDiff(t *testing.T) {
	for _, tc := range []struct{ a, b, want string }{
		{"rules: {egress: {}}", "rules: {egress: {default: block, enabled: true}}", ""},
		{"name: a", "name: b", "name changed none"},
		{"name: a", "metadata: {author: b}", "metadata added none; name removed none"},
		{"metadata: {author: a}", "metadata: {author: b}", "metadata.author changed none"},
		{"rules: {}", "rules: {egress: {}}", "rules.egress added tighter"},
		{"rules: {egress: {}}", "rules: {}", "rules.egress removed looser"},
		{"rules: {egress: {enabled: false}}", "rules: {egress: {}}", "rules.egress changed tighter"},
		{"rules: {egress: {}}", "rules: {egress: {enabled: false}}", "rules.egress changed looser"},
		{"rules: {egress: {enabled: false}}", "rules: {egress: {enabled: false, allow: [a]}}", "rules.egress changed none"},
		{"rules: {egress: {allow: [a, b]}}", "rules: {egress: {allow: [a]}}", "rules.egress.allow changed tighter"},
		{"rules: {egress: {allow: [a]}}", "rules: {egress: {allow: [a, b]}}", "rules.egress.allow changed looser"},
		{"rules: {egress: {default: allow}}", "rules: {egress: {allow: [a]}}", "rules.egress.allow added tighter; rules.egress.default changed tighter"},
		{"rules: {tool_access: {block: [a]}}", "rules: {tool_access: {block: [a, b]}}", "rules.tool_access.block changed tighter"},
		{"rules: {tool_access: {allow: [a]}}", "rules: {tool_access: {max_args_size: 5}}", "rules.tool_access.allow removed looser; rules.tool_access.max_args_size added tighter"},
		{"rules: {tool_access: {allow: [a]}}", "rules: {tool_access: {allow: [a], require_confirmation: [b]}}", "rules.tool_access.require_confirmation added unknown"},
		{"rules: {tool_access: {allow: [a]}}", "rules: {tool_access: {allow: [a], require_confirmation: [a]}}", "rules.tool_access.require_confirmation added tighter"},
		{"rules: {tool_access: {require_confirmation: [a]}}", "rules: {tool_access: {}}", "rules.tool_access.require_confirmation removed looser"},
		{"rules: {path_allowlist: {enabled: true, write: [\"/a\"]}}", "rules: {path_allowlist: {enabled: true, write: [\"/a\"], patch: [\"/a\"]}}", ""},
		{"rules: {path_allowlist: {enabled: true, write: [\"/a\"], patch: []}}", "rules: {path_allowlist: {enabled: true, write: [\"/a\"]}}", "rules.path_allowlist.patch changed looser"},
		{"rules: {patch_integrity: {max_additions: 5}}", "rules: {patch_integrity: {}}", "rules.patch_integrity.max_additions changed looser"},
		{"rules: {patch_integrity: {}}", "rules: {patch_integrity: {forbidden_patterns: [a]}}", "rules.patch_integrity.forbidden_patterns added unknown"},
		{"rules: {shell_commands: {}}", "rules: {shell_commands: {}, forbidden_paths: {patterns: [a]}}", "rules.forbidden_paths added unknown"},
		{"rules: {shell_commands: {}}", "rules: {shell_commands: {}, forbidden_paths: {}}", "rules.forbidden_paths added tighter"},
		{"rules: {computer_use: {enabled: true}}", "rules: {computer_use: {enabled: true, mode: observe}}", "rules.computer_use.mode changed looser"},
		{"rules: {browser_automation: {enabled: true}}", "rules: {browser_automation: {enabled: true, allowed_verbs: [a]}}", "rules.browser_automation.allowed_verbs added tighter"},
		{"rules: {velocity: {window_secs: 5}}", "rules: {velocity: {window_secs: 6}}", "rules.velocity.window_secs changed unknown"},
		{"extensions: {detection: {jailbreak: {}}}", "extensions: {detection: {jailbreak: {block_threshold: 70}}}", "extensions.detection.jailbreak.block_threshold changed tighter"},
		{"extensions: {detection: {jailbreak: {}}}", "extensions: {detection: {jailbreak: {enabled: false}}}", "extensions.detection.jailbreak changed looser"},
		{"extensions: {detection: {threat_intel: {}}}", "extensions: {}", "extensions.detection.threat_intel removed none"},
		{"extensions: {chio: {observe: all}}", "extensions: {chio: {observe: [jailbreak]}}", "extensions.chio.observe changed tighter"},
		{"extensions: {chio: {}}", "extensions: {chio: {observe: [jailbreak]}}", "extensions.chio.observe added looser"},
		{"extensions: {}", "extensions: {chio: {blocked_hosts: [a.example], tool_names: glob}}", "extensions.chio.blocked_hosts added tighter; extensions.chio.tool_names added unknown"},
		{"extensions: {}", "extensions: {origins: {}}", "extensions.origins added unknown"},
		{"rules: {secret_patterns: {patterns: [{name: a, pattern: x, severity: error}]}}",
			"rules: {secret_patterns: {patterns: [{name: b, pattern: x, severity: error}, {name: c, pattern: y, severity: warn}]}}", "rules.secret_patterns.patterns changed tighter"},
	} {
		var got []string
		for _, c := range Diff(mustParse(t, under1(tc.a)), mustParse(t, under1(tc.b))) {
			got = append(got, c.Path+" "+c.Kind+" "+string(c.Effect))
		}
		if s := strings.Join(got, "; "); s != tc.want {
			t.Errorf("%s → %s:\ngot  %s\nwant %s", tc.a, tc.b, s, tc.want)
		}
	}
}

func TestNarrower(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"rules: {tool_access: {block: [a]}}", "rules: {tool_access: {block: [a]}, egress: {}}", true},
		{"rules: {tool_access: {block: [a]}}", "rules: {tool_access: {block: [b]}}", false},
		{"rules: {}", "rules: {tool_access: {block: [b]}}", false}, // nothing is permitted without a rule
		{"rules: {tool_access: {enabled: false}}", "rules: {egress: {}}", false},
		{"extends: x", "rules: {egress: {}}", false},
		{"rules: {egress: {}}\nextensions: {chio: {conditions: {egress: {context: {edge: b}}}}}",
			"rules: {egress: {}, tool_access: {block: [a]}}\nextensions: {chio: {conditions: {egress: {context: {edge: b}}}}}", false},
		{"rules: {egress: {}}\nextensions: {chio: {conditions: {egress: {context: {edge: b}}}}}", // a detector that is always in force
			"rules: {egress: {}}\nextensions: {detection: {jailbreak: {}}, chio: {conditions: {egress: {context: {edge: b}}}}}", false},
		{"rules: {tool_access: {block: [b]}}\nextensions: {origins: {profiles: [{id: a, tool_access: {default: block}}]}}", // the list replaces the default
			"rules: {tool_access: {block: [b], allow: [c]}}\nextensions: {origins: {profiles: [{id: a, tool_access: {default: block}}]}}", false},
		{"rules: {tool_access: {block: [b]}}\nextensions: {origins: {profiles: [{id: a, egress: {default: block}}]}}",
			"rules: {tool_access: {block: [b]}, egress: {allow: [c.com]}}\nextensions: {origins: {profiles: [{id: a, egress: {default: block}}]}}", false},
		{"rules: {tool_access: {block: [b]}}\nextensions: {origins: {profiles: [{id: a, tool_access: {default: block}}]}}",
			"rules: {tool_access: {block: [b, c]}}\nextensions: {origins: {profiles: [{id: a, tool_access: {default: block}}]}}", true},
	} {
		got, reasons := Narrower(mustParse(t, under1(tc.a)), mustParse(t, under1(tc.b)))
		if got != tc.want || got != (len(reasons) == 0) {
			t.Errorf("%s → %s: %v %v", tc.a, tc.b, got, reasons)
		}
	}
	if ok, _ := Narrower(nil, nil); ok {
		t.Error("nothing is narrower than nothing")
	}
}

// ruleDocument draws a document of blocks that are judged call by call.
func ruleDocument(t *rapid.T, label string) *Document {
	pick := func(name string, from ...string) []string {
		list := rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, len(from), rapid.ID[string]).Draw(t, label+"."+name)
		return nilIfEmpty(list)
	}
	some := func(name string) bool { return rapid.Bool().Draw(t, label+"."+name) }
	def := func(name string) string {
		return rapid.SampledFrom([]string{"", "allow", "block"}).Draw(t, label+"."+name)
	}
	d := &Document{HushSpec: "0.1.0", Sources: []string{label}}
	if some("forbidden") {
		d.Rules.ForbiddenPaths = &ForbiddenPathsRule{Enabled: some("f.on"), ForbiddenPaths: ForbiddenPaths{
			Patterns: pick("f.patterns", "/a/**", "/b/**"), Exceptions: pick("f.exceptions", "/a/x", "/b/x")}}
	}
	if some("paths") {
		d.Rules.PathAllowlist = &PathAllowlistRule{Enabled: some("p.on"), PathAllowlist: PathAllowlist{
			Read: pick("p.read", "/a/**", "/b/**"), Write: pick("p.write", "/a/**", "/b/**"), Patch: pick("p.patch", "/a/**")}}
	}
	if some("tools") {
		d.Rules.ToolAccess = &ToolAccessRule{Enabled: some("t.on"), ToolAccess: ToolAccess{
			Allow: pick("t.allow", "one", "two"), Block: pick("t.block", "one", "two"),
			RequireConfirmation: pick("t.confirm", "one", "two"), Default: def("t.default")}}
	}
	if some("egress") {
		d.Rules.Egress = &EgressRule{Enabled: some("e.on"), Egress: Egress{
			Allow: pick("e.allow", "one.example.com", "*.example.com"), Block: pick("e.block", "one.example.com", "**"), Default: def("e.default")}}
	}
	if some("shell") {
		d.Rules.ShellCommands = &ShellCommandsRule{Enabled: some("s.on"), ForbiddenPatterns: pick("s.patterns", "echo", "cat")}
	}
	if some("desktop") {
		d.Rules.ComputerUse = &ComputerUseRule{Enabled: some("c.on"), Mode: rapid.SampledFrom([]string{"observe", "guardrail", "fail_closed"}).Draw(t, label+".mode"),
			AllowedActions: pick("c.allowed", "remote.clipboard", "input.inject")}
	}
	if some("input") {
		d.Rules.InputInjection = &InputInjectionRule{Enabled: some("i.on"), AllowedTypes: pick("i.types", "keyboard", "mouse")}
	}
	if some("chio") {
		d.Extensions.Chio = &Chio{Observe: pick("observe", "mcp-tool", "forbidden-path", "egress-allowlist"), DynamicCommands: rapid.SampledFrom([]string{"", "deny", "confirm"}).Draw(t, label+".dynamic")}
	}
	if some("origins") {
		p := OriginProfile{ID: "o", Match: &OriginMatch{Provider: "slack"}}
		if some("o.tools") {
			p.ToolAccess = &ToolAccess{Allow: pick("o.allow", "one", "two"), Block: pick("o.block", "two"), Default: def("o.default")}
		}
		if some("o.egress") {
			p.Egress = &Egress{Allow: pick("o.hosts", "one.example.com", "*.example.com"), Default: def("o.egress default")}
		}
		d.Extensions.Origins = &Origins{DefaultBehavior: "minimal_profile", Profiles: []OriginProfile{p}}
	}
	return d
}

var narrowActions = []Action{
	{Type: ActionFileRead, Target: "/a/x"}, {Type: ActionFileRead, Target: "/b/y"}, {Type: ActionFileRead, Target: "/c/.ssh/id_rsa"},
	{Type: ActionFileWrite, Target: "/a/y"}, {Type: ActionFileWrite, Target: "/b/x"},
	{Type: ActionTool, Target: "one"}, {Type: ActionTool, Target: "two"}, {Type: ActionTool, Target: "three"},
	{Type: ActionEgress, Target: "one.example.com"}, {Type: ActionEgress, Target: "two.example.com"}, {Type: ActionEgress, Target: "other.example.org"},
	{Type: ActionShell, Target: "echo x"}, {Type: ActionShell, Target: "cat /a/x"}, {Type: ActionShell, Target: "$a x"}, {Type: ActionShell, Target: "cat /c/.ssh/id_rsa"},
	{Type: ActionComputerUse, Target: "remote.clipboard"}, {Type: ActionComputerUse, Target: "remote.audio"},
	{Type: ActionInput, Target: "keyboard"}, {Type: ActionInput, Target: "touch"}, {Type: ActionCustom, Target: "x"},
}

// If b is proved narrower, no action is decided more freely under b than under
// a, by the compiled guards themselves.
func TestNarrowerIsSound(t *testing.T) {
	rank := map[string]int{DecisionAllow: 0, DecisionWarn: 1, DecisionDeny: 2}
	proved, drawn := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		a := ruleDocument(t, "a")
		b := a
		other := ruleDocument(t, "b")
		if rapid.Bool().Draw(t, "near") { // one block differs, so that something is proved
			own := *a
			switch rapid.IntRange(0, 7).Draw(t, "block") {
			case 0:
				own.Rules.ForbiddenPaths = other.Rules.ForbiddenPaths
			case 1:
				own.Rules.PathAllowlist = other.Rules.PathAllowlist
			case 2:
				own.Rules.ToolAccess = other.Rules.ToolAccess
			case 3:
				own.Rules.Egress = other.Rules.Egress
			case 4:
				own.Rules.ShellCommands = other.Rules.ShellCommands
			case 5:
				own.Rules.ComputerUse = other.Rules.ComputerUse
			case 6:
				own.Rules.InputInjection = other.Rules.InputInjection
			case 7:
				own.Extensions = other.Extensions
			}
			b = &own
		} else {
			b = other
		}
		drawn++
		if ok, _ := Narrower(a, b); !ok {
			return
		}
		proved++
		x, y := mustCompile2(t, a), mustCompile2(t, b)
		for _, action := range narrowActions {
			for _, origin := range []*kernel.Surface{nil, {Provider: "slack"}} {
				action.Origin = origin
				before, after := x.Evaluate(action, Context{}), y.Evaluate(action, Context{})
				if rank[after.Decision] < rank[before.Decision] {
					t.Fatalf("%s %s: %s (%s), then %s (%s)", action.Type, action.Target, before.Decision, before.Reason, after.Decision, after.Reason)
				}
			}
		}
	})
	if proved == 0 {
		t.Errorf("none of %d pairs is proved", drawn)
	}
}

func mustCompile2(t *rapid.T, d *Document) *Compiled {
	c, err := Compile(d, CompileOptions{})
	if err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, bytesOf(d)))
	}
	return c
}

// Any document is as narrow as itself, and as its own print.
func TestNarrowerIsReflexive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := ruleDocument(t, "d")
		if ok, reasons := Narrower(d, d); !ok {
			t.Fatal(reasons)
		}
		if changes := Diff(d, d); len(changes) != 0 {
			t.Fatal(changes)
		}
	})
}
