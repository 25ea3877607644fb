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

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
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

// maxConditionNesting is the deepest tree that is compiled.
const maxConditionNesting = 8

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
	if depth > maxConditionNesting {
		return nil, fmt.Errorf("is nested deeper than %d", maxConditionNesting)
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

// holds evaluates the tree for one call.
func (c *condition) holds(call *kernel.Call) truth {
	switch {
	case c.window != nil:
		return c.window.holds(call.Now)
	case c.not != nil:
		return c.not.holds(call).not()
	case c.facts != nil:
		out := yes
		for i := range c.facts {
			switch c.facts[i].holds(call) {
			case no:
				return no
			case unknown:
				out = unknown
			}
		}
		return out
	case c.all != nil:
		return combine(c.all, call, no)
	default:
		return combine(c.any, call, yes)
	}
}

// combine is all_of with decisive no, and any_of with decisive yes.
func combine(kids []*condition, call *kernel.Call, decisive truth) truth {
	out := decisive.not()
	for _, kid := range kids {
		switch t := kid.holds(call); t {
		case decisive:
			return decisive
		case unknown:
			out = unknown
		}
	}
	return out
}

// holds is unknown before the epoch: no clock says that.
func (w *window) holds(now int64) truth {
	if now <= 0 {
		return unknown
	}
	t := time.Unix(now, 0).In(w.zone)
	at, day := 60*t.Hour()+t.Minute(), int(t.Weekday())
	inside := w.start <= at && at < w.end
	if w.start >= w.end { // crosses midnight; equal is the whole day
		inside = at >= w.start || at < w.end
		if at < w.end && at < w.start {
			day = (day + 6) % 7 // it began yesterday
		}
	}
	if inside && w.days[day] {
		return yes
	}
	return no
}

// holds is unknown where the call does not say.
func (f *fact) holds(call *kernel.Call) truth {
	single, list, known := factOf(call, f.field)
	if !known {
		return unknown
	}
	if list == nil {
		if slices.Contains(f.values, single) {
			return yes
		}
		return no
	}
	for _, v := range list {
		if slices.Contains(f.values, v) {
			return yes
		}
	}
	return no
}

func factOf(call *kernel.Call, field string) (single string, list []string, known bool) {
	m := call.Mandate
	switch field {
	case "agent":
		if len(m.Chain) == 0 {
			return "", nil, false
		}
		return m.Chain[len(m.Chain)-1].Subject.String(), nil, true
	case "server":
		return m.Server, nil, m.Server != ""
	case "tool":
		return m.Tool, nil, m.Tool != ""
	case "operation":
		return string(m.Operation), nil, m.Operation != ""
	case "session":
		return m.Session, nil, m.Session != ""
	case "edge":
		return m.Edge, nil, m.Edge != ""
	case "peer":
		if m.Origin != nil {
			return m.Origin.PeerDID, nil, true
		}
		return call.Route.PeerDID, nil, call.Route.PeerDID != ""
	}
	return surfaceFact(m.Surface, field)
}

func surfaceFact(s *kernel.Surface, field string) (single string, list []string, known bool) {
	if s == nil {
		return "", nil, false
	}
	switch field {
	case "external_participants":
		if s.ExternalParticipants == nil {
			return "", nil, false
		}
		return strconv.FormatBool(*s.ExternalParticipants), nil, true
	case "tags":
		return "", s.Tags, len(s.Tags) > 0
	case "groups":
		return "", s.Groups, len(s.Groups) > 0
	case "roles":
		return "", s.Roles, len(s.Roles) > 0
	}
	v := surfaceText(s, field)
	return v, nil, v != ""
}

func surfaceText(s *kernel.Surface, field string) string {
	switch field {
	case "provider":
		return s.Provider
	case "tenant_id":
		return s.TenantID
	case "space_id":
		return s.SpaceID
	case "space_type":
		return s.SpaceType
	case "visibility":
		return s.Visibility
	case "sensitivity":
		return s.Sensitivity
	case "actor_role":
		return s.ActorRole
	case "organization_id":
		return s.OrganizationID
	}
	return ""
}

// switched is a guard whose block may be out of force.
type switched struct {
	inner guard.Guard
	when  *condition
	out   kernel.Decision
}

// withCondition returns the guard itself if there is no condition.
func withCondition(g guard.Guard, block string, when *condition) guard.Guard {
	if when == nil {
		return g
	}
	d := guard.Conclude(kernel.Allow, g.Name(), "", "extensions.chio.conditions."+block, "the block is not in force: its condition does not hold")
	d.Evidence = d.Evidence[:1:1]
	c := switched{inner: g, when: when, out: d}
	if r, ok := g.(guard.Rejudger); ok {
		return switchedAgain{c, r}
	}
	return c
}

func (c switched) Name() string { return c.inner.Name() }

func (c switched) Judge(r *guard.Request) (kernel.Decision, error) {
	if c.when.holds(r.Call) == no {
		return c.out, nil
	}
	return c.inner.Judge(r)
}

type switchedAgain struct {
	switched
	again guard.Rejudger
}

func (c switchedAgain) Rejudge(r *guard.Request) (kernel.Decision, error) {
	if c.when.holds(r.Call) == no {
		return c.out, nil
	}
	return c.again.Rejudge(r)
}

// someInForce denies a call for which every rule of the policy is out of force.
type someInForce struct {
	whens []*condition
	allow kernel.Decision
}

func (g someInForce) Name() string { return ConditionName }

func (g someInForce) Judge(r *guard.Request) (kernel.Decision, error) {
	for _, when := range g.whens {
		if when.holds(r.Call) != no {
			return g.allow, nil
		}
	}
	return guard.Refuse(ConditionName, kernel.CodeNoPolicy, "extensions.chio.conditions", "no rule of the policy is in force for this call"), nil
}

// condition returns the condition of a block, that of the extension it belongs
// to included; nil is none.
func (b *builder) condition(block string) *condition {
	own := b.conditions[block]
	if own != nil {
		b.used[block] = true
	}
	parent, _, nested := strings.Cut(block, ".")
	outer := b.conditions[parent]
	if !nested || parent == "custom" || outer == nil {
		return own
	}
	b.used[parent] = true
	if own == nil {
		return outer
	}
	return &condition{all: []*condition{own, outer}}
}

// unused warns of conditions of blocks that the policy does not have.
func (b *builder) unused() {
	for _, block := range slices.Sorted(maps.Keys(b.conditions)) {
		if !b.used[block] {
			b.warn("extensions.chio.conditions."+block, "the policy has no such block in force")
		}
	}
}
