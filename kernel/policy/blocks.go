package policy

import (
	"math"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// checkForbid and checkPermit refuse a pattern where it is written.
func checkForbid(s string) error { _, err := guards.CompileGlob(s, guards.Forbid); return err }

func checkPermit(s string) error { _, err := guards.CompileGlob(s, guards.Permit); return err }

func (r *reader) rules(to *Rules) field {
	return func(n *yaml.Node, path string) {
		r.mapping(n, path, map[string]field{
			"forbidden_paths": r.forbiddenPathsRule(&to.ForbiddenPaths),
			"path_allowlist":  r.pathAllowlistRule(&to.PathAllowlist),
			"tool_access":     r.toolAccessRule(&to.ToolAccess),
		}, unsupportedBlock)
	}
}

// unsupportedBlock names the blocks of the language that this build does not
// enforce. Loading a policy without them would be enforcing another policy.
func unsupportedBlock(key string) (message, fix string) {
	switch key {
	case "egress", "secret_patterns", "patch_integrity", "shell_commands", "computer_use", "remote_desktop_channels",
		"input_injection", "browser_automation", "code_execution", "velocity", "human_in_loop":
		return "is not supported by this build yet",
			"remove it, or block the tools it is about with rules.tool_access"
	}
	return "", ""
}

func unsupportedExtension(key string) (message, fix string) {
	switch key {
	case "posture", "origins", "detection", "reputation", "runtime_assurance", "chio":
		return "is not supported by this build yet", "remove it"
	}
	return "", ""
}

func unsupportedToolKey(key string) (message, fix string) {
	switch key {
	case "require_runtime_assurance_tier", "prefer_runtime_assurance_tier", "require_workload_identity", "prefer_workload_identity":
		return "is not supported by this build yet", "remove it"
	}
	return "", ""
}

func (r *reader) forbiddenPathsRule(to **ForbiddenPathsRule) field {
	return func(n *yaml.Node, path string) {
		b := &ForbiddenPathsRule{Enabled: true}
		var written bool
		fields := r.forbiddenPaths(&b.ForbiddenPaths)
		fields["enabled"] = r.boolean(&b.Enabled, &written)
		if r.mapping(n, path, fields, nil) {
			*to = b
		}
	}
}

func (r *reader) forbiddenPaths(to *ForbiddenPaths) map[string]field {
	return map[string]field{
		"patterns":   r.list(&to.Patterns, checkForbid),
		"exceptions": r.list(&to.Exceptions, checkPermit),
	}
}

func (r *reader) pathAllowlistRule(to **PathAllowlistRule) field {
	return func(n *yaml.Node, path string) {
		b := &PathAllowlistRule{}
		var written bool
		fields := r.pathAllowlist(&b.PathAllowlist)
		fields["enabled"] = r.boolean(&b.Enabled, &written)
		if !r.mapping(n, path, fields, nil) {
			return
		}
		if !written && (b.Read != nil || b.Write != nil || b.Patch != nil) {
			r.add(n, path, "has lists and does not say whether it is enabled; the language's default is off",
				"add enabled: true, or enabled: false to keep it off")
		}
		*to = b
	}
}

func (r *reader) pathAllowlist(to *PathAllowlist) map[string]field {
	return map[string]field{
		"read":  r.list(&to.Read, checkPermit),
		"write": r.list(&to.Write, checkPermit),
		"patch": r.list(&to.Patch, checkPermit),
	}
}

func (r *reader) toolAccessRule(to **ToolAccessRule) field {
	return func(n *yaml.Node, path string) {
		b := &ToolAccessRule{Enabled: true}
		var written bool
		fields := r.toolAccess(&b.ToolAccess)
		fields["enabled"] = r.boolean(&b.Enabled, &written)
		if !r.mapping(n, path, fields, unsupportedToolKey) {
			return
		}
		if b.Allow != nil && len(b.Allow) == 0 {
			if b.Default == "" {
				r.add(n, path+".allow", "is empty, which allows every tool unless the default is block",
					"add default: block to refuse every tool, or default: allow if that is meant")
			}
			b.Allow = nil
		}
		*to = b
	}
}

func (r *reader) toolAccess(to *ToolAccess) map[string]field {
	return map[string]field{
		"allow":                r.list(&to.Allow, guards.CheckName),
		"block":                r.list(&to.Block, guards.CheckName),
		"require_confirmation": r.list(&to.RequireConfirmation, guards.CheckName),
		"default":              r.oneOf(&to.Default, DefaultAllow, DefaultBlock),
		"max_args_size":        r.size(&to.MaxArgsSize, int64(wire.ForeignLimits.Bytes)),
	}
}

// size reads a limit of at least one.
func (r *reader) size(to **int64, high int64) field {
	return func(n *yaml.Node, path string) {
		var v int64
		r.integer(&v, 1, high)(n, path)
		if v > 0 {
			*to = &v
		}
	}
}

func (r *reader) metadata(to **Metadata) field {
	return func(n *yaml.Node, path string) {
		m := &Metadata{}
		ok := r.mapping(n, path, map[string]field{
			"author":          r.text(&m.Author),
			"approved_by":     r.text(&m.ApprovedBy),
			"approval_date":   r.text(&m.ApprovalDate),
			"classification":  r.oneOf(&m.Classification, "public", "internal", "confidential", "restricted"),
			"change_ticket":   r.text(&m.ChangeTicket),
			"lifecycle_state": r.oneOf(&m.LifecycleState, "draft", "review", "approved", "deployed", "deprecated", "archived"),
			"policy_version":  r.integer(&m.PolicyVersion, 1, math.MaxInt32),
			"effective_date":  r.text(&m.EffectiveDate),
			"expiry_date":     r.text(&m.ExpiryDate),
		}, nil)
		if ok {
			*to = m
		}
	}
}
