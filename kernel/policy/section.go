package policy

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/wire"
)

// maxSize is the largest argument limit: what a mandate may carry at all.
const maxSize = 4 << 20

// Section is one direction's terms in a policy attestation: the portable
// subset of HushSpec, stateless and self-contained. A block that is present is
// in force. Absent and empty differ, except in path_allowlist, where a list
// that is absent permits nothing. A section with nothing in it denies.
type Section struct {
	ForbiddenPaths *ForbiddenPaths `json:"forbidden_paths,omitzero"`
	PathAllowlist  *PathAllowlist  `json:"path_allowlist,omitzero"`
	ToolAccess     *ToolAccess     `json:"tool_access,omitzero"`
	Caps           Caps            `json:"caps,omitzero"`
}

// Caps are the numeric limits of a section or of a treaty. Absent is no limit.
type Caps struct {
	// MaxCallsPerTreaty counts calls of this direction over the treaty's life.
	// It is consumed at admission; the compiled guard does not see it.
	MaxCallsPerTreaty *int64               `json:"max_calls_per_treaty,omitzero"`
	MaxChargePerCall  *wire.MonetaryAmount `json:"max_charge_per_call,omitzero"`
	MaxArgsSize       *int64               `json:"max_args_size,omitzero"` // bytes
}

// IsZero reports a section with nothing in it.
func (s Section) IsZero() bool {
	return s.ForbiddenPaths == nil && s.PathAllowlist == nil && s.ToolAccess == nil && s.Caps == Caps{}
}

// Validate checks a section, for example one a peer attested.
func (s Section) Validate() error {
	c := &checker{file: "section"}
	if f := s.ForbiddenPaths; f != nil {
		c.forbiddenPaths("forbidden_paths", f)
		if len(f.Patterns) == 0 {
			c.add("forbidden_paths.patterns", "is missing or empty, and a section has no defaults", "list at least one glob, or remove the block")
		}
	}
	if p := s.PathAllowlist; p != nil {
		c.pathAllowlist("path_allowlist", p)
	}
	if t := s.ToolAccess; t != nil {
		c.toolAccess("tool_access", t)
	}
	s.Caps.check(c, "caps")
	return c.err()
}

func (k Caps) check(c *checker, path string) {
	if v := k.MaxCallsPerTreaty; v != nil && (*v < 0 || *v > wire.MaxUnits) {
		c.add(path+".max_calls_per_treaty", fmt.Sprintf("%d is outside 0 … 2^53-1", *v), "")
	}
	if a := k.MaxChargePerCall; a != nil && (a.Units > wire.MaxUnits || a.Currency == "") {
		c.add(path+".max_charge_per_call", "needs units up to 2^53-1 and a currency", "")
	}
	c.size(path+".max_args_size", k.MaxArgsSize)
}

// PortableFromDocument returns the section of a resolved document. A document
// in which no rule is in force is refused, as is one that is not resolved.
func PortableFromDocument(d *Document) (Section, error) {
	if err := Validate(d); err != nil {
		return Section{}, err
	}
	if d.Extends != "" {
		return Section{}, fmt.Errorf("%w: %s extends %s", ErrUnresolved, nameOf(d), d.Extends)
	}
	full := withDefaults(d)
	var s Section
	if f := full.Rules.ForbiddenPaths; f != nil && f.Enabled {
		block := f.ForbiddenPaths
		s.ForbiddenPaths = &block
	}
	if p := full.Rules.PathAllowlist; p != nil && p.Enabled {
		block := normalPaths(p.PathAllowlist)
		s.PathAllowlist = &block
	}
	if t := full.Rules.ToolAccess; t != nil && t.Enabled {
		block := t.ToolAccess
		s.ToolAccess = &block
	}
	if s.IsZero() {
		return Section{}, fmt.Errorf("%w: %s has no rule in force", ErrNotPortable, nameOf(d))
	}
	return s, nil
}

// SectionFromYAML reads a section from a YAML mapping with the same strictness
// as Parse; file and path stand for it in problems. Blocks are written as in
// HushSpec rules; enabled may be left out and must not be false.
func SectionFromYAML(file, path string, n *yaml.Node) (Section, error) {
	r := &reader{file: file}
	var s Section
	r.mapping(n, path, map[string]field{
		"forbidden_paths": func(n *yaml.Node, at string) {
			b := &ForbiddenPaths{}
			r.block(n, at, r.forbiddenPaths(b))
			s.ForbiddenPaths = b
		},
		"path_allowlist": func(n *yaml.Node, at string) {
			b := &PathAllowlist{}
			r.block(n, at, r.pathAllowlist(b))
			s.PathAllowlist = b
		},
		"tool_access": func(n *yaml.Node, at string) {
			b := &ToolAccess{}
			r.block(n, at, r.toolAccess(b))
			s.ToolAccess = b
		},
		"caps": r.caps(&s.Caps),
	}, notPortable)
	if err := r.err(); err != nil {
		return Section{}, err
	}
	if err := s.Validate(); err != nil {
		var e *Error
		if errors.As(err, &e) {
			for i := range e.Problems {
				e.Problems[i].File, e.Problems[i].Path = file, join(path, e.Problems[i].Path)
				e.Problems[i].Line, e.Problems[i].Column = n.Line, n.Column
			}
		}
		return Section{}, err
	}
	return s, nil
}

