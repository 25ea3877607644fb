package prompt

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in canonical form and what folding it took away.
type folded struct {
	text   []byte
	hidden int    // invisible characters that were dropped: zero-width, bidi, format
	tags   []byte // ASCII spelled in Unicode tag characters
	bytes  []byte // octets spelled in variation selectors
	known  *[maxSpelt]spelt
}

// Canonical is the form in which texts are compared: invisible characters
// dropped, compatibility forms and look-alikes folded to plain letters,
// combining marks stripped, lower case, runs of white space one space (or one
// line feed if the run has one), words divided at a line's end rejoined.
// Canonical(Canonical(s)) == Canonical(s).
func Canonical(s string) string {
	var f folded
	f.fold([]byte(s))
	return string(f.text)
}

// plain says what becomes of an ASCII byte: itself in lower case, or space.
var plain = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		switch c := byte(i); {
		case c >= 'A' && c <= 'Z':
			t[i] = c + 'a' - 'A'
		case c == '\n' || c == '\r' || c == '\v' || c == '\f':
			t[i] = '\n'
		case c <= ' ' || c == 0x7f:
			t[i] = ' '
		default:
			t[i] = c
		}
	}
	return t
}()

// fold appends the canonical form of s to f.text, which it empties first.
// What ascii does is done here for the characters that texts are made of.
func (f *folded) fold(s []byte) {
	f.text, f.tags, f.bytes, f.hidden = slices.Grow(f.text[:0], len(s)), f.tags[:0], f.bytes[:0], 0
	dst, last := f.text, byte('\n')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			to := plain[c]
			if to > ' ' && last != '\n' || to == ' ' && last > ' ' {
				dst, last = append(dst, to), to
				continue
			}
			f.text = dst
			f.ascii(to)
		} else {
			f.text = dst
			i += f.foreign(s[i:])
		}
		if dst, last = f.text, '\n'; len(dst) > 0 {
			last = dst[len(dst)-1]
		}
	}
	f.text = dst
}

// foreign folds the character at s[0], which is not ASCII, and returns its
// length.
func (f *folded) foreign(s []byte) int {
	r, n := utf8.DecodeRune(s)
	switch {
	case r == utf8.RuneError && n == 1:
		f.ascii(' ')
	case r >= 0x4E00 && r <= 0x9FFF:
		f.text = append(f.text, s[:n]...)
	default:
		f.recall(r)
	}
	return n
}

// ascii appends one folded ASCII byte.
func (f *folded) ascii(c byte) {
	n := len(f.text)
	switch {
	case c == ' ':
		if n == 0 || f.text[n-1] == ' ' || f.text[n-1] == '\n' {
			return
		}
	case c == '\n':
		if n > 0 && f.text[n-1] == ' ' {
			n--
			f.text = f.text[:n]
		}
		if n == 0 || f.text[n-1] == '\n' {
			return
		}
	case c >= 'a' && c <= 'z':
		f.rejoin()
	}
	f.text = append(f.text, c)
}

// rejoin drops a hyphen and line feed between two letters.
func (f *folded) rejoin() {
	n := len(f.text)
	if n >= 3 && f.text[n-1] == '\n' && f.text[n-2] == '-' && f.text[n-3] >= 'a' && f.text[n-3] <= 'z' {
		f.text = f.text[:n-2]
	}
}

// maxFold bounds how often one character is folded again: lower case, then
// decomposed, then a look-alike.
const maxFold = 4

// rune folds one character that is not ASCII.
func (f *folded) rune(r rune, depth int) {
	switch {
	case r < utf8.RuneSelf:
		f.ascii(plain[r])
		return
	case r >= 0x4E00 && r <= 0x9FFF: // unified ideographs are their own form
		f.text = utf8.AppendRune(f.text, r)
		return
	case f.invisible(r):
		return
	}
	if to := lookalike(r); to != "" {
		for i := range len(to) {
			f.ascii(to[i])
		}
		return
	}
	if depth < maxFold {
		if low := unicode.ToLower(r); low != r {
			f.rune(low, depth+1)
			return
		}
		if d := decompose(r); len(d) > 0 {
			for _, part := range string(d) {
				f.rune(part, depth+1)
			}
			return
		}
	}
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
	case unicode.IsSpace(r):
		if r == 0x2028 || r == 0x2029 || r == 0x85 {
			f.ascii('\n')
		} else {
			f.ascii(' ')
		}
	default:
		f.text = utf8.AppendRune(f.text, r)
	}
}

// decompose returns the full compatibility decomposition of r, or nil.
func decompose(r rune) []byte {
	var b [utf8.UTFMax]byte
	d := norm.NFKD.Properties(b[:utf8.EncodeRune(b[:], r)]).Decomposition()
	if first, _ := utf8.DecodeRune(d); len(d) == 0 || first == r {
		return nil
	}
	return d
}

// invisible counts and drops characters that readers do not see. What they
// can spell, tag characters and variation selectors, is kept to be read.
func (f *folded) invisible(r rune) bool {
	switch {
	case r >= 0xE0020 && r <= 0xE007E:
		f.tags = append(f.tags, byte(r-0xE0000))
	case r >= 0xFE00 && r <= 0xFE0F:
		f.bytes = append(f.bytes, byte(r-0xFE00))
		return true // every second emoji has one
	case r >= 0xE0100 && r <= 0xE01EF:
		f.bytes = append(f.bytes, byte(r-0xE0100+16))
	case r == 0xAD || r == 0x034F || r == 0x061C || r == 0x115F || r == 0x1160 || r == 0x17B4 || r == 0x17B5 ||
		r >= 0x180B && r <= 0x180F || r == 0x200E || r == 0x200F || r >= 0x200B && r <= 0x200D ||
		r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F || r == 0x2800 || r == 0x3164 || r == 0xFEFF || r == 0xFFA0 ||
		r >= 0xFFF0 && r <= 0xFFFB || r >= 0x1BCA0 && r <= 0x1BCA3 || r >= 0x1D173 && r <= 0x1D17A || r >= 0xE0000 && r <= 0xE0FFF:
	default:
		return false
	}
	f.hidden++
	return true
}
