package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// redirects judges the redirections of a statement. It returns what the
// command reads and the files that its output goes to.
func (m *machine) redirects(list []*syntax.Redirect, in flow) (flow, []string) {
	var outs []string
	for _, r := range list {
		switch r.Op {
		case syntax.Hdoc, syntax.DashHdoc:
			f := field{}
			if r.Hdoc != nil {
				f = m.document(r)
			}
			in = flow{present: true, known: !f.unknown(), text: f.text, taint: f.taint}
			continue
		case syntax.WordHdoc:
			f := m.single(r.Word)
			in = flow{present: true, known: !f.unknown(), text: f.text + "\n", taint: f.taint}
			continue
		}
		f := m.single(r.Word)
		switch r.Op {
		case syntax.DplIn, syntax.DplOut:
			if descriptor(f.text) {
				if r.Op == syntax.DplIn {
					in = flow{present: true, taint: computed} // a descriptor opened before
				}
				continue
			}
		}
		if r.Op == syntax.RdrIn || r.Op == syntax.DplIn || r.Op == syntax.RdrInOut {
			m.read(f)
			in = m.contents(f)
		}
		if r.Op != syntax.RdrIn && r.Op != syntax.DplIn {
			m.write(f)
			outs = append(outs, m.at(f.text))
		}
	}
	return in, outs
}

// document is the body of a here-document: with a quoted delimiter it is taken
// as it is written.
func (m *machine) document(r *syntax.Redirect) field {
	for _, p := range r.Word.Parts {
		if _, lit := p.(*syntax.Lit); !lit || strings.Contains(r.Word.Lit(), `\`) {
			var b strings.Builder
			for _, part := range r.Hdoc.Parts {
				if l, ok := part.(*syntax.Lit); ok {
					b.WriteString(l.Value)
				}
			}
			return field{text: b.String()}
		}
	}
	b := builder{m: m, whole: true}
	b.parts(r.Hdoc.Parts, true)
	return b.cur
}

// descriptor is the target of >&2, <&- and their kind.
func descriptor(s string) bool {
	if s == "-" {
		return true
	}
	s = strings.TrimSuffix(s, "-")
	for i := range len(s) {
		if s[i] != 0 && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != ""
}

// contents is what a command reads from a file.
func (m *machine) contents(f field) flow {
	if f.sub != nil {
		in := *f.sub
		in.present = true
		return in
	}
	t, fifo := m.holds(m.at(f.text))
	if fifo || f.unknown() && f.text == "\x00" {
		t |= computed
	}
	return flow{present: true, taint: t | f.taint&^computed}
}

// at places a path in the directory where the line is, if that is known.
func (m *machine) at(path string) string {
	if path == "" || path[0] == '/' || path[0] == '~' || len(m.cwds) == 0 {
		return path
	}
	if dir := m.cwds[len(m.cwds)-1]; dir != "." {
		return dir + "/" + path
	}
	return path
}
