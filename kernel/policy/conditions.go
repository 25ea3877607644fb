package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine
)

// truth is a value of three-valued logic. Only a condition that is certainly
// false takes a block out of force.
type truth uint8

const (
	unknown truth = iota
	no
	yes
)

func (t truth) not() truth {
	switch t {
	case no:
		return yes
	case yes:
		return no
	}
	return unknown
}

// condition is one compiled node; exactly one member is set.
type condition struct {
	window *window
	facts  []fact // all must hold
	all    []*condition
	any    []*condition
	not    *condition
}

type fact struct {
	field  string
	values []string
}

type window struct {
	start, end int // minutes of the day; end exclusive
	zone       *time.Location
	days       [7]bool
}

// conditionBlocks are what a condition can switch.
func conditionBlocks() []string {
	return []string{
		"forbidden_paths", "path_allowlist", "egress", "secret_patterns", "patch_integrity", "shell_commands", "tool_access",
		"computer_use", "remote_desktop_channels", "input_injection", "browser_automation", "code_execution", "velocity",
		"human_in_loop", "detection", "detection.prompt_injection", "detection.jailbreak", "detection.threat_intel",
	}
}

// contextFields are the facts of a call that a condition can ask about.
func contextFields() []string {
	return []string{
		"agent", "server", "tool", "operation", "session", "edge", "peer",
		"provider", "tenant_id", "space_id", "space_type", "visibility", "external_participants", "tags",
		"sensitivity", "actor_role", "organization_id", "groups", "roles",
	}
}

func compileConditions(c *Chio) (map[string]*condition, error) {
	out := map[string]*condition{}
	if c == nil {
		return out, nil
	}
	for _, block := range slices.Sorted(maps.Keys(c.Conditions)) {
		path := "extensions.chio.conditions." + block
		if !slices.Contains(conditionBlocks(), block) && !strings.HasPrefix(block, "custom.") {
			return nil, fmt.Errorf("%s: no block of this name can be conditional; write one of %s, or custom.<guard>", path, strings.Join(conditionBlocks(), ", "))
		}
		compiled, err := compileCondition(c.Conditions[block], 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out[block] = compiled
	}
	return out, nil
}

func compileCondition(c Condition, depth int) (*condition, error) {
	if depth > maxConditionDepth {
		return nil, fmt.Errorf("is nested deeper than %d", maxConditionDepth)
	}
	var out condition
	var err error
	set := 0
	if c.TimeWindow != nil {
		set++
		if out.window, err = compileWindow(c.TimeWindow); err != nil {
			return nil, err
		}
	}
	if c.Context != nil {
		set++
		if out.facts, err = compileFacts(c.Context); err != nil {
			return nil, err
		}
	}
	for _, l := range []struct {
		from []Condition
		to   *[]*condition
	}{{c.AllOf, &out.all}, {c.AnyOf, &out.any}} {
		if l.from == nil {
			continue
		}
		set++
		if len(l.from) == 0 {
			return nil, errors.New("all_of and any_of need at least one condition")
		}
		for _, kid := range l.from {
			compiled, err := compileCondition(kid, depth+1)
			if err != nil {
				return nil, err
			}
			*l.to = append(*l.to, compiled)
		}
	}
	if c.Not != nil {
		set++
		if out.not, err = compileCondition(*c.Not, depth+1); err != nil {
			return nil, err
		}
	}
	if set != 1 {
		return nil, fmt.Errorf("a condition has %d members; write exactly one of time_window, context, all_of, any_of, not", set)
	}
	return &out, nil
}

func compileFacts(context map[string][]string) ([]fact, error) {
	if len(context) == 0 {
		return nil, errors.New("context names no field")
	}
	var out []fact
	for _, field := range slices.Sorted(maps.Keys(context)) {
		if !slices.Contains(contextFields(), field) {
			return nil, fmt.Errorf("context.%s: is not a fact of a call; write one of %s", field, strings.Join(contextFields(), ", "))
		}
		if len(context[field]) == 0 {
			return nil, fmt.Errorf("context.%s: names no value", field)
		}
		out = append(out, fact{field, context[field]})
	}
	return out, nil
}

func compileWindow(w *TimeWindow) (*window, error) {
	var out window
	var err error
	if out.start, err = minutes(w.Start); err != nil {
		return nil, fmt.Errorf("time_window.start: %w", err)
	}
	if out.end, err = minutes(w.End); err != nil {
		return nil, fmt.Errorf("time_window.end: %w", err)
	}
	if out.zone, err = time.LoadLocation(word(w.Timezone, "UTC")); err != nil || w.Timezone == "Local" {
		return nil, fmt.Errorf("time_window.timezone: %.60q is not a time zone of the IANA database", w.Timezone)
	}
	for _, day := range w.Days {
		i := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, day)
		if i < 0 {
			return nil, fmt.Errorf("time_window.days: %.20q is not one of mon, tue, wed, thu, fri, sat, sun", day)
		}
		out.days[i] = true
	}
	if len(w.Days) == 0 {
		out.days = [7]bool{true, true, true, true, true, true, true}
	}
	return &out, nil
}

func minutes(s string) (int, error) {
	h, errHour := strconv.Atoi(s[:min(2, len(s))])
	if len(s) != 5 || s[2] != ':' || errHour != nil {
		return 0, fmt.Errorf("%.20q is not HH:MM", s)
	}
	m, err := strconv.Atoi(s[3:])
	if err != nil || h < 0 || h > 23 || m < 0 || m > 59 || s[0] == '+' || s[3] == '+' || s[3] == '-' || s[0] == '-' {
		return 0, fmt.Errorf("%.20q is not HH:MM", s)
	}
	return 60*h + m, nil
}
