package mcp

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/wire"
)

// object is a JSON object of which only some members are looked at: the
// others keep their bytes. Foreign values may be nested deeper than the
// artifacts package wire encodes, so it is written out member by member.
type object map[string]wire.Raw

// parseObject decodes one object within FrameLimits; nil is the empty object.
func parseObject(doc wire.Raw) (object, error) {
	if len(doc) == 0 {
		return object{}, nil
	}
	if doc[0] != '{' {
		return nil, fmt.Errorf("%w: want an object", wire.ErrField)
	}
	var o object
	if err := wire.UnmarshalLenient(doc, &o, FrameLimits); err != nil {
		return nil, err
	}
	return o, nil
}

// raw writes the object with its keys in byte order.
func (o object) raw() wire.Raw {
	n := 2
	for k, v := range o {
		n += len(k) + len(v) + 4
	}
	b := append(make([]byte, 0, n), '{')
	for i, k := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, quote(k)...), ':')
		b = append(b, o[k]...)
	}
	return append(b, '}')
}

// only returns the members named, those that are present.
func (o object) only(names ...string) object {
	kept := object{}
	for _, n := range names {
		if v, ok := o[n]; ok {
			kept[n] = v
		}
	}
	return kept
}

// text returns a string member, "" if it is absent or of another type.
func (o object) text(name string) string {
	var s string
	if v := o[name]; len(v) > 0 && v[0] == '"' && wire.Unmarshal(v, &s, FrameLimits) != nil {
		return ""
	}
	return s
}

// quote returns s as a JSON string. Text of our own that carries somebody
// else's bytes (an error message) may not be UTF-8; it is made so.
func quote(s string) wire.Raw {
	if plain(s) {
		b := append(make([]byte, 0, len(s)+2), '"')
		return append(append(b, s...), '"')
	}
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return wire.MustMarshal(s)
}

// plain reports whether s is its own JSON spelling: names, keys and codes are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
