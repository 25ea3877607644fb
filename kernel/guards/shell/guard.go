package shell

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards"
)

// Name is the guard's name.
const Name = "shell-command"

// CodeShell is the evidence code of a command that was not allowed.
const CodeShell kernel.Code = "CHIO-GUARD-SHELL"

// ErrPattern is a forbidden pattern that is not RE2, or over the bounds.
var ErrPattern = errors.New("forbidden pattern is not a valid RE2 expression")

const (
	maxPatternBytes = 4096
	maxLineBytes    = 64 << 10
)

// Guard is shell-command. It is immutable and safe for concurrent use.
type Guard struct {
	rule     string
	patterns *guards.Patterns
	paths    *guards.ForbiddenPath
	clean    *memo
	confirm  bool
	allow    kernel.Decision
}

// New compiles the configuration. An expression that does not compile is
// ErrPattern and names its index.
func New(c Config) (*Guard, error) {
	g := &Guard{rule: c.Rule, paths: c.Paths, clean: newMemo(), confirm: c.Confirm}
	if g.rule == "" {
		g.rule = "rules.shell_commands"
	}
	if len(c.Forbidden) > guards.MaxPatterns {
		return nil, fmt.Errorf("%s: %w: %d patterns, limit %d", Name, ErrPattern, len(c.Forbidden), guards.MaxPatterns)
	}
	for i, text := range c.Forbidden {
		if text == "" || len(text) > maxPatternBytes {
			return nil, fmt.Errorf("%s: %w: forbidden_patterns[%d] is empty or longer than %d bytes", Name, ErrPattern, i, maxPatternBytes)
		}
	}
	var err error
	if g.patterns, err = guards.CompilePatterns(c.Forbidden); err != nil {
		return nil, fmt.Errorf("%s: %w: forbidden_patterns%w", Name, ErrPattern, err)
	}
	if g.paths == nil {
		p, err := guards.NewForbiddenPath(guards.ForbiddenPathConfig{Patterns: guards.DefaultForbiddenPaths()})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", Name, err)
		}
		g.paths = p
	}
	g.allow = guard.Conclude(kernel.Allow, Name, "", "", "")
	g.allow.Evidence = g.allow.Evidence[:1:1] // shared: no room to append to
	return g, nil
}

// Name returns shell-command.
func (g *Guard) Name() string { return Name }

// Judge implements guard.Guard:
//
//  1. a call that could not be read is denied
//  2. the command of a shell tool, and every command found anywhere in the
//     arguments of any other tool, is judged
//  3. a command and the arguments beside it are judged as one command
//  4. code in a language of a shell is judged as a command
//  5. what is typed into a program that runs already is judged as a command, as
//     far as it is one
//  6. a directory that the call names is where all of these may run
func (g *Guard) Judge(r *guard.Request) (kernel.Decision, error) {
	if g == nil || g.paths == nil {
		return guard.Refuse(Name, kernel.CodeGuardError, "", "the guard was not built by New"), nil
	}
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return guard.Refuse(Name, guard.CodeMalformed, "", "there is no call to judge"), nil // 1
	}
	var worst *finding
	switch s := r.Action.Shape.(type) {
	case nil:
		return guard.Refuse(Name, guard.CodeMalformed, "", "the action was not extracted"), nil // 1
	case guard.Malformed:
		return guard.Refuse(Name, guard.CodeMalformed, "", s.Reason), nil // 1
	case guard.ShellCommand:
		if !contains(r.Action.Commands, s.Command) {
			worst = g.line(s.Command, r.Action.Dirs) // 2
		}
	case guard.CodeExecution:
		worst = g.script(s.Language, s.Code) // 4
	}
	for _, c := range r.Action.Commands {
		if worst.final() {
			break
		}
		worst = stricter(worst, g.line(c, r.Action.Dirs)) // 2
	}
	if len(r.Action.Commands)+len(r.Action.Argvs) > 0 && !worst.final() {
		worst = stricter(worst, g.list(&r.Action)) // 3
	}
	for _, text := range r.Action.Inputs {
		if worst.final() {
			break
		}
		worst = stricter(worst, g.typed(text, r.Action.Dirs)) // 5
	}
	return g.conclude(worst), nil
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// list judges a command and its arguments given apart: {"command": "rm",
// "args": ["-rf", "/"]} and {"argv": ["rm", "-rf", "/"]}. A command that holds
// blanks may be split at them.
func (g *Guard) list(a *guard.Action) *finding {
	var worst *finding
	for _, argv := range a.Argvs {
		worst = stricter(worst, g.words(argv, a.Dirs))
		if first := strings.Fields(argv[0]); len(first) > 1 && !worst.final() {
			worst = stricter(worst, g.words(append(first, argv[1:]...), a.Dirs))
		}
		if worst.final() {
			return worst
		}
	}
	if n := len(a.Commands); n > 1 && n <= 256 {
		worst = stricter(worst, g.words(a.Commands, a.Dirs))
	}
	return worst
}

