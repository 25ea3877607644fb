package policy

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/prompt"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	observeAll        = "all"
	maxConditionDepth = 8
	maxAgeSeconds     = 10 * 366 * 24 * 3600
)

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// conditional are the parts of a document that decide, by the names conditions
// use; conditionBlocks are those that may have one.
var conditional = []string{
	"forbidden_paths", "path_allowlist", "egress", "secret_patterns", "patch_integrity", "shell_commands", "tool_access",
	"computer_use", "remote_desktop_channels", "input_injection", "browser_automation", "code_execution", "velocity",
	"human_in_loop", "posture", "origins", "detection", "detection.prompt_injection", "detection.jailbreak", "detection.threat_intel",
}

func (c *checker) chio(path string, v *Chio, inherits bool) {
	c.carried(path+".market_hours", v.MarketHours, anyShape)
	c.carried(path+".signing", v.Signing, anyShape)
	c.carried(path+".k8s_namespaces", v.K8sNamespaces, anyShape)
	c.carried(path+".rollback", v.Rollback, anyShape)
	c.carried(path+".human_in_loop", v.HumanInLoop, approvalShape)
	c.observe(path+".observe", v, inherits)
	for _, block := range slices.Sorted(maps.Keys(v.Conditions)) {
		at := join(path+".conditions", block)
		if guard, custom := strings.CutPrefix(block, "custom."); !slices.Contains(conditionBlocks(), block) && !(custom && checkName(guard) == nil) {
			c.add(at, "is nothing that can be conditional", suggest(block, "write custom. and the name of a guard, or one of ", conditionBlocks()))
		}
		condition := v.Conditions[block]
		c.condition(at, &condition, 1)
	}
	c.oneOf(path+".tool_names", v.ToolNames, optional, "exact", "glob")
	c.oneOf(path+".custom_actions", v.CustomActions, optional, "deny", "allow")
	c.oneOf(path+".dynamic_commands", v.DynamicCommands, optional, "deny", "confirm")
	c.list(path+".internal_hosts", v.InternalHosts, checkInternal)
	c.list(path+".blocked_hosts", v.BlockedHosts, checkHost)
	c.oneOf(path+".output_sanitizer", v.OutputSanitizer, optional, "off", "secrets", "secrets_and_pii")
	c.oneOf(path+".scan_outputs", v.ScanOutputs, optional, "block", "escalate", "off")
	c.maybe(path+".pattern_db_max_age_seconds", v.PatternDBMaxAgeSeconds, 1, maxAgeSeconds)
	for _, name := range slices.Sorted(maps.Keys(v.Custom)) {
		at := join(path+".custom", name)
		if checkName(name) != nil || slices.Contains(builtGuards(), name) || name == observeAll {
			c.add(at, "cannot be the name of a custom guard", "use the name it is registered under")
		}
		c.carried(at, v.Custom[name], anyShape)
	}
}

// observe names guards of the catalogue and custom ones, which the document
// lists under custom even if they have nothing to configure.
func (c *checker) observe(path string, v *Chio, inherits bool) {
	known := append(append(builtGuards(), ApprovalName), outputNames()...)
	for i, name := range v.Observe {
		_, custom := v.Custom[name]
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case name == observeAll && len(v.Observe) > 1:
			c.add(at, "all includes the others", "write observe: all alone")
		case name == observeAll, custom, slices.Contains(known, name):
		case inherits && checkName(name) == nil && !slices.ContainsFunc(known, func(k string) bool { return near(name, k, 2) }):
			// The base may list it; the resolved document is checked again.
		default:
			c.add(at, fmt.Sprintf("%.60q is not a guard", name),
				suggest(name, "a custom guard is listed under extensions.chio.custom; the others are all, ", known))
		}
	}
}

// outputNames are the guards of results that may only observe.
func outputNames() []string { return []string{prompt.IndirectName, guard.PostPipelineName} }

func builtGuards() []string {
	var names []string
	for _, e := range guards.Catalogue() {
		names = append(names, e.Name)
	}
	return names
}