// notPortable names what the language has and an attestation cannot carry.
func notPortable(key string) (message, fix string) {
	if m, _ := unsupportedBlock(key); m != "" {
		return "is not portable: an attestation carries forbidden_paths, path_allowlist, tool_access and caps only", "keep it in your own policy, which still runs"
	}
	return "", ""
}

func (r *reader) block(n *yaml.Node, path string, fields map[string]field) {
	on, written := true, false
	fields["enabled"] = r.boolean(&on, &written)
	if r.mapping(n, path, fields, unsupportedToolKey) && !on {
		r.add(n, path+".enabled", "a section has no disabled blocks", "remove the block")
	}
}

// ReadCaps reads caps from a YAML mapping, as SectionFromYAML does.
func ReadCaps(file, path string, n *yaml.Node) (Caps, error) {
	r := &reader{file: file}
	var k Caps
	r.caps(&k)(n, path)
	return k, r.err()
}

func (r *reader) caps(to *Caps) field {
	return func(n *yaml.Node, path string) {
		r.mapping(n, path, map[string]field{
			"max_calls_per_treaty": func(n *yaml.Node, at string) {
				v := int64(-1)
				r.integer(&v, 0, wire.MaxUnits)(n, at)
				if v >= 0 {
					to.MaxCallsPerTreaty = &v
				}
			},
			"max_charge_per_call": r.amount(&to.MaxChargePerCall),
			"max_args_size":       r.size(&to.MaxArgsSize, maxSize),
		}, nil)
	}
}

// amount reads {units, currency}: minor units, never a decimal number.
func (r *reader) amount(to **wire.MonetaryAmount) field {
	return func(n *yaml.Node, path string) {
		units, currency := int64(-1), ""
		ok := r.mapping(n, path, map[string]field{
			"units":    r.integer(&units, 0, wire.MaxUnits),
			"currency": r.text(&currency),
		}, nil)
		if !ok {
			return
		}
		if units < 0 || currency == "" {
			r.add(n, path, "needs units and currency", "write {units: 3, currency: USD} for three cents")
			return
		}
		*to = &wire.MonetaryAmount{Units: uint64(units), Currency: currency}
	}
}

// CompileSection compiles one conjunct of a treaty. side (own_terms,
// peer_terms) names the guard and prefixes the rules in its evidence. Paths
// are judged as written: the other side's file system cannot be asked.
func CompileSection(s Section, side string) (kernel.Guard, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("compiling %s: %w", side, err)
	}
	var list []guard.Guard
	if f := s.ForbiddenPaths; f != nil {
		g, err := guards.NewForbiddenPath(guards.ForbiddenPathConfig{
			Patterns: f.Patterns, Exceptions: f.Exceptions, Rule: side + ".forbidden_paths"})
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", side, err)
		}
		list = append(list, g)
	}
	if t := s.ToolAccess; t != nil {
		g, err := guards.NewMcpTool(toolConfig(t, side+".tool_access"))
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", side, err)
		}
		list = append(list, g)
	}
	if p := s.PathAllowlist; p != nil {
		g, err := guards.NewPathAllowlist(guards.PathAllowlistConfig{
			Enabled: true, Read: p.Read, Write: p.Write, Patch: p.Patch, Rule: side + ".path_allowlist"})
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", side, err)
		}
		list = append(list, g)
	}
	caps, err := capGuards(s.Caps, side+".caps")
	if err != nil {
		return nil, fmt.Errorf("compiling %s: %w", side, err)
	}
	list = append(list, caps...)
	if len(list) == 0 && !s.IsZero() { // only a count, which admission enforces
		g, err := guards.NewMcpTool(guards.McpToolConfig{Rule: side + ".tool_access"})
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", side, err)
		}
		list = append(list, g)
	}
	return guard.NewPipeline(side, list...), nil // nothing at all denies
}

// CompileCaps compiles a treaty's own caps; without any they allow.
func CompileCaps(k Caps, side string) (kernel.Guard, error) {
	c := &checker{file: side}
	k.check(c, "caps")
	if err := c.err(); err != nil {
		return nil, err
	}
	list, err := capGuards(k, side+".caps")
	if err != nil {
		return nil, fmt.Errorf("compiling %s: %w", side, err)
	}
	if len(list) == 0 {
		return guard.AllowByDesign(side), nil
	}
	return guard.NewPipeline(side, list...), nil
}

func capGuards(k Caps, rule string) ([]guard.Guard, error) {
	var list []guard.Guard
	if k.MaxArgsSize != nil {
		g, err := guards.NewMcpTool(guards.McpToolConfig{MaxArgsBytes: int(*k.MaxArgsSize), Rule: rule})
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	if k.MaxChargePerCall != nil {
		g, err := guards.NewChargeCap(*k.MaxChargePerCall, rule+".max_charge_per_call")
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// EffectiveDigest identifies the effective terms of one direction: SHA-256 of
// the canonical form of {from, to, egress, ingress, caps}. Both sides compute
// it from the same attested sections, so it is the same on both.
func EffectiveDigest(from, to string, egress, ingress Section, caps Caps) wire.Digest {
	return wire.Hash(wire.MustMarshal(struct {
		From    string  `json:"from"`
		To      string  `json:"to"`
		Egress  Section `json:"egress"`
		Ingress Section `json:"ingress"`
		Caps    Caps    `json:"caps"`
	}{from, to, egress, ingress, caps}))
}
