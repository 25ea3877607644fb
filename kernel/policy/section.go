package policy

import (
	"fmt"

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
	s.check(c, "")
	return c.err()
}

func (s Section) check(c *checker, path string) {
	if f := s.ForbiddenPaths; f != nil {
		c.forbiddenPaths(join(path, "forbidden_paths"), f)
		if len(f.Patterns) == 0 {
			c.add(join(path, "forbidden_paths.patterns"), "is missing or empty, and a section has no defaults", "list at least one glob, or remove the block")
		}
	}
	if p := s.PathAllowlist; p != nil {
		c.pathAllowlist(join(path, "path_allowlist"), p)
	}
	if t := s.ToolAccess; t != nil {
		c.toolAccess(join(path, "tool_access"), t)
	}
	s.Caps.check(c, join(path, "caps"))
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
