package shell

import "strings"

func isShell(base string) bool {
	switch base {
	case "sh", "bash", "zsh", "dash", "ksh", "ksh93", "mksh", "ash", "fish", "rbash", "csh", "tcsh", "yash", "busybox-sh", "pdksh", "rzsh":
		return true
	}
	return false
}

// isInterpreter knows the programs that run source code given on the line or
// on their input.
func isInterpreter(base string) bool {
	switch base {
	case "python", "perl", "ruby", "node", "nodejs", "php", "lua", "luajit", "deno", "bun", "tclsh", "wish", "expect", "rscript", "osascript", "pypy",
		"pypy3", "ipython", "awk", "gawk", "mawk", "nawk", "groovy", "julia", "ghci", "jshell", "irb", "guile", "racket", "elixir", "erl", "ocaml",
		"powershell", "pwsh", "cmd", "iex", "invoke-expression", "raku", "swift", "scala", "sqlite3-shell", "ts-node", "tsx", "qjs":
		return true
	}
	return strings.HasPrefix(base, "python") || strings.HasPrefix(base, "pypy") || versioned(base, "perl") || versioned(base, "ruby") ||
		versioned(base, "php") || versioned(base, "lua")
}

func versioned(base, name string) bool {
	rest, ok := strings.CutPrefix(base, name)
	return ok && rest != "" && strings.Trim(rest, "0123456789.") == ""
}

// shell judges sh, bash and their kind: what -c gives, what a script holds, or
// what comes in.
func (m *machine) shell(base string, args []field, in flow) flow {
	code, stdin := false, false
	for i := 0; i < len(args); i++ {
		t := args[i].text
		switch {
		case t == "--rcfile" || t == "--init-file":
			if i+1 < len(args) {
				i++
				m.source(args[i])
			}
		case t == "-o" || t == "+o" || t == "-O" || t == "+O":
			i++
		case t == "--command":
			code = true
		case t == "--" || t == "-":
		case strings.HasPrefix(t, "--"):
		case len(t) > 1 && (t[0] == '-' || t[0] == '+'):
			code = code || strings.Contains(t, "c")
			stdin = stdin || strings.Contains(t, "s")
			if last := t[len(t)-1]; last == 'o' || last == 'O' { // -euo pipefail
				i++
			}
		case code:
			m.operands(args[i+1:])
			return m.nested(args[i], args[i+1:], in)
		case stdin:
			return m.stdin(in, false)
		default:
			return m.scriptFile(args[i], args[i+1:], in)
		}
	}
	if in.present {
		return m.stdin(in, false)
	}
	return flow{taint: terminal | computed}
}

// nested is sh -c CODE NAME ARGS.
func (m *machine) nested(code field, args []field, in flow) flow {
	params := m.params
	m.params = append([]field(nil), args[min(1, len(args)):]...)
	defer func() { m.params = params }()
	if code.taint&(fetched|decoded|computed) != 0 || strings.Trim(code.text, "\x00 ") == "" && code.text != "" {
		return m.inner(code.text, code.taint)
	}
	return m.isolated(func() flow { return m.run(code.text, in) })
}

func (m *machine) scriptFile(f field, args []field, in flow) flow {
	m.operands(args)
	m.sourced(f, in)
	m.network(f.text)
	return flow{taint: computed | in.taint | f.taint}
}

// stdin judges a program that a shell reads: quiet says that the shell was
// asked to take a whole file.
func (m *machine) stdin(in flow, quiet bool) flow {
	switch {
	case in.taint&fetched != 0:
		m.deny("fetch-and-run")
	case in.taint&decoded != 0:
		m.deny("decode-and-run")
	case in.known:
		return m.run(in.text, flow{})
	case in.taint&computed != 0:
		m.dynamic("dynamic-command")
	}
	_ = quiet
	return flow{taint: terminal | computed | in.taint}
}

// interpreter judges python, perl, node and their kind.
func (m *machine) interpreter(base string, args []field, in flow) flow {
	out := flow{taint: computed | in.taint | taints(args)}
	switch base {
	case "powershell", "pwsh":
		m.powershellArgs(args, in)
		return out
	case "cmd":
		m.batch(texts(args))
		return out
	case "iex", "invoke-expression":
		m.stdin(in, false)
		if len(args) > 0 {
			m.inner("", taints(args)|computed)
		}
		return out
	case "awk", "gawk", "mawk", "nawk":
		m.awk(args)
		m.operandsOf(base, args)
		return out
	}
	m.options(base, args, in)
	return out
}

