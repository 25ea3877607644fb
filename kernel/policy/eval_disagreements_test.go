package policy

import (
	"strings"
	"testing"
)

func text(s string) *string { return &s }

func number(n int64) *int64 { return &n }

// Where HushSpec's prose, fixtures and reference evaluator disagree, one row
// for each topic says what we decide; docs/design/0005-hushspec.md says why.
func TestWhereHushSpecDisagreesWithItself(t *testing.T) {
	long := strings.Repeat("a", 101)
	for _, tc := range []struct {
		topic, policy string
		action        Action
		want          string
	}{
		{"tool allow list miss", "rules: {tool_access: {allow: [a], default: allow}}", Action{Type: ActionTool, Target: "b"}, DecisionDeny},
		{"computer_use guardrail, unlisted", "rules: {computer_use: {enabled: true, allowed_actions: [remote.audio]}}", Action{Type: ActionComputerUse, Target: "remote.clipboard"}, DecisionWarn},
		{"egress * is one label", "rules: {egress: {allow: ['*.example.com']}}", Action{Type: ActionEgress, Target: "a.b.example.com"}, DecisionDeny},
		{"egress ** is many", "rules: {egress: {allow: ['**.example.com']}}", Action{Type: ActionEgress, Target: "a.b.example.com"}, DecisionAllow},
		{"egress port", "rules: {egress: {allow: ['api.example.com']}}", Action{Type: ActionEgress, Target: "api.example.com:8080"}, DecisionAllow},
		{"egress trailing dot", "rules: {egress: {block: ['api.example.com'], default: allow}}", Action{Type: ActionEgress, Target: "api.example.com."}, DecisionDeny},
		{"egress host case", "rules: {egress: {block: ['api.example.com'], default: allow}}", Action{Type: ActionEgress, Target: "API.EXAMPLE.COM"}, DecisionDeny},
		{"tool names are exact", "rules: {tool_access: {block: ['*'], default: allow}}", Action{Type: ActionTool, Target: "x"}, DecisionAllow},
		{"tool globs by choice", "rules: {tool_access: {block: ['*'], default: allow}}\nextensions: {chio: {tool_names: glob}}", Action{Type: ActionTool, Target: "x"}, DecisionDeny},
		{"posture empty capabilities", onePosture, Action{Type: ActionTool, Target: "x", Posture: &ActionPosture{Current: "shut"}}, DecisionDeny},
		{"posture current unknown", onePosture, Action{Type: ActionTool, Target: "x", Posture: &ActionPosture{Current: "nowhere"}}, DecisionDeny},
		{"unmatched origin", oneOrigin, Action{Type: ActionTool, Target: "x"}, DecisionDeny},
		{"profile without match", oneOrigin, Action{Type: ActionTool, Target: "x", Origin: surface("slack")}, DecisionAllow},
		{"budget of zero", onePosture, Action{Type: ActionEgress, Target: "example.com", Posture: &ActionPosture{Current: "open"}}, DecisionDeny},
		{"secret severity warn", "rules: {secret_patterns: {patterns: [{name: n, pattern: 'QQ[0-9]+', severity: warn}]}}", Action{Type: ActionFileWrite, Target: "/a", Content: text("QQ12")}, DecisionWarn},
		{"balance with a zero side", "rules: {patch_integrity: {require_balance: true}}", Action{Type: ActionPatch, Target: "/a", Content: text("@@ -0,0 +1,1 @@\n+a\n")}, DecisionDeny},
		{"path ..", "rules: {forbidden_paths: {patterns: ['/secret/**']}}", Action{Type: ActionFileRead, Target: "/open/../secret/x"}, DecisionDeny},
		{"newline in a path", "rules: {forbidden_paths: {patterns: ['/secret/**']}}", Action{Type: ActionFileRead, Target: "/secret/a\nb"}, DecisionDeny},
		{"**/.env and bare .env", "rules: {forbidden_paths: {patterns: ['**/.env']}}", Action{Type: ActionFileRead, Target: ".env"}, DecisionDeny},
		{"max_args_size without args_size", "rules: {tool_access: {max_args_size: 100}}", Action{Type: ActionTool, Target: "x", Content: &long}, DecisionDeny},
		{"max_args_size with args_size", "rules: {tool_access: {max_args_size: 100}}", Action{Type: ActionTool, Target: "x", ArgsSize: number(100)}, DecisionAllow},
		{"custom action", "rules: {tool_access: {default: allow}}", Action{Type: ActionCustom, Target: "x"}, DecisionDeny},
		{"unknown action", "rules: {tool_access: {default: allow}}", Action{Type: "dance", Target: "x"}, DecisionDeny},
	} {
		c := mustCompile(t, mustLoad(t, head+tc.policy+"\n"))
		if got := c.Evaluate(tc.action, Context{}); got.Decision != tc.want {
			t.Errorf("%s: %s (%s: %s), want %s", tc.topic, got.Decision, got.MatchedRule, got.Reason, tc.want)
		}
	}
	if _, err := Parse("p", []byte(head+"rules: {shell_commands: {forbidden_patterns: ['(?=x)']}}\n")); err == nil {
		t.Error("an expression outside RE2 was accepted")
	}
}

const onePosture = `rules: {tool_access: {default: allow}, egress: {default: allow}}
extensions:
  posture:
    initial: open
    states: {open: {capabilities: [tool_call, egress], budgets: {egress_calls: 0}}, shut: {}}
    transitions: [{from: "*", to: shut, on: any_violation}, {from: open, to: open, on: any_violation}]`

const oneOrigin = `rules: {tool_access: {default: allow}}
extensions: {origins: {profiles: [{id: any, tool_access: {block: [y]}}]}}`

func TestNamedTransitionBeatsStar(t *testing.T) {
	c := mustCompile(t, mustLoad(t, head+onePosture+"\n"))
	got := c.Evaluate(Action{Type: ActionTool, Target: "x", Posture: &ActionPosture{Current: "open", Signal: "any_violation"}}, Context{})
	if got.Posture == nil || got.Posture.Next != "open" {
		t.Errorf("%+v", got)
	}
}

func TestParseActionIsStrict(t *testing.T) {
	for name, doc := range map[string]string{
		"unknown": `{"type":"tool_call","tool":"x"}`, "twice": `{"type":"tool_call","type":"egress"}`, "no type": `{}`, "not an object": `[]`,
		"unknown origin": `{"type":"tool_call","origin":{"channel":"x"}}`, "size": `{"type":"tool_call","args_size":"1"}`,
	} {
		if _, err := ParseAction([]byte(doc)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if a, err := ParseAction([]byte(`{"type":"code_exec","target":"python","content":"1","network":true,"timeout_ms":5}`)); err != nil || !a.Network {
		t.Error(a, err)
	}
	c := mustCompile(t, mustLoad(t, head+"rules: {tool_access: {}}\n"))
	if got := c.Evaluate(Action{Type: ActionTool, Target: "x", ArgsSize: number(-1)}, Context{}); got.Decision != DecisionDeny {
		t.Errorf("a negative size: %+v", got)
	}
}
