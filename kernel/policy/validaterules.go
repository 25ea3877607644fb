package policy

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/guards"
)

// The bounds of numbers in rules.
const (
	maxLines      = 10_000_000
	maxWindow     = 366 * 24 * 3600 // seconds
	maxRate       = 1_000_000_000   // calls in a window
	maxExecution  = 24 * 3600 * 1000
	maxScan       = 64 << 20
	maxTimeout    = 366 * 24 * 3600
	maxBurst      = 1000 * DecimalOne
	maxSecretKind = 256
)

// rules checks every block. In a document built in Go, zero stands for the
// default where it is no value of the language; read from YAML it is refused.
func (c *checker) rules(path string, r *Rules) {
	if b := r.ForbiddenPaths; b != nil {
		c.forbiddenPaths(path+".forbidden_paths", &b.ForbiddenPaths)
	}
	if b := r.PathAllowlist; b != nil {
		c.pathAllowlist(path+".path_allowlist", &b.PathAllowlist)
	}
	if b := r.Egress; b != nil {
		c.egress(path+".egress", &b.Egress)
	}
	if b := r.SecretPatterns; b != nil {
		c.secretPatterns(path+".secret_patterns", b)
	}
	if b := r.PatchIntegrity; b != nil {
		at := path + ".patch_integrity"
		c.bounds(at+".max_additions", b.MaxAdditions, 0, maxLines)
		c.bounds(at+".max_deletions", b.MaxDeletions, 0, maxLines)
		c.regexes(at+".forbidden_patterns", b.ForbiddenPatterns)
		c.decimal(at+".max_imbalance_ratio", b.MaxImbalanceRatio, 0, maxDecimal)
	}
	if b := r.ShellCommands; b != nil {
		c.regexes(path+".shell_commands.forbidden_patterns", b.ForbiddenPatterns)
	}
	if b := r.ToolAccess; b != nil {
		c.toolAccess(path+".tool_access", &b.ToolAccess)
		c.assurance(path+".tool_access", b)
	}
	c.desktopRules(path, r)
	c.chioRules(path, r)
}

func (c *checker) desktopRules(path string, r *Rules) {
	if b := r.ComputerUse; b != nil {
		at := path + ".computer_use"
		c.oneOf(at+".mode", b.Mode, optional, "observe", "guardrail", "fail_closed")
		c.list(at+".allowed_actions", b.AllowedActions, checkName)
	}
	if b := r.InputInjection; b != nil {
		c.list(path+".input_injection.allowed_types", b.AllowedTypes, checkName)
	}
	if b := r.BrowserAutomation; b != nil {
		at := path + ".browser_automation"
		c.list(at+".allowed_domains", b.AllowedDomains, checkHost)
		c.list(at+".blocked_domains", b.BlockedDomains, checkHost)
		c.list(at+".allowed_verbs", b.AllowedVerbs, checkName)
		c.regexes(at+".extra_credential_patterns", b.ExtraCredentialPatterns)
	}
	if b := r.CodeExecution; b != nil {
		at := path + ".code_execution"
		c.list(at+".language_allowlist", b.LanguageAllowlist, checkName)
		c.list(at+".module_denylist", b.ModuleDenylist, checkName)
		c.maybe(at+".max_execution_time_ms", b.MaxExecutionTimeMS, 0, maxExecution)
		c.bounds(at+".max_scan_bytes", b.MaxScanBytes, 0, maxScan)
	}
}

func (c *checker) chioRules(path string, r *Rules) {
	if b := r.Velocity; b != nil {
		at := path + ".velocity"
		c.maybe(at+".max_invocations_per_window", b.MaxInvocationsPerWindow, 1, maxRate)
		c.maybe(at+".max_requests_per_agent", b.MaxRequestsPerAgent, 1, maxRate)
		c.maybe(at+".max_requests_per_session", b.MaxRequestsPerSession, 1, maxRate)
		c.maybe(at+".max_spend_per_window", b.MaxSpendPerWindow, 0, maxMoney)
		c.currency(at+".spend_currency", b.SpendCurrency, false)
		c.bounds(at+".window_secs", b.WindowSecs, 0, maxWindow)
		if b.BurstFactor != 0 {
			c.decimal(at+".burst_factor", b.BurstFactor, DecimalOne, maxBurst)
		}
	}
	if b := r.HumanInLoop; b != nil {
		at := path + ".human_in_loop"
		c.list(at+".require_confirmation", b.RequireConfirmation, guards.CheckName)
		c.maybe(at+".approve_above", b.ApproveAbove, 0, maxMoney)
		c.currency(at+".approve_above_currency", b.ApproveAboveCurrency, b.ApproveAbove != nil)
		c.maybe(at+".timeout_seconds", b.TimeoutSeconds, 1, maxTimeout)
		c.oneOf(at+".on_timeout", b.OnTimeout, optional, "deny", "defer")
	}
}

