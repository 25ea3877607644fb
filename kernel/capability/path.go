package capability

import (
	"errors"
	"path"
	"strings"
)

// lexicalPath is a slash-separated path without "." and inner "..". Symbolic
// links are not resolved: nobody here can see the tool's file system.
type lexicalPath struct {
	absolute bool
	parts    []string // for a relative path that climbs, the first is ".."
}

// The reasons a string is not accepted as a path.
var (
	errPathControl   = errors.New("has a control character in its path")
	errPathBackslash = errors.New("has a backslash in its path")
	errPathURL       = errors.New("is a URL, not a path")
	errPathSpace     = errors.New("begins or ends with white space")
	errPathEncoded   = errors.New("has a percent-encoded separator or dot in its path")
	errPathEmpty     = errors.New("is an empty path")
)

// looksLikePath reports whether a string anywhere in the arguments could be
// used as a path that leaves its directory.
func looksLikePath(s string) bool {
	return strings.ContainsAny(s, `/\`) || strings.Contains(s, "..") || strings.HasPrefix(s, "~")
}

// parsePath refuses everything two file systems could read differently, then
// cleans lexically.
func parsePath(s string) (lexicalPath, error) {
	if s == "" {
		return lexicalPath{}, errPathEmpty
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return lexicalPath{}, errPathControl
		}
	}
	switch {
	case strings.Contains(s, `\`):
		return lexicalPath{}, errPathBackslash
	case strings.Contains(s, "://"), len(s) >= 5 && strings.EqualFold(s[:5], "file:"):
		return lexicalPath{}, errPathURL
	case strings.TrimSpace(s) != s:
		return lexicalPath{}, errPathSpace
	case hasEncodedSeparator(s):
		return lexicalPath{}, errPathEncoded
	}
	clean := path.Clean(s)
	p := lexicalPath{absolute: strings.HasPrefix(clean, "/")}
	for part := range strings.SplitSeq(strings.Trim(clean, "/"), "/") {
		if part != "" && part != "." {
			p.parts = append(p.parts, part)
		}
	}
	return p, nil
}

// contains reports whether q is p or below it.
func (p lexicalPath) contains(q lexicalPath) bool {
	if p.absolute != q.absolute || len(q.parts) < len(p.parts) {
		return false
	}
	for i := range p.parts {
		if p.parts[i] != q.parts[i] {
			return false
		}
	}
	rest := q.parts[len(p.parts):]
	if len(rest) == 0 {
		return true
	}
	if rest[0] == ".." { // a climbing prefix does not cover climbing further
		return false
	}
	// "~", "~user", "$HOME" and "C:" mean another place to whoever expands them.
	return len(p.parts) > 0 || q.absolute || !isSpecialRoot(rest[0])
}

func isSpecialRoot(part string) bool {
	return strings.ContainsAny(part[:1], "~$%") || len(part) >= 2 && part[1] == ':'
}

// hasEncodedSeparator finds %2f, %5c, %2e and %00 in either case, and %25,
// which hides them from one decoding.
func hasEncodedSeparator(s string) bool {
	for i := 0; i+2 < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		switch strings.ToLower(s[i+1 : i+3]) {
		case "2f", "5c", "2e", "00", "25":
			return true
		}
	}
	return false
}
