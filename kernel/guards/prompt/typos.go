package prompt

// transposed are the words recognised with their letters in another order, as
// people misspell them on purpose: the first letter must be right.
var transposed = [...]string{
	"ignore", "disregard", "forget", "override", "bypass", "previous", "prior", "earlier", "above", "instructions", "instruction",
	"system", "prompt", "prompts", "reveal", "print", "repeat", "guidelines", "rules", "hidden", "secret", "password", "passwords",
	"restrictions", "without", "pretend", "unrestricted", "developer", "directives",
}

// typos finds a word by its first letter and the set of its letters.
type typos map[uint64]string

// minTypos is how many misspelt words make a text worth reading again.
const minTypos = 2

// letterHash are odd constants, so that sums tell sets of letters apart.
var letterHash = func() (t [256]uint64) {
	x := uint64(0x9E3779B97F4A7C15)
	for i := range t {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		t[i] = x | 1
	}
	return t
}()

func anagram(word []byte) uint64 {
	h := letterHash[word[0]] << 7
	for _, c := range word {
		h += letterHash[c]
	}
	return h
}

func (t typos) add(word string) uint64 {
	h := anagram([]byte(word))
	t[h] = word
	return h
}

// correct appends text with transposed words put right, and a letter that is
// written three times written once.
func (t typos) correct(dst, text []byte) ([]byte, bool) {
	corrected := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < 'a' || c > 'z' {
			dst = append(dst, c)
			i++
			continue
		}
		end := i
		for end < len(text) && text[end] >= 'a' && text[end] <= 'z' {
			end++
		}
		word := text[i:end]
		from := len(dst)
		for j, c := range word {
			if j+2 < len(word) && word[j+1] == c && word[j+2] == c || j >= 2 && word[j-1] == c && word[j-2] == c {
				continue
			}
			dst = append(dst, c)
		}
		if len(dst)-from < len(word) {
			dst = append(dst, word[len(word)-1])
		}
		if n := len(dst) - from; n >= 5 && n <= 12 {
			if right, ok := t[anagram(dst[from:])]; ok && right != string(word) {
				dst = append(dst[:from], right...)
				corrected++
			}
		}
		i = end
	}
	return dst, corrected >= minTypos
}

// minMarks is how many words must have markup inside them.
const minMarks = 2

// maxTag is the longest tag or comment that is taken out of a word.
const maxTag = 32

// marked reports whether markup stands inside enough words.
func marked(text []byte) bool {
	found := 0
	for i := 0; i < len(text); {
		if !markupByte[text[i]] {
			i++
			continue
		}
		n := markup(text[i:])
		if n > 0 && insideWord(text, i, n) {
			if found++; found >= minMarks {
				return true
			}
		}
		i += max(n, 1)
	}
	return false
}

func insideWord(text []byte, i, n int) bool {
	return i > 0 && lower(text[i-1]) && i+n < len(text) && lower(text[i+n])
}

// unmark appends text without marks of emphasis, tags and comments.
func unmark(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; !markupByte[c] {
			dst = append(dst, c)
			i++
			continue
		}
		n := markup(text[i:])
		if n == 0 {
			dst = append(dst, text[i])
		}
		i += max(n, 1)
	}
	return dst
}

// markupByte are the characters that markup begins with.
var markupByte = [256]bool{'*': true, '~': true, '`': true, '^': true, '_': true, '|': true, '\\': true, '<': true}

// markup is the length of the markup at b[0], or 0.
func markup(b []byte) int {
	switch b[0] {
	case '*', '~', '`', '^', '_', '|', '\\':
		n := 1
		for n < len(b) && b[n] == b[0] {
			n++
		}
		return n
	case '<':
		for n := 1; n < len(b) && n < maxTag; n++ {
			switch b[n] {
			case '>':
				return n + 1
			case '<', '\n':
				return 0
			}
		}
	}
	return 0
}
