package prompt

import "unicode/utf8"

// maxSpelt is how many characters beyond ASCII a folded text remembers, and
// maxSpelling how long a folded character may be to be remembered.
const (
	maxSpelt    = 1 << 10
	maxSpelling = 11
)

// spelt is one character and what folding makes of it wherever it stands.
type spelt struct {
	r   rune
	n   uint8
	out [maxSpelling]byte
}

// recall folds one character that is not ASCII. A text uses few of them many
// times; those that leave a trace elsewhere (invisible ones) are folded anew.
func (f *folded) recall(r rune) {
	if f.known == nil {
		f.known = new([maxSpelt]spelt)
	}
	e := &f.known[(uint32(r)^uint32(r)>>10)%maxSpelt]
	if e.r != r {
		var alone folded
		alone.text = append(alone.text, 'a') // so that white space is kept
		alone.rune(r, 0)
		out := alone.text[1:]
		if alone.hidden > 0 || len(alone.tags)+len(alone.bytes) > 0 || len(out) > maxSpelling || spaced(out) {
			f.rune(r, 0)
			return
		}
		e.r, e.n = r, uint8(copy(e.out[:], out))
	}
	for _, c := range e.out[:e.n] {
		if c < utf8.RuneSelf {
			f.ascii(c)
		} else {
			f.text = append(f.text, c)
		}
	}
}

// spaced reports white space: what becomes of it depends on what it follows.
func spaced(b []byte) bool {
	for _, c := range b {
		if c == ' ' || c == '\n' {
			return true
		}
	}
	return false
}
