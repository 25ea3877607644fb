package shell

import "strings"

// code judges source code of an interpreter that is given on the line, by the
// words of it that are not in quotes and by the strings themselves where they
// are run. It is a heuristic: code can compute what it calls.
func (m *machine) code(text string, t taint) {
	if t&fetched != 0 {
		m.deny("fetch-and-run")
	}
	if t&decoded != 0 {
		m.deny("decode-and-run")
	}
	if strings.Trim(text, "\x00 ") == "" && text != "" || t&computed != 0 {
		m.dynamic("dynamic-command")
	}
	if m.stop() {
		return
	}
	bare, strs := split(text)
	runs := m.tricks(text, bare, strs)
	for _, s := range strs {
		if m.stop() {
			return
		}
		if strings.ContainsAny(s, "/~.") && !strings.ContainsAny(s, " \n") {
			m.path(field{text: s})
			if startup(normal(".", s)) {
				m.deny("persistence")
			}
			if blockDevice(s) {
				m.deny("device-overwrite")
			}
		}
	}
	m.quoteless(text)
	if !runs {
		return
	}
	for _, s := range strs {
		m.literal(s)
	}
	argv := make([]field, 0, len(strs))
	for _, s := range strs {
		argv = append(argv, field{text: s})
	}
	for i := 0; i+1 < len(argv) && i < maxItems; i++ { // ("rm", "-rf", "/")
		if t := argv[i].text; t != "" && t[0] != '-' && !strings.ContainsAny(t, " \n(") {
			m.tolerant(func() { m.exec(argv[i:], flow{}) })
		}
	}
}

// tricks looks for known ways in by the words outside of strings, and says
// whether the code runs other programs or other code.
func (m *machine) tricks(text, bare string, strs []string) (runs bool) {
	l := strings.ToLower(bare)
	runs = anyOf(l, "system(", "system ", "popen", "subprocess", "spawn", "exec(", "exec ", "execsync", "execfile", "execv", "execl", "shell_exec", "passthru",
		"child_process", "os.execute", "qx", "`", "pcntl_exec", "proc_open", "check_output", "getline", "do shell script", "runtime.", "io.popen", "eval(", "eval ", "compile(", "shell-command", "call-process", "proc_open", "os.posix_spawn", "bun.$", "deno.run", "deno.command")
	all := strings.ToLower(text)
	m.executes = m.executes || anyOf(l, "exec(", "eval(", "eval ", "exec ", "compile(", "system(")
	net := anyOf(l, "file_get_contents", "net::", "curl_exec", "socket", "urlopen", "urllib", "http", "requests.", "fetch(", "net.connect", "fsockopen", "tcpsocket", "io::socket", "lwp", "open-uri", ".connect(", "tcp(") ||
		runs && anyOf(all, "require(\"net\")", "require('net')", "socket", "/inet/tcp")
	for _, s := range strs {
		net = net || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
	}
	shellWord := anyOf(all, "/bin/sh", "/bin/bash", "sh -i", "bash -i", "cmd.exe", "\"sh\"", "'sh'", "\"bash\"", "'bash'", "\"/bin/", "'/bin/")
	switch {
	case anyOf(l, "pty.spawn", "dup2") && net, net && runs && shellWord, anyOf(all, "/inet/tcp", "/inet/udp", "/dev/tcp/") && runs:
		m.deny("reverse-shell")
	case anyOf(l, "exec(", "eval(", "eval ", "exec ", "compile(") && anyOf(all, "b64decode", "base64", "fromhex", "unhexlify", "atob(", "codecs.", "zlib.", "marshal", "pack("):
		m.deny("decode-and-run")
	case net && anyOf(l, "exec(", "eval(", "eval ", "exec ", "compile("):
		m.deny("fetch-and-run")
	case anyOf(l, "rmtree", "rm_rf", "rm_r", "remove_tree", "rmsync", "rmdirsync", "fs.rm", "removedirs", "remove_dir_all", "unlink") && m.codeTarget(l, strs):
		m.deny("remove-root")
	case strings.Contains(l, "fork") && anyOf(l, "while", "loop", "for(;;)", "until"):
		m.deny("fork-bomb")
	case net && anyOf(l, "environ", "process.env", "%env", "env.to", "getenv"):
		m.deny("exfiltration")
	}
	return runs
}

