package guard

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// errEscape refuses an escape that stands for no character.
var errEscape = errors.New("string holds an escape that is no character")

// Unescaped decodes the inside of a JSON string that a scanner has found. Most
// text of files has an escape on every line, so it is copied in runs.
func Unescaped(s string) (string, error) {
	out := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return string(append(out, s...)), nil
		}
		out = append(out, s[:i]...)
		if i+1 >= len(s) {
			return "", errEscape
		}
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case '"', '\\', '/':
			out = append(out, c)
		case 'u':
			r, rest, ok := escapedRune(s)
			if !ok {
				return "", errEscape
			}
			out, s = utf8.AppendRune(out, r), rest
		default:
			return "", errEscape
		}
	}
}

// escapedRune reads the digits of one \u escape, or of the two of a pair.
func escapedRune(s string) (r rune, rest string, ok bool) {
	r, ok = hex4(s)
	if !ok {
		return 0, "", false
	}
	if !utf16.IsSurrogate(r) {
		return r, s[4:], true
	}
	if len(s) < 10 || s[4] != '\\' || s[5] != 'u' {
		return 0, "", false
	}
	low, ok := hex4(s[6:])
	r = utf16.DecodeRune(r, low)
	return r, s[10:], ok && r != utf8.RuneError
}

func hex4(s string) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for i := range 4 {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
