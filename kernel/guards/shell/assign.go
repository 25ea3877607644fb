package shell

import "mvdan.cc/sh/v3/syntax"

// assign follows one assignment and returns the taint of its value. temporary
// says that it is for one command, or a declaration.
func (m *machine) assign(a *syntax.Assign, temporary bool) taint {
	if a.Name == nil {
		return 0
	}
	name := a.Name.Value
	var v value
	switch {
	case a.Array != nil:
		v.array = true
		for _, e := range a.Array.Elems {
			if e.Value != nil {
				v.fields = append(v.fields, m.word(e.Value)...)
			}
		}
	case a.Naked:
		return 0
	default:
		v = value{fields: []field{m.single(a.Value)}}
	}
	if a.Index != nil {
		m.scan(a.Index)
		old := m.vars[name]
		m.steps += len(old.fields)
		if len(old.fields) > maxFields/4 {
			m.deny("too-complex")
			return 0
		}
		v = value{fields: append(append([]field(nil), old.fields...), v.fields...), array: true}
		if len(v.fields) > 1 {
			v.fields = append(v.fields, field{text: "\x00"})
		}
	}
	m.environment(name, v.scalar())
	old, had := m.vars[name]
	if a.Append && had {
		v = appended(old, v)
	}
	if m.branch > 0 && !temporary && had {
		v = either(old, v)
	}
	m.set(name, v)
	return taints(v.fields)
}

func appended(old, v value) value {
	if old.array || v.array {
		return value{fields: append(append([]field(nil), old.fields...), v.fields...), array: true}
	}
	a, b := old.scalar(), v.scalar()
	if len(a.text)+len(b.text) > maxText {
		return unknown
	}
	return value{fields: []field{{text: a.text + b.text, taint: a.taint | b.taint, glob: a.glob || b.glob}}}
}

// either is a value that one of two branches gave.
func either(old, v value) value {
	if old.array || v.array || len(old.fields) > maxItems {
		return value{fields: []field{{text: "\x00", taint: taints(old.fields) | taints(v.fields)}}}
	}
	for _, f := range old.fields {
		if len(v.fields) == 1 && f.text == v.fields[0].text && f.taint == v.fields[0].taint {
			return old
		}
	}
	return value{fields: append(append([]field(nil), old.fields...), v.fields...), alts: true}
}
