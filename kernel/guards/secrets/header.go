package secrets

import (
	"encoding/base64"
	"strings"
)

// findHeader finds the credential of a header: Authorization: Bearer …, Basic
// …, SSWS …, or one of the headers that hold a token alone.
func findHeader(text string, start, end int) (span, bool) {
	if is(alnum, text, start-1) {
		return span{}, false
	}
	switch fold(text[start]) {
	case 'a', 'x', 'p':
		at, v, ok := assignment(text, end)
		if !ok || v.spaced {
			return span{}, false
		}
		if n, found := credential(v.text); found {
			return span{at.start, at.start + n}, true
		}
		return at, opaque(v)
	}
	i := end
	for i < len(text) && (text[i] == ' ' || text[i] == ':' || text[i] == '=' || text[i] == '\t') {
		i++
	}
	if i == end {
		return span{}, false
	}
	n, ok := credential(text[start:min(len(text), i+1024)])
	return span{start, start + n}, ok
}

// credential judges what an Authorization header holds and returns its length.
func credential(v string) (int, bool) {
	scheme := run(v, 0, lettersSet)
	i := scheme
	for i < len(v) && (v[i] == ' ' || v[i] == ':' || v[i] == '=') {
		i++
	}
	var buf [16]byte
	if scheme == 0 || scheme > 10 || i == scheme {
		return 0, false
	}
	stop := run(v, i, bearerSet)
	body := v[i:stop]
	if len(body) < 8 {
		return 0, false
	}
	switch lowered(v[:scheme], buf[:0]) {
	case "bearer", "token", "ssws", "bot":
		return stop, opaque(value{text: body}) && len(body) >= 16
	case "basic":
		return stop, basic(body)
	}
	return 0, false
}

// basic reports base64 of a name and a password.
func basic(body string) bool {
	if len(body) > 1024 {
		return false
	}
	var buf [768]byte
	raw := strings.TrimRight(body, "=")
	n, err := base64.RawStdEncoding.Decode(buf[:], []byte(raw))
	if err != nil || !printable(buf[:n]) {
		return false
	}
	pair := string(buf[:n])
	colon := strings.IndexByte(pair, ':')
	return colon > 0 && len(pair)-colon > 4 && !placeholder(pair) && !variable(pair[colon+1:]) && !common(pair[colon+1:])
}

// findCookie finds a session in a Cookie or Set-Cookie header.
func findCookie(text string, start, end int) (span, bool) {
	i := end
	for i < len(text) && (quotes[text[i]] || text[i] == ' ' || text[i] == '\\') {
		i++
	}
	if i >= len(text) || text[i] != ':' && text[i] != '=' {
		return span{}, false
	}
	stop := i
	for stop < len(text) && text[stop] != '\n' && text[stop] != '\r' && stop < i+1024 {
		stop++
	}
	return sessionIn(text, i, stop)
}

// sessionIn finds, between start and stop, name=value where the name is of a
// session and the value looks drawn.
func sessionIn(text string, start, stop int) (span, bool) {
	for i := start; i < stop; i++ {
		if text[i] != '=' {
			continue
		}
		name := text[runBack(text, i, nameTail):i]
		var buf [64]byte
		if len(name) == 0 || len(name) > 64 || !announces(lowered(name, buf[:0]), sessionNames) {
			continue
		}
		end := run(text[:stop], i+1, set6Cookie)
		if end-i < 12 {
			continue
		}
		if v := text[i+1 : end]; opaque(value{text: v}) || len(v) >= 16 && kindsOf(v).digit > 1 && bitsOver(v, 3000) && !placeholder(v) {
			return span{i + 1, end}, true
		}
		i = end - 1
	}
	return span{}, false
}

var (
	set6Cookie   = set("A-Za-z0-9_.%+/=:~!*\x2d")
	sessionNames = []string{"sess", "sid", "token", "auth", "jwt", "login", "remember", "csrf", "key", "secret", "credential"}
)
