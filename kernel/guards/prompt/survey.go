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
type keySet [26 * 26 * 26 * 26 / 64 * 2]uint64

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

// surveyed looks at a canonical text.
func (x *lexicon) surveyed(text []byte) survey {
	var s survey
	for i := 0; i < len(text); {
		c := text[i]
		if c == '*' || c == '~' || c == '`' || c == '^' || c == '_' || c == '|' || c == '\\' || c == '<' {
			if i > 0 && lower(text[i-1]) {
				s.marks++
			}
		}
		if c < utf8.RuneSelf && !alnum[c] && leet[c] == 0 {
			i++
			continue
		}
		i = x.word(text, i, &s)
	}
	return s
}

// word looks at one word, marks of leetspeak included.
func (x *lexicon) word(text []byte, i int, s *survey) int {
	start, letters, others, foreign := i, 0, 0, false
	hash := letterHash[text[i]] << 7
	for i < len(text) {
		c := text[i]
		switch {
		case lower(c):
			letters++
			hash += letterHash[c]
			if i >= start+2 && text[i-1] == c && text[i-2] == c {
				s.misspelt++
			}
		case c >= utf8.RuneSelf:
			foreign = true
		case leet[c] != 0:
			others++
			s.one = s.one || c == '1'
		case !alnum[c]:
			x.note(text[start:i], letters, others, foreign, hash, s)
			return i
		}
		i++
	}
	x.note(text[start:i], letters, others, foreign, hash, s)
	return i
}

func (x *lexicon) note(w []byte, letters, others int, foreign bool, hash uint64, s *survey) {
	n := len(w)
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
	if letters < n || n < 4 {
		return
	}
	if x.rotated(w) {
		s.rotated++
	}
	if x.keys.has(key(w[n-1], w[n-2], w[n-3], w[n-4])) {
		s.reversed++
	}
	if n >= 5 && n <= 12 && x.bloom[hash>>58]&(1<<(hash>>52&63)) != 0 {
		if right, ok := x.typos[hash]; ok && right != string(w) {
			s.misspelt++
		}
	}
}

func (x *lexicon) rotated(w []byte) bool {
	return x.keys.has(key(turn(w[0]), turn(w[1]), turn(w[2]), turn(w[3])))
}
