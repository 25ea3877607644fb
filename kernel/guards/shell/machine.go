package shell

import (
	"maps"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// The bounds of one judgement. Over any of them the line is denied.
const (
	maxSteps  = 20000 // words, statements and expansions
	maxDepth  = 12    // lines inside lines, functions inside functions
	maxFields = 2048  // words of one command after expansion
	maxText   = 128 << 10
	maxItems  = 24 // iterations of a loop that are followed

	maxNesting = 200 // brackets inside brackets: the parser recurses
)

// taint says where text comes from.
type taint uint8

const (
	fetched  taint = 1 << iota // the network
	decoded                    // base64, hex, a decompressor
	computed                   // output of a program that is not followed
	secret                     // the environment, or a store of credentials
	terminal                   // an interactive shell
	keyed                      // a variable that is named as secrets are
	vitals                     // the names of everything below the root or a home
)

// flow is what one command gives to the next.
type flow struct {
	present bool // a pipe, a redirection or a here-document, not the terminal
	known   bool // text is all of it
	text    string
	taint   taint
}

// field is one word after expansion. A NUL in text stands for a part that is
// not known; a command line cannot hold one itself.
type field struct {
	text  string
	taint taint
	glob  bool  // has an unquoted wildcard
	sub   *flow // <(…): what the file holds
}

func (f field) unknown() bool { return strings.IndexByte(f.text, 0) >= 0 }

type value struct {
	fields []field // the elements of an array, or the value
	alts   bool    // fields are alternatives of one value
	array  bool
}

type saved struct {
	path  string
	taint taint
	text  string // what this line wrote, if that is known
	known bool
	fifo  bool
	below bool // a directory into which an archive was unpacked
}

// machine runs one line without running anything.
type machine struct {
	g        *Guard
	hit      *finding
	steps    int
	depth    int
	branch   int // inside something that may not run
	vars     map[string]value
	funcs    map[string]*syntax.Stmt
	running  []string // functions that are being followed
	params   []field
	files    []saved
	cwds     []string // where the line may be; "." is where it began
	arena    []field
	executes bool // code on the line runs text that it reads
	archived bool // the last archive holds a home or the system
	in       flow // what the command whose words are expanded reads
}

var machines = sync.Pool{New: func() any { return &machine{} }}

var parsers = sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }}

func newMachine(g *Guard) *machine {
	m := machines.Get().(*machine)
	m.g = g
	m.cwds = append(m.cwds[:0], ".")
	return m
}

func (m *machine) free() {
	clear(m.arena[:cap(m.arena)])
	clear(m.files[:cap(m.files)])
	*m = machine{cwds: m.cwds[:0], arena: m.arena[:0], files: m.files[:0]}
	machines.Put(m)
}

func (m *machine) deny(id string) {
	if !m.hit.final() {
		m.hit = &finding{id: id, pattern: -1}
	}
}

func (m *machine) denyPath(pattern string) {
	if !m.hit.final() {
		m.hit = &finding{id: "forbidden-path", by: pattern, pattern: -1}
	}
}

// dynamic reports text that would be run and is not known.
func (m *machine) dynamic(id string) {
	if m.hit == nil {
		m.hit = &finding{id: id, pattern: -1, dynamic: true, ask: m.g.confirm}
	}
}

func (m *machine) stop() bool {
	m.steps++
	if m.steps > maxSteps {
		m.deny("too-complex")
	}
	return m.hit.final()
}

// result adds the policy's own patterns, over the line as written; they were
// tried over the words of each command on the way. Where a built-in rule and a
// pattern both deny a line, the policy's own words are the answer.
func (m *machine) result(text string) *finding {
	if found := m.hit; found.final() && found.pattern < 0 && len(text) <= maxLineBytes {
		m.hit = nil
		if m.match(text); m.hit == nil {
			m.hit = found
		}
		return m.hit
	}
	if !m.hit.final() {
		m.match(text)
	}
	return m.hit
}

func (m *machine) match(text string) {
	if m.hit.final() {
		return
	}
	if i, matched := m.g.patterns.Match(text); matched {
		m.hit = &finding{pattern: i}
	}
}

// top judges one whole line; a line within a line comes here too.
func (m *machine) top(text string) {
	m.run(text, flow{})
}

