package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// Line is one row of the comparison people are shown before they consent.
type Line struct {
	Field     string `json:"field"` // dotted
	A         string `json:"a"`     // "any" if a sets no condition
	B         string `json:"b"`
	Effective string `json:"effective"`
	Stricter  string `json:"stricter"` // a | b | both | equal
	Note      string `json:"note,omitempty"`
}

// The values of Line.Stricter.
const (
	StricterA    = "a"
	StricterB    = "b"
	StricterBoth = "both"
	Equal        = "equal"
)

// unset is how a field without a condition is shown.
const unset = "any"

// Meet compares two sections line by line. A line is there if either side
// sets a condition. It is presentation: what is enforced is both sections.
func Meet(a, b Section) []Line {
	if a.IsZero() || b.IsZero() {
		return []Line{emptyLine(a.IsZero(), b.IsZero())}
	}
	x, y := Conjoin(a), Conjoin(b)
	var m meeting
	m.forbidden(a, b)
	m.paths(a, b)
	m.tools(a, b)
	m.union("tool_access.block", x.Block, y.Block)
	m.union("tool_access.require_confirmation", x.RequireConfirmation, y.RequireConfirmation)
	m.hosts(a.Egress, b.Egress)
	m.union("egress.block", x.HostBlock, y.HostBlock)
	m.lower("max_args_size", x.MaxArgsSize, y.MaxArgsSize, " bytes")
	m.lower("caps.max_calls_per_treaty", x.MaxCallsPerTreaty, y.MaxCallsPerTreaty, "")
	m.lower("caps.max_hops", x.MaxHops, y.MaxHops, "")
	m.charge(a.Caps.MaxChargePerCall, b.Caps.MaxChargePerCall)
	return m.lines
}

func emptyLine(a, b bool) Line {
	l := Line{Field: "section", A: "set", B: "set", Effective: "nothing is allowed", Stricter: Equal,
		Note: "a section without any rule allows nothing"}
	switch {
	case a && b:
		l.A, l.B = "empty", "empty"
	case a:
		l.A, l.Stricter = "empty", StricterA
	default:
		l.B, l.Stricter = "empty", StricterB
	}
	return l
}

type meeting struct{ lines []Line }

func (m *meeting) add(l Line) { m.lines = append(m.lines, l) }

// union is a list of refusals: the longer one is stricter.
func (m *meeting) union(name string, a, b []string) {
	if len(a) == 0 && len(b) == 0 {
		return
	}
	m.add(Line{Field: name, A: show(a, "none"), B: show(b, "none"), Effective: show(union(a, b), "none"),
		Stricter: order(contains(a, b), contains(b, a))})
}

func (m *meeting) forbidden(a, b Section) {
	var pa, pb, ea, eb []string
	if a.ForbiddenPaths != nil {
		pa, ea = set(a.ForbiddenPaths.Patterns), set(a.ForbiddenPaths.Exceptions)
	}
	if b.ForbiddenPaths != nil {
		pb, eb = set(b.ForbiddenPaths.Patterns), set(b.ForbiddenPaths.Exceptions)
	}
	m.union("forbidden_paths.patterns", pa, pb)
	if len(ea) == 0 && len(eb) == 0 {
		return
	}
	aFits := len(pa) == 0 || contains(eb, ea) // every exception of a is one of b, or a has nothing to except
	bFits := len(pb) == 0 || contains(ea, eb)
	l := Line{Field: "forbidden_paths.exceptions", A: show(ea, "none"), B: show(eb, "none"),
		Effective: show(intersect(ea, eb), "none"), Stricter: order(aFits, bFits),
		Note: "each side's exceptions apply to its own patterns only"}
	if len(pa) == 0 || len(pb) == 0 {
		l.Effective = show(union(ea, eb), "none")
		l.Stricter = StricterA
		if len(pa) == 0 {
			l.Stricter = StricterB
		}
	}
	m.add(l)
}

func (m *meeting) paths(a, b Section) {
	if a.PathAllowlist == nil && b.PathAllowlist == nil {
		return
	}
	var x, y *PathAllowlist
	if a.PathAllowlist != nil {
		p := normalPaths(*a.PathAllowlist)
		x = &p
	}
	if b.PathAllowlist != nil {
		p := normalPaths(*b.PathAllowlist)
		y = &p
	}
	for _, f := range []struct {
		name string
		of   func(*PathAllowlist) []string
	}{
		{"read", func(p *PathAllowlist) []string { return p.Read }},
		{"write", func(p *PathAllowlist) []string { return p.Write }},
		{"patch", func(p *PathAllowlist) []string { return p.Patch }},
	} {
		var la, lb []string
		if x != nil {
			la = f.of(x)
		}
		if y != nil {
			lb = f.of(y)
		}
		m.permitted("path_allowlist."+f.name, la, lb, true)
	}
}

