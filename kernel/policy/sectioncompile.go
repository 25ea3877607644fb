package policy

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/guards/network"
)

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
	if e := s.Egress; e != nil {
		hosts, err := sectionEgress(e, side+".egress")
		if err != nil {
			return nil, fmt.Errorf("compiling %s: %w", side, err)
		}
		list = append(list, hosts...)
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

func sectionEgress(e *Egress, rule string) ([]guard.Guard, error) {
	hosts, err := newEgress(egressConfig(e, rule))
	if err != nil {
		return nil, err
	}
	internal, err := newInternal(network.InternalConfig{Rule: rule})
	if err != nil {
		return nil, err
	}
	return []guard.Guard{hosts, internal}, nil
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
