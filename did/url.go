package did

import (
	"errors"
	"fmt"
	"strings"
)

// MaxURLLength bounds a DID URL, in characters.
const MaxURLLength = 2048

// The reasons a text is not a DID URL. ErrSyntax is about the DID in front,
// ErrURL about what follows it; resolvers answer them by different names.
var (
	ErrSyntax = errors.New("not a DID")
	ErrURL    = errors.New("not a DID URL")
)

// URL is a DID URL of DID Core 1.0 §3.2, taken apart and not decoded: parts
// are compared as they are written. The zero value names nothing.
type URL struct {
	Method   string // the method name, as "chio"
	ID       string // the method-specific identifier
	Path     string // with its leading slash, "" if there is none
	Query    string // without the question mark
	Fragment string // without the number sign

	hasQuery, hasFragment bool // "?" and "#" with nothing behind them are kept
}

// ParseURL takes a DID or DID URL apart by the grammar of DID Core 1.0 §3.1
// and §3.2 (RFC 5234, RFC 3986):
//
//	1 at most MaxURLLength characters, ASCII only (ErrURL)
//	2 it begins with "did:" in lower case (ErrSyntax)
//	3 the method name is one or more of a-z 0-9 (ErrSyntax)
//	4 the method-specific identifier is letters, digits, ".", "-", "_", ":" and
//	  percent-encodings, and does not end in ":" (ErrSyntax)
//	5 path, query and fragment hold the characters RFC 3986 allows there (ErrURL)
func ParseURL(s string) (URL, error) {
	if len(s) > MaxURLLength { // 1
		return URL{}, fmt.Errorf("%w: %d characters, at most %d", ErrURL, len(s), MaxURLLength)
	}
	rest, ok := strings.CutPrefix(s, "did:")
	if !ok { // 2
		return URL{}, fmt.Errorf("%w: %.100q does not begin with \"did:\"", ErrSyntax, s)
	}
	var u URL
	end := strings.IndexAny(rest, "/?#")
	tail := ""
	if end >= 0 {
		rest, tail = rest[:end], rest[end:]
	}
	if u.Method, u.ID, ok = strings.Cut(rest, ":"); !ok || !isMethodName(u.Method) { // 3
		return URL{}, fmt.Errorf("%w: %.100q has no method name of a-z and 0-9 between two colons", ErrSyntax, s)
	}
	if u.ID == "" || strings.HasSuffix(u.ID, ":") || !spelled(u.ID, isIDChar) { // 4
		return URL{}, fmt.Errorf("%w: %.100q: the identifier of the method is empty, ends in a colon or holds a character that is not allowed", ErrSyntax, s)
	}
	tail, u.Fragment, u.hasFragment = strings.Cut(tail, "#")
	u.Path, u.Query, u.hasQuery = strings.Cut(tail, "?")
	for _, part := range []struct {
		name, text string
		allowed    func(byte) bool
	}{
		{"path", u.Path, isPathChar}, {"query", u.Query, isQueryChar}, {"fragment", u.Fragment, isQueryChar},
	} {
		if !spelled(part.text, part.allowed) { // 5, 1
			return URL{}, fmt.Errorf("%w: the %s %.100q holds a character that is not allowed: percent-encode it", ErrURL, part.name, part.text)
		}
	}
	return u, nil
}

// DID is the DID in front.
func (u URL) DID() string {
	if u.Method == "" {
		return ""
	}
	return "did:" + u.Method + ":" + u.ID
}

// Bare is the URL of the DID in front.
func (u URL) Bare() URL { return URL{Method: u.Method, ID: u.ID} }

// IsDID reports that nothing follows the DID.
func (u URL) IsDID() bool {
	return u.Method != "" && u.Path == "" && !u.hasQuery && !u.hasFragment
}

// HasFragment reports a number sign, also when nothing stands behind it.
func (u URL) HasFragment() bool { return u.hasFragment }

// String is the text that was parsed.
func (u URL) String() string {
	s := u.DID() + u.Path
	if u.hasQuery {
		s += "?" + u.Query
	}
	if u.hasFragment {
		s += "#" + u.Fragment
	}
	return s
}

// spelled reports that s consists of allowed characters and whole
// percent-encodings.
func spelled(s string, allowed func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		} else if !allowed(s[i]) {
			return false
		}
	}
	return true
}

func isMethodName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'z') {
			return false
		}
	}
	return s != ""
}

func isIDChar(c byte) bool { return isAlphanumeric(c) || strings.IndexByte(".-_:", c) >= 0 }

func isPathChar(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("-._~!$&'()*+,;=:@/", c) >= 0
}

func isQueryChar(c byte) bool { return isPathChar(c) || c == '?' }

func isAlphanumeric(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool        { return c >= '0' && c <= '9' }
func isHex(c byte) bool          { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
