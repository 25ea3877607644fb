package secrets

import "strings"

// loosen undoes what a text's own language does to one string in it: escapes
// of characters, percent signs, continued lines, and quoted pieces that are
// added up. ok is false if there is nothing of the sort.
func loosen(text string) (plain string, ok bool) {
	if !strings.Contains(text, `\u00`) && !strings.Contains(text, `\x`) && !strings.Contains(text, "\\\n") && !strings.Contains(text, "\\\r") &&
		!encoded(text) && !added(text) {
		return "", false
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			b, n := escape(text[i:])
			out = append(out, b...)
			i += n
		case c == '%' && i+2 < len(text) && hexDigits[text[i+1]] && hexDigits[text[i+2]]:
			out = append(out, nibble(text[i+1])<<4|nibble(text[i+2]))
			i += 3
		case quotes[c]:
			if n := joint(text[i:]); n > 0 {
				i += n
				continue
			}
			out = append(out, c)
			i++
		default:
			out = append(out, c)
			i++
		}
	}
	return string(out), true
}

// encoded reports a percent sign before two digits.
func encoded(text string) bool {
	for i := strings.IndexByte(text, '%'); i >= 0 && i+2 < len(text); {
		if hexDigits[text[i+1]] && hexDigits[text[i+2]] {
			return true
		}
		next := strings.IndexByte(text[i+1:], '%')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// added reports a quoted piece that another is added to.
func added(text string) bool {
	for i := strings.IndexByte(text, '+'); i >= 0; {
		j := i - 1
		for j >= 0 && (text[j] == ' ' || text[j] == '\t' || text[j] == '\n' || text[j] == '\r') {
			j--
		}
		if j >= 0 && quotes[text[j]] && joint(text[j:]) > 0 {
			return true
		}
		next := strings.IndexByte(text[i+1:], '+')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// joint returns the length of a quote, blanks with one plus sign, and a quote.
func joint(s string) int {
	plus := 0
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			plus++
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		case quotes[c] && plus == 1:
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// escape decodes \uXXXX and \xXX of ASCII and drops a continued line's end
// with the next line's indentation.
func escape(s string) (out []byte, n int) {
	switch {
	case len(s) >= 6 && s[1] == 'u' && s[2] == '0' && s[3] == '0' && hexDigits[s[4]] && hexDigits[s[5]]:
		return []byte{nibble(s[4])<<4 | nibble(s[5])}, 6
	case len(s) >= 4 && s[1] == 'x' && hexDigits[s[2]] && hexDigits[s[3]]:
		return []byte{nibble(s[2])<<4 | nibble(s[3])}, 4
	case s[1] == '\n' || s[1] == '\r':
		n = 2
		for n < len(s) && (s[n] == '\n' || s[n] == ' ' || s[n] == '\t') {
			n++
		}
		return nil, n
	}
	return []byte{s[0], s[1]}, 2
}

func nibble(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