// run parses and follows a line.
func (m *machine) run(text string, in flow) flow {
	switch {
	case len(text) > maxLineBytes:
		m.deny("too-long")
	case m.depth >= maxDepth:
		m.deny("too-deep")
	case m.depth == 0 && strings.IndexByte(text, 0) >= 0:
		m.deny("control-character")
	case brackets(text) > maxNesting:
		m.deny("too-deep")
	case disguised(text):
		m.deny("hidden-text")
	}
	if m.stop() {
		return flow{}
	}
	file, err := parse(strings.ReplaceAll(text, "\x00", "${__unknown__}"))
	if err != nil {
		m.deny("unparsable")
		return flow{}
	}
	m.depth++
	defer func() { m.depth-- }()
	return m.list(file.Stmts, in)
}

func parse(text string) (*syntax.File, error) {
	p := parsers.Get().(*syntax.Parser)
	file, err := p.Parse(strings.NewReader(text), "")
	if err == nil {
		parsers.Put(p)
		return file, nil
	}
	posix, perr := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	if perr != nil {
		return nil, err
	}
	return posix, nil
}

// brackets is how deep the brackets of a text stand in one another, quoted or
// not.
func brackets(text string) (deepest int) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', '}':
			depth = max(0, depth-1)
		}
	}
	return deepest
}

// disguised reports characters that make a line look like another one: what
// turns the direction of text around.
func disguised(text string) bool {
	for i := 0; i+2 < len(text); i++ {
		if text[i] == 0xe2 && (text[i+1] == 0x80 && text[i+2] >= 0xaa && text[i+2] <= 0xae || // U+202A…U+202E
			text[i+1] == 0x81 && text[i+2] >= 0xa6 && text[i+2] <= 0xa9) { // U+2066…U+2069
			return true
		}
	}
	return false
}

// list follows statements one after the other.
func (m *machine) list(stmts []*syntax.Stmt, in flow) flow {
	out := flow{known: true}
	for _, s := range stmts {
		out = join(out, m.stmt(s, in))
		m.steps += len(out.text) >> 8
		if m.stop() {
			return flow{}
		}
	}
	return out
}

func join(a, b flow) flow {
	f := flow{known: a.known && b.known, taint: a.taint | b.taint}
	if f.known && len(a.text)+len(b.text) <= maxText {
		f.text = a.text + b.text
		return f
	}
	f.known = false
	return f
}

// isolated runs fn as a subshell does: what it assigns and where it goes is
// forgotten.
func (m *machine) isolated(fn func() flow) flow {
	before := m.enter()
	out := fn()
	m.leave(before)
	return out
}

type outside struct {
	vars   map[string]value
	cwds   []string
	params []field
}

func (m *machine) enter() outside {
	o := outside{m.vars, m.cwds, m.params}
	m.vars = maps.Clone(m.vars) // cwds and params are replaced, never written to
	return o
}

func (m *machine) leave(o outside) { m.vars, m.cwds, m.params = o.vars, o.cwds, o.params }

// maybe runs fn as something that may not happen.
func (m *machine) maybe(fn func() flow) flow {
	m.branch++
	out := fn()
	m.branch--
	out.known = false
	return out
}

func (m *machine) stmt(s *syntax.Stmt, in flow) flow {
	if m.stop() || s == nil {
		return flow{}
	}
	var outs []string
	if len(s.Redirs) > 0 {
		in, outs = m.redirects(s.Redirs, in)
	}
	out := m.command(s.Cmd, in, s.Background)
	if s.Cmd == nil && in.present { // $(<file)
		out = flow{known: in.known, text: in.text, taint: in.taint}
	}
	for _, path := range outs {
		m.save(path, out.taint)
		if n := len(m.files); n > 0 {
			m.files[n-1].known, m.files[n-1].text = out.known, out.text
		}
		out.known, out.text = true, ""
	}
	return out
}

// inner judges text that something would run as a command line.
func (m *machine) inner(text string, t taint) flow {
	if m.stop() {
		return flow{}
	}
	if t&fetched != 0 {
		m.deny("fetch-and-run")
		return flow{}
	}
	if t&decoded != 0 {
		m.deny("decode-and-run")
		return flow{}
	}
	if strings.Trim(text, "\x00 \t\n") == "" && text != "" && strings.IndexByte(text, 0) >= 0 || t&computed != 0 {
		m.dynamic("dynamic-command")
		return flow{}
	}
	return m.run(text, flow{})
}
