package code

import "strings"

// scanner looks for what code loads and calls. It stops at the first hit.
type scanner struct {
	denied  map[string]string
	offline bool
	steps   int
	hit     string // detector id, and the entry of the list that it is about
	field   string
}

// maxSteps bounds the names of modules that are judged in one piece of code.
const maxSteps = 50_000

func (s *scanner) found(field, id string) {
	if s.hit == "" {
		s.field, s.hit = field, id
	}
}

// restricted says whether there is any module that code may not load.
func (s *scanner) restricted() bool { return len(s.denied) > 0 }

func (s *scanner) source(src, lang string, depth int) {
	if depth > maxNesting {
		s.found("module_denylist", "nested-code")
		return
	}
	if depth == 0 && s.restricted() && (lang == "python" || lang == unknownLanguage) && recoded(src) {
		s.found("module_denylist", "declared-encoding")
		return
	}
	list, inner := tokens(src, lang)
	if len(list) >= maxTokens {
		s.found("max_scan_bytes", "too-many-tokens")
		return
	}
	for i := range list {
		if s.hit != "" {
			return
		}
		switch t := &list[i]; t.kind {
		case word:
			s.word(list, i, lang, depth)
		case text:
			s.text(list, i, lang, depth)
		case punct:
			s.magic(list, i, lang)
		}
	}
	for _, code := range inner {
		s.source(code, lang, depth+1)
	}
}

// recoded reports Python source whose first two lines declare an encoding under
// which it reads as something else (PEP 263).
func recoded(src string) bool {
	for range 2 {
		line, rest, _ := strings.Cut(src, "\n")
		src = rest
		_, comment, ok := strings.Cut(line, "#")
		if !ok {
			continue
		}
		_, name, ok := strings.Cut(comment, "coding")
		if !ok || name == "" || name[0] != ':' && name[0] != '=' {
			continue
		}
		name = strings.ToLower(strings.TrimLeft(name[1:], " \t"))
		if i := strings.IndexFunc(name, func(r rune) bool { return !letter(byte(min(r, 0x7f))) && r != '-' && r != '.' && (r < '0' || r > '9') }); i >= 0 {
			name = name[:i]
		}
		switch strings.ReplaceAll(name, "_", "-") {
		case "utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252":
		default:
			return true
		}
	}
	return false
}

// module judges the name of something loaded: "a.b", "a/b", "node:a", "A::B".
func (s *scanner) module(name string) {
	if name == "" || s.hit != "" {
		return
	}
	if s.steps++; s.steps > maxSteps {
		s.found("max_scan_bytes", "too-complex")
		return
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "node:"), "npm:")
	if entry, ok := s.denied[name]; ok {
		s.found("module_denylist", "denied-module "+entry)
		return
	}
	if s.offline && networkModule(name) {
		s.found("network_access", "network-module")
		return
	}
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '.' || r == '/' || r == ':' }) {
		if entry, ok := s.denied[part]; ok {
			s.found("module_denylist", "denied-module "+entry)
		}
		if s.offline && networkModule(part) {
			s.found("network_access", "network-module")
		}
	}
}

func networkModule(name string) bool {
	switch strings.ToLower(name) {
	case "socket", "_socket", "socketserver", "ssl", "requests", "urllib", "urllib2", "urllib3", "http", "httpx", "httplib", "httplib2", "aiohttp",
		"websockets", "websocket", "ftplib", "smtplib", "telnetlib", "imaplib", "poplib", "nntplib", "xmlrpc", "paramiko", "pycurl", "asyncssh",
		"grpc", "grpcio", "boto3", "botocore", "twisted", "tornado", "scapy", "fabric", "dns", "pymysql", "psycopg2", "redis", "pymongo",
		"net", "https", "http2", "dgram", "tls", "axios", "node-fetch", "undici", "ws", "got", "superagent", "request", "socket.io-client",
		"ssh2", "nodemailer", "open-uri", "httparty", "faraday", "lwp", "reqwest", "hyper", "webbrowser", "inet":
		return true
	}
	return false
}

func (s *scanner) word(list []token, i int, lang string, depth int) {
	w := list[i].s
	if disguised(w) {
		s.found("module_denylist", "disguised-identifier")
		return
	}
	after := at(list, i+1)
	switch w {
	case "import":
		s.imports(list, i, lang)
	case "from":
		if name, n := dotted(list, i+1); name != "" && at(list, i+1+n).s == "import" {
			s.module(name)
		}
	case "require", "require_relative", "load", "use", "include", "include_once", "require_once", "using", "extern":
		s.required(list, i)
	case "__import__", "import_module", "importScripts", "createRequire", "binding", "_load", "dlopen", "loadlib":
		s.computedImport(list, i)
	case "__builtins__", "builtins", "__loader__", "__subclasses__", "__globals__", "__spec__", "exec_module", "load_module", "find_spec", "mainModule",
		"get_ipython", "__reduce__", "__bases__", "__mro__", "CDLL", "getBuiltinModule":
		if s.restricted() {
			s.found("module_denylist", "reached-module")
		}
	case "exec", "eval", "compile", "execfile", "runInThisContext", "runInNewContext", "loadstring", "class_eval", "instance_eval":
		s.evaluates(list, i, lang, depth)
	case "Function", "constructor": // code from a string, with the whole of the global scope
		if before := at(list, i-1); s.restricted() && after.s == "(" && (w == "Function" || before.s == "." || before.s == "]") {
			s.found("module_denylist", "computed-code")
		}
	}
	if after.kind == punct && after.s == "." || after.s == ":" && at(list, i+2).s == ":" {
		if entry, ok := s.denied[w]; ok && w != "module" && w != "process" && w != "exec" {
			s.found("module_denylist", "denied-module "+entry)
		}
	}
	if s.restricted() && shellOut(list, i, lang) {
		s.found("module_denylist", "shell-out")
	}
	if s.offline && callsNetwork(list, i) {
		s.found("network_access", "network-call")
	}
}

