package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

func mustParse(t testing.TB, doc string) *Document {
	t.Helper()
	d, err := Parse("p.yaml", []byte(doc))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return d
}

// An empty block has the defaults of the language, written out.
func TestDefaults(t *testing.T) {
	for block, want := range map[string]string{
		"rules.forbidden_paths":                 `{"enabled":true}`,
		"rules.path_allowlist":                  `{"enabled":false}`,
		"rules.egress":                          `{"enabled":true}`,
		"rules.secret_patterns":                 `{"enabled":true}`,
		"rules.patch_integrity":                 `{"enabled":true,"max_additions":1000,"max_deletions":500,"max_imbalance_ratio":10,"require_balance":false}`,
		"rules.shell_commands":                  `{"enabled":true}`,
		"rules.tool_access":                     `{"enabled":true}`,
		"rules.computer_use":                    `{"enabled":false,"mode":"guardrail"}`,
		"rules.remote_desktop_channels":         `{"audio":true,"clipboard":false,"drive_mapping":false,"enabled":false,"file_transfer":false}`,
		"rules.input_injection":                 `{"enabled":false,"require_postcondition_probe":false}`,
		"rules.browser_automation":              `{"credential_detection":true,"enabled":false}`,
		"rules.code_execution":                  `{"enabled":false,"max_scan_bytes":65536,"network_access":false}`,
		"rules.velocity":                        `{"burst_factor":1,"enabled":true,"spend_currency":"USD","window_secs":60}`,
		"rules.human_in_loop":                   `{"enabled":true}`,
		"extensions.origins":                    `{"default_behavior":"deny"}`,
		"extensions.detection":                  `{}`,
		"extensions.detection.prompt_injection": `{}`,
		"extensions.detection.jailbreak":        `{}`,
		"extensions.detection.threat_intel":     `{}`,
		"extensions.reputation":                 `{}`,
		"extensions.runtime_assurance":          `{}`,
		"extensions.chio":                       `{}`,
		"metadata":                              `{}`,
	} {
		names := strings.Split(block, ".")
		doc := head
		for i, name := range names {
			doc += strings.Repeat("  ", i) + name + ":"
			if i == len(names)-1 {
				doc += " {}"
			}
			doc += "\n"
		}
		got := wire.Raw(wire.MustMarshal(mustLoad(t, doc)))
		for _, name := range names {
			var members map[string]wire.Raw
			if err := wire.Unmarshal(got, &members, wire.DocumentLimits); err != nil {
				t.Fatal(err)
			}
			got = members[name]
		}
		if string(got) != want {
			t.Errorf("%s: %s, want %s", block, got, want)
		}
	}
}

