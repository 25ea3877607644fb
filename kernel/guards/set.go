package guards

import (
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
)

// globSet is a list of globs with an index, so that the cost of a decision
// grows with the path and not with the number of rules. Almost every rule is
// "**/name/…" or "/name/…": those are looked up by that name; the rest are
// tried in turn.
type globSet struct {
	all      []*Glob
	floating map[string][]int // by the name after a leading "**"
	rooted   map[string][]int // by the first name of a rooted pattern
	rest     []int
}

func newGlobSet(patterns []string, use Use) (*globSet, error) {
	s := &globSet{floating: map[string][]int{}, rooted: map[string][]int{}}
	for _, p := range patterns {
		g, err := CompileGlob(p, use)
		if err != nil {
			return nil, err
		}
		s.add(g)
		if use != Forbid || !strings.Contains(p, "[") {
			continue
		}
		// A folder can be called "[id]", and other readers of such lists know no
		// classes: what is forbidden is forbidden in both readings.
		if literal, err := CompileGlob(strings.ReplaceAll(p, "[", "[[]"), use); err == nil {
			literal.source = p
			s.add(literal)
		}
	}
	return s, nil
}

func (s *globSet) add(g *Glob) {
	i := len(s.all)
	s.all = append(s.all, g)
	switch {
	case len(g.segments) > 1 && !g.rooted && g.segments[0].any && g.segments[1].plain():
		name := g.segments[1].literal
		s.floating[name] = append(s.floating[name], i)
	case len(g.segments) > 0 && g.rooted && g.segments[0].plain():
		name := g.segments[0].literal
		s.rooted[name] = append(s.rooted[name], i)
	default:
		s.rest = append(s.rest, i)
	}
}

func (s *segment) plain() bool { return !s.any && s.tokens == nil }

// find returns the first pattern of the list that matches, or nil.
func (s *globSet) find(path string) *Glob {
	best := len(s.all)
	try := func(candidates []int) {
		for _, i := range candidates {
			if i >= best {
				return // in list order: no later one can be first
			}
			if s.all[i].Match(path) {
				best = i
				return
			}
		}
	}
	at := 0
	if strings.HasPrefix(path, "/") {
		at = 1
		name, _ := cut(path, at)
		try(s.rooted[name])
	}
	for len(s.floating) > 0 && at < len(path) {
		name, after := cut(path, at)
		try(s.floating[name])
		at = after
	}
	try(s.rest)
	if best == len(s.all) {
		return nil
	}
	return s.all[best]
}

// finds reports whether the list matches the file that is really reached, by
// its absolute name or by its name below the tool's directory; and as written,
// unless a link leads elsewhere.
func (s *globSet) finds(at guard.Reach, clean string) bool {
	switch {
	case s.find(at.Path) != nil:
		return true
	case at.Relative != "" && s.find(at.Relative) != nil:
		return true
	}
	return !at.Redirected && at.Path != clean && s.find(clean) != nil
}
