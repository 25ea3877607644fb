package prompt

import (
	"unicode"
	"unicode/utf8"
)

// kind says how a character of a canonical text divides words.
type kind uint8

const (
	divider kind = iota // anything between words
	lettered
	ideograph // a word of its own: scripts written without spaces
)

// kindAt returns the kind and length of the character at b[0].
func kindAt(b []byte) (kind, int) {
	if c := b[0]; c < utf8.RuneSelf {
		if alnum[c] {
			return lettered, 1
		}
		return divider, 1
	}
	r, n := utf8.DecodeRune(b)
	return kindOf(r), n
}

func kindOf(r rune) kind {
	switch {
	case r >= 0x3040 && r <= 0x30FF || r >= 0x3400 && r <= 0x9FFF || r >= 0x20000 && r <= 0x3FFFF || // kana, ideographs
		r >= 0x0E00 && r <= 0x0EFF || r >= 0x1000 && r <= 0x109F || r >= 0x1780 && r <= 0x17FF || r == 0x3005:
		return ideograph
	case r >= 0x0430 && r <= 0x045F, r >= 0x1100 && r <= 0x11FF, r >= 0x0620 && r <= 0x064A, r >= 0x0904 && r <= 0x0963:
		return lettered
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mc, r):
		return lettered
	}
	return divider
}

var alnum = func() (t [utf8.RuneSelf]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	return t
}()

// wordEnd returns where the word of letters that starts at i ends.
func wordEnd(text []byte, i int) int {
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if !alnum[c] {
				return i
			}
			i++
			continue
		}
		k, n := kindAt(text[i:])
		if k != lettered {
			return i
		}
		i += n
	}
	return i
}
