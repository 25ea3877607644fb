package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// member is one member of a struct, in canonical order.
type member struct {
	index     int
	prefix    string // "name":
	value     *planCell
	omitEmpty bool // drop null, "", [] and {}
	omitZero  bool
	hasIsZero bool // the type decides what zero is
}

// structPlan sorts the members once. Anything beyond plain tagged members, such
// as embedding or another option, is left to the engine.
func structPlan(t reflect.Type) plan {
	members := make([]member, 0, t.NumField())
	seen := make(map[string]bool, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			return noPlan
		}
		tag := f.Tag.Get("json")
		if !f.IsExported() || tag == "-" {
			continue
		}
		m, name, ok := parseMember(f, tag)
		if !ok || seen[name] {
			return noPlan
		}
		seen[name], m.index = true, i
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name(), b.name()) })
	return func(out []byte, v reflect.Value, depth int) ([]byte, error) {
		if depth <= 0 {
			return nil, fmt.Errorf("%w: limit %d", ErrTooDeep, BundleLimits.Depth)
		}
		return appendMembers(out, v, members, depth-1)
	}
}

func (m *member) name() string { return m.prefix[1 : len(m.prefix)-2] }

func parseMember(f reflect.StructField, tag string) (member, string, bool) {
	m := member{value: planOf(f.Type)}
	name, options, _ := strings.Cut(tag, ",")
	if name == "" {
		name = f.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitempty":
			m.omitEmpty = true
		case "omitzero":
			m.omitZero = true
		default:
			return m, name, false
		}
	}
	m.hasIsZero = f.Type.Implements(zeroer)
	if m.omitZero && !m.hasIsZero && reflect.PointerTo(f.Type).Implements(zeroer) {
		return m, name, false
	}
	m.prefix = `"` + name + `":`
	return m, name, plainName(name) && !strings.Contains(name, "'")
}

func appendMembers(out []byte, v reflect.Value, members []member, depth int) ([]byte, error) {
	out = append(out, '{')
	first := true
	for i := range members {
		m := &members[i]
		field := v.Field(m.index)
		if m.omitZero && m.zero(field) {
			continue
		}
		mark := len(out)
		if !first {
			out = append(out, ',')
		}
		out = append(out, m.prefix...)
		start := len(out)
		var err error
		if out, err = m.value.append(out, field, depth); err != nil {
			return nil, err
		}
		if m.omitEmpty && isEmptyJSON(out[start:]) {
			out = out[:mark]
			continue
		}
		first = false
	}
	return append(out, '}'), nil
}

// zero follows the engine's omitzero: the type's own IsZero, else Go's.
func (m *member) zero(v reflect.Value) bool {
	if !m.hasIsZero {
		return v.IsZero()
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return true
	}
	return v.Interface().(interface{ IsZero() bool }).IsZero()
}

func isEmptyJSON(b []byte) bool {
	switch string(b) {
	case "null", `""`, "[]", "{}":
		return true
	}
	return false
}
