package prompt

import (
	"crypto/sha256"
	"encoding/hex"
)

// maxScore is the highest score of a detector.
const maxScore = 100

// obfuscated is added to a reading's score that only another notation gave:
// nobody hides an order by accident.
const obfuscated = 25

// The readings of one text, by the names that evidence gives them.
var readings = [...]string{"plain", "leetspeak", "joined", "reversed", "rot13", "tags", "selectors", "decoded", "escapes", "typos", "markup"}

const (
	rPlain = iota
	rLeet
	rJoined
	rReversed
	rRot13
	rTags
	rSelectors
	rDecoded
	rEscapes
	rTypos
	rMarkup
)

// finding is what one detector makes of one text.
type finding struct {
	score    int
	signals  uint64
	readings uint16 // the readings that contributed, one bit each
	windows  int    // windows of the plain text
	hidden   int    // invisible characters
	symbols  symbols
}

// reader reads texts for one ruleset. It holds buffers only, so it may be kept
// from one text to the next, by one goroutine at a time.
type reader struct {
	lex          *lexicon
	set          *ruleset
	combine      func([]int) int
	shape        bool // count symbols
	base, other  folded
	raw, buf     []byte
	m            meeting
	out          finding
	plainScore   int
	variantScore int
}

// read judges raw in every reading. Each costs time linear in raw.
func (r *reader) read(raw []byte) finding {
	r.out, r.plainScore, r.variantScore = finding{}, 0, 0
	r.base.fold(raw)
	text := r.base.text
	r.out.hidden = r.base.hidden
	if r.shape {
		r.out.symbols = countSymbols(text)
	}
	r.scan(rPlain, text)
	look := r.lex.surveyed(text)
	r.respelled(text, look)
	r.decoded(raw)
	r.out.score = min(maxScore, r.plainScore+r.variantScore)
	return r.out
}

// minRotated is how many words must look turned round before they are read so.
const minRotated = 2

// respelled reads the text with its letters written, ordered or divided in
// other ways.
func (r *reader) respelled(text []byte, look survey) {
	var worth bool
	for _, one := range [...]byte{'i', 'l'} {
		if look.leet < minLeet || one == 'l' && !look.one {
			break
		}
		if r.buf, worth = unleet(r.buf[:0], text, one, r.lex.words); worth {
			r.scan(rLeet, r.buf)
		}
	}
	if look.single >= minSpelled || look.long {
		if r.buf = joined(r.buf[:0], text); len(r.buf) > 0 {
			r.scan(rJoined, r.buf)
		}
	}
	if look.reversed >= minRotated {
		r.buf = reversed(r.buf[:0], text)
		r.scan(rReversed, r.buf)
	}
	if look.rotated >= minRotated {
		r.buf = rot13(r.buf[:0], text)
		r.scan(rRot13, r.buf)
	}
	if look.misspelt >= minTypos {
		if r.buf, worth = r.lex.typos.correct(r.buf[:0], text); worth {
			r.scan(rTypos, r.buf)
		}
	}
	if look.marks >= minMarks {
		if r.buf, worth = unmark(r.buf[:0], text); worth {
			r.scan(rMarkup, r.buf)
		}
	}
}

// decoded reads what other notations say.
func (r *reader) decoded(raw []byte) {
	r.foreign(rTags, r.base.tags)
	r.foreign(rSelectors, r.base.bytes)
	if r.buf = decodings(r.buf[:0], raw); len(r.buf) > 0 {
		r.buf = decodings(r.buf, r.buf) // what was encoded twice
		r.foreign(rDecoded, r.buf)
	}
	var worth bool
	if r.buf, worth = unescape(r.buf[:0], raw); worth {
		r.foreign(rEscapes, r.buf)
	}
}

// foreign reads a text that is not folded yet.
func (r *reader) foreign(which int, raw []byte) {
	if len(raw) < minText {
		return
	}
	r.other.fold(raw)
	r.scan(which, r.other.text)
}

// scan reads one canonical text and adds what it found.
func (r *reader) scan(which int, text []byte) {
	r.m.reset(r.set)
	s := scanner{lex: r.lex, text: text, m: &r.m}
	if which == rJoined {
		s.scanJoined()
	} else {
		s.scan()
	}
	t := r.m.tally(r.combine)
	if which == rPlain {
		r.plainScore, r.out.windows = t.score, 1+int(s.unit/window)
	}
	if t.score == 0 {
		return
	}
	// These readings leave most of a text as it was: what they find anew is
	// what counts.
	if which == rEscapes || which == rLeet || which == rRot13 || which == rTypos || which == rMarkup {
		if t.score <= r.plainScore {
			return
		}
		t.score -= r.plainScore
	}
	r.out.signals |= t.signals
	r.out.readings |= 1 << which
	if which == rPlain {
		return
	}
	r.variantScore = max(r.variantScore, t.score+obfuscated)
}

// fingerprint names the canonical text without showing it.
func (r *reader) fingerprint() string {
	sum := sha256.Sum256(r.base.text)
	return hex.EncodeToString(sum[:8])
}