// options reads the options of an interpreter up to the code or the script.
func (m *machine) options(base string, args []field, in flow) {
	coded := false
options:
	for i := 0; i < len(args); i++ {
		t := args[i].text
		switch {
		case codeOption(base, t):
			coded = true
			if i+1 < len(args) {
				i++
				m.code(args[i].text, args[i].taint)
			}
		case attached(base, t):
			coded = true
			m.code(t[2:], args[i].taint)
		case strings.HasPrefix(t, "--eval=") || strings.HasPrefix(t, "--execute="):
			coded = true
			m.code(t[strings.IndexByte(t, '=')+1:], args[i].taint)
		case base == "perl" && (strings.HasPrefix(t, "-M") || strings.HasPrefix(t, "-I")) || t == "-r" && base == "ruby" || t == "-W" || t == "-X":
			continue
		case t == "-m" && strings.HasPrefix(base, "py"):
			m.operands(args[i+1:])
			return
		case strings.HasPrefix(t, "-") && t != "-":
			continue
		case coded:
			m.operands(args[i:])
			break options
		case t == "-" && in.present:
			m.operands(args[i+1:])
			break options
		case t == "run" && (base == "deno" || base == "bun"):
			continue
		case t == "repl" || t == "test" || t == "install" || t == "eval" && base == "deno":
			if t == "eval" && i+1 < len(args) {
				m.code(args[i+1].text, args[i+1].taint)
			}
			m.operands(args[i+1:])
			return
		default:
			m.remote(args[i])
			if text, ok := m.written(m.at(args[i].text)); ok {
				m.code(text, 0)
				return
			}
			m.scriptFile(args[i], args[i+1:], in)
			return
		}
	}
	if coded && in.present && in.taint&(fetched|decoded) != 0 && m.executes {
		m.stdin(in, false)
	}
	m.executes = false
	if !coded && in.present && !asksVersion(base, args) {
		if in.known {
			m.code(in.text, in.taint)
		} else {
			m.stdin(in, false)
		}
	}
}

// remote denies a script that is named by a URL.
func (m *machine) remote(f field) {
	if strings.HasPrefix(f.text, "http://") || strings.HasPrefix(f.text, "https://") {
		m.deny("fetch-and-run")
	}
}

// asksVersion reports an interpreter that only says what it is.
func asksVersion(base string, args []field) bool {
	if len(args) != 1 {
		return false
	}
	switch args[0].text {
	case "--version", "--help", "-h", "-V":
		return true
	case "-v":
		return !strings.HasPrefix(base, "py")
	}
	return false
}

// attached reports an option with its code in the same word: -e'…', -c'…'.
func attached(base, t string) bool {
	if len(t) < 5 || t[0] != '-' || !strings.ContainsAny(t, " ('\";.") {
		return false
	}
	switch t[1] {
	case 'e', 'E':
		return !strings.HasPrefix(base, "py") && !strings.HasPrefix(base, "php")
	case 'c':
		return strings.HasPrefix(base, "py")
	case 'r':
		return strings.HasPrefix(base, "php")
	}
	return false
}

// codeOption reports an option whose value is source code.
func codeOption(base, t string) bool {
	switch t {
	case "-e", "-E", "--eval", "-p", "--print", "-pe", "-ne", "-lne", "-lane", "-nle", "-ple", "-i.bak":
		return !strings.HasPrefix(base, "py") && !strings.HasPrefix(base, "php") || t == "--eval"
	case "-c", "--command":
		return strings.HasPrefix(base, "py") || base == "ipython" || base == "expect"
	case "-r", "-B", "-R", "--run":
		return strings.HasPrefix(base, "php")
	}
	if len(t) > 2 && t[0] == '-' && t[1] != '-' {
		switch {
		case strings.HasPrefix(base, "py"):
			return t[len(t)-1] == 'c' && t[1] != 'm' && t[1] != 'W'
		case strings.HasPrefix(base, "perl"), strings.HasPrefix(base, "ruby"):
			return (t[len(t)-1] == 'e' || t[len(t)-1] == 'E') && t[1] != 'M' && t[1] != 'I' && t[1] != 'r'
		}
	}
	return false
}