// checkInternal takes a host, an address or a range, and no range of all.
func checkInternal(s string) error {
	if !strings.Contains(s, "/") {
		return checkHost(s)
	}
	prefix, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return fmt.Errorf("%.80q is not a range of addresses, such as 10.1.0.0/16", s)
	case prefix.Bits() == 0:
		return fmt.Errorf("%.80q is every address: name the ranges that are yours", s)
	case prefix != prefix.Masked():
		return fmt.Errorf("%.80q has address bits behind its length: write %s", s, prefix.Masked())
	}
	return nil
}

func (c *checker) condition(path string, v *Condition, depth int) {
	if depth > maxConditionDepth {
		c.add(path, fmt.Sprintf("is nested deeper than %d conditions", maxConditionDepth), "flatten it")
		return
	}
	members := 0
	for _, set := range []bool{v.TimeWindow != nil, v.Context != nil, v.AllOf != nil, v.AnyOf != nil, v.Not != nil} {
		if set {
			members++
		}
	}
	if members != 1 {
		c.add(path, fmt.Sprintf("has %d members, and a condition has exactly one", members),
			"write one of time_window, context, all_of, any_of, not; join several with all_of")
		return
	}
	if v.TimeWindow != nil {
		c.timeWindow(path+".time_window", v.TimeWindow)
	}
	if v.Context != nil {
		c.context(path+".context", v.Context)
	}
	c.conditions(path+".all_of", v.AllOf, depth)
	c.conditions(path+".any_of", v.AnyOf, depth)
	if v.Not != nil {
		c.condition(path+".not", v.Not, depth+1)
	}
}

func (c *checker) conditions(path string, list []Condition, depth int) {
	if list != nil && len(list) == 0 {
		c.add(path, "is empty", "list conditions")
	}
	for i := range list {
		c.condition(fmt.Sprintf("%s[%d]", path, i), &list[i], depth+1)
	}
}

func (c *checker) context(path string, context map[string][]string) {
	if len(context) == 0 {
		c.add(path, "is empty", "name a field of the call and its values")
	}
	for _, field := range slices.Sorted(maps.Keys(context)) {
		at := join(path, field)
		if !slices.Contains(contextFields(), field) {
			c.add(at, "is not a fact of a call", suggest(field, "write one of ", contextFields()))
		}
		if len(context[field]) == 0 {
			c.add(at, "lists no value", "list at least one")
		}
		c.list(at, context[field], checkName)
	}
}

func (c *checker) timeWindow(path string, w *TimeWindow) {
	for _, edge := range []struct{ key, at string }{{".start", w.Start}, {".end", w.End}} {
		if _, ok := minuteOfDay(edge.at); !ok {
			c.add(path+edge.key, fmt.Sprintf("%.24q is not a time of day", edge.at), "write HH:MM, from 00:00 to 23:59, in quotes")
		}
	}
	if w.Start == w.End && w.Start != "" {
		c.add(path+".end", "is the same as start, which is no window", "leave the window out for the whole day")
	}
	if _, err := time.LoadLocation(w.Timezone); err != nil || w.Timezone == "Local" || len(w.Timezone) > 64 {
		c.add(path+".timezone", fmt.Sprintf("%.64q is not the name of a time zone", w.Timezone), "write for example Europe/Madrid")
	}
	seen := map[string]bool{}
	for i, day := range w.Days {
		at := fmt.Sprintf("%s.days[%d]", path, i)
		c.oneOf(at, day, required, weekdays...)
		if seen[day] {
			c.add(at, fmt.Sprintf("%.24q is listed twice", day), "keep one")
		}
		seen[day] = true
	}
}

// minuteOfDay reads HH:MM.
func minuteOfDay(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' || strings.Trim(s[:2]+s[3:], "0123456789") != "" {
		return 0, false
	}
	hour, minute := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	return hour*60 + minute, hour < 24 && minute < 60
}

// carried checks a value that is carried: canonical JSON of a known shape.
func (c *checker) carried(path string, raw wire.Raw, is shape) {
	if len(raw) == 0 {
		return
	}
	if err := wire.IsCanonical(raw, wire.Limits{Bytes: maxCarried, Depth: maxCarriedDepth + 1}); err != nil {
		c.add(path, "is not canonical JSON: "+err.Error(), "")
		return
	}
	is(c, path, raw)
}
