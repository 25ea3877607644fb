package prompt

import (
	"slices"
	"unicode/utf8"
)

// leet are the characters that stand for letters inside a word.
var leet = [utf8.RuneSelf]byte{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '9': 'g', '@': 'a', '$': 's', '!': 'i', '|': 'i', '+': 't', '(': 'c'}

// minLeet is how many words must mix letters and such characters before the
// text is read as leetspeak.
const minLeet = 2

// unleet appends text with the characters of leet replaced where they stand
// between letters, and reports whether that gave a word of the vocabulary. one
// says what the digit one is: i, or l.
func unleet(dst, text []byte, one byte, t *tree) ([]byte, bool) {
	changed, known := 0, false
	for i := 0; i < len(text); {
		start, has, letters := i, 0, 0
		for i < len(text) && text[i] < utf8.RuneSelf && (alnum[text[i]] || leet[text[i]] != 0) {
			switch {
			case text[i] >= 'a' && text[i] <= 'z':
				letters++
			case leet[text[i]] != 0:
				has++
			}
			i++
		}
		if i == start {
			dst = append(dst, text[i])
			i++
			continue
		}
		word := text[start:i]
		if has == 0 || letters < has {
			dst = append(dst, word...)
			continue
		}
		changed++
		from := len(dst)
		for j, c := range word {
			switch to := leet[c]; {
			case to == 0, j == len(word)-1 && !alnum[c]:
				dst = append(dst, c)
			case c == '1':
				dst = append(dst, one)
			default:
				dst = append(dst, to)
			}
		}
		known = known || t.begins(dst[from:])
	}
	return dst, known && changed >= minLeet
}

// minSpelled is how many single letters in a row are a spelled-out word, and
// minRun how long a word is before it may be several without spaces.
const (
	minSpelled  = 5
	minRun      = 14
	maxSpellGap = 12 // bytes between two spelled letters
)

// joined appends the runs of spelled-out letters, and long words, each on its
// own line.
func joined(dst, text []byte) []byte {
	from := len(dst)
	var run spelling
	for i := 0; i < len(text); {
		k, n := kindAt(text[i:])
		if k == divider {
			if run.gap += n; run.gap > maxSpellGap {
				dst = run.end(dst)
			}
			i += n
			continue
		}
		end := i + n
		if k == lettered {
			end = wordEnd(text, i)
		}
		switch {
		case k == ideograph || end == i+n:
			dst = run.add(dst, text[i:end])
		default:
			dst = run.end(dst)
			if end-i >= minRun && end-i <= maxRun {
				dst = append(append(dst, text[i:end]...), '\n')
			}
		}
		i = end
	}
	dst = run.end(dst)
	if len(dst)-from < minSpelled {
		return dst[:from]
	}
	return dst
}

// spelling is a run of single letters at the end of a buffer.
type spelling struct {
	letters, bytes int
	gaps           int // letters that something divides from the one before
	gap            int // bytes since the last letter
}

func (s *spelling) add(dst, letter []byte) []byte {
	if s.gap > 0 && s.letters > 0 {
		s.gaps++
	}
	s.letters, s.bytes, s.gap = s.letters+1, s.bytes+len(letter), 0
	return append(dst, letter...)
}

// end keeps the run if it is long and mostly divided.
func (s *spelling) end(dst []byte) []byte {
	if s.letters < minSpelled || s.gaps*2 < s.letters {
		dst = dst[:len(dst)-s.bytes]
	} else {
		dst = append(dst, '\n')
	}
	*s = spelling{}
	return dst
}

// maxRun is the longest word read without its boundaries: longer ones are data,
// which the decoders read.
const maxRun = 4096

// reversed appends text from its last character to its first.
func reversed(dst, text []byte) []byte {
	for i := len(text); i > 0; {
		if c := text[i-1]; c < utf8.RuneSelf {
			dst = append(dst, c)
			i--
			continue
		}
		_, n := utf8.DecodeLastRune(text[:i])
		dst = append(dst, text[i-n:i]...)
		i -= n
	}
	return dst
}

// rot13 appends text with every letter moved by half the alphabet.
func rot13(dst, text []byte) []byte {
	from := len(dst)
	dst = slices.Grow(dst, len(text))
	dst = append(dst, text...)
	for i, c := range dst[from:] {
		switch {
		case c >= 'a' && c <= 'm':
			dst[from+i] = c + 13
		case c >= 'n' && c <= 'z':
			dst[from+i] = c - 13
		}
	}
	return dst
}
