package policy

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/code"
	"github.com/backbay-labs/chio-node/kernel/guards/desktop"
	"github.com/backbay-labs/chio-node/kernel/guards/network"
	"github.com/backbay-labs/chio-node/kernel/guards/patch"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/kernel/guards/shell"
)

// network builds shell-command, egress-allowlist and internal-network.
func (b *builder) network() error {
	if s := b.d.Rules.ShellCommands; s != nil && s.Enabled {
		g, err := newShell(shell.Config{
			Forbidden: nilIfEmpty(s.ForbiddenPatterns), Paths: b.forbidden, Confirm: b.chio().DynamicCommands == "confirm",
		})
		if err := b.add(g, err, "shell_commands", "built-in rules and "+plural(len(s.ForbiddenPatterns), "pattern")); err != nil {
			return err
		}
	}
	e := b.d.Rules.Egress
	if e == nil || !e.Enabled {
		return nil
	}
	g, err := newEgress(egressConfig(&e.Egress, ""))
	if err := b.add(g, err, "egress", egressSummary(&e.Egress)); err != nil {
		return err
	}
	return b.internal("egress")
}

// internal builds internal-network, which every egress block turns on.
func (b *builder) internal(block string) error {
	g, err := b.internalGuard()
	c := b.chio()
	return b.add(g, err, block, fmt.Sprintf("%s allowed, %d more blocked", plural(len(c.InternalHosts), "host"), len(c.BlockedHosts)))
}

func (b *builder) internalGuard() (guard.Guard, error) {
	c := b.chio()
	return newInternal(network.InternalConfig{Blocked: c.BlockedHosts, Allowed: c.InternalHosts})
}

func egressConfig(e *Egress, rule string) network.EgressConfig {
	return network.EgressConfig{Allow: nilIfEmpty(e.Allow), Block: e.Block, DefaultAllow: e.Default == DefaultAllow, Rule: rule}
}

func egressSummary(e *Egress) string {
	return fmt.Sprintf("allow %d, block %d, default %s", len(e.Allow), len(e.Block), e.Default)
}

// tools builds mcp-tool.
func (b *builder) tools() error {
	t := b.d.Rules.ToolAccess
	if t == nil || !t.Enabled {
		return nil
	}
	c := toolConfig(&t.ToolAccess, "rules.tool_access")
	c.Exact = !b.globs()
	b.literal("rules.tool_access", &t.ToolAccess)
	g, err := as(guards.NewMcpTool(c))
	return b.add(g, err, "tool_access", toolSummary(&t.ToolAccess))
}

// literal warns of names that look like globs and are not read as such.
func (b *builder) literal(path string, t *ToolAccess) {
	if b.globs() {
		return
	}
	for _, l := range []struct {
		field string
		names []string
	}{{"allow", t.Allow}, {"block", t.Block}, {"require_confirmation", t.RequireConfirmation}} {
		for i, name := range l.names {
			if guards.IsNameGlob(name) {
				b.warn(fmt.Sprintf("%s.%s[%d]", path, l.field, i),
					"%q is taken literally; set extensions.chio.tool_names: glob if a glob is meant", name)
			}
		}
	}
}

func toolConfig(t *ToolAccess, rule string) guards.McpToolConfig {
	c := guards.McpToolConfig{
		Block: t.Block, RequireConfirmation: t.RequireConfirmation, Allow: t.Allow,
		DefaultBlock: t.Default == DefaultBlock, Rule: rule,
	}
	if t.MaxArgsSize != nil {
		c.MaxArgsBytes = int(*t.MaxArgsSize)
	}
	return c
}

func toolSummary(t *ToolAccess) string {
	s := fmt.Sprintf("allow %d, block %d, confirm %d, default %s", len(t.Allow), len(t.Block), len(t.RequireConfirmation), t.Default)
	if t.MaxArgsSize != nil {
		s += fmt.Sprintf(", arguments up to %d bytes", *t.MaxArgsSize)
	}
	return s
}

