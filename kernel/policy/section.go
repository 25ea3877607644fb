package policy

import (
	"fmt"
	"slices"

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
	// Egress also keeps calls away from internal networks, as in a document.
	// Without default: allow only what allow names is reached, so an absent and
	// an empty allow list are the same.
	Egress *Egress `json:"egress,omitzero"`
	Caps   Caps    `json:"caps,omitzero"`
}

// Caps are the numeric limits of a section or of a treaty. Absent is no limit.
type Caps struct {
	// MaxCallsPerTreaty counts calls of this direction over the treaty's life.
	// It is consumed at admission; the compiled guard does not see it.
	MaxCallsPerTreaty *int64               `json:"max_calls_per_treaty,omitzero"`
	MaxChargePerCall  *wire.MonetaryAmount `json:"max_charge_per_call,omitzero"`
	MaxArgsSize       *int64               `json:"max_args_size,omitzero"` // bytes
	// MaxHops is how many borders a call of this direction may have crossed when
	// it arrives: 1 admits what the peer's own agents begin. It is checked with
	// the call's lineage; the compiled guard does not see it.
	MaxHops *int64 `json:"max_hops,omitzero"`
}

// IsZero reports a section with nothing in it.
func (s Section) IsZero() bool {
	return s.ForbiddenPaths == nil && s.PathAllowlist == nil && s.ToolAccess == nil && s.Egress == nil && s.Caps == Caps{}
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
	if e := s.Egress; e != nil {
		c.egress(join(path, "egress"), e)
		if e.Default == DefaultAllow && e.Allow != nil {
			c.add(join(path, "egress.allow"), "decides nothing where the default is allow", "remove the list, or the default")
		}
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
	if v := k.MaxHops; v != nil && (*v < 0 || *v > maxHopsLimit) {
		c.add(path+".max_hops", fmt.Sprintf("%d is outside 0 … %d", *v, maxHopsLimit), "")
	}
}

// maxHopsLimit bounds what terms may say about hops.
const maxHopsLimit = 16

// PortableFromDocument returns the section of a resolved document. A document
// in which no rule is in force is refused, as is one that is not resolved, or
// that has a rule in force which a section cannot carry: the error wraps
// ErrNotPortable.
func PortableFromDocument(d *Document) (Section, error) {
	if err := Validate(d); err != nil {
		return Section{}, err
	}
	if d.Extends != "" {
		return Section{}, fmt.Errorf("%w: %s extends %s", ErrUnresolved, nameOf(d), d.Extends)
	}
	full := withDefaults(d)
	if what := notCarried(full); what != "" {
		return Section{}, fmt.Errorf("%w: %s: %s", ErrNotPortable, nameOf(d), what)
	}
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
	if e := full.Rules.Egress; e != nil && e.Enabled {
		block := e.Egress
		if block.Default == DefaultAllow {
			block.Allow = nil
		}
		s.Egress = &block
	}
	if s.IsZero() {
		return Section{}, fmt.Errorf("%w: %s has no rule in force", ErrNotPortable, nameOf(d))
	}
	return s, nil
}

// notCarried names the first thing in force that a section cannot say.
func notCarried(d *Document) string {
	r, e := &d.Rules, &d.Extensions
	for _, b := range []struct {
		block string
		on    bool
	}{
		{"rules.secret_patterns", r.SecretPatterns != nil && r.SecretPatterns.Enabled},
		{"rules.patch_integrity", r.PatchIntegrity != nil && r.PatchIntegrity.Enabled},
		{"rules.shell_commands", r.ShellCommands != nil && r.ShellCommands.Enabled},
		{"rules.computer_use", r.ComputerUse != nil && r.ComputerUse.Enabled},
		{"rules.remote_desktop_channels", r.RemoteDesktopChannels != nil && r.RemoteDesktopChannels.Enabled},
		{"rules.input_injection", r.InputInjection != nil && r.InputInjection.Enabled},
		{"rules.browser_automation", r.BrowserAutomation != nil && r.BrowserAutomation.Enabled},
		{"rules.code_execution", r.CodeExecution != nil && r.CodeExecution.Enabled},
		{"rules.velocity", r.Velocity != nil && r.Velocity.Enabled},
		{"rules.human_in_loop", r.HumanInLoop != nil && r.HumanInLoop.Enabled},
		{"extensions.posture", e.Posture != nil},
		{"extensions.origins", e.Origins != nil},
		{"extensions.detection", e.Detection != nil},
		{"extensions.chio", e.Chio != nil},
	} {
		if b.on {
			return b.block + " is not part of a section; keep it in your own policy, which still runs"
		}
	}
	if t := r.ToolAccess; t != nil && t.Enabled {
		if demandsAssurance(t) || t.RequireWorkloadIdentity != nil {
			return "rules.tool_access requires something of the runtime, which a section cannot"
		}
		for _, list := range [][]string{t.Allow, t.Block, t.RequireConfirmation} {
			if slices.ContainsFunc(list, guards.IsNameGlob) {
				return "rules.tool_access has a name with a star, which is a name here and a glob in a section"
			}
		}
	}
	return ""
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
