package prompt

import "unicode/utf8"

// survey is a quick look at a canonical text: which of the other readings
// could say anything. It only ever leaves out a reading that would find no
// word, or too few to be a signal.
type survey struct {
	leet     int  // words that mix letters and what stands for them
	one      bool // one of them has a one, which is read in two ways
	marks    int  // marks of emphasis or tags next to letters
	single   int  // words of one character
	long     bool // a word long enough to be several
	misspelt int  // words with letters transposed or repeated
	rotated  int  // words that would begin one of the vocabulary in rot13
	reversed int  // and reversed
}

// keySet are the first four letters of words of the vocabulary.
type keySet [(26*26*26*26 + 63) / 64]uint64

func key(a, b, c, d byte) uint32 {
	return ((uint32(a-'a')*26+uint32(b-'a'))*26+uint32(c-'a'))*26 + uint32(d-'a')
}

func (k *keySet) has(i uint32) bool { return k[i/64]&(1<<(i%64)) != 0 }

func lower(c byte) bool { return c >= 'a' && c <= 'z' }

// addKey enters a word of at least four letters.
func (k *keySet) addKey(word string) {
	if len(word) < 4 || !lower(word[0]) || !lower(word[1]) || !lower(word[2]) || !lower(word[3]) {
		return
	}
	i := key(word[0], word[1], word[2], word[3])
	k[i/64] |= 1 << (i % 64)
}

func turn(c byte) byte {
	if c < 'n' {
		return c + 13
	}
	return c - 13
}

// The classes of bytes that a survey tells apart.
const (
	sDivider uint8 = iota
	sEmphasis
	sLetter
	sDigit // a digit that stands for no letter
	sLeet
	sForeign
)

var surveyClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= utf8.RuneSelf:
			t[c] = sForeign
		case lower(byte(c)):
			t[c] = sLetter
		case leet[c] != 0:
			t[c] = sLeet
		case alnum[c]:
			t[c] = sDigit
		case c != '|' && markupByte[c]:
			t[c] = sEmphasis
		}
	}
	return t
}()

// surveyed looks at a canonical text.
func (x *lexicon) surveyed(text []byte) survey {
	var s survey
	for i := 0; i < len(text); {
		switch c := text[i]; surveyClass[c] {
		case sDivider:
			i++
			continue
		case sEmphasis:
			if i > 0 && lower(text[i-1]) {
				s.marks++
			}
			i++
			continue
		case sLeet:
			if c == '|' && i > 0 && lower(text[i-1]) {
				s.marks++
			}
		}
		i = x.word(text, i, &s)
	}
	return s
}

// word looks at one word, marks of leetspeak included.
func (x *lexicon) word(text []byte, i int, s *survey) int {
	start := i
	for i < len(text) && lower(text[i]) {
		i++
	}
	if i == len(text) || surveyClass[text[i]] <= sEmphasis {
		x.note(text[start:i], s)
		return i
	}
	letters, others, foreign := i-start, 0, false
loop:
	for ; i < len(text); i++ {
		switch surveyClass[text[i]] {
		case sLetter:
			letters++
		case sLeet:
			others++
			s.one = s.one || text[i] == '1'
		case sForeign:
			foreign = true
		case sDivider, sEmphasis:
			break loop
		}
	}
	s.misspelt += tripled(text[start:i])
	s.mixed(i-start, letters, others, foreign)
	return i
}

// mixed notes a word that is not of letters alone.
func (s *survey) mixed(n, letters, others int, foreign bool) {
	switch {
	case foreign:
		s.reversed++
		s.rotated++
		s.single++ // scripts without spaces may be spelled out too
		s.long = true
		return
	case n == 1:
		s.single++
		return
	case others > 0 && letters >= others:
		s.leet++
	}
	s.long = s.long || n >= minRun
}

// tripled counts the letters that stand after two of the same.
func tripled(w []byte) (n int) {
	for i := 2; i < len(w); i++ {
		if w[i] == w[i-1] && w[i] == w[i-2] && lower(w[i]) {
			n++
		}
	}
	return n
}

// note looks at a word of letters. What was met often enough is not looked
// for again.
func (x *lexicon) note(w []byte, s *survey) {
	n := len(w)
	if n < 4 {
		if n == 1 {
			s.single++
		} else if n == 3 && w[0] == w[1] && w[1] == w[2] {
			s.misspelt++
		}
		return
	}
	s.long = s.long || n >= minRun
	if s.rotated < minRotated && x.keys.has(key(turn(w[0]), turn(w[1]), turn(w[2]), turn(w[3]))) {
		s.rotated++
	}
	if s.reversed < minRotated && x.keys.has(key(w[n-1], w[n-2], w[n-3], w[n-4])) {
		s.reversed++
	}
	if s.misspelt >= minTypos {
		return
	}
	s.misspelt += tripled(w)
	if n >= 5 && n <= 12 && x.initials[w[0]-'a'] {
		hash := anagram(w)
		if x.bloom[hash>>58]&(1<<(hash>>52&63)) != 0 {
			if right, ok := x.typos[hash]; ok && right != string(w) {
				s.misspelt++
			}
		}
	}
}
