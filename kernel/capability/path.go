package capability

import (
	"errors"
	"path"
	"strings"
)

// lexicalPath is a slash-separated path without "." and inner "..".
type lexicalPath struct {
	absolute bool
	clean    string // without a leading slash; "" is the root or the working directory
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

// looksLikePath reports whether a string could be used as a path that leaves
// its directory.
func looksLikePath(s string) bool {
	return strings.ContainsAny(s, `/\`) || strings.Contains(s, "..") || s != "" && strings.ContainsAny(s[:1], "~$%")
}

// parsePath refuses everything two file systems could read differently, then
// cleans lexically.
func parsePath(s string) (lexicalPath, error) {
	if s == "" {
		return lexicalPath{}, errPathEmpty
	}
	if hasControl(s) {
		return lexicalPath{}, errPathControl
	}
	switch {
	case strings.IndexByte(s, '\\') >= 0:
		return lexicalPath{}, errPathBackslash
	case strings.Contains(s, "://"), len(s) >= 5 && strings.EqualFold(s[:5], "file:"):
		return lexicalPath{}, errPathURL
	case strings.TrimSpace(s) != s:
		return lexicalPath{}, errPathSpace
	case hasEncodedSeparator(s):
		return lexicalPath{}, errPathEncoded
	}
	clean := path.Clean(s)
	p := lexicalPath{absolute: clean[0] == '/', clean: strings.TrimPrefix(clean, "/")}
	if clean == "." {
		p.clean = ""
	}
	return p, nil
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// String is the path in its one spelling.
func (p lexicalPath) String() string {
	switch {
	case p.absolute:
		return "/" + p.clean
	case p.clean == "":
		return "."
	}
	return p.clean
}

// contains reports whether q is p or below it.
func (p lexicalPath) contains(q lexicalPath) bool {
	if p.absolute != q.absolute {
		return false
	}
	if p.clean == q.clean {
		return true
	}
	rest := q.clean
	if p.clean != "" {
		var below bool
		if rest, below = strings.CutPrefix(rest, p.clean); !below || rest[0] != '/' {
			return false
		}
		rest = rest[1:]
	}
	first, _, _ := strings.Cut(rest, "/")
	if first == ".." { // a climbing prefix does not cover climbing further
		return false
	}
	// "~", "~user", "$HOME" and "C:" mean another place to whoever expands them.
	return p.clean != "" || q.absolute || !isSpecialRoot(first)
}

func isSpecialRoot(part string) bool {
	return part != "" && strings.ContainsAny(part[:1], "~$%") || len(part) >= 2 && part[1] == ':'
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
