package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// words expands the words of a command, in order, as bash would.
func (m *machine) words(words []*syntax.Word) []field {
	at := len(m.arena)
	for i, w := range words {
		m.expand(w, i == 0 && len(m.arena) == at)
		if m.stop() {
			break
		}
		if len(m.arena)-at > maxFields {
			m.deny("too-complex")
			break
		}
	}
	return m.arena[at:len(m.arena):len(m.arena)]
}

// word expands one word on its own.
func (m *machine) word(w *syntax.Word) []field {
	if w == nil {
		return nil
	}
	at := len(m.arena)
	m.expand(w, false)
	out := append([]field(nil), m.arena[at:]...)
	m.arena = m.arena[:at]
	return out
}

// single expands a word that is not split: a redirection, a value.
func (m *machine) single(w *syntax.Word) field {
	if w == nil {
		return field{}
	}
	b := builder{m: m, whole: true}
	b.parts(w.Parts, false)
	return b.cur
}

// expand appends the fields of one word to the arena. first says that the word
// would be a command's name.
func (m *machine) expand(w *syntax.Word, first bool) {
	if m.stop() {
		return
	}
	if len(w.Parts) == 1 {
		if l, ok := w.Parts[0].(*syntax.Lit); ok && strings.IndexByte(l.Value, '{') < 0 {
			f := field{}
			f.text, f.glob = literal(l.Value)
			m.arena = append(m.arena, f)
			return
		}
	}
	if syntax.SplitBraces(w) {
		list, ok := braces(w.Parts, 0)
		if !ok {
			m.deny("too-complex")
			return
		}
		for _, parts := range list {
			m.expandParts(parts, first)
			first = false
		}
		return
	}
	m.expandParts(w.Parts, first)
}

func (m *machine) expandParts(parts []syntax.WordPart, first bool) {
	b := builder{m: m, first: first}
	b.parts(parts, false)
	b.flush()
}

// literal removes the backslashes of unquoted text.
func literal(s string) (text string, glob bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, strings.ContainsAny(s, "*?[")
	}
	if len(s) > 2 && s[1] == ':' && s[2] == '\\' { // a Windows path; bash would eat its separators
		return s, strings.ContainsAny(s, "*?[")
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			if s[i] != '\n' {
				out = append(out, s[i])
			}
		case s[i] == '*' || s[i] == '?' || s[i] == '[':
			glob = true
			out = append(out, s[i])
		default:
			out = append(out, s[i])
		}
	}
	return string(out), glob
}

func quoted(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("$`\"\\\n", s[i+1]) >= 0 {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// builder puts the parts of one word together.
type builder struct {
	m     *machine
	cur   field
	begun bool
	first bool // a command's name
	whole bool // never split
}

func (b *builder) flush() {
	if b.begun {
		b.m.arena = append(b.m.arena, b.cur)
	}
	b.cur, b.begun = field{}, false
}

func (b *builder) add(text string, t taint) {
	b.begun = true
	b.cur.taint |= t
	b.m.steps += (len(b.cur.text) + len(text)) >> 8 // long text costs what it takes to copy
	if len(b.cur.text)+len(text) > maxText {
		b.m.deny("too-complex")
		return
	}
	if b.cur.text == "" {
		b.cur.text = text
		return
	}
	b.cur.text += text
}

func (b *builder) parts(parts []syntax.WordPart, inQuotes bool) {
	for _, p := range parts {
		if b.m.stop() {
			return
		}
		switch p := p.(type) {
		case *syntax.Lit:
			if inQuotes {
				b.add(quoted(p.Value), 0)
				continue
			}
			text, glob := literal(p.Value)
			b.add(text, 0)
			b.cur.glob = b.cur.glob || glob
		case *syntax.SglQuoted:
			if p.Dollar {
				b.add(escapes(p.Value, true), 0)
				continue
			}
			b.add(p.Value, 0)
		case *syntax.DblQuoted:
			b.begun = true
			b.parts(p.Parts, true)
		case *syntax.ParamExp:
			b.value(b.m.param(p), inQuotes, p)
		case *syntax.CmdSubst:
			out := b.m.isolated(func() flow { return b.m.list(p.Stmts, flow{}) })
			text := "\x00"
			if out.known {
				text = strings.TrimRight(out.text, "\n")
			}
			b.value(value{fields: []field{{text: text, taint: out.taint}}}, inQuotes, nil)
		case *syntax.ArithmExp:
			b.add(b.m.arithmetic(p.X), 0)
		case *syntax.ProcSubst:
			in := flow{}
			if p.Op == syntax.CmdOut {
				in = flow{present: true, taint: b.m.in.taint | computed}
			}
			out := b.m.isolated(func() flow { return b.m.list(p.Stmts, in) })
			out.present = true
			b.add("\x00", out.taint)
			if p.Op == syntax.CmdIn || p.Op == syntax.CmdInTemp {
				b.cur.sub = &out
			}
		case *syntax.ExtGlob:
			b.add("*", 0)
			b.cur.glob = true
		default:
			b.add("\x00", 0)
		}
	}
}

// value adds what an expansion gave; unquoted, it is split into fields.
func (b *builder) value(v value, inQuotes bool, p *syntax.ParamExp) {
	if v.alts && b.first || v.alts && (b.whole || b.begun) {
		b.add("\x00", taints(v.fields))
		return
	}
	many := v.array && p != nil && (!inQuotes || everyElement(p))
	for i, f := range v.fields {
		if i > 0 {
			if b.whole || inQuotes && !many && !v.alts {
				b.add(" ", 0)
			} else {
				b.flush()
			}
		}
		if inQuotes || b.whole {
			b.add(f.text, f.taint)
			b.cur.glob = b.cur.glob || f.glob && !inQuotes
			continue
		}
		b.split(f)
	}
}

// everyElement is "$@" or "${a[@]}".
func everyElement(p *syntax.ParamExp) bool {
	if p.Index != nil {
		w, ok := p.Index.(*syntax.Word)
		return ok && w.Lit() == "@"
	}
	return p.Param != nil && p.Param.Value == "@"
}

func (b *builder) split(f field) {
	seps := " \t\n"
	if v, ok := b.m.vars["IFS"]; ok {
		seps = v.scalar().text
	}
	rest := f.text
	for {
		i := strings.IndexAny(rest, seps)
		piece := rest
		if i >= 0 {
			piece = rest[:i]
		}
		if piece != "" {
			b.add(piece, f.taint)
			b.cur.glob = b.cur.glob || strings.ContainsAny(piece, "*?[")
		}
		if i < 0 || b.m.stop() {
			return
		}
		b.flush()
		rest = rest[i+1:]
	}
}

func taints(fields []field) (t taint) {
	for _, f := range fields {
		t |= f.taint
	}
	return t
}

func (v value) scalar() field {
	switch {
	case len(v.fields) == 0:
		return field{}
	case v.alts:
		return field{text: "\x00", taint: taints(v.fields)}
	}
	return v.fields[0]
}