func (m *meeting) tools(a, b Section) {
	la, lb := toolList(a.ToolAccess), toolList(b.ToolAccess)
	globs := slices.ContainsFunc(append(append([]string{}, la...), lb...), guards.IsNameGlob)
	m.permitted("tool_access.allow", la, lb, globs)
}

// hosts is the allow list of egress. A section without the block reaches any
// host, internal ones included.
func (m *meeting) hosts(a, b *Egress) {
	if a == nil && b == nil {
		return
	}
	list := func(e *Egress) []string {
		if e == nil || e.Default == DefaultAllow {
			return nil
		}
		return set(e.Allow)
	}
	m.permitted("egress.allow", list(a), list(b), true)
	l := Line{Field: "egress.internal_network", A: reach(a), B: reach(b), Effective: reach(&Egress{}), Stricter: Equal}
	switch {
	case a == nil:
		l.Stricter = StricterB
	case b == nil:
		l.Stricter = StricterA
	}
	m.add(l)
}

func reach(e *Egress) string {
	if e == nil {
		return unset
	}
	return "out of reach"
}

// toolList is what a block permits by name; nil restricts nothing.
func toolList(t *ToolAccess) []string {
	if t == nil || t.Allow == nil && t.Default != DefaultBlock {
		return nil
	}
	return set(append(append([]string{}, t.Allow...), t.RequireConfirmation...))
}

// permitted is an allow list: nil is no condition, the shorter is stricter.
// Lists of globs are not intersected: both must hold.
func (m *meeting) permitted(name string, a, b []string, globs bool) {
	if a == nil && b == nil {
		return
	}
	l := Line{Field: name, A: showList(a), B: showList(b)}
	switch {
	case a == nil:
		l.Effective, l.Stricter = l.B, StricterB
	case b == nil:
		l.Effective, l.Stricter = l.A, StricterA
	case slices.Equal(a, b):
		l.Effective, l.Stricter = l.A, Equal
	default:
		l.Stricter = order(contains(b, a), contains(a, b))
		switch {
		case l.Stricter == StricterA:
			l.Effective = l.A
		case l.Stricter == StricterB:
			l.Effective = l.B
		case globs:
			l.Effective, l.Note = l.A+" and "+l.B, "both lists must match"
		default:
			l.Effective = showList(intersect(a, b))
		}
	}
	m.add(l)
}

func (m *meeting) lower(name string, a, b *int64, unit string) {
	if a == nil && b == nil {
		return
	}
	text := func(v *int64) string {
		if v == nil {
			return unset
		}
		return strconv.FormatInt(*v, 10) + unit
	}
	l := Line{Field: name, A: text(a), B: text(b), Effective: text(lower(a, b)), Stricter: Equal}
	switch {
	case b == nil || a != nil && *a < *b:
		l.Stricter = StricterA
	case a == nil || *b < *a:
		l.Stricter = StricterB
	}
	m.add(l)
}

func (m *meeting) charge(a, b *wire.MonetaryAmount) {
	if a == nil && b == nil {
		return
	}
	text := func(v *wire.MonetaryAmount) string {
		if v == nil {
			return unset
		}
		return fmt.Sprintf("%d minor units of %s", v.Units, v.Currency)
	}
	l := Line{Field: "caps.max_charge_per_call", A: text(a), B: text(b), Stricter: Equal, Effective: text(a)}
	switch {
	case a == nil:
		l.Effective, l.Stricter = text(b), StricterB
	case b == nil:
		l.Stricter = StricterA
	case a.Currency != b.Currency:
		l.Stricter, l.Effective = StricterBoth, "free calls only"
		l.Note = "the caps are in different currencies, and a price has one"
	case a.Units < b.Units:
		l.Stricter = StricterA
	case b.Units < a.Units:
		l.Effective, l.Stricter = text(b), StricterB
	}
	m.add(l)
}

// order names the stricter side: aImpliesB means a is at least as strict.
func order(aImpliesB, bImpliesA bool) string {
	switch {
	case aImpliesB && bImpliesA:
		return Equal
	case aImpliesB:
		return StricterA
	case bImpliesA:
		return StricterB
	}
	return StricterBoth
}

// contains reports whether every entry of b is in a.
func contains(a, b []string) bool {
	for _, s := range b {
		if !slices.Contains(a, s) {
			return false
		}
	}
	return true
}

func show(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

func showList(list []string) string {
	if list == nil {
		return unset
	}
	return show(list, "nothing")
}
