package shell

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

func (m *machine) command(c syntax.Command, in flow, background bool) flow {
	switch c := c.(type) {
	case nil:
		return flow{known: true}
	case *syntax.CallExpr:
		return m.call(c, in, background)
	case *syntax.BinaryCmd:
		return m.binary(c, in)
	case *syntax.Subshell:
		return m.isolated(func() flow { return m.list(c.Stmts, in) })
	case *syntax.Block:
		return m.list(c.Stmts, in)
	case *syntax.IfClause:
		return m.conditional(c, in)
	case *syntax.WhileClause:
		if endless(c) {
			m.deny("fork-bomb")
		}
		return m.maybe(func() flow {
			out := join(m.list(c.Cond, in), m.list(c.Do, in))
			return join(out, join(m.list(c.Cond, in), m.list(c.Do, in))) // what the first round assigned
		})
	case *syntax.ForClause:
		return m.loop(c, in)
	case *syntax.CaseClause:
		m.word(c.Word)
		out := flow{known: true}
		for _, item := range c.Items {
			for _, p := range item.Patterns {
				m.scan(p)
			}
			out = join(out, m.maybe(func() flow { return m.list(item.Stmts, in) }))
		}
		return out
	case *syntax.FuncDecl:
		return m.declare(c)
	case *syntax.DeclClause:
		return m.decl(c)
	case *syntax.TimeClause:
		return m.stmt(c.Stmt, in)
	case *syntax.CoprocClause:
		return m.stmt(c.Stmt, in)
	case *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause:
		m.scan(c)
		return flow{known: true}
	}
	m.deny("unknown-construct")
	return flow{}
}

// endless reports a loop that ends never and starts something in the
// background each time.
func endless(c *syntax.WhileClause) bool {
	if len(c.Cond) != 1 || c.Until {
		return false
	}
	call, ok := c.Cond[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || !forever(call.Args[0].Lit()) {
		return false
	}
	for i, s := range c.Do {
		if s.Background && i == len(c.Do)-1 {
			return true
		}
	}
	return false
}

func (m *machine) binary(c *syntax.BinaryCmd, in flow) flow {
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		for _, name := range m.running { // f | f
			if callsName(c.X, name) && callsName(c.Y, name) {
				m.deny("fork-bomb")
			}
		}
		before := m.enter()
		left := m.stmt(c.X, in)
		m.leave(before)
		left.present = true
		before = m.enter()
		out := m.stmt(c.Y, left)
		m.leave(before)
		return out
	}
	left := m.stmt(c.X, in)
	m.branch++
	right := m.stmt(c.Y, in)
	m.branch--
	right.known = false
	return join(left, right)
}

func (m *machine) conditional(c *syntax.IfClause, in flow) flow {
	out := flow{known: true}
	for ; c != nil; c = c.Else {
		out = join(out, m.list(c.Cond, in))
		out = join(out, m.maybe(func() flow { return m.list(c.Then, in) }))
	}
	return out
}

func (m *machine) loop(c *syntax.ForClause, in flow) flow {
	iter, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		m.scan(c.Loop)
		return m.maybe(func() flow { return join(m.list(c.Do, in), m.list(c.Do, in)) })
	}
	items := m.params
	if iter.InPos.IsValid() {
		items = m.words(iter.Items)
	}
	if c.Select {
		items = append(slices.Clone(items), field{text: "\x00"})
	}
	rest := len(items) > maxItems
	if rest {
		items = append(slices.Clone(items[:maxItems]), field{text: "\x00"})
	}
	out := flow{known: true}
	for _, item := range items {
		m.set(iter.Name.Value, value{fields: []field{item}})
		out = join(out, m.maybe(func() flow { return m.list(c.Do, in) }))
		if m.stop() {
			break
		}
	}
	if len(items) == 1 { // a second round sees what the first assigned
		out = join(out, m.maybe(func() flow { return m.list(c.Do, in) }))
	}
	return out
}

// declare remembers a function and judges its body with plain arguments: it
// may be called from where this line does not show.
func (m *machine) declare(c *syntax.FuncDecl) flow {
	if m.funcs == nil {
		m.funcs = map[string]*syntax.Stmt{}
	}
	name := ""
	if c.Name != nil {
		name = c.Name.Value
	}
	m.funcs[name] = c.Body
	m.isolated(func() flow { return m.function(name, []field{{text: "argument"}, {text: "argument"}}, flow{}) })
	return flow{known: true}
}

func (m *machine) function(name string, args []field, in flow) flow {
	if slices.Contains(m.running, name) {
		if len(m.running) > 0 && len(args) == 0 && m.branch == 0 {
			return flow{} // plain recursion: its body was followed once
		}
		return flow{}
	}
	if len(m.running) >= maxDepth {
		m.deny("too-deep")
		return flow{}
	}
	params := m.params
	m.params = args
	m.running = append(m.running, name)
	out := m.maybe(func() flow { return m.stmt(m.funcs[name], in) })
	m.running = m.running[:len(m.running)-1]
	m.params = params
	return out
}

// callsName reports whether a statement's own command is name.
func callsName(s *syntax.Stmt, name string) bool {
	if s == nil {
		return false
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return len(c.Args) > 0 && c.Args[0].Lit() == name
	case *syntax.BinaryCmd:
		return callsName(c.X, name) || callsName(c.Y, name)
	}
	return false
}
