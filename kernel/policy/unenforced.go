package policy

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/guards"
)

// checkEnforced refuses a document that asks for what this build reads and
// does not enforce: enforcing the rest would be enforcing another policy. A
// block whose guards are in the catalogue is enforced once they are built.
func checkEnforced(d *Document) error {
	c := &checker{file: nameOf(d)}
	r, e := &d.Rules, &d.Extensions
	for _, b := range []struct {
		path    string
		present bool
	}{
		{"rules.forbidden_paths", r.ForbiddenPaths != nil},
		{"rules.path_allowlist", r.PathAllowlist != nil},
		{"rules.egress", r.Egress != nil},
		{"rules.secret_patterns", r.SecretPatterns != nil},
		{"rules.patch_integrity", r.PatchIntegrity != nil},
		{"rules.shell_commands", r.ShellCommands != nil},
		{"rules.tool_access", r.ToolAccess != nil},
		{"rules.computer_use", r.ComputerUse != nil},
		{"rules.remote_desktop_channels", r.RemoteDesktopChannels != nil},
		{"rules.input_injection", r.InputInjection != nil},
		{"rules.browser_automation", r.BrowserAutomation != nil},
		{"rules.code_execution", r.CodeExecution != nil},
		{"rules.velocity", r.Velocity != nil},
		{"extensions.detection", e.Detection != nil},
	} {
		if b.present && !built(b.path) {
			c.add(b.path, "is not enforced by this build", "remove it, or block the tools it is about with rules.tool_access")
		}
	}
	for path, present := range map[string]bool{
		"rules.human_in_loop": r.HumanInLoop != nil,
		"extensions.posture":  e.Posture != nil,
		"extensions.origins":  e.Origins != nil,
		"extensions.chio":     e.Chio != nil,
	} {
		if present {
			c.add(path, "is not enforced by this build", "remove it")
		}
	}
	if t := r.ToolAccess; t != nil && (t.RequireRuntimeAssuranceTier != "" || t.RequireWorkloadIdentity != nil) {
		c.add("rules.tool_access", "requires of the calling runtime what this build does not check", "remove the requirement")
	}
	if err := c.err(); err != nil {
		return fmt.Errorf("compiling policy: %w", err)
	}
	return nil
}

func built(block string) bool {
	found := false
	for _, e := range guards.Catalogue() {
		if e.Block == block {
			if !e.Built {
				return false
			}
			found = true
		}
	}
	return found
}
