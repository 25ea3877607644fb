package policy

import (
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// withDefaults writes out what the document leaves to the build, so that the
// hash names what is enforced.
func withDefaults(d *Document) *Document {
	full := *d
	full.MergeStrategy = ""
	if f := d.Rules.ForbiddenPaths; f != nil && len(f.Patterns) == 0 {
		filled := *f
		filled.Patterns = guards.DefaultForbiddenPaths()
		full.Rules.ForbiddenPaths = &filled
	}
	if t := d.Rules.ToolAccess; t != nil {
		filled := *t
		filled.Default = word(filled.Default, DefaultAllow)
		filled.Allow = nilIfEmpty(filled.Allow)
		full.Rules.ToolAccess = &filled
	}
	if e := d.Rules.Egress; e != nil {
		filled := *e
		filled.Default = word(filled.Default, DefaultBlock)
		full.Rules.Egress = &filled
	}
	if c := d.Rules.ComputerUse; c != nil {
		filled := *c
		filled.Mode = word(filled.Mode, "guardrail")
		full.Rules.ComputerUse = &filled
	}
	full.Rules.numbers(d)
	if o := d.Extensions.Origins; o != nil {
		filled := *o
		filled.DefaultBehavior = word(filled.DefaultBehavior, originsDeny)
		full.Extensions.Origins = &filled
	}
	return &full
}

// numbers fills limits for which zero is no value of the language, in
// documents that were built in Go.
func (r *Rules) numbers(d *Document) {
	if p := d.Rules.PatchIntegrity; p != nil && p.MaxImbalanceRatio == 0 {
		filled := *p
		filled.MaxImbalanceRatio = 10 * DecimalOne
		r.PatchIntegrity = &filled
	}
	if c := d.Rules.CodeExecution; c != nil && c.MaxScanBytes == 0 {
		filled := *c
		filled.MaxScanBytes = 65536
		r.CodeExecution = &filled
	}
	if v := d.Rules.Velocity; v != nil {
		filled := *v
		if filled.WindowSecs == 0 {
			filled.WindowSecs = 60
		}
		if filled.BurstFactor == 0 {
			filled.BurstFactor = DecimalOne
		}
		filled.SpendCurrency = word(filled.SpendCurrency, "USD")
		r.Velocity = &filled
	}
}

// defaultScope is what a capability asks for under this policy. A demand of
// tool_access on the runtime becomes a constraint of every grant.
func defaultScope(r *Rules, globs bool) capability.Scope {
	t := r.ToolAccess
	on := t != nil && t.Enabled
	var constraints []capability.Constraint
	if on && demandsAssurance(t) {
		constraints = []capability.Constraint{{Type: capability.MinimumRuntimeAssurance, Value: wire.MustMarshal(t.RequireRuntimeAssuranceTier)}}
	}
	grant := func(tool string) capability.ToolGrant {
		return capability.ToolGrant{ServerID: "*", ToolName: tool, Operations: []capability.Operation{capability.Invoke}, Constraints: constraints}
	}
	if !on || len(t.Allow) == 0 && t.Default != DefaultBlock {
		return capability.Scope{Grants: []capability.ToolGrant{grant("*")}}
	}
	var s capability.Scope
	seen := map[string]bool{}
	for _, tool := range append(append([]string(nil), t.Allow...), t.RequireConfirmation...) {
		if guards.IsNameGlob(tool) {
			if globs { // a grant names one tool or all; the guard narrows
				return capability.Scope{Grants: []capability.ToolGrant{grant("*")}}
			}
			continue // taken literally it names a tool that a grant cannot name
		}
		if !seen[tool] {
			seen[tool] = true
			s.Grants = append(s.Grants, grant(tool))
		}
	}
	return s
}

func demandsAssurance(t *ToolAccessRule) bool {
	tier := t.RequireRuntimeAssuranceTier
	return tier != "" && tier != capability.AssuranceNone
}
