package policy

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/wire"
)

// text reads a string into to.
func (r *reader) text(to *string) field {
	return func(n *yaml.Node, path string) {
		if s, ok := r.scalar(n, path); ok {
			*to = s
		}
	}
}

// word reads a string that, once written, says something: "" is how a document
// built in Go leaves a key out.
func (r *reader) word(to *string) field {
	return func(n *yaml.Node, path string) {
		switch s, ok := r.scalar(n, path); {
		case ok && s == "":
			r.add(n, path, "is an empty string", "write a value, or leave the key out")
		case ok:
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

// flag reads true or false into to.
func (r *reader) flag(to *bool) field {
	var written bool
	return r.boolean(to, &written)
}

// maybeFlag reads true or false into a pointer.
func (r *reader) maybeFlag(to **bool) field {
	return func(n *yaml.Node, path string) {
		var v, written bool
		r.boolean(&v, &written)(n, path)
		*to = &v
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
		if v, ok := truthOf(n); ok {
			*to = v
			return
		}
		r.add(n, path, "must be true or false, is "+kindOf(n), "write true or false, without quotes and tags")
	}
}

// truthOf looks at the text besides the tag: a tag that is written out says
// nothing about what it stands before.
func truthOf(n *yaml.Node) (value, ok bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		return false, false
	}
	return strings.EqualFold(n.Value, "true"), strings.EqualFold(n.Value, "true") || strings.EqualFold(n.Value, "false")
}

// number reads a whole number in decimal digits.
func (r *reader) number(to *int64) field {
	return func(n *yaml.Node, path string) {
		if v, ok := r.whole(n, path); ok {
			*to = v
		}
	}
}

// maybeNumber reads a whole number into a pointer.
func (r *reader) maybeNumber(to **int64) field {
	return func(n *yaml.Node, path string) {
		if v, ok := r.whole(n, path); ok {
			*to = &v
		}
	}
}

func (r *reader) whole(n *yaml.Node, path string) (int64, bool) {
	n, ok := r.visit(n, path)
	if !ok {
		return 0, false
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		r.add(n, path, "must be a whole number, is "+kindOf(n), "")
		return 0, false
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		r.add(n, path, fmt.Sprintf("%.24s is not a whole number of 64 bits", n.Value), "write it in decimal digits")
		return 0, false
	}
	return v, true
}

// integer reads a whole number within bounds, for values that no checker sees.
func (r *reader) integer(to *int64, low, high int64) field {
	return func(n *yaml.Node, path string) {
		v, ok := r.whole(n, path)
		if ok && (v < low || v > high) {
			r.add(n, path, fmt.Sprintf("%d is outside %d … %d", v, low, high), "")
			return
		}
		if ok {
			*to = v
		}
	}
}

// positive reads a decimal for which zero, once written, is no value.
func (r *reader) positive(to *Decimal) field {
	return func(n *yaml.Node, path string) {
		switch v, ok := r.exact(n, path); {
		case ok && v <= 0:
			r.add(n, path, fmt.Sprintf("%s is not above 0", v), "")
		case ok:
			*to = v
		}
	}
}

func (r *reader) maybeDecimal(to **Decimal) field {
	return func(n *yaml.Node, path string) {
		if v, ok := r.exact(n, path); ok {
			*to = &v
		}
	}
}

func (r *reader) exact(n *yaml.Node, path string) (Decimal, bool) {
	n, ok := r.visit(n, path)
	if !ok {
		return 0, false
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" && n.ShortTag() != "!!float" {
		r.add(n, path, "must be a number, is "+kindOf(n), "")
		return 0, false
	}
	v, err := ParseDecimal(n.Value)
	if err != nil {
		r.add(n, path, err.Error(), "")
		return 0, false
	}
	return v, true
}

// list reads a list of strings. The result is never nil.
func (r *reader) list(to *[]string) field {
	return func(n *yaml.Node, path string) {
		out := []string{}
		ok := r.items(n, path, func(item *yaml.Node, at string) {
			s, ok := r.scalar(item, at)
			if !ok {
				s = "?" // keeps the positions of the others; the document is refused
			}
			out = append(out, s)
		})
		if ok {
			*to = out
		}
	}
}

// strings reads a list where empty and absent are one: the result is nil or
// has entries.
func (r *reader) strings(to *[]string) field {
	return func(n *yaml.Node, path string) {
		var out []string
		r.list(&out)(n, path)
		if len(out) > 0 {
			*to = out
		}
	}
}

// numbers reads a table of whole numbers.
func (r *reader) numbers(to *map[string]int64) field {
	return func(n *yaml.Node, path string) {
		out := map[string]int64{}
		r.entries(n, path, func(k, v *yaml.Node, at string) {
			if i, ok := r.whole(v, at); ok {
				out[k.Value] = i
			}
		})
		if len(out) > 0 {
			*to = out
		}
	}
}

// maxCarried bounds one value that is carried as JSON, and maxCarriedDepth its
// nesting.
const (
	maxCarried      = 64 << 10
	maxCarriedDepth = 24
)

// carried reads any value as canonical JSON.
func (r *reader) carried(to *wire.Raw) field {
	return func(n *yaml.Node, path string) {
		before := len(r.problems)
		text := r.appendJSON(nil, n, path, maxCarriedDepth)
		if len(r.problems) > before || len(text) == 0 {
			return
		}
		canonical, err := wire.Canonicalize(text, wire.Limits{Bytes: maxCarried, Depth: maxCarriedDepth + 1})
		if err != nil {
			r.add(n, path, "cannot be carried as JSON: "+err.Error(), "")
			return
		}
		*to = canonical
	}
}

func (r *reader) appendJSON(out []byte, n *yaml.Node, path string, depth int) []byte {
	n, ok := r.visit(n, path)
	if !ok {
		return nil
	}
	if depth <= 0 || len(out) > maxCarried {
		r.add(n, path, fmt.Sprintf("is nested deeper than %d levels or larger than %d bytes", maxCarriedDepth, maxCarried), "make it smaller")
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return r.appendObject(out, n, path, depth)
	case yaml.SequenceNode:
		out = append(out, '[')
		first := true
		r.items(n, path, func(item *yaml.Node, at string) {
			if !first {
				out = append(out, ',')
			}
			first = false
			out = r.appendJSON(out, item, at, depth-1)
		})
		return append(out, ']')
	}
	return r.appendScalar(out, n, path)
}

func (r *reader) appendObject(out []byte, n *yaml.Node, path string, depth int) []byte {
	out = append(out, '{')
	first := true
	r.entries(n, path, func(k, v *yaml.Node, at string) {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(r.appendQuoted(out, k.Value, k, at), ':')
		out = r.appendJSON(out, v, at, depth-1)
	})
	return append(out, '}')
}

func (r *reader) appendScalar(out []byte, n *yaml.Node, path string) []byte {
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		if s, ok := r.scalar(n, path); ok {
			return r.appendQuoted(out, s, n, path)
		}
		return out
	case "!!null":
		return append(out, "null"...)
	case "!!bool":
		if v, ok := truthOf(n); ok {
			return strconv.AppendBool(out, v)
		}
	case "!!int":
		if v, ok := r.whole(n, path); ok {
			return strconv.AppendInt(out, v, 10)
		}
		return out
	case "!!float":
		if v, ok := r.exact(n, path); ok {
			return append(out, v.String()...)
		}
		return out
	}
	r.add(n, path, "must be a plain value, is "+kindOf(n), "")
	return out
}

func (r *reader) appendQuoted(out []byte, s string, n *yaml.Node, path string) []byte {
	quoted, err := wire.Marshal(s)
	if err != nil {
		r.add(n, path, "cannot be carried as JSON: "+err.Error(), "")
	}
	return append(out, quoted...)
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		if tag := n.ShortTag(); tag != "!!map" {
			return "a mapping tagged " + tag
		}
		return "a mapping"
	case yaml.SequenceNode:
		if tag := n.ShortTag(); tag != "!!seq" {
			return "a list tagged " + tag
		}
		return "a list"
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!null":
			return "empty"
		case "!!bool":
			if _, ok := truthOf(n); !ok {
				return fmt.Sprintf("%.24q", n.Value)
			}
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
