package policy

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/network"
	"github.com/backbay-labs/chio-node/wire"
)

// Conjunction is the merged form of any number of sections: the meet of the
// policy lattice, in a normal form in which equal meaning by merging is equal
// bytes. Lists that cannot be intersected symbolically are kept side by side
// and all must hold. It is a view; enforcement compiles the sections.
type Conjunction struct {
	DenyAll             bool                  `json:"deny_all,omitzero"` // a section with nothing in it
	ForbiddenPatterns   []string              `json:"forbidden_patterns,omitempty"`
	Forbidden           []ForbiddenPaths      `json:"forbidden,omitempty"`   // those with exceptions of their own
	Paths               []PathAllowlist       `json:"paths,omitempty"`       // all must permit
	Allow               []string              `json:"allow,omitzero"`        // nil: no list of plain names; empty: nothing
	AllowAllOf          [][]string            `json:"allow_all_of,omitzero"` // lists with globs: all must match
	Block               []string              `json:"block,omitempty"`
	RequireConfirmation []string              `json:"require_confirmation,omitempty"`
	Hosts               [][]string            `json:"hosts,omitzero"` // all lists must name a host
	HostBlock           []string              `json:"host_block,omitempty"`
	NoInternal          bool                  `json:"no_internal,omitzero"` // internal networks are out of reach
	MaxArgsSize         *int64                `json:"max_args_size,omitzero"`
	MaxCallsPerTreaty   *int64                `json:"max_calls_per_treaty,omitzero"`
	MaxHops             *int64                `json:"max_hops,omitzero"`
	MaxChargePerCall    []wire.MonetaryAmount `json:"max_charge_per_call,omitempty"` // the lowest of each currency
}

// Conjoin returns the normal form of one section.
func Conjoin(s Section) Conjunction {
	c := Conjunction{DenyAll: s.IsZero()}
	if f := s.ForbiddenPaths; f != nil {
		if len(f.Exceptions) == 0 {
			c.ForbiddenPatterns = set(f.Patterns)
		} else {
			c.Forbidden = []ForbiddenPaths{{Patterns: set(f.Patterns), Exceptions: set(f.Exceptions)}}
		}
	}
	if p := s.PathAllowlist; p != nil {
		c.Paths = []PathAllowlist{normalPaths(*p)}
	}
	if t := s.ToolAccess; t != nil {
		c.Block, c.RequireConfirmation, c.MaxArgsSize = set(t.Block), set(t.RequireConfirmation), t.MaxArgsSize
		c.permit(t)
	}
	if e := s.Egress; e != nil {
		c.NoInternal = true
		c.HostBlock = set(e.Block)
		if e.Default != DefaultAllow {
			c.Hosts = [][]string{set(e.Allow)}
		}
	}
	c.MaxArgsSize = lower(c.MaxArgsSize, s.Caps.MaxArgsSize)
	c.MaxCallsPerTreaty, c.MaxHops = s.Caps.MaxCallsPerTreaty, s.Caps.MaxHops
	if a := s.Caps.MaxChargePerCall; a != nil {
		c.MaxChargePerCall = []wire.MonetaryAmount{*a}
	}
	return c
}

// permit records which tools are not denied outright. A tool that requires
// confirmation is listed by that, so the list is allow and confirmation
// together; default block without an allow list is an empty allow list.
func (c *Conjunction) permit(t *ToolAccess) {
	if t.Allow == nil && t.Default != DefaultBlock {
		return
	}
	list := set(append(append([]string{}, t.Allow...), t.RequireConfirmation...))
	if slices.ContainsFunc(list, guards.IsNameGlob) {
		c.AllowAllOf = [][]string{list}
		return
	}
	c.Allow = list
}

// Meet returns the conjunction of both: it allows what both allow.
func (c Conjunction) Meet(d Conjunction) Conjunction {
	out := Conjunction{
		DenyAll:             c.DenyAll || d.DenyAll,
		ForbiddenPatterns:   union(c.ForbiddenPatterns, d.ForbiddenPatterns),
		Forbidden:           unionBy(c.Forbidden, d.Forbidden),
		Paths:               unionBy(c.Paths, d.Paths),
		AllowAllOf:          unionBy(c.AllowAllOf, d.AllowAllOf),
		Block:               union(c.Block, d.Block),
		RequireConfirmation: union(c.RequireConfirmation, d.RequireConfirmation),
		Hosts:               unionBy(c.Hosts, d.Hosts),
		HostBlock:           union(c.HostBlock, d.HostBlock),
		NoInternal:          c.NoInternal || d.NoInternal,
		MaxArgsSize:         lower(c.MaxArgsSize, d.MaxArgsSize),
		MaxCallsPerTreaty:   lower(c.MaxCallsPerTreaty, d.MaxCallsPerTreaty),
		MaxHops:             lower(c.MaxHops, d.MaxHops),
		MaxChargePerCall:    lowest(c.MaxChargePerCall, d.MaxChargePerCall),
	}
	switch {
	case c.Allow == nil:
		out.Allow = d.Allow
	case d.Allow == nil:
		out.Allow = c.Allow
	default:
		out.Allow = intersect(c.Allow, d.Allow)
	}
	return out
}

