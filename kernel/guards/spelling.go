package guards

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bounds of the forms one path is tried in.
const (
	maxDecodes = 3  // a tool may decode what a client and a proxy have decoded once
	maxBraces  = 64 // alternatives of {a,b}
)

// spellings calls fn with every folded form of a clean path that some system
// or tool takes for the same file, until fn returns true.
func spellings(clean string, fn func(string) bool) bool { return spell(clean, maxDecodes, fn) }

func spell(clean string, decodes int, fn func(string) bool) bool {
	folded := fold(clean)
	if !ascii(folded) {
		folded = fold(wide(folded))
	}
	if folded != clean { // separators or ".." may have appeared
		c, err := CleanPath(folded)
		if err != nil {
			return fn(clean)
		}
		folded = c
	}
	if tryForm(folded, fn) {
		return true
	}
	if !strings.ContainsAny(folded, " :;{~%$.?") {
		return unprefixed(folded, fn)
	}
	for _, variant := range [...]func(string) string{windows, withoutParameters, ofFileURL} {
		if v := variant(folded); v != folded {
			if c, err := CleanPath(v); err == nil && c != folded && (tryForm(c, fn) || unprefixed(c, fn)) {
				return true
			}
		}
	}
	if unprefixed(folded, fn) || strings.IndexByte(folded, '{') >= 0 && alternatives(folded, fn) {
		return true
	}
	return decodes > 0 && percent(folded, decodes, fn)
}

// tryForm tries a path as it is, and from the root: the working directory of
// the tool may be the root.
func tryForm(path string, fn func(string) bool) bool {
	return fn(path) || path[0] != '/' && fn(anchor(path))
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

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// wide folds characters that some system shows or stores as others: full
// width, mathematical and ligature letters, and everything that looks like a
// slash or a dot.
func wide(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case 0x2044, 0x2215, 0x29f8, 0xff0f, 0xff3c, 0x29f5, 0x2216, 0xfe68: // slashes and backslashes
			return '/'
		case 0x2024, 0x3002, 0xfe52, 0xff0e, 0xff61, 0x00b7: // dots
			return '.'
		}
		return r
	}, s)
	return norm.NFKC.String(s)
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
	return cmp.Or(string(out), path)
}

// withoutParameters drops what some servers ignore behind a ";" in a name.
func withoutParameters(path string) string {
	if strings.IndexByte(path, ';') < 0 {
		return path
	}
	var out []byte
	for at := 0; at < len(path); {
		name, after := cut(path, at)
		name, _, _ = strings.Cut(name, ";")
		out = append(append(out, name...), '/')
		at = after
	}
	return cmp.Or(strings.TrimSuffix(string(out), "/"), path)
}

// ofFileURL is the path of a file URL that stands behind another scheme.
func ofFileURL(path string) string {
	if i := strings.LastIndex(path, "file:/"); i >= 0 {
		return "/" + strings.TrimLeft(path[i+len("file:"):], "/")
	}
	return path
}

// unprefixed tries a path without what a system puts before it: macOS's
// /private, a WSL share, the device forms of Windows, a drive.
func unprefixed(path string, fn func(string) bool) bool {
	rest, ok := strings.CutPrefix(path, "/private/")
	if !ok {
		for _, share := range [...]string{"/wsl$/", "/wsl.localhost/"} {
			if after, found := strings.CutPrefix(path, share); found {
				_, rest, ok = strings.Cut(after, "/")
			}
		}
	}
	if !ok {
		p := strings.TrimPrefix(strings.TrimPrefix(path, "/?/"), "/./")
		p = strings.TrimPrefix(p, "unc/")
		if len(p) > 2 && p[1] == ':' && p[2] == '/' {
			rest, ok = p[3:], true
		} else if p != path {
			rest, ok = strings.TrimPrefix(p, "/"), true
		}
	}
	return ok && rest != "" && fn("/"+rest)
}

// alternatives expands {a,b} one level at a time, as a shell would.
func alternatives(path string, fn func(string) bool) bool {
	todo := []string{path}
	for n := 0; len(todo) > 0 && n < maxBraces; n++ {
		at := todo[0]
		todo = todo[1:]
		open := strings.LastIndexByte(at, '{')
		if open < 0 {
			if c, err := CleanPath(at); err == nil && tryForm(c, fn) {
				return true
			}
			continue
		}
		end := strings.IndexByte(at[open:], '}')
		if end < 0 {
			continue
		}
		for option := range strings.SplitSeq(at[open+1:open+end], ",") {
			todo = append(todo, at[:open]+option+at[open+end+1:])
		}
	}
	return false
}

// percent tries a percent-encoded path decoded once more.
func percent(path string, decodes int, fn func(string) bool) bool {
	if strings.IndexByte(path, '%') < 0 {
		return false
	}
	decoded := unescape(path)
	if decoded == path {
		return false
	}
	if i := strings.IndexFunc(decoded, func(r rune) bool { return r < 0x20 || r == 0x7f }); i >= 0 {
		decoded = decoded[:i] // what a C string ends at
	}
	c, err := CleanPath(decoded)
	return err == nil && spell(c, decodes-1, fn)
}

// unescape decodes %XX and %uXXXX and leaves what is neither. Overlong UTF-8,
// which a careful decoder refuses and a careless one takes for the character,
// becomes that character.
func unescape(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] == '%' {
			if v, ok := hexNumber(s, i+1, 2); ok {
				out = append(out, byte(v))
				i += 3
				continue
			}
			if v, ok := hexNumber(s, i+2, 4); ok && (s[i+1] == 'u' || s[i+1] == 'U') {
				out = utf8.AppendRune(out, rune(v))
				i += 6
				continue
			}
		}
		out = append(out, s[i])
		i++
	}
	return overlong(out)
}

func hexNumber(s string, at, digits int) (v int, ok bool) {
	if at+digits > len(s) {
		return 0, false
	}
	for _, c := range []byte(s[at : at+digits]) {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | int(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// overlong replaces two and three byte forms of ASCII characters by them.
func overlong(b []byte) string {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		switch {
		case i+1 < len(b) && (b[i] == 0xc0 || b[i] == 0xc1) && b[i+1]&0x80 != 0:
			out = append(out, b[i]&1<<6|b[i+1]&0x3f)
			i++
		case i+2 < len(b) && b[i] == 0xe0 && b[i+1]&0xfe == 0x80 && b[i+2]&0xc0 == 0x80:
			out = append(out, b[i+1]&1<<6|b[i+2]&0x3f)
			i += 2
		default:
			out = append(out, b[i])
		}
	}
	return string(out)
}
