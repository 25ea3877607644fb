package policy

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
)

// What a child writes takes the place of the base's, also when it writes that
// there is nothing.
func TestAnEmptyValueThatIsWrittenTakesTheBaseAway(t *testing.T) {
	const base = head + `
rules: {egress: {}, tool_access: {block: [x]}}
extensions:
  posture:
    initial: a
    states: {a: {}, b: {}}
    transitions: [{from: a, to: b, on: any_violation}]
  chio:
    observe: [egress-allowlist]
    internal_hosts: [db.internal]
    blocked_hosts: [evil.example]
    conditions: {egress: {context: {edge: mcp}}}
`
	for name, tc := range map[string]struct {
		child string
		left  func(*Document) int
	}{
		"observe":        {"chio: {observe: []}", func(d *Document) int { return len(d.Extensions.Chio.Observe) }},
		"internal_hosts": {"chio: {internal_hosts: []}", func(d *Document) int { return len(d.Extensions.Chio.InternalHosts) }},
		"blocked_hosts":  {"chio: {blocked_hosts: []}", func(d *Document) int { return len(d.Extensions.Chio.BlockedHosts) }},
		"conditions":     {"chio: {conditions: {}}", func(d *Document) int { return len(d.Extensions.Chio.Conditions) }},
		"transitions":    {"posture: {transitions: []}", func(d *Document) int { return len(d.Extensions.Posture.Transitions) }},
	} {
		t.Run(name, func(t *testing.T) {
			load := func(extensions string) *Document {
				d, err := Load("child.yaml", fstest.MapFS{"base.yaml": {Data: []byte(base)},
					"child.yaml": {Data: []byte(head + "extends: base.yaml\nextensions: {" + extensions + "}\n")}})
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			if got := tc.left(load(tc.child)); got != 0 {
				t.Errorf("%d entries of the base are left", got)
			}
			if got := tc.left(load("detection: {}")); got != 1 {
				t.Errorf("%d entries where the child says nothing", got)
			}
			again, err := Print(load(tc.child))
			if err != nil {
				t.Fatal(err)
			}
			if d, err := Parse("again.yaml", again); err != nil || tc.left(d) != 0 {
				t.Errorf("printed and read again: %v\n%s", err, again)
			}
		})
	}
}

// An observed guard that a child makes enforce, enforces.
func TestAChildEndsObserveMode(t *testing.T) {
	d, err := Load("child.yaml", fstest.MapFS{
		"base.yaml":  {Data: []byte(head + "rules: {tool_access: {block: [rm]}}\nextensions: {chio: {observe: all}}\n")},
		"child.yaml": {Data: []byte(head + "extends: base.yaml\nextensions: {chio: {observe: []}}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if r := mustCompile(t, d).Evaluate(Action{Type: ActionTool, Target: "rm"}, Context{}); r.Decision != DecisionDeny {
		t.Errorf("%+v", r)
	}
}

// A child laid over a base by hand need not name it: what it leaves out is the
// base's.
func TestMergeTakesNoDefaultForAValue(t *testing.T) {
	base := mustParse(t, head+"extensions: {origins: {default_behavior: minimal_profile, profiles: [{id: a}]}}\n")
	child := mustParse(t, head+"extensions: {origins: {profiles: [{id: b}]}}\n")
	if got := Merge(base, child).Extensions.Origins; got.DefaultBehavior != originsMinimal || len(got.Profiles) != 2 {
		t.Errorf("%+v", got)
	}
	if got := mustLoad(t, head+"extensions: {origins: {profiles: [{id: b}]}}\n").Extensions.Origins; got.DefaultBehavior != originsDeny {
		t.Errorf("alone: %+v", got)
	}
}

// Documents that mean the same have one hash, however much of it they write.
func TestTheHashIsOfTheMeaning(t *testing.T) {
	for _, same := range [][]string{
		{"rules: {forbidden_paths: {}}", "rules: {forbidden_paths: {enabled: true, patterns: [], exceptions: []}}"},
		{"rules: {path_allowlist: {enabled: true, write: [a/**]}}", "rules: {path_allowlist: {enabled: true, read: [], write: [a/**], patch: [a/**]}}"},
		{"rules: {path_allowlist: {enabled: true, read: [a/**]}}", "rules: {path_allowlist: {enabled: true, read: [a/**], write: [], patch: []}}"},
		{"rules: {tool_access: {default: block}}", "rules: {tool_access: {allow: [], block: [], require_confirmation: [], default: block}}"},
		{"rules: {egress: {}}", "rules: {egress: {enabled: true, allow: [], block: [], default: block}}"},
		{"rules: {patch_integrity: {}}", "rules: {patch_integrity: {max_additions: 1000, max_deletions: 500, require_balance: false, max_imbalance_ratio: 10.0, forbidden_patterns: []}}"},
		{"rules: {computer_use: {enabled: true}}", "rules: {computer_use: {enabled: true, mode: guardrail, allowed_actions: []}}"},
		{"rules: {velocity: {max_requests_per_agent: 1}}", "rules: {velocity: {max_requests_per_agent: 1, window_secs: 60, burst_factor: 1, spend_currency: USD}}"},
		{"extensions: {detection: {prompt_injection: {}}}",
			"extensions: {detection: {prompt_injection: {enabled: true, warn_at_or_above: suspicious, block_at_or_above: high, max_scan_bytes: 200000}}}"},
		{"extensions: {detection: {jailbreak: {}}}",
			"extensions: {detection: {jailbreak: {enabled: true, block_threshold: 80, warn_threshold: 50, max_input_bytes: 200000}}}"},
		{"extensions: {detection: {threat_intel: {}}}", "extensions: {detection: {threat_intel: {enabled: false, similarity_threshold: 0.7, top_k: 5}}}"},
		{"rules: {egress: {}}", "rules: {egress: {}}\nextensions: {detection: {}}"},
		{"extensions: {origins: {profiles: [{id: a, tool_access: {default: block}}]}}",
			"extensions: {origins: {default_behavior: deny, profiles: [{id: a, tool_access: {allow: [], block: [], default: block}}]}}"},
		{"extensions: {posture: {initial: a, states: {a: {}}}}", "extensions: {posture: {initial: a, states: {a: {capabilities: [], budgets: {}}}, transitions: []}}"},
		{"extensions: {chio: {tool_names: glob}}", "extensions: {chio: {tool_names: glob, observe: [], internal_hosts: [], blocked_hosts: [], conditions: {}, custom: {}}}"},
	} {
		first := mustCompile(t, mustLoad(t, head+same[0]))
		for _, doc := range same[1:] {
			if c := mustCompile(t, mustLoad(t, head+doc)); c.Hash != first.Hash {
				t.Errorf("%s\n%s\n%s", doc, c.Canonical, first.Canonical)
			}
			if changes := Diff(mustLoad(t, head+same[0]), mustLoad(t, head+doc)); len(changes) > 0 {
				t.Errorf("%s: %v", doc, changes)
			}
		}
	}
	different := []string{"rules: {path_allowlist: {enabled: true, write: [a/**]}}", "rules: {path_allowlist: {enabled: true, write: [a/**], patch: []}}",
		"rules: {code_execution: {enabled: true}}", "rules: {code_execution: {enabled: true, module_denylist: []}}"}
	var hashes []string
	for _, doc := range different {
		hash := fmt.Sprint(mustCompile(t, mustLoad(t, head+doc)).Hash)
		if slices.Contains(hashes, hash) {
			t.Errorf("%s has the hash of another", doc)
		}
		hashes = append(hashes, hash)
	}
}