// quoteless judges commands that languages let stand without quotes:
// spawn rm …, exec rm …, %x(…), qx{…}.
func (m *machine) quoteless(text string) {
	for _, mark := range [...]string{"spawn ", "exec ", "%x", "qx"} {
		rest := text
		for n := 0; n < 8; n++ {
			i := strings.Index(rest, mark)
			if i < 0 || i+len(mark)+1 >= len(rest) {
				break
			}
			rest = rest[i+len(mark):]
			body := rest
			if mark[len(mark)-1] != ' ' {
				closer := map[byte]string{'(': ")", '{': "}", '[': "]", '<': ">"}[rest[0]]
				if closer == "" {
					closer = rest[:1]
				}
				body, _, _ = strings.Cut(rest[1:], closer)
			} else {
				body, _, _ = strings.Cut(body, "\n")
			}
			m.tolerant(func() { m.run(body, flow{}) })
		}
	}
}

// literal judges one string that may be a command. A string that is not one
// must not deny for being unparsable or computed.
func (m *machine) literal(s string) {
	if strings.ContainsAny(s, " /|;&$`") {
		m.tolerant(func() { m.run(s, flow{}) })
	}
}

// tolerant forgets findings that say only that text is no command.
func (m *machine) tolerant(fn func()) {
	before := m.hit
	fn()
	if h := m.hit; h != nil && h != before {
		switch h.id {
		case "unparsable", "dynamic-command", "unknown-construct", "too-deep":
			m.hit = before
		}
	}
}

func anyOf(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func (m *machine) codeTarget(l string, strs []string) bool {
	if anyOf(l, "homedir", "home()", "path.home", "env{home}", "$home", "expanduser", "dir.home", "environ[") {
		return true
	}
	for _, s := range strs {
		if s != "" && m.destroys(field{text: s}) || s == "HOME" {
			return true
		}
	}
	return false
}

// split takes the strings out of source code. Comments stay: dropping them
// would need each language's grammar.
func split(text string) (bare string, strs []string) {
	var b strings.Builder
	for i := 0; i < len(text); {
		q := text[i]
		if q != '"' && q != '\'' && q != '`' {
			b.WriteByte(q)
			i++
			continue
		}
		if q == '`' {
			b.WriteByte(q)
		}
		end := i + 1
		for end < len(text) && text[end] != q {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end, len(text))
		strs = append(strs, escapes(text[i+1:end], false))
		b.WriteString(`""`)
		i = end + 1
	}
	if len(strs) > maxFields {
		strs = strs[:maxFields]
	}
	return b.String(), strs
}

// awk judges system(), pipes to commands, and files by name in a program.
func (m *machine) awk(args []field) {
	if flags(args, "f", "file") {
		for _, f := range option(args, 'f', "file") {
			m.source(f)
		}
		return
	}
	w := wrapper{short: "Fvi", long: []string{"field-separator", "assign"}}
	_, rest := w.unwrap(args)
	if len(rest) == 0 {
		return
	}
	program := rest[0]
	if program.taint&(fetched|decoded) != 0 || program.text == "\x00" {
		m.inner(program.text, program.taint)
		return
	}
	bare, strs := split(program.text)
	runs := anyOf(bare, "system(", "system (", "|", "getline")
	for _, s := range strs {
		if strings.HasPrefix(s, "/inet/") {
			m.deny("network-redirection")
		}
		if runs && !strings.Contains(bare, "||") || anyOf(bare, "system(", "system (", "getline") {
			m.literal(s)
		}
		if anyOf(bare, "getline", ">", "<") {
			m.path(field{text: s})
		}
	}
	if strings.Contains(bare, "system($") || strings.Contains(bare, "system( $") {
		m.dynamic("dynamic-command")
	}
}
