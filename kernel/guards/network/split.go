package network

import "strings"

// authority is the part of a URL that says who is contacted.
type authority struct {
	scheme  string // as written
	host    string // without user info, port and brackets
	port    uint16
	literal bool // was in brackets, or is bare IPv6
}

// maxAuthority bounds what is read of a URL before its path.
const maxAuthority = 1024

// split finds the authority: rules 1 to 3 of ParseHost.
func split(raw string) (authority, error) {
	var a authority
	s := strings.Trim(raw, " \t\r\n")
	scheme, rest, hasScheme := cutScheme(s)
	a.scheme = scheme
	slashes := 0
	for slashes < len(rest) && rest[slashes] == '/' {
		slashes++
	}
	switch {
	case hasScheme && web(scheme) && slashes != 2, !hasScheme && slashes != 0 && slashes != 2: // 2
		return a, hostError("the url does not have two slashes before its host")
	case hasScheme && slashes < 2:
		return a, opaque(scheme, rest)
	case slashes > 2:
		if strings.IndexByte(s, '\\') >= 0 {
			return a, hostError("the url holds a backslash")
		}
		return a, ErrNoHost // scheme:///path
	}
	s = rest[slashes:]
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if err := plain(s); err != nil { // 1
		return a, err
	}
	if i := strings.IndexByte(s, '@'); i >= 0 { // 3
		if s = s[i+1:]; strings.IndexByte(s, '@') >= 0 {
			return a, hostError("the url has two @ before its host")
		}
	}
	if s == "" {
		if hasScheme && !web(scheme) {
			return a, ErrNoHost
		}
		return a, hostError("the host is empty")
	}
	return a, a.hostPort(s, hasScheme || slashes == 2)
}

// plain refuses what parsers treat differently: rule 1.
func plain(s string) error {
	if len(s) > maxAuthority {
		return hostError("it is longer than any host")
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c == 0x7f:
			return hostError("it holds a blank or a control character")
		case c == '\\':
			return hostError("the url holds a backslash")
		}
	}
	return nil
}

// opaque judges "scheme:rest" of a scheme that is not the web's: it contacts
// no host, unless it wraps another URL or hides slashes.
func opaque(scheme, rest string) error {
	if strings.IndexByte(rest, '@') >= 0 && !strings.EqualFold(scheme, "mailto") {
		return hostError("a user and a host without slashes before them")
	}
	if strings.IndexByte(rest, '\\') >= 0 || strings.Contains(rest, ":/") || strings.Contains(rest, "//") {
		return hostError("the url wraps another")
	}
	if _, _, nested := cutScheme(rest); nested {
		return hostError("the url wraps another")
	}
	return ErrNoHost
}

// cutScheme splits "scheme:rest". "host:port" and a bare IPv6 address have no
// scheme, except that a web scheme is always one.
func cutScheme(s string) (scheme, rest string, ok bool) {
	i := 0
	for i < len(s) && schemeByte(s[i], i) {
		i++
	}
	if i == 0 || i == len(s) || s[i] != ':' {
		return "", s, false
	}
	scheme, rest = s[:i], s[i+1:]
	if web(scheme) {
		return scheme, rest, true
	}
	if strings.HasPrefix(rest, "/") {
		return scheme, rest, true
	}
	port := rest
	if j := strings.IndexAny(port, "/?#"); j >= 0 {
		port = port[:j]
	}
	if digits(port) || hexGroups(s) {
		return "", s, false
	}
	return scheme, rest, true
}

// hexGroups reports text that can only be a bare IPv6 address.
func hexGroups(s string) bool {
	colons := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == ':':
			colons++
		case c == '%':
			return colons > 1
		case c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f':
		default:
			return false
		}
	}
	return colons > 1
}

func schemeByte(c byte, i int) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')
}

// web reports the schemes that URL parsers treat alike and leniently.
func web(scheme string) bool {
	switch len(scheme) {
	case 2, 3, 4, 5:
		return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http") ||
			strings.EqualFold(scheme, "wss") || strings.EqualFold(scheme, "ws") || strings.EqualFold(scheme, "ftp")
	}
	return false
}

// hostPort splits the port off. Only a bare host may be IPv6 without brackets.
func (a *authority) hostPort(s string, inURL bool) error {
	port := ""
	switch {
	case s[0] == '[':
		end := strings.IndexByte(s, ']')
		if end < 0 || end+1 < len(s) && s[end+1] != ':' {
			return hostError("the brackets of its address do not match")
		}
		a.literal, a.host = true, s[1:end]
		if end+1 < len(s) {
			port = s[end+2:]
		}
	case strings.Count(s, ":") > 1:
		if inURL {
			return hostError("an IPv6 address in a url needs brackets")
		}
		a.literal, a.host = true, s
	default:
		a.host, port, _ = strings.Cut(s, ":")
	}
	if a.host == "" {
		return hostError("the host is empty")
	}
	n := 0
	for i := range len(port) {
		if c := port[i]; c < '0' || c > '9' {
			return hostError("the port is not a number")
		}
		if n = n*10 + int(port[i]-'0'); n > 1<<16-1 {
			return hostError("the port is over 65535")
		}
	}
	a.port = uint16(n)
	return nil
}

// digits reports text of decimal digits only, or none.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