// content builds secret-leak, patch-integrity and path-allowlist.
func (b *builder) content() error {
	r := &b.d.Rules
	if s := r.SecretPatterns; s != nil && s.Enabled {
		g, err := newSecrets(secrets.Config{Patterns: secretPatterns(s), SkipPaths: s.SkipPaths})
		if err := b.add(g, err, "secret_patterns", "built-in detectors and "+plural(len(s.Patterns), "pattern")); err != nil {
			return err
		}
	}
	if p := r.PatchIntegrity; p != nil && p.Enabled {
		g, err := newPatch(patch.Config{
			MaxAdditions: p.MaxAdditions, MaxDeletions: p.MaxDeletions, Forbidden: nilIfEmpty(p.ForbiddenPatterns),
			RequireBalance: p.RequireBalance, MaxRatioMicros: int64(p.MaxImbalanceRatio),
		})
		if err := b.add(g, err, "patch_integrity", fmt.Sprintf("additions ≤ %d, deletions ≤ %d", p.MaxAdditions, p.MaxDeletions)); err != nil {
			return err
		}
	}
	return b.allowlist()
}

func secretPatterns(s *SecretPatternsRule) []secrets.Pattern {
	if s == nil || !s.Enabled {
		return nil
	}
	out := make([]secrets.Pattern, len(s.Patterns))
	for i, p := range s.Patterns {
		out[i] = secrets.Pattern{Name: p.Name, Expression: p.Pattern, Severity: p.Severity}
	}
	return out
}

// desktop builds computer-use, remote-desktop-side-channel,
// input-injection-capability, browser-automation and code-execution.
func (b *builder) desktop() error {
	r := &b.d.Rules
	if c := r.ComputerUse; c != nil && c.Enabled {
		g, err := newComputerUse(desktop.ComputerUseConfig{Mode: c.Mode, Allowed: notNil(c.AllowedActions)})
		if err := b.add(g, err, "computer_use", c.Mode+", "+plural(len(c.AllowedActions), "action")); err != nil {
			return err
		}
	}
	if c := r.RemoteDesktopChannels; c != nil && c.Enabled {
		g, err := newChannels(desktop.ChannelsConfig{
			Clipboard: c.Clipboard, FileTransfer: c.FileTransfer, Audio: c.Audio, DriveMapping: c.DriveMapping,
		})
		if err := b.add(g, err, "remote_desktop_channels", fmt.Sprintf("clipboard %t, file transfer %t, audio %t, drives %t",
			c.Clipboard, c.FileTransfer, c.Audio, c.DriveMapping)); err != nil {
			return err
		}
	}
	if c := r.InputInjection; c != nil && c.Enabled {
		g, err := newInput(desktop.InputConfig{AllowedTypes: c.AllowedTypes, RequireProbe: c.RequirePostconditionProbe})
		if err := b.add(g, err, "input_injection", plural(len(c.AllowedTypes), "type")); err != nil {
			return err
		}
	}
	return errors.Join(b.browser(), b.code())
}

func (b *builder) browser() error {
	c := b.d.Rules.BrowserAutomation
	if c == nil || !c.Enabled {
		return nil
	}
	g, err := newBrowser(network.BrowserConfig{
		AllowedDomains: c.AllowedDomains, BlockedDomains: c.BlockedDomains, AllowedVerbs: c.AllowedVerbs,
		CredentialDetection: c.CredentialDetection, ExtraCredentials: c.ExtraCredentialPatterns, Credential: detectCredential,
	})
	return b.add(g, err, "browser_automation", fmt.Sprintf("allow %d, block %d, %s", len(c.AllowedDomains), len(c.BlockedDomains), plural(len(c.AllowedVerbs), "verb")))
}

func (b *builder) code() error {
	c := b.d.Rules.CodeExecution
	if c == nil || !c.Enabled {
		return nil
	}
	g, err := newCode(code.Config{
		Languages: c.LanguageAllowlist, DeniedModules: c.ModuleDenylist, Network: c.NetworkAccess,
		MaxExecutionMS: c.MaxExecutionTimeMS, MaxScanBytes: c.MaxScanBytes,
	})
	return b.add(g, err, "code_execution", fmt.Sprintf("%s, network %t", plural(len(c.LanguageAllowlist), "language"), c.NetworkAccess))
}

func nilIfEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