// Every field of the language is read, and reads back from its own JSON.
func TestEveryField(t *testing.T) {
	d := mustParse(t, everyField)
	canonical := wire.MustMarshal(d)
	var back Document
	if err := wire.UnmarshalCanonical(canonical, &back, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	back.Sources = d.Sources
	if err := Validate(&back); err != nil {
		t.Errorf("the document read from JSON: %v", err)
	}
	if again := wire.MustMarshal(&back); string(again) != string(canonical) {
		t.Errorf("got  %s\nwant %s", again, canonical)
	}
	for path, at := range fieldsOf(d) {
		if at == 0 {
			t.Errorf("%s is not set by the document that sets every field", path)
		}
	}
	if got := *d.Extensions.Detection.ThreatIntel.SimilarityThreshold; got != 725_000 {
		t.Errorf("threshold %s", got)
	}
	if got := string(d.Extensions.Reputation.Tiers); got != `{"gold":{"demotion":null,"max_scope":{"max_delegation_depth":2,"operations":["invoke"],"ttl_seconds":3600},"score_range":[0.5,1]}}` {
		t.Errorf("tiers %s", got)
	}
}

func under1(lines ...string) string { return head + strings.Join(lines, "\n") + "\n" }

// Every value is checked where it is written.
func TestBlockRefusals(t *testing.T) {
	for _, tc := range []struct{ doc, want string }{
		{"rules: {egress: {alow: []}}", "2:18: rules.egress.alow: unknown key: did you mean allow?"},
		{"rules: {egress: {default: deny}}", `2:27: rules.egress.default: "deny" is not a value of this key: write one of allow, block`},
		{"rules: {egress: {default: \"\"}}", "2:27: rules.egress.default: is an empty string"},
		{"rules: {egress: {allow: [\"https://x.example\"]}}", "2:26: rules.egress.allow[0]: \"https://x.example\" is a URL"},
		{"rules: {egress: {allow: [a, \"\"]}}", "2:29: rules.egress.allow[1]: is an empty string"},
		{"rules: {egress: {enabled: 1}}", "2:27: rules.egress.enabled: must be true or false, is a whole number"},
		{"rules: {secret_patterns: {patterns: [{name: a, pattern: x, severity: warn}, {name: a, pattern: y, severity: warn}]}}",
			"2:84: rules.secret_patterns.patterns[1].name: \"a\" is also the name of entry 0: names are unique"},
		{"rules: {secret_patterns: {patterns: [{pattern: x, severity: warn}]}}", "2:38: rules.secret_patterns.patterns[0].name: is missing"},
		{"rules: {secret_patterns: {patterns: [{name: a, pattern: x}]}}", "2:38: rules.secret_patterns.patterns[0].severity: is missing: write one of critical, error, warn"},
		{"rules: {secret_patterns: {patterns: [{name: a, pattern: x, severity: hgh}]}}", `2:70: rules.secret_patterns.patterns[0].severity: "hgh" is not a value`},
		{"rules: {secret_patterns: {patterns: [{name: a, pattern: \"(?=x)\", severity: warn}]}}", "2:57: rules.secret_patterns.patterns[0].pattern: is not a regular expression: invalid or unsupported Perl syntax"},
		{"rules: {secret_patterns: {patterns: [{name: a, pattern: \"\", severity: warn}]}}", "2:57: rules.secret_patterns.patterns[0].pattern: is an empty expression"},
		{"rules: {secret_patterns: {patterns: [{name: a, pattern: x, severity: warn, regex: y}]}}", "2:76: rules.secret_patterns.patterns[0].regex: unknown key"},
		{"rules: {secret_patterns: {skip_paths: [\"{a,b}\"]}}", "2:40: rules.secret_patterns.skip_paths[0]: pattern is not a glob"},
		{"rules: {patch_integrity: {max_additions: -1}}", "2:42: rules.patch_integrity.max_additions: -1 is outside 0 …"},
		{"rules: {patch_integrity: {max_imbalance_ratio: 0}}", "2:48: rules.patch_integrity.max_imbalance_ratio: 0 is not above 0"},
		{"rules: {patch_integrity: {max_imbalance_ratio: 1e3}}", `2:48: rules.patch_integrity.max_imbalance_ratio: "1e3" is not a decimal number`},
		{"rules: {patch_integrity: {max_imbalance_ratio: \"10\"}}", "2:48: rules.patch_integrity.max_imbalance_ratio: must be a number, is a string"},
		{"rules: {patch_integrity: {forbidden_patterns: [\"(\"]}}", "2:48: rules.patch_integrity.forbidden_patterns[0]: is not a regular expression: missing closing )"},
		{"rules: {shell_commands: {forbidden_patterns: [\"((a{9}){9}){999}\"]}}", "2:47: rules.shell_commands.forbidden_patterns[0]:"},
		{"rules: {shell_commands: {forbidden_patterns: [\"(a{90}b{90}){60}\"]}}", "2:47: rules.shell_commands.forbidden_patterns[0]:"},
		{"rules: {tool_access: {require_workload_identity: {}}}", "2:50: rules.tool_access.require_workload_identity: requires nothing"},
		{"rules: {tool_access: {prefer_workload_identity: {path_prefixes: [x]}}}", `2:66: rules.tool_access.prefer_workload_identity.path_prefixes[0]: "x" does not begin with /`},
		{"rules: {tool_access: {require_runtime_assurance_tier: \"\"}}", "2:55: rules.tool_access.require_runtime_assurance_tier: is an empty string"},
		{"rules: {computer_use: {mode: watch}}", `2:30: rules.computer_use.mode: "watch" is not a value of this key: write one of observe, guardrail, fail_closed`},
		{"rules: {computer_use: {allowed_actions: [\" a\"]}}", "2:42: rules.computer_use.allowed_actions[0]: \" a\" begins or ends with a blank"},
		{"rules: {remote_desktop_channels: {printing: false}}", "2:35: rules.remote_desktop_channels.printing: unknown key"},
		{"rules: {input_injection: {allowed_types: keyboard}}", "2:42: rules.input_injection.allowed_types: must be a list"},
		{"rules: {browser_automation: {allowed_domains: [\"a b\"]}}", "2:48: rules.browser_automation.allowed_domains[0]: entry is no host pattern: \"a b\""},
		{"rules: {browser_automation: {extra_credential_patterns: [\"[\"]}}", "2:58: rules.browser_automation.extra_credential_patterns[0]: is not a regular expression"},
		{"rules: {code_execution: {max_scan_bytes: 0}}", "2:42: rules.code_execution.max_scan_bytes: 0 is outside 1 …"},
		{"rules: {code_execution: {max_execution_time_ms: -5}}", "2:49: rules.code_execution.max_execution_time_ms: -5 is outside 0 …"},
		{"rules: {velocity: {window_secs: 0}}", "2:33: rules.velocity.window_secs: 0 is outside 1 …"},
		{"rules: {velocity: {burst_factor: 0.5}}", "2:34: rules.velocity.burst_factor: 0.5 is outside 1 … 1000"},
		{"rules: {velocity: {max_invocations_per_window: 0}}", "2:48: rules.velocity.max_invocations_per_window: 0 is outside 1 …"},
		{"rules: {velocity: {max_spend_per_window: 1, spend_currency: usd}}", `2:61: rules.velocity.spend_currency: "usd" is not a currency code`},
		{"rules: {human_in_loop: {approve_above: 100}}", "2:24: rules.human_in_loop.approve_above_currency: is missing, and an amount has a currency"},
		{"rules: {human_in_loop: {on_timeout: allow}}", `2:37: rules.human_in_loop.on_timeout: "allow" is not a value of this key: write one of deny, defer`},
		{"rules: {human_in_loop: {timeout_seconds: 99999999999999999999}}", "2:42: rules.human_in_loop.timeout_seconds: "},
		{"metadata: {policy_version: 0}", "2:28: metadata.policy_version: 0 is outside 1 …"},
		{"merge_strategy: deep", `2:17: merge_strategy: "deep" is not a value of this key: write one of replace, merge, deep_merge`},
		{"extends: \"\"", "2:10: extends: is an empty string"},
	} {
		refused(t, under1(tc.doc), tc.want)
	}
}

func refused(t *testing.T, doc, want string) {
	t.Helper()
	d, err := Parse("p.yaml", []byte(doc))
	if !errors.Is(err, ErrInvalid) || d != nil {
		t.Errorf("%s: document %v, error %v", doc, d, err)
		return
	}
	if !strings.HasPrefix(err.Error(), "p.yaml:"+want) {
		t.Errorf("%s\ngot  %s\nwant p.yaml:%s", doc, err, want)
	}
}

func TestExtensionRefusals(t *testing.T) {
	posture := func(s string) string { return "extensions: {posture: {" + s + "}}" }
	two := "initial: a, states: {a: {}, b: {}}"
	for _, tc := range []struct{ doc, want string }{
		{posture("states: {a: {}}"), "2:23: extensions.posture.initial: is missing: name a state"},
		{posture("initial: a"), "2:23: extensions.posture.states: is missing or empty"},
		{posture("initial: c, states: {aa: {}, bb: {}}"), `2:33: extensions.posture.initial: "c" is not a state: did you mean aa?`},
		{posture("initial: a, states: {a: {capabilities: x}}"), "2:63: extensions.posture.states.a.capabilities: must be a list"},
		{posture("initial: a, states: {a: {budgets: {tool_calls: -1}}}"), "2:71: extensions.posture.states.a.budgets.tool_calls: -1 is outside"},
		{posture("initial: \"*\", states: {\"*\": {}}"), `2:52: extensions.posture.states.*: "*" cannot be the name of a state`},
		{posture(two + ", transitions: [{from: \"*\", to: \"*\", on: any_violation}]"), `2:90: extensions.posture.transitions[0].to: "*" is not a state to go to`},
		{posture(two + ", transitions: [{from: z, to: b, on: any_violation}]"), `2:81: extensions.posture.transitions[0].from: "z" is not a state: `},
		{posture(two + ", transitions: [{to: b, on: any_violation}]"), "2:74: extensions.posture.transitions[0].from: is missing"},
		{posture(two + ", transitions: [{from: a, to: b}]"), "2:74: extensions.posture.transitions[0].on: is missing"},
		{posture(two + ", transitions: [{from: a, to: b, on: violation}]"), `2:95: extensions.posture.transitions[0].on: "violation" is not a value`},
		{posture(two + ", transitions: [{from: a, to: b, on: timeout}]"), "2:74: extensions.posture.transitions[0].after: is missing, and a timeout has a length"},
		{posture(two + ", transitions: [{from: a, to: b, on: user_approval, after: 5m}]"), "2:117: extensions.posture.transitions[0].after: belongs to on: timeout only"},
		{posture(two + ", transitions: [{from: a, to: b, on: timeout, after: 5 m}]"), `2:111: extensions.posture.transitions[0].after: "5 m" is not a length of time`},
		{posture(two + ", transitions: [{from: a, to: b, on: timeout, after: 0s}]"), `2:111: extensions.posture.transitions[0].after: "0s" is outside`},
		{"extensions: {origins: {default_behavior: allow}}", `2:42: extensions.origins.default_behavior: "allow" is not a value of this key: write one of deny, minimal_profile`},
		{"extensions: {origins: {profiles: [{}]}}", "2:35: extensions.origins.profiles[0].id: is missing"},
		{"extensions: {origins: {profiles: [{id: a}, {id: a}]}}", `2:49: extensions.origins.profiles[1].id: "a" is also the id of entry 0`},
		{"extensions: {origins: {profiles: [{id: a, posture: s}]}}", "2:52: extensions.origins.profiles[0].posture: names a state, and there is no extensions.posture"},
		{"extensions: {origins: {profiles: [{id: a, match: {space_type: room}}]}}", `2:63: extensions.origins.profiles[0].match.space_type: "room" is not a value`},
		{"extensions: {origins: {profiles: [{id: a, match: {visibility: open}}]}}", `2:63: extensions.origins.profiles[0].match.visibility: "open" is not a value`},
		{"extensions: {origins: {profiles: [{id: a, match: {provider: \"\"}}]}}", "2:61: extensions.origins.profiles[0].match.provider: is an empty string"},
		{"extensions: {origins: {profiles: [{id: a, match: {user: x}}]}}", "2:51: extensions.origins.profiles[0].match.user: unknown key"},
		{"extensions: {origins: {profiles: [{id: a, tool_access: {enabled: true}}]}}", "2:57: extensions.origins.profiles[0].tool_access.enabled: unknown key"},
		{"extensions: {origins: {profiles: [{id: a, tool_access: {allow: []}}]}}", "2:56: extensions.origins.profiles[0].tool_access.allow: is empty"},
		{"extensions: {origins: {profiles: [{id: a, egress: {default: maybe}}]}}", `2:61: extensions.origins.profiles[0].egress.default: "maybe" is not a value`},
		{"extensions: {origins: {profiles: [{id: a, budgets: {patches: 1}}]}}", "2:62: extensions.origins.profiles[0].budgets.patches: unknown key: known keys are tool_calls, egress_calls, shell_commands"},
		{"extensions: {origins: {profiles: [{id: a, bridge: {allowed_targets: [{visibility: x}]}}]}}", `2:83: extensions.origins.profiles[0].bridge.allowed_targets[0].visibility: "x" is not a value`},
		{"extensions: {origins: {profiles: [{id: a, data: {share: true}}]}}", "2:50: extensions.origins.profiles[0].data.share: unknown key"},
		{"extensions: {detection: {prompt_injection: {block_at_or_above: hi}}}", `2:64: extensions.detection.prompt_injection.block_at_or_above: "hi" is not a value of this key: did you mean high?`},
		{"extensions: {detection: {prompt_injection: {max_scan_bytes: 0}}}", "2:61: extensions.detection.prompt_injection.max_scan_bytes: 0 is outside 1"},
		{"extensions: {detection: {jailbreak: {block_threshold: 101}}}", "2:55: extensions.detection.jailbreak.block_threshold: 101 is outside 0 … 100"},
		{"extensions: {detection: {threat_intel: {similarity_threshold: 1.01}}}", "2:63: extensions.detection.threat_intel.similarity_threshold: 1.01 is outside 0 … 1"},
		{"extensions: {detection: {threat_intel: {top_k: 0}}}", "2:48: extensions.detection.threat_intel.top_k: 0 is outside 1"},
		{"extensions: {detection: {threat_intel: {pattern_db: ../x.json}}}", `2:53: extensions.detection.threat_intel.pattern_db: "../x.json" is not a file beside the policy`},
		{"extensions: {detection: {threat_intel: {pattern_db: \"builtin:\"}}}", `2:53: extensions.detection.threat_intel.pattern_db: "builtin:" is not the name`},
		{"extensions: {reputation: {scoring: {weights: {luck: 1}}}}", "2:53: extensions.reputation.scoring.weights.luck: unknown key"},
		{"extensions: {reputation: {scoring: {weights: {reliability: 2}}}}", "2:60: extensions.reputation.scoring.weights.reliability: 2 is outside 0 … 1"},
		{"extensions: {reputation: {tiers: {a: {score_range: [1, 0]}}}}", "2:52: extensions.reputation.tiers.a.score_range: 1 is above 0"},
		{"extensions: {reputation: {tiers: [a]}}", "2:34: extensions.reputation.tiers: must be a mapping"},
		{"extensions: {runtime_assurance: {trusted_verifiers: x}}", "2:53: extensions.runtime_assurance.trusted_verifiers: must be a mapping or a list"},
		{"extensions: {chio: {human_in_loop: {approvers: {n: 0}}}}", "2:52: extensions.chio.human_in_loop.approvers.n: 0 is outside 1"},
		{"extensions: {chio: {signing: {a: .inf}}}", "2:34: extensions.chio.signing.a: \".inf\" is not a decimal number"},
		{"extensions: {chio: {signing: {a: 1, a: 2}}}", "2:37: extensions.chio.signing.a: duplicate key"},
		{"extensions: {chio: {observe: [jailbrek]}}", `2:31: extensions.chio.observe[0]: "jailbrek" is not a guard: did you mean jailbreak?`},
		{"extensions: {chio: {observe: [all, jailbreak]}}", "2:31: extensions.chio.observe[0]: all includes the others"},
		{"extensions: {chio: {custom: {jailbreak: {}}}}", "2:41: extensions.chio.custom.jailbreak: cannot be the name of a custom guard"},
		{"extensions: {chio: {tool_names: regex}}", `2:33: extensions.chio.tool_names: "regex" is not a value`},
		{"extensions: {chio: {custom_actions: ask}}", `2:37: extensions.chio.custom_actions: "ask" is not a value`},
		{"extensions: {chio: {dynamic_commands: allow}}", `2:39: extensions.chio.dynamic_commands: "allow" is not a value`},
		{"extensions: {chio: {internal_hosts: [0.0.0.0/0]}}", `2:38: extensions.chio.internal_hosts[0]: "0.0.0.0/0" is every address`},
		{"extensions: {chio: {internal_hosts: [10.1.2.3/16]}}", `2:38: extensions.chio.internal_hosts[0]: "10.1.2.3/16" has address bits behind its length: write 10.1.0.0/16`},
		{"extensions: {chio: {output_sanitizer: on}}", `2:39: extensions.chio.output_sanitizer: `},
		{"extensions: {chio: {scan_outputs: maybe}}", `2:35: extensions.chio.scan_outputs: "maybe" is not a value`},
		{"extensions: {chio: {pattern_db_max_age_seconds: 0}}", "2:49: extensions.chio.pattern_db_max_age_seconds: 0 is outside 1"},
		{"extensions: {firewall: {}}", "2:14: extensions.firewall: unknown key"},
	} {
		refused(t, under1(tc.doc), tc.want)
	}
}

func TestConditionRefusals(t *testing.T) {
	at := func(block, c string) string { return "extensions: {chio: {conditions: {" + block + ": " + c + "}}}" }
	deep := strings.Repeat("{not: ", maxConditionDepth) + "{context: {edge: b}}" + strings.Repeat("}", maxConditionDepth)
	fits := strings.Repeat("{not: ", maxConditionDepth-1) + "{context: {edge: b}}" + strings.Repeat("}", maxConditionDepth-1)
	mustParse(t, under1(at("egress", fits)))
	mustParse(t, under1(at("detection.jailbreak", "{time_window: {start: \"22:00\", end: \"06:00\", timezone: Europe/Madrid, days: [mon]}}")))
	for _, tc := range []struct{ doc, want string }{
		{at("egres", "{context: {edge: b}}"), `2:41: extensions.chio.conditions.egres: is nothing that can be conditional: did you mean egress?`},
		{at("egress", "{}"), "2:42: extensions.chio.conditions.egress: has 0 members, and a condition has exactly one"},
		{at("egress", "{context: {edge: b}, not: {context: {edge: b}}}"), "2:42: extensions.chio.conditions.egress: has 2 members"},
		{at("egress", "{context: {}}"), "2:52: extensions.chio.conditions.egress.context: is empty"},
		{at("egress", "{context: {edge: []}}"), "2:59: extensions.chio.conditions.egress.context.edge: lists no value"},
		{at("egress", "{all_of: []}"), "2:51: extensions.chio.conditions.egress.all_of: is empty"},
		{at("egress", "{context: {egde: [x]}}"), `2:59: extensions.chio.conditions.egress.context.egde: is not a fact of a call: did you mean edge?`},
		{at("posture", "{context: {edge: b}}"), "2:43: extensions.chio.conditions.posture: is nothing that can be conditional"},
		{at("egress", "{time_window: {start: \"06:00\", end: \"07:00\", timezone: Europe/Berln}}"), `2:97: extensions.chio.conditions.egress.time_window.timezone: "Europe/Berln" is not the name of a time zone`},
		{at("egress", "{when: x}"), "2:43: extensions.chio.conditions.egress.when: unknown key"},
		{at("egress", "{time_window: {start: \"24:00\", end: \"06:00\"}}"), `2:64: extensions.chio.conditions.egress.time_window.start: "24:00" is not a time of day`},
		{at("egress", "{time_window: {start: \"06:00\", end: \"6:00\"}}"), `2:78: extensions.chio.conditions.egress.time_window.end: "6:00" is not a time of day`},
		{at("egress", "{time_window: {start: \"06:00\", end: \"06:00\"}}"), "2:78: extensions.chio.conditions.egress.time_window.end: is the same as start"},
		{at("egress", "{time_window: {start: \"06:00\", end: \"07:00\", days: [monday]}}"), `2:94: extensions.chio.conditions.egress.time_window.days[0]: "monday" is not a value`},
		{at("egress", "{time_window: {start: \"06:00\", end: \"07:00\", timezone: \"../x\"}}"), `2:97: extensions.chio.conditions.egress.time_window.timezone: "../x" is not the name of a time zone`},
		{at("egress", deep), "2:" + fmt.Sprint(42+6*maxConditionDepth) + ": extensions.chio.conditions.egress" + strings.Repeat(".not", maxConditionDepth) + ": is nested deeper than 8"},
	} {
		refused(t, under1(tc.doc), tc.want)
	}
}

// What a document lays over its base may name states and guards of the base.
func TestReferencesIntoTheBase(t *testing.T) {
	child := "extensions: {posture: {transitions: [{from: a, to: b, on: any_violation}]}, chio: {observe: [mine]}, origins: {profiles: [{id: x, posture: a}]}}"
	mustParse(t, under1("extends: base.yaml", child))
	refused(t, under1(child), "2:23: extensions.posture.")
	refused(t, under1("extends: base.yaml", "merge_strategy: replace", child), "4:23: extensions.posture.")
}

func TestLimitsOfOneDocument(t *testing.T) {
	list := func(n int) string { return "[" + strings.Repeat("a,", n) + "]" }
	mustParse(t, under1("rules: {shell_commands: {forbidden_patterns: "+list(maxRegexes)+"}}"))
	refused(t, under1("rules: {shell_commands: {forbidden_patterns: "+list(maxRegexes+1)+"}}"), "2:46: rules.shell_commands.forbidden_patterns: has 257 entries, limit 256")
	long := func(n int) string {
		return "rules: {shell_commands: {forbidden_patterns: [\"" + strings.Repeat("a", n) + "\"]}}"
	}
	mustParse(t, under1(long(maxRegexBytes)))
	refused(t, under1(long(maxRegexBytes+1)), "2:47: rules.shell_commands.forbidden_patterns[0]: expression is too large: it has 513 bytes, limit 512")
	// A value behind aliases is counted each time it is reached.
	var bomb strings.Builder
	bomb.WriteString("extensions:\n  chio:\n    signing:\n      a0: &a0 [x]\n")
	for i := 1; i < 20; i++ {
		fmt.Fprintf(&bomb, "      a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9))
	}
	if _, err := Parse("p.yaml", []byte(under1(bomb.String()))); !errors.Is(err, ErrInvalid) {
		t.Errorf("an alias bomb: %v", err)
	}
	if _, err := Parse("p.yaml", []byte(under1("extensions:\n  chio:\n    signing: &a {b: *a}"))); !errors.Is(err, ErrInvalid) {
		t.Errorf("an alias of itself: %v", err)
	}
	big := under1("extensions: {chio: {signing: [" + strings.Repeat("\""+strings.Repeat("x", 4000)+"\",", 20) + "]}}")
	if _, err := Parse("p.yaml", []byte(big)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a carried value over its limit: %v", err)
	}
}
