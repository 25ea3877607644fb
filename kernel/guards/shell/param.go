package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

var unknown = value{fields: []field{{text: "\x00"}}} // never written to

func plain(text string) value { return value{fields: []field{{text: text}}} }

// lookup returns the value of a variable. One that this line does not assign
// is not known, except those every shell has.
func (m *machine) lookup(name string) (v value, assigned bool) {
	if v, ok := m.vars[name]; ok {
		return v, true
	}
	switch name {
	case "HOME":
		return plain("~"), true
	case "IFS":
		return plain(" \t\n"), true
	case "PATH":
		return plain("/usr/local/bin:/usr/bin:/bin"), true
	case "SHELL", "BASH":
		return plain("/bin/bash"), true
	case "@", "*":
		return value{fields: m.params, array: true}, true
	case "#":
		return plain(strconv.Itoa(len(m.params))), true
	case "?", "$", "!", "PPID", "RANDOM", "SECONDS", "UID", "EUID", "LINENO":
		return unknown, false
	case "0":
		return plain("bash"), true
	}
	if n, err := strconv.Atoi(name); err == nil && n > 0 {
		if n <= len(m.params) {
			return value{fields: m.params[n-1 : n]}, true
		}
		return plain(""), true
	}
	if secretName(name) {
		return value{fields: []field{{text: "\x00", taint: keyed}}}, false
	}
	return unknown, false
}

func secretName(name string) bool {
	u := strings.ToUpper(name)
	return strings.Contains(u, "SECRET") || strings.Contains(u, "PASSWORD") || strings.Contains(u, "PRIVATE_KEY") || strings.Contains(u, "PASSWD") || strings.Contains(u, "CREDENTIAL")
}

func (m *machine) set(name string, v value) {
	if m.vars == nil {
		m.vars = map[string]value{}
	}
	m.vars[name] = v
}

// param is one parameter expansion.
func (m *machine) param(p *syntax.ParamExp) value {
	if m.stop() || p.Param == nil || p.NestedParam != nil || p.Flags != nil || len(p.Modifiers) > 0 || p.Names != 0 || p.IsSet || p.Width {
		if p.NestedParam != nil {
			m.scan(p.NestedParam)
		}
		return unknown
	}
	v, assigned := m.lookup(p.Param.Value)
	if p.Index != nil {
		v = m.element(v, p.Index)
	}
	if p.Excl {
		target := v.scalar()
		if target.unknown() || !syntax.ValidName(target.text) {
			return unknown
		}
		v, assigned = m.lookup(target.text)
	}
	switch {
	case p.Length:
		if f := v.scalar(); !v.array && !f.unknown() {
			return plain(strconv.Itoa(len(f.text)))
		}
		return unknown
	case p.Slice != nil:
		return m.slice(p, v)
	case p.Repl != nil:
		return m.replace(p.Repl, v)
	case p.Exp != nil:
		return m.expansion(p, v, assigned)
	}
	return v
}

func (m *machine) element(v value, index syntax.ArithmExpr) value {
	m.scan(index)
	if w, ok := index.(*syntax.Word); ok {
		if l := w.Lit(); l == "@" || l == "*" {
			return v
		}
	}
	n, err := strconv.Atoi(m.arithmetic(index))
	if err != nil || n < 0 || n >= len(v.fields) || v.alts {
		return unknown
	}
	return value{fields: v.fields[n : n+1]}
}

func (m *machine) slice(p *syntax.ParamExp, v value) value {
	offset, err := strconv.Atoi(strings.TrimSpace(m.arithmetic(p.Slice.Offset)))
	length := -1
	if p.Slice.Length != nil {
		n, lerr := strconv.Atoi(strings.TrimSpace(m.arithmetic(p.Slice.Length)))
		if lerr != nil || n < 0 {
			return unknown
		}
		length = n
	}
	f := v.scalar()
	if (p.Param.Value == "HOME" || p.Param.Value == "PWD" || p.Param.Value == "OLDPWD") && offset == 0 && length == 1 {
		return plain("/")
	}
	if err != nil || offset < 0 || f.unknown() || v.array {
		if v.array && err == nil && offset >= 0 {
			return value{fields: append([]field{{text: "\x00"}}, v.fields...), alts: true}
		}
		return unknown
	}
	text := f.text[min(offset, len(f.text)):]
	if length >= 0 {
		text = text[:min(length, len(text))]
	}
	return value{fields: []field{{text: text, taint: f.taint}}}
}

