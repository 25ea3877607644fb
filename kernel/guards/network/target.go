package network

import (
	"strings"

	"github.com/backbay-labs/chio-node/kernel/guard"
)

// certainty is how sure it is that text names what the call contacts.
type certainty uint8

const (
	certain certainty = iota // the call is about it: no host denies
	named                    // it holds a URL or host: no host is well, one that cannot be judged denies
	guessed                  // it may hold one: judged if it can only be one
	literal                  // judged if it is an address with all its parts
)

// eachTarget calls visit with everything in a request that names a host, until
// visit answers false, and returns the last answer. With literals it also
// visits text under any name that could be an address.
func eachTarget(r *guard.Request, literals bool, visit func(raw string, c certainty) bool) bool {
	a := &r.Action
	network, running := false, true
	switch s := a.Shape.(type) {
	case guard.NetworkEgress:
		network = true
		if !visit(s.Host, certain) {
			return false
		}
	case guard.BrowserAction:
		if isURLForm(s.Target) && !visit(s.Target, named) {
			return false
		}
	case guard.FileWrite, guard.Patch, guard.CodeExecution, guard.MemoryWrite, guard.DatabaseQuery, guard.ShellCommand:
		running = false // their texts are payload
	}
	_, resource := a.Shape.(guard.Unknown)
	for _, u := range a.URLs {
		if !eachReading(u, network, resource, visit) {
			return false
		}
	}
	for i := range a.Texts {
		t := &a.Texts[i]
		if t.Value == "" || seen(a.URLs, t.Value) {
			continue
		}
		if !eachArgument(t, network, running, literals, visit) {
			return false
		}
	}
	if literals {
		for _, line := range a.Commands {
			if !eachWord(line, visit) {
				return false
			}
		}
	}
	return true
}

// seen reports text that was visited as a URL.
func seen(urls []string, s string) bool {
	for i := range min(len(urls), 8) {
		if urls[i] == s {
			return true
		}
	}
	return false
}

// eachReading visits a URL. Text that goes on after a URL is read in the two
// ways in use: up to the blank, and with tabs and line ends dropped.
func eachReading(u string, network, resource bool, visit func(string, certainty) bool) bool {
	c := named
	if scheme, _, ok := cutScheme(u); ok && !network && !networkScheme(scheme) {
		if resource {
			return true // a name that only the server knows
		}
		c = guessed
	}
	u = strings.Trim(u, " \t\r\n")
	i := strings.IndexAny(u, " \t\r\n")
	if i < 0 || network {
		return visit(u, c)
	}
	if !visit(u[:i], c) {
		return false
	}
	if strings.ContainsAny(u, "\t\r\n") {
		u = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(u)
		return blankHost(u) || visit(u, c)
	}
	return true
}

// blankHost reports a URL that no parser accepts: a blank is in its host.
func blankHost(u string) bool {
	_, rest, _ := cutScheme(u)
	rest = strings.TrimLeft(rest, `/\`)
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	return strings.IndexByte(rest, ' ') >= 0
}

// eachArgument visits one argument, if it is to be judged.
func eachArgument(t *guard.Text, network, running, literals bool, visit func(string, certainty) bool) bool {
	v := t.Value
	kind := argumentOf(t.Name)
	switch kind {
	case argHost:
		return visit(v, certain)
	case argURL, argMaybe, argRepo:
		if host := remote(v); host != "" && !visit(host, guessed) {
			return false
		}
	case argHeader:
		if _, value, ok := strings.Cut(v, ": "); ok && literals && addressForm(strings.TrimSpace(value)) && !visit(strings.TrimSpace(value), literal) {
			return false
		}
	}
	if inner := wrapped(v); inner != "" && (running || kind != argOther) {
		return eachReading(inner, false, false, visit)
	}
	switch {
	case kind == argURL && relative(v), kind == argMaybe && relative(v):
		return true
	case kind == argURL && (network || isURLForm(v)), kind == argMaybe && isURLForm(v):
		return visit(v, named)
	case kind == argURL:
		return visit(v, guessed)
	case kind == argMaybe:
		return strings.ContainsAny(v, " \t\r\n@") || visit(v, guessed)
	case !running:
		return true
	case isURLForm(v) && (v[0] == '/' || v[0] == '\\'):
		return visit(v, guessed) // a comment looks the same
	case isURLForm(v):
		return eachReading(v, false, false, visit)
	}
	return !literals || !addressForm(v) || visit(v, literal)
}

// remote returns the host of user@host:path, as version control and copying
// tools write it, or "".
func remote(v string) string {
	at := strings.IndexByte(v, '@')
	if at <= 0 || strings.ContainsAny(v, " \t\r\n") || strings.ContainsAny(v[:at], ":/") {
		return ""
	}
	host, _, ok := strings.Cut(v[at+1:], ":")
	if !ok || strings.ContainsAny(host, "/@") {
		return ""
	}
	return host
}

// wrapped returns the URL that another scheme wraps, as in jar:http://… and
// jdbc:postgresql://…, or "".
func wrapped(v string) string {
	for range 3 {
		scheme, rest, ok := cutScheme(v)
		if !ok || web(scheme) || strings.HasPrefix(rest, "/") {
			return ""
		}
		if v = rest; isURLForm(v) || strings.HasPrefix(v, "//") {
			return v
		}
	}
	return ""
}

// relative reports a URL that stays on its host.
func relative(v string) bool {
	switch v[0] {
	case '?', '#', '.':
		return true
	case '/':
		return len(v) == 1 || v[1] != '/' && v[1] != '\\'
	}
	return false
}

// isURLForm reports text that a lenient parser takes for a URL with a host: a
// web scheme with any number of slashes, or two slashes of either kind.
func isURLForm(v string) bool {
	v = strings.TrimLeft(v, " \t\r\n")
	if len(v) > 2 && (v[0] == '/' || v[0] == '\\') && (v[1] == '/' || v[1] == '\\') {
		return true
	}
	if i := strings.IndexByte(v, ':'); i < 2 || i > 16 {
		return false
	}
	scheme, rest, ok := cutScheme(v)
	return ok && (web(scheme) || strings.HasPrefix(rest, "//"))
}

// addressForm reports short text with as many separators as a whole address
// has: three dots or two colons.
func addressForm(v string) bool {
	if len(v) < 2 || len(v) > 64 {
		return false
	}
	dots, colons := 0, 0
	for i := range len(v) {
		switch v[i] {
		case '.':
			dots++
		case ':':
			colons++
		case ' ', '/', '@':
			return false
		}
	}
	return dots >= 3 || colons >= 2
}

// eachWord visits the words of a command line that could be addresses, with
// user, port and path around them.
func eachWord(line string, visit func(string, certainty) bool) bool {
	for word := range strings.FieldsFuncSeq(line, wordBreak) {
		if strings.Contains(word, "://") {
			continue // among the URLs
		}
		if i := strings.LastIndexByte(word, '@'); i >= 0 {
			word = word[i+1:]
		}
		if i := strings.IndexByte(word, '/'); i > 0 {
			word = word[:i]
		}
		if addressForm(word) && !visit(word, literal) {
			return false
		}
	}
	return true
}

func wordBreak(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', 0, ';', '|', '&', '<', '>', '(', ')', '=', ',', '`', '\'', '"', '{', '}':
		return true
	}
	return false
}
