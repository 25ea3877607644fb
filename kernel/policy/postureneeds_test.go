package policy

import (
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// What a call needs of a posture: by what it mainly is, and by what it carries
// beside that.
func TestPostureDemands(t *testing.T) {
	for _, tc := range []struct {
		tool, args     string
		needs, budgets []string
	}{
		{"read_file", `{"path":"/a"}`, []string{"file_access"}, nil},
		{"write_file", `{"path":"/a","content":"x"}`, []string{"file_write"}, []string{"file_writes"}},
		{"fetch", `{"url":"https://a.org"}`, []string{"egress"}, []string{"egress_calls"}},
		{"bash", `{"command":"ls"}`, []string{"shell"}, []string{"shell_commands"}},
		{"apply_patch", `{"path":"/a","diff":"@@ -1 +1 @@\n-a\n+b\n"}`, []string{"patch"}, []string{"patches"}},
		{"echo", `{"text":"hi"}`, []string{"tool_call"}, []string{"tool_calls"}},
		{"python", `{"code":"1"}`, []string{"tool_call"}, []string{"tool_calls"}},
		{"read_file", `{"path":"/a","command":"ls"}`, []string{"file_access", "shell"}, []string{"shell_commands"}},
		{"read_file", `{"path":"/a","from":"https://a.org"}`, []string{"file_access", "egress"}, []string{"egress_calls"}},
		{"echo", `{"command":"ls","x":"https://a.org"}`, []string{"tool_call", "shell", "egress"}, []string{"tool_calls", "shell_commands", "egress_calls"}},
		{"fetch", `{"url":"https://a.org","command":"ls"}`, []string{"egress", "shell"}, []string{"egress_calls", "shell_commands"}},
		{"bash", `{"command":"curl https://a.org"}`, []string{"shell"}, []string{"shell_commands"}},
	} {
		k := call(tc.tool, tc.args)
		needs, budgets := demands(&guard.Request{Call: k, Action: guard.Extract(k)})
		if !slices.Equal(needs, tc.needs) || !slices.Equal(budgets, tc.budgets) {
			t.Errorf("%s %s: needs %v, spends %v, want %v and %v", tc.tool, tc.args, needs, budgets, tc.needs, tc.budgets)
		}
	}
	// What the lists are made of is shared: no call may write into them.
	if len(needFile) != 1 || len(spendTool) != 1 || cap(also(needFile, needShell)) == 0 || needFile[0] != "file_access" {
		t.Error("a list that all calls share was changed")
	}
}

// Two agents never share a record, whatever they call their sessions, and
// neither do two policies.
func TestSessionsOfAgentsAreApart(t *testing.T) {
	of := func(agent byte, session, scope string) string {
		k := call("x", `{}`)
		k.Mandate.Session = session
		if agent != 0 {
			var tok capability.Token
			tok.Subject[0] = agent
			k.Mandate.Chain = []capability.Token{{}, tok}
		}
		return sessionOf(k, scope)
	}
	seen := map[string]bool{}
	for _, name := range []string{of(1, "s", ""), of(2, "s", ""), of(1, "r", ""), of(1, "s", "srv"), of(1, "", ""), of(0, "s", "")} {
		if seen[name] {
			t.Errorf("%s stands for two", name)
		}
		seen[name] = true
	}
}

// The policy of a node that knows nothing of a call still answers.
func TestNoCallIsDeniedUnderOrigins(t *testing.T) {
	c := compileWith(t, "rules: {tool_access: {default: allow}}\nextensions: {origins: {default_behavior: minimal_profile, profiles: [{id: p, match: {provider: slack}}]}}", CompileOptions{})
	for name, k := range map[string]*kernel.Call{"no call": nil, "no mandate": {}} {
		if d, err := c.Guard.Evaluate(k); err != nil || d.Verdict != kernel.Deny {
			t.Errorf("%s: %+v %v", name, d, err)
		}
		if d, err := c.Guard.(kernel.Revalidator).Revalidate(k); err != nil || d.Verdict != kernel.Deny {
			t.Errorf("%s, again: %+v %v", name, d, err)
		}
		if _, ok := c.Posture(k); ok {
			t.Errorf("%s has a session", name)
		}
	}
	if c.Guard.Name() != "policy" {
		t.Error(c.Guard.Name())
	}
}
