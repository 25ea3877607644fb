package policy

import (
	"fmt"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of one document.
const (
	MaxBytes   = 1 << 20
	maxEntries = 4096    // of one list or table
	maxVisits  = 1 << 17 // nodes visited, those behind aliases counted each time
	maxExpand  = 4 << 20 // bytes of scalars visited, those behind aliases counted each time
	maxText    = 4096    // bytes of one string
)

// reader turns YAML nodes into values and collects what is wrong with their
// structure: keys, types, spelling of numbers. Whether a value makes sense is
// the checker's business; at says where each value was written. After a
// problem the reader goes on, so that a person sees all of them at once.
type reader struct {
	file     string
	problems []Problem
	visits   int
	expanded int
	at       map[string]*yaml.Node // by dotted path
}

func newReader(file string) *reader { return &reader{file: file, at: map[string]*yaml.Node{}} }

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &Error{Problems: r.problems}
}

func (r *reader) add(n *yaml.Node, path, message, fix string) {
	if len(r.problems) >= MaxProblems {
		return
	}
	p := Problem{File: r.file, Path: path, Message: message, Fix: fix}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	r.problems = append(r.problems, p)
}

// check runs the checks of values, puts each problem where its value was
// written, and leaves out those that follow from a structural problem.
func (r *reader) check(run func(*checker)) {
	c := &checker{file: r.file}
	run(c)
	structural := len(r.problems)
	for _, p := range c.problems {
		if len(r.problems) < MaxProblems && !r.explained(structural, p.Path) {
			r.place(&p)
			r.problems = append(r.problems, p)
		}
	}
	sort.SliceStable(r.problems, func(i, j int) bool {
		a, b := r.problems[i], r.problems[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
}

// explained reports a structural problem at path, above it or below it.
func (r *reader) explained(structural int, path string) bool {
	for _, p := range r.problems[:structural] {
		if p.Path == path || p.Path != "" && under(p.Path, path) || path != "" && under(path, p.Path) {
			return true
		}
	}
	return false
}

// under reports that path lies below at.
func under(at, path string) bool {
	return len(path) > len(at) && strings.HasPrefix(path, at) && (path[len(at)] == '.' || path[len(at)] == '[')
}

// place gives a problem the position of its path, or of the nearest value
// above that was written.
func (r *reader) place(p *Problem) {
	for path := p.Path; ; {
		if n := r.at[path]; n != nil {
			p.Line, p.Column = n.Line, n.Column
			return
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			if path == "" {
				return
			}
			cut = 0
		}
		path = path[:cut]
	}
}

// visit follows an alias and counts, so that a small file of aliases cannot
// become a large document.
func (r *reader) visit(n *yaml.Node, path string) (*yaml.Node, bool) {
	for hops := 0; n != nil && n.Kind == yaml.AliasNode; hops++ {
		if hops > 8 {
			r.add(n, path, "alias leads to aliases", "write the value out")
			return nil, false
		}
		n = n.Alias
	}
	if n == nil {
		return nil, false
	}
	r.visits++
	r.expanded += len(n.Value)
	if r.visits > maxVisits || r.expanded > maxExpand {
		if r.visits <= maxVisits+1 { // once
			r.add(n, path, fmt.Sprintf("document expands to more than %d values or %d bytes", maxVisits, maxExpand), "use fewer aliases")
		}
		r.visits = maxVisits + 1
		return nil, false
	}
	r.at[path] = n
	return n, true
}

// field reads the value of one key.
type field func(n *yaml.Node, path string)

// fields are the keys a mapping may have.
type fields = map[string]field

// mapping reads a mapping whose keys are exactly the given ones. explain may
// give the message for a key that is known but refused.
func (r *reader) mapping(n *yaml.Node, path string, known fields, explain func(key string) (message, fix string)) bool {
	return r.entries(n, path, func(k, v *yaml.Node, at string) {
		if read, ok := known[k.Value]; ok {
			read(v, at)
			return
		}
		r.unknown(k, at, known, explain)
	})
}

// entries reads a mapping of any keys, which are strings and unique.
func (r *reader) entries(n *yaml.Node, path string, each func(k, v *yaml.Node, at string)) bool {
	n, ok := r.visit(n, path)
	if !ok {
		return false
	}
	if n.Kind != yaml.MappingNode || n.ShortTag() != "!!map" {
		r.add(n, path, "must be a mapping, is "+kindOf(n), "")
		return false
	}
	if len(n.Content)/2 > maxEntries {
		r.add(n, path, fmt.Sprintf("has %d keys, limit %d", len(n.Content)/2, maxEntries), "")
		return false
	}
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.ShortTag() != "!!str" {
			r.add(k, path, "key must be a string", "aliases and merge keys are not keys: write the name out")
			continue
		}
		at := join(path, k.Value)
		if line, twice := seen[k.Value]; twice {
			r.add(k, at, fmt.Sprintf("duplicate key, first on line %d", line), "keep one")
			continue
		}
		seen[k.Value] = k.Line
		each(k, v, at)
	}
	return true
}

// items reads a list of anything.
func (r *reader) items(n *yaml.Node, path string, each func(item *yaml.Node, at string)) bool {
	n, ok := r.visit(n, path)
	if !ok {
		return false
	}
	if n.Kind != yaml.SequenceNode || n.ShortTag() != "!!seq" {
		r.add(n, path, "must be a list, is "+kindOf(n), "write [] for an empty list")
		return false
	}
	if len(n.Content) > maxEntries {
		r.add(n, path, fmt.Sprintf("has %d entries, limit %d", len(n.Content), maxEntries), "")
		return false
	}
	for i, item := range n.Content {
		each(item, fmt.Sprintf("%s[%d]", path, i))
	}
	return true
}

func (r *reader) unknown(k *yaml.Node, at string, known fields, explain func(string) (string, string)) {
	if explain != nil {
		if message, fix := explain(k.Value); message != "" {
			r.add(k, at, message, fix)
			return
		}
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	sort.Strings(names)
	r.add(k, at, "unknown key", suggest(k.Value, "known keys are ", names))
}

// suggest names the nearest of names, or all of them.
func suggest(got, all string, names []string) string {
	for distance := 1; distance <= 2; distance++ {
		for _, name := range names {
			if near(got, name, distance) {
				return fmt.Sprintf("did you mean %s?", name)
			}
		}
	}
	return all + strings.Join(names, ", ")
}

func join(path, key string) string {
	if len(key) > 64 {
		key = strings.ToValidUTF8(key[:64], "") + "…"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// near reports an edit distance of at most limit, for suggestions.
func near(a, b string, limit int) bool {
	if len(a) > 40 || len(a)-len(b) > limit || len(b)-len(a) > limit {
		return false
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)] <= limit
}
