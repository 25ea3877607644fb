package policy

import "go.yaml.in/yaml/v3"

// block reads a mapping of known keys and sets to when it is one. Before the
// keys are read, v holds the defaults.
func block[T any](r *reader, to **T, v func() (*T, fields)) field {
	return func(n *yaml.Node, path string) {
		b, known := v()
		if r.mapping(n, path, known, nil) {
			*to = b
		}
	}
}

func (r *reader) rules(to *Rules) field {
	return func(n *yaml.Node, path string) {
		r.mapping(n, path, fields{
			"forbidden_paths":         r.forbiddenPathsRule(&to.ForbiddenPaths),
			"path_allowlist":          r.pathAllowlistRule(&to.PathAllowlist),
			"egress":                  r.egressRule(&to.Egress),
			"secret_patterns":         r.secretPatternsRule(&to.SecretPatterns),
			"patch_integrity":         r.patchIntegrityRule(&to.PatchIntegrity),
			"shell_commands":          r.shellCommandsRule(&to.ShellCommands),
			"tool_access":             r.toolAccessRule(&to.ToolAccess),
			"computer_use":            r.computerUseRule(&to.ComputerUse),
			"remote_desktop_channels": r.remoteDesktopRule(&to.RemoteDesktopChannels),
			"input_injection":         r.inputInjectionRule(&to.InputInjection),
			"browser_automation":      r.browserAutomationRule(&to.BrowserAutomation),
			"code_execution":          r.codeExecutionRule(&to.CodeExecution),
			"velocity":                r.velocityRule(&to.Velocity),
			"human_in_loop":           r.humanInLoopRule(&to.HumanInLoop),
		}, nil)
	}
}

func (r *reader) forbiddenPathsRule(to **ForbiddenPathsRule) field {
	return block(r, to, func() (*ForbiddenPathsRule, fields) {
		b := &ForbiddenPathsRule{Enabled: true}
		known := r.forbiddenPaths(&b.ForbiddenPaths)
		known["enabled"] = r.flag(&b.Enabled)
		return b, known
	})
}

func (r *reader) forbiddenPaths(to *ForbiddenPaths) fields {
	return fields{
		"patterns":   r.list(&to.Patterns),
		"exceptions": r.list(&to.Exceptions),
	}
}

func (r *reader) pathAllowlistRule(to **PathAllowlistRule) field {
	return func(n *yaml.Node, path string) {
		b := &PathAllowlistRule{}
		var written bool
		known := r.pathAllowlist(&b.PathAllowlist)
		known["enabled"] = r.boolean(&b.Enabled, &written)
		if !r.mapping(n, path, known, nil) {
			return
		}
		if !written && (b.Read != nil || b.Write != nil || b.Patch != nil) {
			r.add(n, path, "has lists and does not say whether it is enabled; the language's default is off",
				"add enabled: true, or enabled: false to keep it off")
		}
		*to = b
	}
}

func (r *reader) pathAllowlist(to *PathAllowlist) fields {
	return fields{
		"read":  r.list(&to.Read),
		"write": r.list(&to.Write),
		"patch": r.list(&to.Patch),
	}
}

func (r *reader) egressRule(to **EgressRule) field {
	return block(r, to, func() (*EgressRule, fields) {
		b := &EgressRule{Enabled: true}
		known := r.egress(&b.Egress)
		known["enabled"] = r.flag(&b.Enabled)
		return b, known
	})
}

func (r *reader) egress(to *Egress) fields {
	return fields{
		"allow":   r.strings(&to.Allow),
		"block":   r.strings(&to.Block),
		"default": r.word(&to.Default),
	}
}

func (r *reader) secretPatternsRule(to **SecretPatternsRule) field {
	return block(r, to, func() (*SecretPatternsRule, fields) {
		b := &SecretPatternsRule{Enabled: true}
		return b, fields{
			"enabled":    r.flag(&b.Enabled),
			"patterns":   r.secretPatterns(&b.Patterns),
			"skip_paths": r.strings(&b.SkipPaths),
		}
	})
}

