package policy

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of one document.
const (
	MaxBytes   = 1 << 20
	maxEntries = 4096    // of one list
	maxVisits  = 1 << 17 // nodes visited, those behind aliases counted each time
	maxText    = 4096    // bytes of one string
)

// reader turns YAML nodes into values and collects problems. After a problem
// it goes on, so that a person sees all of them at once.
type reader struct {
	file     string
	problems []Problem
	visits   int
}

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
	if r.visits++; r.visits > maxVisits {
		if r.visits == maxVisits+1 {
			r.add(n, path, fmt.Sprintf("document expands to more than %d values", maxVisits), "use fewer aliases")
		}
		return nil, false
	}
	return n, true
}

// field reads the value of one key.
type field func(n *yaml.Node, path string)

// mapping reads a mapping whose keys are exactly the given ones. explain may
// give the message for a key that is known but refused.
func (r *reader) mapping(n *yaml.Node, path string, fields map[string]field, explain func(key string) (message, fix string)) bool {
	n, ok := r.visit(n, path)
	if !ok {
		return false
	}
	if n.Kind != yaml.MappingNode {
		r.add(n, path, "must be a mapping, is "+kindOf(n), "")
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
		read, known := fields[k.Value]
		if !known {
			r.unknown(k, at, fields, explain)
			continue
		}
		read(v, at)
	}
	return true
}

func (r *reader) unknown(k *yaml.Node, at string, fields map[string]field, explain func(string) (string, string)) {
	if explain != nil {
		if message, fix := explain(k.Value); message != "" {
			r.add(k, at, message, fix)
			return
		}
	}
	known := make([]string, 0, len(fields))
	for name := range fields {
		known = append(known, name)
	}
	sort.Strings(known)
	fix := "known keys are " + strings.Join(known, ", ")
	for _, name := range known {
		if near(k.Value, name) {
			fix = fmt.Sprintf("did you mean %s?", name)
			break
		}
	}
	r.add(k, at, "unknown key", fix)
}

// text reads a string into to.
func (r *reader) text(to *string) field {
	return func(n *yaml.Node, path string) {
		if s, ok := r.scalar(n, path); ok {
			*to = s
		}
	}
}

func (r *reader) scalar(n *yaml.Node, path string) (string, bool) {
	n, ok := r.visit(n, path)
	if !ok {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" && n.ShortTag() != "!!timestamp" {
		r.add(n, path, "must be a string, is "+kindOf(n), "put it in quotes")
		return "", false
	}
	if len(n.Value) > maxText {
		r.add(n, path, fmt.Sprintf("string has %d bytes, limit %d", len(n.Value), maxText), "shorten it")
		return "", false
	}
	return n.Value, true
}

// oneOf reads a string that must be one of values.
func (r *reader) oneOf(to *string, values ...string) field {
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path)
		if !ok {
			return
		}
		for _, v := range values {
			if s == v {
				*to = s
				return
			}
		}
		r.add(n, path, fmt.Sprintf("%.40q is not a value of this key", s), "write one of "+strings.Join(values, ", "))
	}
}

// boolean reads true or false into to, and whether it was there into present.
func (r *reader) boolean(to, present *bool) field {
	return func(n *yaml.Node, path string) {
		n, ok := r.visit(n, path)
		if !ok {
			return
		}
		*present = true
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
			r.add(n, path, "must be true or false, is "+kindOf(n), "")
			return
		}
		*to = strings.EqualFold(n.Value, "true")
	}
}

// integer reads a whole number within bounds, in decimal digits.
func (r *reader) integer(to *int64, low, high int64) field {
	return func(n *yaml.Node, path string) {
		n, ok := r.visit(n, path)
		if !ok {
			return
		}
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
			r.add(n, path, "must be a whole number, is "+kindOf(n), "")
			return
		}
		v, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil || v < low || v > high {
			r.add(n, path, fmt.Sprintf("%.24s is outside %d … %d", n.Value, low, high), "write it in decimal digits")
			return
		}
		*to = v
	}
}

// list reads a list of strings, each checked. The result is never nil.
func (r *reader) list(to *[]string, check func(string) error) field {
	return func(n *yaml.Node, path string) {
		n, ok := r.visit(n, path)
		if !ok {
			return
		}
		if n.Kind != yaml.SequenceNode {
			r.add(n, path, "must be a list, is "+kindOf(n), "write [] for an empty list")
			return
		}
		if len(n.Content) > maxEntries {
			r.add(n, path, fmt.Sprintf("has %d entries, limit %d", len(n.Content), maxEntries), "")
			return
		}
		out := make([]string, 0, len(n.Content))
		for i, item := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			s, ok := r.scalar(item, at)
			if !ok {
				continue
			}
			if err := check(s); err != nil {
				r.add(item, at, err.Error(), "")
				continue
			}
			out = append(out, s)
		}
		*to = out
	}
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

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!null":
			return "empty"
		case "!!bool":
			return "a boolean"
		case "!!int":
			return "a whole number"
		case "!!float":
			return "a number"
		case "!!str":
			return "a string"
		}
		return "a value tagged " + n.ShortTag()
	}
	return "something else"
}

// near reports an edit distance of at most two, for suggestions.
func near(a, b string) bool {
	if len(a) > 40 || len(a)-len(b) > 2 || len(b)-len(a) > 2 {
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
	return row[len(b)] <= 2
}
