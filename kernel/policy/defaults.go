package policy

import (
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// withDefaults writes out what the document leaves to the build, and leaves out
// what says nothing, so that the hash names what is enforced and documents that
// mean the same have the same.
func withDefaults(d *Document) *Document {
	full := *d
	full.MergeStrategy = ""
	if f := d.Rules.ForbiddenPaths; f != nil {
		filled := *f
		filled.Exceptions = nilIfEmpty(filled.Exceptions)
		if len(f.Patterns) == 0 {
			filled.Patterns = guards.DefaultForbiddenPaths()
		}
		full.Rules.ForbiddenPaths = &filled
	}
	if p := d.Rules.PathAllowlist; p != nil {
		full.Rules.PathAllowlist = &PathAllowlistRule{Enabled: p.Enabled, PathAllowlist: plainPaths(p.PathAllowlist)}
	}
	if t := d.Rules.ToolAccess; t != nil {
		filled := *t
		filled.ToolAccess = plainTools(filled.ToolAccess)
		filled.Default = word(filled.Default, DefaultAllow)
		full.Rules.ToolAccess = &filled
	}
	if e := d.Rules.Egress; e != nil {
		filled := *e
		filled.Egress = plainHosts(filled.Egress)
		filled.Default = word(filled.Default, DefaultBlock)
		full.Rules.Egress = &filled
	}
	if c := d.Rules.ComputerUse; c != nil {
		filled := *c
		filled.Mode = word(filled.Mode, "guardrail")
		full.Rules.ComputerUse = &filled
	}
	full.Rules.numbers(d)
	full.Extensions.defaults()
	return &full
}

// plainPaths writes out that patches are writes. An empty list and none are the
// same, but for patch.
func plainPaths(p PathAllowlist) PathAllowlist {
	if p.Patch == nil {
		p.Patch = p.Write
	}
	p.Read, p.Write = nilIfEmpty(p.Read), nilIfEmpty(p.Write)
	if p.Write == nil {
		p.Patch = nilIfEmpty(p.Patch)
	}
	return p
}

func plainTools(t ToolAccess) ToolAccess {
	t.Allow, t.Block, t.RequireConfirmation = nilIfEmpty(t.Allow), nilIfEmpty(t.Block), nilIfEmpty(t.RequireConfirmation)
	return t
}

func plainHosts(e Egress) Egress {
	e.Allow, e.Block = nilIfEmpty(e.Allow), nilIfEmpty(e.Block)
	return e
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
