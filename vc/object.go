package vc

import (
	"bytes"
	"fmt"
	"slices"
)

// member is one member of a canonical JSON object: offsets of its name (with
// quotes), and of its value.
type member struct{ name, value []byte }

// members splits a canonical object into its members without copying. The
// input comes from wire.Canonicalize, so it is valid, has no white space, no
// repeated name, and one spelling per name.
func members(object []byte) ([]member, error) {
	if len(object) < 2 || object[0] != '{' {
		return nil, fmt.Errorf("%w: not a JSON object", ErrMalformed)
	}
	if len(object) == len("{}") {
		return nil, nil
	}
	out := make([]member, 0, 12) // a credential has about ten
	for i := 1; object[i] != '}'; {
		if object[i] == ',' {
			i++
		}
		colon := valueEnd(object, i)
		end := valueEnd(object, colon+1)
		out = append(out, member{object[i:colon], object[colon+1 : end]})
		i = end
	}
	return out, nil
}

// valueEnd returns the index after the value that begins at i.
func valueEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = quoteEnd(b, i+1)
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // end of the enclosing object after a bare literal
			}
			depth--
		case ',', ':':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue // inside a literal
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// quoteEnd returns the index of the quote that ends the string whose text
// begins at i: the first one after an even number of backslashes.
func quoteEnd(b []byte, i int) int {
	for start := i; ; i++ {
		i += bytes.IndexByte(b[i:], '"')
		slashes := 0
		for j := i - 1; j >= start && b[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
}

// find returns the value of a member, or nil.
func find(ms []member, name string) []byte {
	for _, m := range ms {
		if isName(m.name, name) {
			return m.value
		}
	}
	return nil
}

// without returns the canonical object that lacks the named members.
func without(ms []member, names ...string) []byte {
	size := 2
	for _, m := range ms {
		size += len(m.name) + len(m.value) + 2
	}
	out := append(make([]byte, 0, size), '{')
	for _, m := range ms {
		if slices.ContainsFunc(names, func(n string) bool { return isName(m.name, n) }) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, m.name...), ':'), m.value...)
	}
	return append(out, '}')
}

// with returns the canonical object in which a member has a value, whether it
// was there before or not. Names are ordered by their UTF-16 code units; for the
// names of letters that are used here that is the order of their bytes, escaped
// or not.
func with(ms []member, name string, value []byte) []byte {
	changed := make([]member, 0, len(ms)+1)
	put := member{[]byte(`"` + name + `"`), value}
	placed := false
	for _, m := range ms {
		switch order := bytes.Compare(m.name[1:len(m.name)-1], put.name[1:len(put.name)-1]); {
		case order == 0:
			m, placed = put, true
		case order > 0 && !placed:
			changed, placed = append(changed, put), true
		}
		changed = append(changed, m)
	}
	if !placed {
		changed = append(changed, put)
	}
	return without(changed)
}

func isName(quoted []byte, name string) bool {
	return len(quoted) == len(name)+2 && string(quoted[1:len(quoted)-1]) == name
}