func (r *reader) secretPatterns(to *[]SecretPattern) field {
	return func(n *yaml.Node, path string) {
		r.items(n, path, func(item *yaml.Node, at string) {
			var p SecretPattern
			r.mapping(item, at, fields{
				"name":        r.text(&p.Name),
				"pattern":     r.text(&p.Pattern),
				"severity":    r.text(&p.Severity),
				"description": r.text(&p.Description),
			}, nil)
			*to = append(*to, p)
		})
	}
}

func (r *reader) patchIntegrityRule(to **PatchIntegrityRule) field {
	return block(r, to, func() (*PatchIntegrityRule, fields) {
		b := &PatchIntegrityRule{Enabled: true, MaxAdditions: 1000, MaxDeletions: 500, MaxImbalanceRatio: 10 * DecimalOne}
		return b, fields{
			"enabled":             r.flag(&b.Enabled),
			"max_additions":       r.number(&b.MaxAdditions),
			"max_deletions":       r.number(&b.MaxDeletions),
			"forbidden_patterns":  r.strings(&b.ForbiddenPatterns),
			"require_balance":     r.flag(&b.RequireBalance),
			"max_imbalance_ratio": r.positive(&b.MaxImbalanceRatio),
		}
	})
}

func (r *reader) shellCommandsRule(to **ShellCommandsRule) field {
	return block(r, to, func() (*ShellCommandsRule, fields) {
		b := &ShellCommandsRule{Enabled: true}
		return b, fields{
			"enabled":            r.flag(&b.Enabled),
			"forbidden_patterns": r.strings(&b.ForbiddenPatterns),
		}
	})
}

func (r *reader) toolAccessRule(to **ToolAccessRule) field {
	return func(n *yaml.Node, path string) {
		b := &ToolAccessRule{Enabled: true}
		known := r.toolAccess(&b.ToolAccess)
		known["enabled"] = r.flag(&b.Enabled)
		known["require_runtime_assurance_tier"] = r.word(&b.RequireRuntimeAssuranceTier)
		known["prefer_runtime_assurance_tier"] = r.word(&b.PreferRuntimeAssuranceTier)
		known["require_workload_identity"] = r.workloadIdentity(&b.RequireWorkloadIdentity)
		known["prefer_workload_identity"] = r.workloadIdentity(&b.PreferWorkloadIdentity)
		if r.mapping(n, path, known, nil) {
			r.emptyAllow(n, path, &b.ToolAccess)
			*to = b
		}
	}
}

// emptyAllow settles an empty allow list, which is absent in the language: the
// document must say that it knows.
func (r *reader) emptyAllow(n *yaml.Node, path string, t *ToolAccess) {
	if t.Allow == nil || len(t.Allow) > 0 {
		return
	}
	if t.Default == "" {
		r.add(n, path+".allow", "is empty, which allows every tool unless the default is block",
			"add default: block to refuse every tool, or default: allow if that is meant")
	}
	t.Allow = nil
}

func (r *reader) toolAccess(to *ToolAccess) fields {
	return fields{
		"allow":                r.list(&to.Allow),
		"block":                r.list(&to.Block),
		"require_confirmation": r.list(&to.RequireConfirmation),
		"default":              r.word(&to.Default),
		"max_args_size":        r.maybeNumber(&to.MaxArgsSize),
	}
}

func (r *reader) workloadIdentity(to **WorkloadIdentity) field {
	return block(r, to, func() (*WorkloadIdentity, fields) {
		b := &WorkloadIdentity{}
		return b, fields{
			"scheme":           r.word(&b.Scheme),
			"trust_domain":     r.word(&b.TrustDomain),
			"path_prefixes":    r.strings(&b.PathPrefixes),
			"credential_kinds": r.strings(&b.CredentialKinds),
		}
	})
}
