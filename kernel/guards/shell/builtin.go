package shell

import (
	"slices"
	"strings"
)

// builtin follows the commands that change what the shell itself knows. ok is
// false for any other command.
func (m *machine) builtin(base string, args []field, in flow) (out flow, ok bool) {
	out = flow{known: true}
	switch base {
	case "cd", "chdir", "pushd":
		m.cd(args)
	case "popd":
		m.cwds = slices.Concat(m.cwds, []string{"."})
	case "echo":
		out = m.echo(args)
	case "printf":
		out = m.printf(args)
	case "true", "false", ":", "sleep", "wait", "exit", "return", "break", "continue", "shopt", "ulimit", "umask", "jobs", "fg", "bg", "disown":
		m.operands(args)
	case "eval":
		out = m.inner(texts(args), taints(args))
	case "trap":
		if len(args) > 0 && args[0].text != "-" && !strings.HasPrefix(args[0].text, "-l") && !strings.HasPrefix(args[0].text, "-p") {
			m.inner(args[0].text, args[0].taint)
		}
	case "alias":
		for _, a := range args {
			if _, v, found := strings.Cut(a.text, "="); found {
				m.inner(v, a.taint)
			}
		}
	case "source", ".":
		if len(args) > 0 {
			m.sourced(args[0], in)
		}
	case "set":
		out = m.setOptions(args)
	case "shift":
		m.params = m.params[min(1, len(m.params)):]
	case "unset":
		for _, a := range args {
			delete(m.vars, a.text)
			if strings.HasPrefix(a.text, "HIST") {
				m.deny("history-removal")
			}
		}
	case "read", "mapfile", "readarray", "getopts":
		for _, t := range targets(args) {
			m.set(t.text, value{fields: []field{{text: "\x00", taint: in.taint}}})
		}
		m.set("REPLY", value{fields: []field{{text: "\x00", taint: in.taint}}})
	case "xargs":
		m.xargs(args, in)
		out = flow{taint: computed | in.taint}
	case "parallel", "rush":
		m.parallel(args, in)
		out = flow{taint: computed | in.taint}
	case "env", "printenv", "export", "declare", "typeset":
		m.operands(args)
		out = flow{taint: secret}
	default:
		return flow{}, false
	}
	return out, true
}

func (m *machine) setOptions(args []field) flow {
	if len(args) == 0 {
		return flow{taint: secret}
	}
	for i, a := range args {
		if a.text == "--" || !strings.HasPrefix(a.text, "-") && !strings.HasPrefix(a.text, "+") {
			rest := args[i:]
			if a.text == "--" {
				rest = args[i+1:]
			}
			m.params = slices.Clone(rest)
			break
		}
	}
	return flow{known: true}
}

func (m *machine) cd(args []field) {
	list := targets(args)
	to := "~"
	if len(list) > 0 {
		to = list[0].text
	}
	if strings.IndexByte(to, 0) >= 0 || to == "-" {
		to = strings.ReplaceAll(to, "\x00", "")
		if to == "" || to == "-" {
			to = "."
		}
	}
	var next []string
	for _, dir := range m.cwds {
		p := to
		if p == "" {
			p = dir
		}
		if p[0] != '/' && p[0] != '~' && dir != "." {
			p = dir + "/" + p
		}
		if len(p) > 1024 {
			m.deny("too-complex")
			return
		}
		next = append(next, p)
	}
	if m.branch > 0 {
		next = slices.Concat(m.cwds, next)
	}
	slices.Sort(next[:max(0, len(next)-1)])
	next = slices.Compact(next)
	if len(next) > 16 {
		m.deny("too-complex")
		return
	}
	m.cwds = next
}

// sourced is "source FILE", where the file may be the input.
func (m *machine) sourced(f field, in flow) {
	switch f.text {
	case "/dev/stdin", "/proc/self/fd/0", "/dev/fd/0", "-":
		m.stdin(in, true)
		return
	}
	if f.unknown() && f.sub == nil && strings.Trim(f.text, "\x00") == "" {
		m.dynamic("dynamic-command")
	}
	m.source(f)
	m.ran(m.at(f.text), false)
}

// source judges a file that the shell takes in.
func (m *machine) source(f field) {
	in := m.contents(f)
	switch {
	case f.sub != nil:
		m.stdin(in, true)
	case in.taint&(fetched|decoded) != 0:
		m.inner("", in.taint)
	}
	m.read(f)
}

// environment judges variables through which programs are made to run others.
func (m *machine) environment(name string, v field) {
	switch name {
	case "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH", "BASH_ENV", "ENV", "PYTHONSTARTUP", "PERL5OPT",
		"NODE_OPTIONS", "RUBYOPT", "GCONV_PATH":
		if name == "NODE_OPTIONS" && !strings.Contains(v.text, "require") && !strings.Contains(v.text, "import") && !strings.Contains(v.text, "loader") ||
			name == "LD_LIBRARY_PATH" || name == "ENV" && v.sub == nil && !strings.ContainsAny(v.text, "/.") || v.text == "" {
			return
		}
		m.deny("injected-environment")
	case "PROMPT_COMMAND", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_EDITOR", "GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_SEQUENCE_EDITOR", "GIT_ASKPASS",
		"SSH_ASKPASS", "PAGER", "MANPAGER", "LESSOPEN", "LESSCLOSE", "EDITOR", "VISUAL", "BROWSER", "SUDO_ASKPASS", "PS4", "PS1":
		text := strings.TrimLeft(v.text, "|- ")
		if (strings.HasPrefix(name, "PS") || v.unknown()) && !strings.ContainsAny(text, "`$") {
			return
		}
		m.inner(strings.ReplaceAll(text, "%s", "file"), v.taint)
	case "HISTFILE", "HISTSIZE", "HISTFILESIZE":
		if v.text == "/dev/null" || v.text == "0" || v.text == "" {
			m.deny("history-removal")
		}
	}
}
