package policy

import (
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// effect is what changing one value does; nil is a value that is not written.
type effect func(a, b wire.Raw) Effect

// effects are the fields whose effect depends on nothing else. A field that is
// not here is unknown.
var effects = map[string]effect{
	"rules.forbidden_paths.patterns":                          refuses,
	"rules.forbidden_paths.exceptions":                        permits,
	"rules.path_allowlist.read":                               permits,
	"rules.path_allowlist.write":                              permits,
	"rules.path_allowlist.patch":                              permits,
	"rules.egress.block":                                      refuses,
	"rules.secret_patterns.patterns":                          refusesPatterns,
	"rules.secret_patterns.skip_paths":                        permits,
	"rules.patch_integrity.max_additions":                     lowerIsTighter,
	"rules.patch_integrity.max_deletions":                     lowerIsTighter,
	"rules.patch_integrity.forbidden_patterns":                refusesInstead,
	"rules.patch_integrity.require_balance":                   trueIsTighter,
	"rules.patch_integrity.max_imbalance_ratio":               lowerIsTighter,
	"rules.shell_commands.forbidden_patterns":                 refuses,
	"rules.tool_access.block":                                 refuses,
	"rules.tool_access.max_args_size":                         lowerIsTighter,
	"rules.tool_access.require_runtime_assurance_tier":        onlyArriving,
	"rules.tool_access.require_workload_identity":             onlyArriving,
	"rules.tool_access.prefer_runtime_assurance_tier":         noEffect,
	"rules.tool_access.prefer_workload_identity":              noEffect,
	"rules.computer_use.mode":                                 ordered("observe", "guardrail", "fail_closed"),
	"rules.computer_use.allowed_actions":                      permits,
	"rules.remote_desktop_channels.clipboard":                 falseIsTighter,
	"rules.remote_desktop_channels.file_transfer":             falseIsTighter,
	"rules.remote_desktop_channels.audio":                     falseIsTighter,
	"rules.remote_desktop_channels.drive_mapping":             falseIsTighter,
	"rules.input_injection.allowed_types":                     permits,
	"rules.input_injection.require_postcondition_probe":       trueIsTighter,
	"rules.browser_automation.allowed_domains":                permitsOrAny,
	"rules.browser_automation.blocked_domains":                refuses,
	"rules.browser_automation.allowed_verbs":                  permitsOrAny,
	"rules.browser_automation.credential_detection":           trueIsTighter,
	"rules.browser_automation.extra_credential_patterns":      refuses,
	"rules.code_execution.language_allowlist":                 permitsOrAny,
	"rules.code_execution.module_denylist":                    refusesInstead,
	"rules.code_execution.network_access":                     falseIsTighter,
	"rules.code_execution.max_execution_time_ms":              lowerIsTighter,
	"rules.code_execution.max_scan_bytes":                     lowerIsTighter,
	"rules.velocity.max_invocations_per_window":               lowerIsTighter,
	"rules.velocity.max_spend_per_window":                     lowerIsTighter,
	"rules.velocity.max_requests_per_agent":                   lowerIsTighter,
	"rules.velocity.max_requests_per_session":                 lowerIsTighter,
	"rules.velocity.burst_factor":                             lowerIsTighter,
	"rules.human_in_loop.require_confirmation":                refuses,
	"rules.human_in_loop.approve_above":                       lowerIsTighter,
	"extensions.detection.prompt_injection.enabled":           noEffect, // on in both
	"extensions.detection.prompt_injection.warn_at_or_above":  orderedDefault("suspicious", "critical", "high", "suspicious", "safe"),
	"extensions.detection.prompt_injection.block_at_or_above": orderedDefault("high", "critical", "high", "suspicious", "safe"),
	"extensions.detection.jailbreak.enabled":                  noEffect,
	"extensions.detection.jailbreak.block_threshold":          lowerFrom("80"),
	"extensions.detection.jailbreak.warn_threshold":           lowerFrom("50"),
	"extensions.detection.threat_intel.enabled":               noEffect,
	"extensions.chio.observe":                                 observes,
	"extensions.chio.custom_actions":                          orderedDefault("deny", "allow", "deny"),
	"extensions.chio.dynamic_commands":                        orderedDefault("deny", "confirm", "deny"),
	"extensions.chio.internal_hosts":                          permits,
	"extensions.chio.blocked_hosts":                           refuses,
	"extensions.chio.output_sanitizer":                        orderedDefault("off", "off", "secrets", "secrets_and_pii"),
	"extensions.chio.pattern_db_max_age_seconds":              lowerIsTighter,
}

// field is the effect of one field of a part that is on in both.
func (c *comparison) field(path string, a, b wire.Raw) (Effect, string) {
	if c.composed(path) {
		return EffectUnknown, composedNote
	}
	switch path {
	case "rules.tool_access.allow", "rules.tool_access.default":
		return c.toolsPermitted()
	case "rules.tool_access.require_confirmation":
		return c.toolsConfirmed()
	case "rules.egress.allow", "rules.egress.default":
		return c.hostsPermitted()
	}
	if strings.HasPrefix(path, "metadata.") {
		return EffectNone, ""
	}
	if is, ok := effects[path]; ok {
		return is(a, b), ""
	}
	return EffectUnknown, "what it does depends on more than the document"
}

// toolsPermitted looks at allow and default together: without a list, the
// default decides; with one, the list does.
func (c *comparison) toolsPermitted() (Effect, string) {
	a, b := &c.a.Rules.ToolAccess.ToolAccess, &c.b.Rules.ToolAccess.ToolAccess
	anyTool := func(t *ToolAccess) bool { return len(t.Allow) == 0 && t.Default != DefaultBlock }
	switch {
	case anyTool(a):
		return EffectTighter, ""
	case anyTool(b):
		return EffectLooser, "every tool that is not blocked is then allowed"
	case contains(a.Allow, b.Allow):
		return EffectTighter, ""
	}
	return EffectLooser, "more tools are allowed"
}

// toolsConfirmed knows that asking for approval also lets a tool through that
// an allow list would have refused.
func (c *comparison) toolsConfirmed() (Effect, string) {
	a, b := &c.a.Rules.ToolAccess.ToolAccess, &c.b.Rules.ToolAccess.ToolAccess
	if !contains(b.RequireConfirmation, a.RequireConfirmation) {
		return EffectLooser, "a tool is no longer confirmed"
	}
	if len(a.Allow) == 0 && a.Default != DefaultBlock {
		return EffectTighter, ""
	}
	for _, tool := range b.RequireConfirmation {
		if !slices.Contains(a.RequireConfirmation, tool) && !slices.Contains(a.Allow, tool) {
			return EffectUnknown, "a tool that was not allowed can now be confirmed"
		}
	}
	return EffectTighter, ""
}

func (c *comparison) hostsPermitted() (Effect, string) {
	a, b := &c.a.Rules.Egress.Egress, &c.b.Rules.Egress.Egress
	switch {
	case a.Default == DefaultAllow && b.Default != DefaultAllow:
		return EffectTighter, ""
	case a.Default != DefaultAllow && b.Default == DefaultAllow:
		return EffectLooser, "every host that is not blocked is then allowed"
	case contains(a.Allow, b.Allow):
		return EffectTighter, ""
	}
	return EffectLooser, "more hosts are allowed"
}

func listOf(raw wire.Raw) []string {
	var out []string
	if raw == nil || wire.Unmarshal(raw, &out, wire.BundleLimits) != nil {
		return nil
	}
	return out
}

// refuses is a list of refusals, or of demands: more entries refuse more.
func refuses(a, b wire.Raw) Effect {
	if contains(listOf(b), listOf(a)) {
		return EffectTighter
	}
	return EffectLooser
}

// refusesInstead is a list that stands in place of a built-in one.
func refusesInstead(a, b wire.Raw) Effect {
	if (a == nil) != (b == nil) {
		return EffectUnknown
	}
	return refuses(a, b)
}

// permits is a list of what is allowed: fewer entries allow less, none nothing.
func permits(a, b wire.Raw) Effect { return refuses(b, a) }

// permitsOrAny is a list of what is allowed where none allows everything.
func permitsOrAny(a, b wire.Raw) Effect {
	switch {
	case len(listOf(a)) == 0:
		return EffectTighter
	case len(listOf(b)) == 0:
		return EffectLooser
	}
	return permits(a, b)
}

// refusesPatterns compares secret patterns as they are written.
func refusesPatterns(a, b wire.Raw) Effect {
	entries := func(raw wire.Raw) []string {
		var items []wire.Raw
		if raw == nil || wire.Unmarshal(raw, &items, wire.BundleLimits) != nil {
			return nil
		}
		var out []string
		for _, item := range items {
			m := members(item)
			out = append(out, string(m["pattern"])+string(m["severity"]))
		}
		return out
	}
	if contains(entries(b), entries(a)) {
		return EffectTighter
	}
	return EffectLooser
}

func noEffect(_, _ wire.Raw) Effect { return EffectNone }

// onlyArriving is a demand: new it is tighter, gone looser, changed unknown.
func onlyArriving(a, b wire.Raw) Effect {
	switch {
	case a == nil:
		return EffectTighter
	case b == nil:
		return EffectLooser
	}
	return EffectUnknown
}

func lowerIsTighter(a, b wire.Raw) Effect {
	switch {
	case a == nil:
		return EffectTighter // there was no limit
	case b == nil:
		return EffectLooser
	}
	x, err := ParseDecimal(string(a))
	y, err2 := ParseDecimal(string(b))
	switch {
	case err != nil || err2 != nil:
		return EffectUnknown // beyond what a decimal holds
	case y <= x:
		return EffectTighter
	}
	return EffectLooser
}

// lowerFrom is lowerIsTighter of a value with a default.
func lowerFrom(fallback string) effect {
	return func(a, b wire.Raw) Effect {
		if a == nil {
			a = wire.Raw(fallback)
		}
		if b == nil {
			b = wire.Raw(fallback)
		}
		return lowerIsTighter(a, b)
	}
}

func trueIsTighter(_, b wire.Raw) Effect {
	if string(b) == "true" {
		return EffectTighter
	}
	return EffectLooser
}

func falseIsTighter(a, b wire.Raw) Effect { return trueIsTighter(b, a) }

// ordered compares words, the loosest first.
func ordered(words ...string) effect { return orderedDefault("", words...) }

func orderedDefault(fallback string, words ...string) effect {
	rank := func(raw wire.Raw) int {
		if raw == nil {
			return slices.Index(words, fallback)
		}
		return slices.Index(words, strings.Trim(string(raw), `"`))
	}
	return func(a, b wire.Raw) Effect {
		x, y := rank(a), rank(b)
		switch {
		case x < 0 || y < 0:
			return EffectUnknown
		case y >= x:
			return EffectTighter
		}
		return EffectLooser
	}
}

// observes is the list of guards whose verdicts are not enforced.
func observes(a, b wire.Raw) Effect {
	if slices.Contains(listOf(a), observeAll) {
		return EffectTighter
	}
	return permits(a, b)
}