// currency is needed by an amount, since an amount without one limits nothing.
func (c *checker) currency(path, s string, needed bool) {
	if s == "" {
		if needed {
			c.add(path, "is missing, and an amount has a currency", "write for example USD")
		}
		return
	}
	if err := checkCurrency(s); err != nil {
		c.add(path, err.Error(), "write three capital letters")
	}
}

func (c *checker) forbiddenPaths(path string, f *ForbiddenPaths) {
	c.list(path+".patterns", f.Patterns, checkForbid)
	c.list(path+".exceptions", f.Exceptions, checkPermit)
}

func (c *checker) pathAllowlist(path string, p *PathAllowlist) {
	c.list(path+".read", p.Read, checkPermit)
	c.list(path+".write", p.Write, checkPermit)
	c.list(path+".patch", p.Patch, checkPermit)
}

func (c *checker) egress(path string, e *Egress) {
	c.list(path+".allow", e.Allow, checkHost)
	c.list(path+".block", e.Block, checkHost)
	c.oneOf(path+".default", e.Default, optional, DefaultAllow, DefaultBlock)
}

func (c *checker) toolAccess(path string, t *ToolAccess) {
	c.list(path+".allow", t.Allow, guards.CheckName)
	c.list(path+".block", t.Block, guards.CheckName)
	c.list(path+".require_confirmation", t.RequireConfirmation, guards.CheckName)
	c.oneOf(path+".default", t.Default, optional, DefaultAllow, DefaultBlock)
	c.size(path+".max_args_size", t.MaxArgsSize)
}

func (c *checker) assurance(path string, b *ToolAccessRule) {
	for _, tier := range []struct{ key, value string }{
		{".require_runtime_assurance_tier", b.RequireRuntimeAssuranceTier},
		{".prefer_runtime_assurance_tier", b.PreferRuntimeAssuranceTier},
	} {
		if tier.value != "" {
			c.text(path+tier.key, tier.value, "name a tier")
		}
	}
	c.workload(path+".require_workload_identity", b.RequireWorkloadIdentity)
	c.workload(path+".prefer_workload_identity", b.PreferWorkloadIdentity)
}

func (c *checker) workload(path string, w *WorkloadIdentity) {
	if w == nil {
		return
	}
	if w.Scheme == "" && w.TrustDomain == "" && len(w.PathPrefixes) == 0 && len(w.CredentialKinds) == 0 {
		c.add(path, "requires nothing", "write scheme, trust_domain, path_prefixes or credential_kinds, or remove it")
	}
	if w.Scheme != "" {
		c.text(path+".scheme", w.Scheme, "")
	}
	if w.TrustDomain != "" {
		c.text(path+".trust_domain", w.TrustDomain, "")
	}
	c.list(path+".path_prefixes", w.PathPrefixes, checkPrefix)
	c.list(path+".credential_kinds", w.CredentialKinds, checkName)
}

func checkPrefix(s string) error {
	if err := checkName(s); err != nil {
		return err
	}
	if s[0] != '/' {
		return fmt.Errorf("%.80q does not begin with /", s)
	}
	return nil
}

func (c *checker) secretPatterns(path string, b *SecretPatternsRule) {
	at := path + ".patterns"
	if len(b.Patterns) > maxSecretKind {
		c.add(at, fmt.Sprintf("has %d entries, limit %d", len(b.Patterns), maxSecretKind), "")
		return
	}
	first := map[string]int{}
	for i, p := range b.Patterns {
		item := fmt.Sprintf("%s[%d]", at, i)
		c.text(item+".name", p.Name, "give the pattern a name")
		if before, twice := first[p.Name]; twice && p.Name != "" {
			c.add(item+".name", fmt.Sprintf("%.40q is also the name of entry %d", p.Name, before), "names are unique")
		} else {
			first[p.Name] = i
		}
		c.regex(item+".pattern", p.Pattern)
		c.oneOf(item+".severity", p.Severity, required, "critical", "error", "warn")
	}
	c.list(path+".skip_paths", b.SkipPaths, checkPermit)
}
