package guards

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// PathAllowlistConfig configures path-allowlist. A list that is nil or empty
// permits nothing; a nil Patch list is the Write list.
type PathAllowlistConfig struct {
	Enabled bool     // false: only the session's roots (kernel.Mandate.Roots) are enforced
	Read    []string // Permit globs
	Write   []string
	Patch   []string
	Rule    string // dotted path of the block; "" is rules.path_allowlist
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
	allow             kernel.Decision
	listed            map[string]kernel.Decision // by the list that permitted
}

// NewPathAllowlist compiles the configuration.
func NewPathAllowlist(c PathAllowlistConfig) (*PathAllowlist, error) {
	if !c.Enabled && len(c.Read)+len(c.Write)+len(c.Patch) > 0 {
		return nil, errors.New(PathAllowlistName + ": has lists and is not enabled")
	}
	if c.Patch == nil {
		c.Patch = c.Write
	}
	g := &PathAllowlist{
		rule: cmp.Or(c.Rule, "rules.path_allowlist"), enabled: c.Enabled,
		allow: guard.Allowed(PathAllowlistName, "", "", ""),
	}
	g.listed = map[string]kernel.Decision{}
	for _, field := range []string{"read", "write", "patch"} {
		g.listed[field] = guard.Allowed(PathAllowlistName, "", g.rule+"."+field, "")
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
	if d, bad := guard.Unreadable(PathAllowlistName, r); bad {
		return d, nil
	}
	roots := r.Call.Mandate.Roots
	if roots == nil && !g.enabled {
		return g.allow, nil
	}
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
		at, err := reach(r, p, clean)
		if err != nil {
			return kernel.Decision{}, fmt.Errorf("resolving %s: %w", brief(clean), err)
		}
		if roots != nil && !underAny(roots, at.Path) { // 1
			return guard.Refuse(PathAllowlistName, CodePathAllowlist, "session.roots",
				fmt.Sprintf("%s is outside the session's roots", brief(clean))), nil
		}
		if !g.enabled {
			continue
		}
		field, ok := g.permits(p.Access, at, clean)
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
func (g *PathAllowlist) permits(a guard.Access, at guard.Reach, clean string) (field string, ok bool) {
	switch a {
	case guard.AccessRead:
		return "read", g.read.finds(at, clean)
	case guard.AccessWrite:
		return "write", g.write.finds(at, clean)
	case guard.AccessPatch:
		return "patch", g.edit.finds(at, clean)
	default:
		if !g.read.finds(at, clean) {
			return "read", false
		}
		return "write", g.write.finds(at, clean)
	}
}

// Rejudge implements guard.Rejudger: links may have moved.
func (g *PathAllowlist) Rejudge(r *guard.Request) (kernel.Decision, error) { return g.Judge(r) }

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
