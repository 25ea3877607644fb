package policy

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// CompileOptions is what a policy needs of the node. Nil members are allowed.
type CompileOptions struct {
	// Resolver follows symbolic links for calls this kernel executes.
	Resolver guards.Resolver
	// Roots returns the directories of the caller's session; they are enforced
	// whether or not the policy has a path_allowlist.
	Roots func(*kernel.Call) (roots []string, restricted bool)
}

// Compiled is a policy in force.
type Compiled struct {
	Guard      kernel.Guard
	Hash       wire.Digest // SHA-256 of Canonical
	Canonical  []byte      // the resolved document, defaults filled in
	GuardNames []string    // in the order in which they run
	// Scope is what a capability issued under this policy asks for when nobody
	// says otherwise: the allow-listed tools by name, or every tool.
	Scope capability.Scope
}

// Compile turns a resolved document into guards. A document without a rule in
// force compiles to a guard that denies everything.
func Compile(d *Document, o CompileOptions) (*Compiled, error) {
	if err := Validate(d); err != nil {
		return nil, err
	}
	if d.Extends != "" {
		return nil, fmt.Errorf("%w: %s extends %s", ErrUnresolved, nameOf(d), d.Extends)
	}
	if err := checkEnforced(d); err != nil {
		return nil, err
	}
	full := withDefaults(d)
	canonical, err := wire.Marshal(full)
	if err != nil {
		return nil, fmt.Errorf("encoding policy %s: %w", nameOf(d), err)
	}
	list, err := ruleGuards(&full.Rules, o)
	if err != nil {
		return nil, fmt.Errorf("compiling policy %s: %w", nameOf(d), err)
	}
	pipeline := guard.NewPipeline("policy", list...)
	return &Compiled{
		Guard: pipeline, Hash: wire.Hash(canonical), Canonical: canonical,
		GuardNames: pipeline.Names(), Scope: defaultScope(&full.Rules),
	}, nil
}

// ruleGuards builds the guards in the order of the catalogue.
func ruleGuards(r *Rules, o CompileOptions) ([]guard.Guard, error) {
	var list []guard.Guard
	forbidden, tools, paths := r.ForbiddenPaths, r.ToolAccess, r.PathAllowlist
	inForce := forbidden != nil && forbidden.Enabled || tools != nil && tools.Enabled || paths != nil && paths.Enabled
	if !inForce {
		return nil, nil // session roots alone are not a policy
	}
	if forbidden != nil && forbidden.Enabled {
		g, err := guards.NewForbiddenPath(guards.ForbiddenPathConfig{
			Patterns: forbidden.Patterns, Exceptions: forbidden.Exceptions, Resolver: o.Resolver,
		})
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	if tools != nil && tools.Enabled {
		g, err := guards.NewMcpTool(toolConfig(&tools.ToolAccess, "rules.tool_access"))
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	if paths != nil && paths.Enabled || o.Roots != nil {
		c := guards.PathAllowlistConfig{Roots: o.Roots, Resolver: o.Resolver}
		if paths != nil && paths.Enabled {
			c.Enabled, c.Read, c.Write, c.Patch = true, paths.Read, paths.Write, paths.Patch
		}
		g, err := guards.NewPathAllowlist(c)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
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

// withDefaults writes out what the document leaves to the build, so that the
// hash names what is enforced.
func withDefaults(d *Document) *Document {
	full := *d
	full.MergeStrategy, full.Sources = "", nil
	if f := d.Rules.ForbiddenPaths; f != nil && len(f.Patterns) == 0 {
		filled := *f
		filled.Patterns = guards.DefaultForbiddenPaths()
		full.Rules.ForbiddenPaths = &filled
	}
	if t := d.Rules.ToolAccess; t != nil {
		filled := *t
		if filled.Default == "" {
			filled.Default = DefaultAllow
		}
		if len(filled.Allow) == 0 {
			filled.Allow = nil
		}
		full.Rules.ToolAccess = &filled
	}
	return &full
}

func defaultScope(r *Rules) capability.Scope {
	grant := func(tool string) capability.ToolGrant {
		return capability.ToolGrant{ServerID: "*", ToolName: tool, Operations: []capability.Operation{capability.Invoke}}
	}
	t := r.ToolAccess
	if t == nil || !t.Enabled || len(t.Allow) == 0 && t.Default != DefaultBlock {
		return capability.Scope{Grants: []capability.ToolGrant{grant("*")}}
	}
	var s capability.Scope
	seen := map[string]bool{}
	for _, tool := range append(append([]string(nil), t.Allow...), t.RequireConfirmation...) {
		if guards.IsNameGlob(tool) {
			return capability.Scope{Grants: []capability.ToolGrant{grant("*")}} // a grant names one tool or all; the guard narrows
		}
		if !seen[tool] {
			seen[tool] = true
			s.Grants = append(s.Grants, grant(tool))
		}
	}
	return s
}
