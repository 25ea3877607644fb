package policy

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/code"
	"github.com/backbay-labs/chio-node/kernel/guards/desktop"
	"github.com/backbay-labs/chio-node/kernel/guards/network"
	"github.com/backbay-labs/chio-node/kernel/guards/patch"
	"github.com/backbay-labs/chio-node/kernel/guards/prompt"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/kernel/guards/shell"
	"github.com/backbay-labs/chio-node/kernel/guards/spider"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
)

// TestI5_EveryGuardRefusesABadConfiguration: by guard of the catalogue, what
// its constructor must refuse: expressions that are not RE2, globs, hosts and
// names that are none, modes and numbers that cannot be. A guard is never made
// from it, so it cannot be one that lets everything through.
func TestI5_EveryGuardRefusesABadConfiguration(t *testing.T) {
	minus, many := int64(-1), int64(101)
	type bad map[string]func() (guard.Guard, error)
	secret := func(expression, severity string) func() (guard.Guard, error) {
		return func() (guard.Guard, error) {
			return newSecrets(secrets.Config{Patterns: []secrets.Pattern{{Name: "n", Expression: expression, Severity: severity}}})
		}
	}
	list := []string{"a.org"}
	table := map[string]bad{
		"forbidden-path": {
			"glob": func() (guard.Guard, error) {
				return as(guards.NewForbiddenPath(guards.ForbiddenPathConfig{Patterns: []string{"["}}))
			},
			"nothing": func() (guard.Guard, error) { return as(guards.NewForbiddenPath(guards.ForbiddenPathConfig{})) },
		},
		"path-allowlist": {"glob": func() (guard.Guard, error) {
			return as(guards.NewPathAllowlist(guards.PathAllowlistConfig{Enabled: true, Read: []string{"[z-a]"}}))
		}},
		"mcp-tool": {"name": func() (guard.Guard, error) {
			return as(guards.NewMcpTool(guards.McpToolConfig{Allow: []string{"a b"}}))
		}},
		"velocity":       {"limit": func() (guard.Guard, error) { return newVelocity(velocity.Config{MaxInvocations: &minus}) }},
		"agent-velocity": {"window": func() (guard.Guard, error) { return newAgentVelocity(velocity.Config{MaxPerAgent: &many}) }},
		"shell-command": {
			"expression": func() (guard.Guard, error) { return newShell(shell.Config{Forbidden: []string{"ok", "("}}) },
			"lookahead":  func() (guard.Guard, error) { return newShell(shell.Config{Forbidden: []string{"(?=a)"}}) },
		},
		"egress-allowlist": {"host": func() (guard.Guard, error) { return newEgress(network.EgressConfig{Allow: []string{"https://a.org"}}) }},
		"internal-network": {"everything": func() (guard.Guard, error) { return newInternal(network.InternalConfig{Allowed: []string{"**"}}) }},
		"secret-leak": {"expression": secret("(", "error"), "lookahead": secret("(?!a)", "error"), "severity": secret("a", "loud"), "empty": secret("", "error"),
			"glob": func() (guard.Guard, error) { return newSecrets(secrets.Config{SkipPaths: []string{"{a}"}}) }},
		"patch-integrity": {"expression": func() (guard.Guard, error) { return newPatch(patch.Config{Forbidden: []string{"a{2,1}"}}) },
			"ratio": func() (guard.Guard, error) { return newPatch(patch.Config{RequireBalance: true}) }},
		"computer-use": {"mode": func() (guard.Guard, error) { return newComputerUse(desktop.ComputerUseConfig{}) }},
		"remote-desktop-side-channel": {"size": func() (guard.Guard, error) {
			return newChannels(desktop.ChannelsConfig{MaxTransferBytes: &minus})
		}},
		"input-injection-capability": {"type": func() (guard.Guard, error) { return newInput(desktop.InputConfig{AllowedTypes: []string{"a b"}}) }},
		"browser-automation": {"expression": func() (guard.Guard, error) {
			return newBrowser(network.BrowserConfig{AllowedDomains: list, ExtraCredentials: []string{"["}})
		}, "nothing": func() (guard.Guard, error) { return newBrowser(network.BrowserConfig{}) }},
		"code-execution":   {"bytes": func() (guard.Guard, error) { return newCode(code.Config{MaxScanBytes: -1}) }},
		"prompt-injection": {"level": func() (guard.Guard, error) { return newInjection(prompt.InjectionConfig{BlockAtOrAbove: "loud"}) }},
		"jailbreak":        {"threshold": func() (guard.Guard, error) { return newJailbreak(prompt.JailbreakConfig{BlockThreshold: &many}) }},
		"spider-sense":     {"no database": func() (guard.Guard, error) { return newSpider(spider.Config{}) }},
	}
	for _, e := range guards.Catalogue() {
		if len(table[e.Name]) == 0 {
			t.Errorf("%s is in no row", e.Name)
		}
	}
	for name, rows := range table {
		for what, made := range rows {
			g, err := made()
			if err == nil || g != nil {
				t.Errorf("%s, %s: %v %v", name, what, g, err)
			}
			// What a constructor answers so stands in a pipeline as a guard that is not there.
			if d, _ := guard.NewPipeline("p", g).Evaluate(call("echo", `{}`)); d.Verdict != kernel.Deny {
				t.Errorf("%s, %s: its place in the pipeline allows", name, what)
			}
		}
	}
	for what, made := range map[string]func() (kernel.OutputGuard, error){
		"sanitizer, nothing": func() (kernel.OutputGuard, error) { return newSanitizer(secrets.SanitizerConfig{}) },
		"sanitizer, expression": func() (kernel.OutputGuard, error) {
			return newSanitizer(secrets.SanitizerConfig{Secrets: true, Patterns: []secrets.Pattern{{Name: "n", Expression: "(", Severity: "error"}}})
		},
		"detectors, none": func() (kernel.OutputGuard, error) { return newPromptOutput(prompt.OutputConfig{}) },
	} {
		if g, err := made(); err == nil || g != nil {
			t.Errorf("%s: %v %v", what, g, err)
		}
	}
}