// typed judges what is typed into a program. It may be no shell: what is no
// command line is judged line by line, and what is not understood passes.
func (g *Guard) typed(text string, dirs []string) *finding {
	f := g.line(text, dirs)
	if !f.vague() {
		return f
	}
	n := 0
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if n++; n > maxItems*maxItems {
			break
		}
		if f := g.line(line, dirs); f != nil && !f.vague() {
			return f
		}
	}
	return nil
}

// vague reports a denial of what was not understood.
func (f *finding) vague() bool {
	if f == nil || f.pattern >= 0 {
		return false
	}
	switch f.id {
	case "unparsable", "dynamic-command", "unknown-construct", "too-deep", "control-character":
		return true
	}
	return f.dynamic
}

func (g *Guard) conclude(f *finding) kernel.Decision {
	if f == nil {
		return g.allow
	}
	v := kernel.Deny
	if f.dynamic && g.confirm {
		v = kernel.PendingApproval
	}
	rule := g.rule
	if f.pattern >= 0 {
		rule = fmt.Sprintf("%s.forbidden_patterns[%d]", g.rule, f.pattern)
	}
	return guard.Conclude(v, Name, CodeShell, rule, f.detail())
}

// finding is one reason not to run a line. It never holds the line.
type finding struct {
	id      string // of a built-in rule; stable
	by      string // the pattern of a forbidden path
	pattern int    // index in the policy's list, or -1
	dynamic bool   // asks for approval if the policy says so
	ask     bool   // dynamic, and the policy says so: look further for a denial
}

func (f *finding) final() bool { return f != nil && !f.ask }

func (f *finding) detail() string {
	switch {
	case f.pattern >= 0:
		return "the command matches a forbidden pattern of the policy"
	case f.by != "":
		return "built-in rule " + f.id + ": a path of the command is forbidden by " + f.by
	}
	return "built-in rule " + f.id
}

func stricter(a, b *finding) *finding {
	if a == nil || b != nil && a.ask && !b.ask {
		return b
	}
	return a
}

// line judges one command line.
func (g *Guard) line(text string, dirs []string) *finding {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	m := newMachine(g)
	m.cwds = append(m.cwds, dirs...)
	defer m.free()
	m.top(text)
	return m.result(text)
}

// words judges one command given as separate words.
func (g *Guard) words(list, dirs []string) *finding {
	size := 0
	for _, w := range list {
		size += len(w) + 1
	}
	m := newMachine(g)
	m.cwds = append(m.cwds, dirs...)
	defer m.free()
	if size > maxLineBytes {
		m.deny("too-long")
		return m.result("")
	}
	argv := make([]field, 0, len(list))
	for _, w := range list {
		if strings.IndexByte(w, 0) >= 0 {
			m.deny("control-character")
		}
		argv = append(argv, field{text: w})
	}
	m.exec(argv, flow{})
	return m.result(strings.Join(list, " "))
}

// script judges source code in a language that is a shell's.
func (g *Guard) script(language, code string) *finding {
	l := strings.ToLower(strings.TrimSpace(language))
	m := newMachine(g)
	defer m.free()
	switch l {
	case "powershell", "pwsh", "ps1", "ps":
		m.powershell(code)
	case "cmd", "batch", "bat", "dos":
		m.batch(code)
	default:
		if !isShell(l) && l != "shell" && l != "shellscript" && l != "console" && l != "posix" && l != "terminal" {
			return nil
		}
		m.top(code)
	}
	return m.result(code)
}
