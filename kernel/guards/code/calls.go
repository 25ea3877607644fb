package code

import "strings"

// shellOut reports a call that runs another program, in the languages that
// need no module for it or have one under another name.
func shellOut(list []token, i int, lang string) bool {
	w, before, after := list[i].s, at(list, i-1), at(list, i+1)
	call := after.s == "(" && after.kind == punct
	member := before.kind == punct && before.s == "."
	switch w {
	case "child_process", "shell_exec", "passthru", "proc_open", "pcntl_exec", "ProcessBuilder", "execSync", "spawnSync", "execFileSync", "WScript":
		return true
	case "popen", "popen2", "popen3", "execv", "execve", "execvp", "execl", "execlp", "spawnl", "spawnv", "posix_spawn", "getoutput", "getstatusoutput",
		"check_output", "check_call", "fork", "forkpty", "create_subprocess_shell", "create_subprocess_exec", "subprocess_shell", "subprocess_exec":
		return call
	case "system":
		return call && (member || lang != "python") || lang == "ruby" || lang == "perl" || lang == "php"
	case "execute":
		return call && member && at(list, i-2).s == "os"
	case "qx":
		return lang == "perl"
	case "Command":
		return lang == "rust" || at(list, i-2).s == "exec"
	case "exec", "spawn":
		return member && (at(list, i-2).s == "Process" || at(list, i-2).s == "Kernel" || at(list, i-2).s == ")" && at(list, i-3).s == "(") && call ||
			(lang == "ruby" || lang == "perl" || lang == "php") && !member
	case "run", "Popen", "call":
		return call && member && (at(list, i-2).s == "subprocess" || at(list, i-2).s == "Deno" || at(list, i-2).s == "Bun")
	}
	return false
}

// callsNetwork reports a call that reaches a host without an import that says
// so.
func callsNetwork(list []token, i int) bool {
	after := at(list, i+1)
	call := after.s == "(" && after.kind == punct
	switch list[i].s {
	case "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon", "RTCPeerConnection", "WebTransport", "fsockopen", "pfsockopen", "curl_init",
		"stream_socket_client", "TCPSocket", "UDPSocket", "TcpStream", "UdpSocket", "HttpClient", "WebClient", "TcpClient", "LWP":
		return true
	case "fetch", "urlopen", "urlretrieve", "open_connection", "create_connection", "open_unix_connection", "socket_connect", "getaddrinfo", "gethostbyname":
		return call
	}
	return false
}

// text judges a string literal for what it is used as.
func (s *scanner) text(list []token, i int, lang string, depth int) {
	v := list[i].s
	before := at(list, i-1)
	if s.offline && remote(v) && before.kind == punct && (before.s == "(" || before.s == "=" && at(list, i+1).s == ")") {
		s.found("network_access", "remote-address")
	}
	if entry, ok := s.denied[v]; ok && before.kind == punct && before.s == "[" && at(list, i+1).s == "]" {
		switch owner := at(list, i-2); {
		case owner.s == "modules" || owner.s == ")" || owner.s == "__dict__" || owner.s == "globalThis" || owner.s == "global":
			s.found("module_denylist", "reached-module "+entry)
		}
	}
	if s.restricted() && before.kind == punct && before.s == "," && (strings.HasPrefix(v, "__") && strings.HasSuffix(v, "__") && len(v) > 4 || v == "system" || v == "popen" || v == "exec" || v == "eval") && getattr(list, i) {
		s.found("module_denylist", "reached-module")
	}
	if lang == unknownLanguage && len(v) > 2 { // what is a string in one language is code in another
		s.source(v, lang, depth+1)
	}
}

// getattr reports getattr(x, "name") around a string.
func getattr(list []token, i int) bool {
	for j := i - 2; j >= 0 && j > i-24; j-- {
		if list[j].kind == word && list[j].s == "getattr" || list[j].s == "attrgetter" || list[j].s == "methodcaller" {
			return true
		}
	}
	return false
}

func remote(v string) bool {
	l := strings.ToLower(v[:min(len(v), 8)])
	for _, scheme := range [...]string{"http://", "https://", "ftp://", "ws://", "wss://", "s3://", "gs://", "tcp://"} {
		if strings.HasPrefix(l, scheme) {
			return true
		}
	}
	return false
}

// magic judges the characters that run a shell: a notebook's "!cmd" and "%%sh",
// backquotes where they run a command, and escapes that spell an identifier.
func (s *scanner) magic(list []token, i int, lang string) {
	if !s.restricted() {
		return
	}
	first := at(list, i-1).kind == line
	switch list[i].s {
	case "!":
		if first && (lang == "python" || lang == unknownLanguage) && at(list, i+1).s != "=" {
			s.found("module_denylist", "shell-out")
		}
	case "%":
		name := at(list, i+1).s
		if name == "%" {
			name = at(list, i+2).s
		}
		switch name {
		case "bash", "sh", "script", "system", "sx", "cmd", "run", "load", "loadpy", "perl", "ruby", "javascript", "x":
			if first || lang == "ruby" && name == "x" {
				s.found("module_denylist", "shell-out")
			}
		}
	case "`":
		if lang == "ruby" || lang == "perl" || lang == "php" {
			s.found("module_denylist", "shell-out")
		}
	case "\\":
		if w := at(list, i+1); w.kind == word && strings.HasPrefix(w.s, "u") && (lang == "javascript" || lang == "typescript" || lang == unknownLanguage) {
			s.found("module_denylist", "disguised-identifier")
		}
	}
}

// disguised reports an identifier with characters that a language folds to
// ASCII letters: mathematical, full-width, enclosed and superscript ones.
func disguised(w string) bool {
	for _, r := range w {
		switch {
		case r < 0x80:
		case r >= 0x1d400 && r <= 0x1d7ff, r >= 0xff01 && r <= 0xff5e, r >= 0x2100 && r <= 0x214f, r >= 0x2460 && r <= 0x24ff,
			r >= 0x2070 && r <= 0x209f, r >= 0x1d2c && r <= 0x1d6a, r >= 0xfb00 && r <= 0xfb06, r == 0xaa, r == 0xba, r == 0x17f,
			r >= 0x1f100 && r <= 0x1f1ff, r >= 0x200b && r <= 0x200f, r == 0x2060, r == 0xfeff:
			return true
		}
	}
	return false
}