// Compile returns a guard that decides as the conjunction does.
func (c Conjunction) Compile(name string) (kernel.Guard, error) {
	if c.DenyAll {
		return guard.NewPipeline(name), nil
	}
	var list []guard.Guard
	add := func(g guard.Guard, err error) error {
		if err == nil {
			list = append(list, g)
		}
		return err
	}
	var errs []error
	if len(c.ForbiddenPatterns) > 0 {
		errs = append(errs, add(guards.NewForbiddenPath(guards.ForbiddenPathConfig{Patterns: c.ForbiddenPatterns})))
	}
	for _, f := range c.Forbidden {
		errs = append(errs, add(guards.NewForbiddenPath(guards.ForbiddenPathConfig{Patterns: f.Patterns, Exceptions: f.Exceptions})))
	}
	tool := guards.McpToolConfig{Block: c.Block, RequireConfirmation: c.RequireConfirmation}
	if c.MaxArgsSize != nil {
		tool.MaxArgsBytes = int(*c.MaxArgsSize)
	}
	errs = append(errs, add(guards.NewMcpTool(tool)))
	if c.Allow != nil {
		errs = append(errs, add(guards.NewMcpTool(guards.McpToolConfig{Allow: c.Allow})))
	}
	for _, allow := range c.AllowAllOf {
		errs = append(errs, add(guards.NewMcpTool(guards.McpToolConfig{Allow: allow})))
	}
	errs = append(errs, c.hosts(add))
	for _, p := range c.Paths {
		errs = append(errs, add(guards.NewPathAllowlist(guards.PathAllowlistConfig{Enabled: true, Read: p.Read, Write: p.Write, Patch: p.Patch})))
	}
	for _, a := range c.MaxChargePerCall {
		errs = append(errs, add(guards.NewChargeCap(a, "caps.max_charge_per_call")))
	}
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", name, err)
		}
	}
	return guard.NewPipeline(name, list...), nil
}

// hosts adds the guards of egress blocks.
func (c Conjunction) hosts(add func(guard.Guard, error) error) error {
	var errs []error
	if len(c.HostBlock) > 0 {
		errs = append(errs, add(newEgress(network.EgressConfig{Block: c.HostBlock, DefaultAllow: true})))
	}
	for _, allow := range c.Hosts {
		errs = append(errs, add(newEgress(network.EgressConfig{Allow: allow})))
	}
	if c.NoInternal {
		errs = append(errs, add(newInternal(network.InternalConfig{})))
	}
	return errors.Join(errs...)
}

func normalPaths(p PathAllowlist) PathAllowlist {
	patch := p.Patch
	if patch == nil {
		patch = p.Write
	}
	return PathAllowlist{Read: set(p.Read), Write: set(p.Write), Patch: set(patch)}
}

// set returns the sorted distinct entries, never nil.
func set(list []string) []string {
	out := append([]string{}, list...)
	sort.Strings(out)
	return slices.Compact(out)
}

func union(a, b []string) []string {
	return set(append(append([]string{}, a...), b...))
}

func intersect(a, b []string) []string {
	out := []string{}
	for _, s := range a {
		if _, in := slices.BinarySearch(b, s); in {
			out = append(out, s)
		}
	}
	return out
}

// unionBy is the set union of values compared by their canonical form.
func unionBy[T any](a, b []T) []T {
	byForm := map[string]T{}
	var forms []string
	for _, v := range append(append([]T{}, a...), b...) {
		form := string(wire.MustMarshal(v))
		if _, have := byForm[form]; !have {
			byForm[form] = v
			forms = append(forms, form)
		}
	}
	sort.Strings(forms)
	var out []T
	for _, form := range forms {
		out = append(out, byForm[form])
	}
	return out
}

func lower(a, b *int64) *int64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// lowest keeps the lowest cap of each currency, sorted by currency. Caps in
// different currencies are both in force.
func lowest(a, b []wire.MonetaryAmount) []wire.MonetaryAmount {
	all := append(append([]wire.MonetaryAmount{}, a...), b...)
	slices.SortFunc(all, func(x, y wire.MonetaryAmount) int {
		if c := strings.Compare(x.Currency, y.Currency); c != 0 {
			return c
		}
		return compare(x.Units, y.Units)
	})
	return slices.CompactFunc(all, func(x, y wire.MonetaryAmount) bool { return x.Currency == y.Currency })
}

func compare(x, y uint64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
