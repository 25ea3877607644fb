package guards

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
)

// maxPathBytes bounds one path.
const maxPathBytes = 4096

var errPath = errors.New("path is empty, longer than 4096 bytes, or holds a control character")

// CleanPath returns the lexical form of a path: backslashes are separators,
// repeated separators and "." disappear, ".." removes the element before it; a
// relative path keeps its leading "..", a rooted one drops them. The current
// directory is ".". NUL, newline and other control characters are refused.
func CleanPath(path string) (string, error) {
	if path == "" || len(path) > maxPathBytes {
		return "", errPath
	}
	tidy := true
	for i := range len(path) {
		c := path[i]
		if c < 0x20 || c == 0x7f {
			return "", errPath
		}
		switch {
		case c == '\\' || c == '/' && (i+1 == len(path) || path[i+1] == '/'):
			tidy = false
		case c == '.' && (i == 0 || path[i-1] == '/') && (i+1 == len(path) || path[i+1] == '/' || path[i+1] == '.'):
			tidy = false
		}
	}
	if tidy {
		return path, nil
	}
	return rebuild(strings.ReplaceAll(path, `\`, "/")), nil
}

func rebuild(path string) string {
	rooted := path[0] == '/'
	out := make([]byte, 0, len(path))
	if rooted {
		out = append(out, '/')
	}
	base := len(out) // ".." never removes what is before base
	for at := 0; at < len(path); {
		name, after := cut(path, at)
		at = after
		switch name {
		case "", ".":
			continue
		case "..":
			if len(out) > base {
				i := bytes.LastIndexByte(out[base:], '/')
				out = out[:base+max(i, 0)]
				continue
			}
			if rooted {
				continue
			}
		}
		if len(out) > 0 && out[len(out)-1] != '/' {
			out = append(out, '/')
		}
		out = append(out, name...)
		if name == ".." {
			base = len(out)
		}
	}
	if len(out) == 0 {
		return "."
	}
	return string(out)
}

// maxDecodes is how often a percent-encoded path is decoded: a tool may decode
// what a client has already decoded once.
const maxDecodes = 2

// spellings calls fn with every folded form of a clean path that some system
// or tool takes for the same file, until fn returns true.
func spellings(clean string, fn func(string) bool) bool { return spell(clean, maxDecodes, fn) }

func spell(clean string, decodes int, fn func(string) bool) bool {
	folded := fold(clean)
	if len(folded) != len(clean) { // characters disappeared: ".." may have appeared
		c, err := CleanPath(folded)
		if err != nil {
			return fn(clean)
		}
		folded = c
	}
	if fn(folded) || folded[0] != '/' && fn(anchor(folded)) { // the working directory may be the root
		return true
	}
	if w, err := CleanPath(windows(folded)); err == nil && w != folded {
		if fn(w) || w[0] != '/' && fn(anchor(w)) {
			return true
		}
	}
	if decodes == 0 || strings.IndexByte(folded, '%') < 0 {
		return false
	}
	decoded, err := url.PathUnescape(folded)
	if err != nil || decoded == folded {
		return false
	}
	if i := strings.IndexFunc(decoded, func(r rune) bool { return r < 0x20 || r == 0x7f }); i >= 0 {
		decoded = decoded[:i] // what a C string ends at
	}
	c, err := CleanPath(decoded)
	return err == nil && spell(c, decodes-1, fn)
}

// anchor roots a relative path after its leading "..".
func anchor(path string) string {
	for strings.HasPrefix(path, "../") {
		path = path[3:]
	}
	if path == ".." || path == "." {
		return "/"
	}
	return "/" + path
}

// windows drops what Windows ignores in a name: trailing dots and spaces, and
// a stream (file::$DATA); and blanks around the whole path, which tools trim.
func windows(path string) string {
	last := path[len(path)-1]
	if last != '.' && last != ' ' && path[0] != ' ' && strings.IndexByte(path, ':') < 0 &&
		!strings.Contains(path, "./") && !strings.Contains(path, " /") {
		return path
	}
	path = strings.TrimSpace(path)
	out := make([]byte, 0, len(path))
	for at := 0; at < len(path); {
		name, after := cut(path, at)
		if i := strings.IndexByte(name, ':'); i > 1 {
			name = name[:i]
		}
		if name != ".." && name != "." {
			name = strings.TrimRight(name, ". ")
		}
		out = append(out, name...)
		if after < len(path) || strings.HasSuffix(path, "/") {
			out = append(out, '/')
		}
		at = after
	}
	return string(out)
}

// brief bounds a path in evidence.
func brief(path string) string {
	const limit = 200
	if len(path) > limit {
		return strings.ToValidUTF8(path[:limit], "") + "…"
	}
	return path
}
