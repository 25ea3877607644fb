package prompt

import (
	"bytes"
	"unicode/utf8"
)

// escaped reports whether raw has enough escapes to matter.
func escaped(raw []byte) bool {
	found := 0
	for i := 0; i < len(raw); {
		if !escapeByte[raw[i]] {
			i++
			continue
		}
		_, n := escape(raw[i:])
		if n > 0 {
			if found++; found >= minEscapes {
				return true
			}
		}
		i += max(n, 1)
	}
	return false
}

// escapeByte are the characters that escapes begin with.
var escapeByte = [256]bool{'%': true, '&': true, '\\': true, '=': true}

// unescape appends raw with its escapes read: %41, &#65;, &#x41;, &lt;, \u0041,
// \x41 and \n.
func unescape(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		if !escapeByte[c] {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := escape(raw[i:])
		switch {
		case n == 0:
			dst = append(dst, c)
			i++
			continue
		case r < utf8.RuneSelf || c == '%' || c == '=' || n == 4 && c == '\\':
			dst = append(dst, byte(r)) // one byte of UTF-8
		default:
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return dst
}

// escape reads one escape: its character and length, or 0.
func escape(b []byte) (rune, int) {
	switch {
	case len(b) < 3:
	case b[0] == '%' && b[1]|0x20 == 'u':
		return hexRune(b, 2, 4)
	case b[0] == '%' || b[0] == '=':
		return hexRune(b, 1, 2)
	case b[0] == '\\':
		switch b[1] {
		case 'u':
			if b[2] == '{' {
				if end := bytes.IndexByte(b[:min(len(b), 11)], '}'); end > 3 {
					if r, n := hexRune(b, 3, end-3); n > 0 {
						return r, n + 1
					}
				}
				return 0, 0
			}
			return hexRune(b, 2, 4)
		case 'U':
			return hexRune(b, 2, 8)
		case 'x':
			return hexRune(b, 2, 2)
		case 'n', 'r', 't':
			return '\n', 2
		}
	case b[0] == '&':
		return entity(b)
	}
	return 0, 0
}

func hexRune(b []byte, from, digits int) (rune, int) {
	if len(b) < from+digits {
		return 0, 0
	}
	r := rune(0)
	for _, c := range b[from : from+digits] {
		if digit16[c] < 0 || r > utf8.MaxRune {
			return 0, 0
		}
		r = r<<4 | rune(digit16[c])
	}
	return r, from + digits
}

// entity reads one entity of HTML: numeric, or a name that divides words.
func entity(b []byte) (rune, int) {
	end := bytes.IndexByte(b[:min(len(b), 12)], ';')
	if end < 3 {
		return 0, 0
	}
	name := b[1:end]
	if name[0] != '#' {
		switch string(name) {
		case "lt":
			return '<', end + 1
		case "gt":
			return '>', end + 1
		case "amp":
			return '&', end + 1
		case "quot":
			return '"', end + 1
		case "nbsp":
			return ' ', end + 1
		}
		return 0, 0
	}
	if name[1]|0x20 == 'x' {
		if r, n := hexRune(name, 2, len(name)-2); n > 2 {
			return r, end + 1
		}
		return 0, 0
	}
	r := rune(0)
	for _, c := range name[1:] {
		if c < '0' || c > '9' || r > utf8.MaxRune {
			return 0, 0
		}
		r = r*10 + rune(c-'0')
	}
	return r, end + 1
}
