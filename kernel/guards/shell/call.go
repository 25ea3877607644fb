package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func (m *machine) call(c *syntax.CallExpr, in flow, background bool) flow {
	if len(c.Args) == 0 {
		out := flow{known: true}
		for _, a := range c.Assigns {
			out.taint |= m.assign(a, false)
		}
		return out
	}
	at := len(m.arena)
	m.in = in
	argv := m.words(c.Args)
	defer func() { m.arena = m.arena[:at] }()
	if len(c.Assigns) == 0 {
		return m.invoke(argv, in, background)
	}
	vars := m.vars
	m.vars = cloneVars(vars)
	for _, a := range c.Assigns {
		m.assign(a, true)
	}
	out := m.invoke(argv, in, background)
	m.vars = vars
	return out
}

func cloneVars(vars map[string]value) map[string]value {
	out := make(map[string]value, len(vars)+1)
	for k, v := range vars {
		out[k] = v
	}
	return out
}

func (m *machine) invoke(argv []field, in flow, background bool) flow {
	if len(argv) == 0 {
		return flow{known: true}
	}
	if background && slices.Contains(m.running, argv[0].text) {
		m.deny("fork-bomb")
	}
	return m.exec(argv, in)
}

// decl is export, declare, local, readonly and typeset.
func (m *machine) decl(c *syntax.DeclClause) flow {
	out := flow{known: true}
	ref := false
	naked := 0
	for _, a := range c.Args {
		if a.Naked && a.Name == nil {
			if w := m.word(a.Value); len(w) > 0 && strings.HasPrefix(w[0].text, "-") {
				ref = ref || c.Variant.Value == "nameref" || strings.Contains(w[0].text, "n") && c.Variant.Value != "export"
				continue
			}
			continue
		}
		if a.Naked {
			naked++
			continue
		}
		naked++
		out.taint |= m.assign(a, true)
		if ref && a.Name != nil {
			m.set(a.Name.Value, value{fields: []field{{text: "\x00"}}})
		}
	}
	if naked == 0 { // prints every variable
		out = flow{taint: secret}
	}
	return out
}

// scan judges every command inside an expression that is not followed.
func (m *machine) scan(node syntax.Node) {
	if node == nil {
		return
	}
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			m.isolated(func() flow { return m.list(n.Stmts, flow{}) })
			return false
		case *syntax.ProcSubst:
			m.isolated(func() flow { return m.list(n.Stmts, flow{}) })
			return false
		case *syntax.ParamExp:
			m.param(n)
			return false
		}
		return !m.stop()
	})
}