func at(list []token, i int) token {
	if i < 0 || i >= len(list) {
		return token{kind: line}
	}
	return list[i]
}

// dotted reads a.b.c and says how many tokens it took.
func dotted(list []token, i int) (string, int) {
	name, n := "", 0
	for {
		t := at(list, i+n)
		if t.kind == word {
			name += t.s
			n++
			if at(list, i+n).s == "." && at(list, i+n).kind == punct {
				name += "."
				n++
				continue
			}
			return name, n
		}
		if t.kind == punct && t.s == "." { // from . import x
			n++
			continue
		}
		return name, n
	}
}

// imports reads "import a.b as c, d", "import x from 'y'", "import 'y'",
// "import('y')", and Go's "import ( … )".
func (s *scanner) imports(list []token, i int, lang string) {
	if at(list, i-1).s == "." && at(list, i-1).kind == punct || lang == "python" && at(list, i+1).s == "(" {
		return
	}
	if at(list, i+1).s == "(" {
		s.computedImport(list, i)
		for j := i + 2; j < min(len(list), i+64) && list[j].s != ")"; j++ {
			if list[j].kind == text {
				s.module(list[j].s)
			}
		}
		return
	}
	for j := i + 1; j < len(list) && list[j].s != ";"; {
		switch t := list[j]; t.kind {
		case line:
			if lang != "javascript" && lang != "typescript" {
				return
			}
			j++
		case text:
			s.module(t.s)
			return
		case word:
			name, n := dotted(list, j)
			if lang != "javascript" && lang != "typescript" || name == "require" {
				s.module(name)
			}
			j += n
			if at(list, j).s == "as" {
				j += 2
			}
		default:
			j++
		}
		if s.hit != "" || j > i+256 && s.overlong() {
			return
		}
	}
}

// overlong denies a list of imports that is longer than any that is written by
// hand: the rest of it would go unread.
func (s *scanner) overlong() bool {
	if s.restricted() {
		s.found("max_scan_bytes", "too-complex")
	}
	return true
}

// required reads require("x"), require "x", use X::Y.
func (s *scanner) required(list []token, i int) {
	if at(list, i-1).kind == punct && at(list, i-1).s == "." && list[i].s != "require" {
		return
	}
	j := i + 1
	if at(list, j).s == "(" {
		j++
		if list[i].s == "require" {
			s.computedImport(list, i)
		}
	}
	switch t := at(list, j); t.kind {
	case text:
		name, _ := joined(list, j)
		s.module(name)
	case word:
		if list[i].s == "use" || list[i].s == "using" || list[i].s == "extern" {
			s.module(t.s)
			for j++; at(list, j).s == ":" || at(list, j).s == "." || at(list, j).kind == word; j++ {
				if j > i+64 && s.overlong() {
					return
				}
				s.module(at(list, j).s)
			}
		}
	}
}

// computedImport judges f(x) where f loads what x names: x must be written out.
func (s *scanner) computedImport(list []token, i int) {
	if at(list, i+1).s != "(" {
		if s.restricted() && list[i].s != "import" && list[i].s != "require" && list[i].s != "binding" {
			s.found("module_denylist", "computed-import")
		}
		return
	}
	if at(list, i+2).kind != text {
		if s.restricted() && at(list, i+2).s != ")" && !(list[i].s == "import" && at(list, i+2).kind == line) {
			s.found("module_denylist", "computed-import")
		}
		return
	}
	name, n := joined(list, i+2)
	s.module(name)
	if end := at(list, i+2+n).s; s.restricted() && end != ")" && end != "," {
		s.found("module_denylist", "computed-import")
	}
	if list[i].s == "binding" && s.restricted() || list[i].s == "dlopen" && s.restricted() {
		s.found("module_denylist", "native-binding")
	}
}

// joined reads "a" "b" and "a" + "b".
func joined(list []token, i int) (string, int) {
	name, n := "", 0
	for at(list, i+n).kind == text {
		name += list[i+n].s
		n++
		if at(list, i+n).s == "+" && at(list, i+n).kind == punct && at(list, i+n+1).kind == text {
			n++
		}
	}
	return name, n
}

// evaluates judges exec and eval: code that is written out is read like any
// other, code that is computed cannot be.
func (s *scanner) evaluates(list []token, i int, lang string, depth int) {
	before := at(list, i-1)
	if before.kind == punct && before.s == "." && list[i].s != "class_eval" && list[i].s != "instance_eval" && list[i].s != "runInThisContext" && list[i].s != "runInNewContext" {
		return // re.compile, model.eval
	}
	if before.kind == word && (before.s == "def" || before.s == "function" || before.s == "class") {
		return
	}
	if at(list, i+1).s != "(" {
		if after := at(list, i+1); s.restricted() && lang == "python" && list[i].s != "compile" && (after.s == ")" || after.s == "," || after.kind == line && before.s == "=") {
			s.found("module_denylist", "computed-code") // e = exec; map(eval, …)
		}
		return
	}
	if at(list, i+2).kind == text {
		code, n := joined(list, i+2)
		s.source(code, lang, depth+1)
		if end := at(list, i+2+n).s; end == ")" || end == "," {
			return
		}
	}
	if s.restricted() && at(list, i+2).s != ")" {
		s.found("module_denylist", "computed-code")
	}
}
