package policy

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/wire"
)

// SectionFromYAML reads a section from a YAML mapping with the same strictness
// as Parse; file and path stand for it in problems. Blocks are written as in
// HushSpec rules; enabled may be left out and must not be false.
func SectionFromYAML(file, path string, n *yaml.Node) (Section, error) {
	r := newReader(file)
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
		"egress": func(n *yaml.Node, at string) {
			b := &Egress{}
			r.block(n, at, r.egress(b))
			s.Egress = b
		},
		"caps": r.caps(&s.Caps),
	}, notPortable)
	r.check(func(c *checker) { s.check(c, path) })
	if err := r.err(); err != nil {
		return Section{}, err
	}
	return s, nil
}

// notPortable names what the language has and an attestation cannot carry.
func notPortable(key string) (message, fix string) {
	if slices.Contains(conditional, key) {
		return "is not portable: an attestation carries forbidden_paths, path_allowlist, tool_access, egress and caps only", "keep it in your own policy, which still runs"
	}
	return "", ""
}

// notPortableKey names the keys of tool_access that concern one kernel only.
func notPortableKey(key string) (message, fix string) {
	switch key {
	case "require_runtime_assurance_tier", "prefer_runtime_assurance_tier", "require_workload_identity", "prefer_workload_identity":
		return "is not supported in a section", "keep it in your own policy, which still runs"
	}
	return "", ""
}

func (r *reader) block(n *yaml.Node, path string, known fields) {
	on, written := true, false
	known["enabled"] = r.boolean(&on, &written)
	if r.mapping(n, path, known, notPortableKey) && !on {
		r.add(n, path+".enabled", "a section has no disabled blocks", "remove the block")
	}
}

// ReadCaps reads caps from a YAML mapping, as SectionFromYAML does.
func ReadCaps(file, path string, n *yaml.Node) (Caps, error) {
	r := newReader(file)
	var k Caps
	r.caps(&k)(n, path)
	r.check(func(c *checker) { k.check(c, path) })
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
			"max_args_size":       r.maybeNumber(&to.MaxArgsSize),
			"max_hops": func(n *yaml.Node, at string) {
				v := int64(-1)
				r.integer(&v, 0, maxHopsLimit)(n, at)
				if v >= 0 {
					to.MaxHops = &v
				}
			},
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