func (m *machine) replace(r *syntax.Replace, v value) value {
	orig, with, f := m.single(r.Orig), field{}, v.scalar()
	if r.With != nil {
		with = m.single(r.With)
	}
	if f.unknown() || orig.unknown() || with.unknown() || orig.glob || v.array || strings.HasPrefix(orig.text, "#") || strings.HasPrefix(orig.text, "%") {
		return value{fields: []field{{text: "\x00", taint: f.taint}}}
	}
	n := 1
	if r.All {
		n = -1
	}
	if orig.text == "" {
		return v
	}
	return value{fields: []field{{text: strings.Replace(f.text, orig.text, with.text, n), taint: f.taint | with.taint}}}
}

// expansion is ${a:-b} and its kind. Where a variable comes from outside the
// line, a default is taken: that is what happens when it is not set.
func (m *machine) expansion(p *syntax.ParamExp, v value, assigned bool) value {
	var arg field
	if p.Exp.Word != nil {
		arg = m.single(p.Exp.Word)
	}
	f := v.scalar()
	empty := !assigned || f.text == ""
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if !empty {
			return v
		}
		if p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull {
			m.set(p.Param.Value, value{fields: []field{arg}})
		}
		return value{fields: []field{arg}}
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		return value{fields: []field{arg, {}}, alts: !empty || arg.text != ""}
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return v
	case syntax.UpperAll, syntax.UpperFirst, syntax.LowerAll, syntax.LowerFirst:
		return m.letters(p.Exp.Op, v)
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		if !f.unknown() && !arg.unknown() && !arg.glob && !v.array {
			return value{fields: []field{{text: strings.TrimSuffix(f.text, arg.text), taint: f.taint}}}
		}
	case syntax.RemSmallPrefix, syntax.RemLargePrefix:
		if !f.unknown() && !arg.unknown() && !arg.glob && !v.array {
			return value{fields: []field{{text: strings.TrimPrefix(f.text, arg.text), taint: f.taint}}}
		}
	}
	return value{fields: []field{{text: "\x00", taint: f.taint}}}
}

func (m *machine) letters(op syntax.ParExpOperator, v value) value {
	out := value{alts: v.alts, array: v.array}
	for _, f := range v.fields {
		head := min(1, len(f.text))
		switch op {
		case syntax.UpperAll:
			f.text = strings.ToUpper(f.text)
		case syntax.LowerAll:
			f.text = strings.ToLower(f.text)
		case syntax.UpperFirst:
			f.text = strings.ToUpper(f.text[:head]) + f.text[head:]
		default:
			f.text = strings.ToLower(f.text[:head]) + f.text[head:]
		}
		out.fields = append(out.fields, f)
	}
	return out
}

// arithmetic evaluates what is constant; the commands inside are judged.
func (m *machine) arithmetic(x syntax.ArithmExpr) string {
	if n, ok := m.number(x); ok {
		return strconv.FormatInt(n, 10)
	}
	return "\x00"
}

func (m *machine) number(x syntax.ArithmExpr) (int64, bool) {
	if m.stop() {
		return 0, false
	}
	switch x := x.(type) {
	case *syntax.Word:
		f := m.single(x)
		n, err := strconv.ParseInt(f.text, 0, 64)
		return n, err == nil
	case *syntax.ParenArithm:
		return m.number(x.X)
	case *syntax.BinaryArithm:
		a, aok := m.number(x.X)
		b, bok := m.number(x.Y)
		if !aok || !bok {
			return 0, false
		}
		switch x.Op {
		case syntax.Add:
			return a + b, true
		case syntax.Sub:
			return a - b, true
		case syntax.Mul:
			return a * b, true
		}
		return 0, false
	case nil:
		return 0, false
	}
	m.scan(x)
	return 0, false
}
