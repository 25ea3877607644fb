package guards

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// PathAllowlistConfig configures path-allowlist. A list that is nil or empty
// permits nothing; a nil Patch list is the Write list.
type PathAllowlistConfig struct {
	Enabled bool     // false: only session roots are enforced
	Read    []string // Permit globs
	Write   []string
	Patch   []string
	// Roots returns the directories of the caller's session; restricted false
	// means the session sets none. Nil is the same. An empty list that is
	// restricted permits nothing.
	Roots    func(*kernel.Call) (roots []string, restricted bool)
	Resolver Resolver
	Rule     string // dotted path of the block; "" is rules.path_allowlist
}

// PathAllowlist denies a call that names a path no list permits.
//
//  1. with session roots, the path really reached is a root or below one
//  2. if enabled, the path really reached matches the list of its access; a
//     path of unknown access must match the read and the write list
type PathAllowlist struct {
	rule              string
	enabled           bool
	read, write, edit *globSet
	roots             func(*kernel.Call) ([]string, bool)
	resolver          Resolver
	allow             kernel.Decision
	listed            map[string]kernel.Decision // by the list that permitted
}

// NewPathAllowlist compiles the configuration.
func NewPathAllowlist(c PathAllowlistConfig) (*PathAllowlist, error) {
	if !c.Enabled && c.Roots == nil {
		return nil, errors.New(PathAllowlistName + ": neither enabled nor given session roots")
	}
	if c.Patch == nil {
		c.Patch = c.Write
	}
	g := &PathAllowlist{
		rule: orDefault(c.Rule, "rules.path_allowlist"), enabled: c.Enabled,
		roots: c.Roots, resolver: c.Resolver, allow: allowed(PathAllowlistName),
	}
	g.listed = map[string]kernel.Decision{}
	for _, field := range []string{"read", "write", "patch"} {
		g.listed[field] = allowedBy(PathAllowlistName, g.rule+"."+field)
	}
	for _, l := range []struct {
		name string
		from []string
		to   **globSet
	}{{"read", c.Read, &g.read}, {"write", c.Write, &g.write}, {"patch", c.Patch, &g.edit}} {
		globs, err := newGlobSet(l.from, Permit)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", PathAllowlistName, l.name, err)
		}
		*l.to = globs
	}
	return g, nil
}

// Name returns path-allowlist.
func (g *PathAllowlist) Name() string { return PathAllowlistName }

// Judge implements guard.Guard.
func (g *PathAllowlist) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := refuseMalformed(PathAllowlistName, r); bad {
		return d, nil
	}
	var roots []string
	restricted := false
	if g.roots != nil {
		roots, restricted = g.roots(r.Call)
	}
	local := r.Call.Route.PeerDID == ""
	permittedBy := ""
	for i := range r.Action.Paths {
		p := &r.Action.Paths[i]
		if p.Guess {
			continue
		}
		clean, err := CleanPath(p.Text)
		if err != nil {
			return guard.Refuse(PathAllowlistName, CodePathMalformed, g.rule, err.Error()), nil
		}
		target, _, err := resolved(g.resolver, local, clean)
		if err != nil {
			return kernel.Decision{}, fmt.Errorf("resolving %s: %w", brief(clean), err)
		}
		if restricted && !underAny(roots, target) { // 1
			return guard.Refuse(PathAllowlistName, CodePathAllowlist, "session.roots",
				fmt.Sprintf("%s is outside the session's roots", brief(clean))), nil
		}
		if !g.enabled {
			continue
		}
		field, ok := g.permits(p.Access, target)
		if !ok { // 2
			return guard.Refuse(PathAllowlistName, CodePathAllowlist, g.rule+"."+field,
				fmt.Sprintf("%s is not in the %s list", brief(clean), field)), nil
		}
		permittedBy = field
	}
	if permittedBy != "" {
		return g.listed[permittedBy], nil
	}
	return g.allow, nil
}

// permits returns the list that decided.
func (g *PathAllowlist) permits(a guard.Access, target string) (field string, ok bool) {
	switch a {
	case guard.AccessRead:
		return "read", g.read.find(target) != nil
	case guard.AccessWrite:
		return "write", g.write.find(target) != nil
	case guard.AccessPatch:
		return "patch", g.edit.find(target) != nil
	default:
		if g.read.find(target) == nil {
			return "read", false
		}
		return "write", g.write.find(target) != nil
	}
}

// underAny reports whether target is one of the roots or below one, at a
// segment boundary. A root that is not a clean rooted path permits nothing.
func underAny(roots []string, target string) bool {
	for _, root := range roots {
		clean, err := CleanPath(root)
		if err != nil || clean == "." || strings.HasPrefix(clean, "..") {
			continue
		}
		if target == clean || clean == "/" && target[0] == '/' || strings.HasPrefix(target, clean+"/") {
			return true
		}
	}
	return false
}
