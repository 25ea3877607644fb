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

// leetWord returns where the run of letters and marks of leetspeak at i ends,
// and whether it mixes them.
func leetWord(text []byte, i int) (end int, mixed bool) {
	has, letters := 0, 0
	for ; i < len(text) && text[i] < utf8.RuneSelf; i++ {
		switch c := text[i]; {
		case lower(c):
			letters++
		case leet[c] != 0:
			has++
		case !alnum[c]:
			return i, has > 0 && letters >= has
		}
	}
	return i, has > 0 && letters >= has
}

// unleeted is the letter that word[j] stands for. one says what the digit one
// is: i, or l.
func unleeted(word []byte, j int, one byte) byte {
	c := word[j]
	switch to := leet[c]; {
	case to == 0, j == len(word)-1 && !alnum[c]:
		return c
	case c == '1':
		return one
	default:
		return to
	}
}

// leetspeak reports, for the digit one as i and as l, whether reading the
// text without leetspeak gives a word of the vocabulary.
func leetspeak(text []byte, t *tree) (i, l bool) {
	changed := 0
	for at := 0; at < len(text); {
		if c := text[at]; c >= utf8.RuneSelf || !alnum[c] && leet[c] == 0 {
			at++
			continue
		}
		end, mixed := leetWord(text, at)
		if mixed {
			changed++
			i = i || t.startsAs(text[at:end], 'i')
			l = l || t.startsAs(text[at:end], 'l')
		}
		at = end
	}
	return i && changed >= minLeet, l && changed >= minLeet
}

// startsAs reports whether a word read without leetspeak is the first of an
// entry, or a longer form of one.
func (t *tree) startsAs(word []byte, one byte) bool {
	at := int32(0)
	for j := range word {
		if at = t.step(at, unleeted(word, j, one)); at == 0 {
			return false
		}
		if t.end(at).stem != 0 {
			return true
		}
	}
	return at != 0 && (t.end(at).whole != 0 || t.step(at, ' ') != 0)
}

// unleet appends text with the characters of leet replaced where they stand
// between letters.
func unleet(dst, text []byte, one byte) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; c >= utf8.RuneSelf || !alnum[c] && leet[c] == 0 {
			dst = append(dst, c)
			i++
			continue
		}
		end, mixed := leetWord(text, i)
		word := text[i:end]
		i = end
		if !mixed {
			dst = append(dst, word...)
			continue
		}
		for j := range word {
			dst = append(dst, unleeted(word, j, one))
		}
	}
	return dst
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
		k, n := lettered, 1
		if c := text[i]; c >= utf8.RuneSelf {
			k, n = kindAt(text[i:])
		} else if !alnum[c] {
			k = divider
		}
		if k == divider {
			if run.gap += n; run.gap > maxSpellGap && run.letters > 0 {
				dst = run.end(dst)
			}
			i += n
			continue
		}
		end := i + n
		if k == lettered {
			end = wordEnd(text, end)
		}
		switch {
		case k == ideograph || end == i+n:
			dst = run.add(dst, text[i:end])
		default:
			if run.letters > 0 {
				dst = run.end(dst)
			}
			run.gap = 0
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
	dst = slices.Grow(dst, len(text))
	at := len(dst) + len(text)
	dst = dst[:at]
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			at--
			dst[at] = c
			i++
			continue
		}
		_, n := utf8.DecodeRune(text[i:])
		at -= n
		copy(dst[at:], text[i:i+n])
		i += n
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
