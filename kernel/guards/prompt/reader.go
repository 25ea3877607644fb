package prompt

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
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

// lane is what one detector makes of the text that is read.
type lane struct {
	d                        *detector
	m                        meeting
	out                      finding
	plainScore, variantScore int
}

// reader reads a text once, for one detector or for both. It holds buffers
// only, so it may be kept from one text to the next, by one goroutine at a
// time.
type reader struct {
	lex         *lexicon
	lanes       []lane
	base, other folded
	raw, buf    []byte
}

// read judges raw in every reading, for the given detectors. Each reading costs
// time linear in raw.
func (r *reader) read(raw []byte, detectors ...*detector) {
	shape := false
	r.lanes = slices.Grow(r.lanes[:0], len(detectors))[:len(detectors)]
	for i, d := range detectors {
		l := &r.lanes[i]
		l.d, l.out, l.plainScore, l.variantScore = d, finding{}, 0, 0
		shape = shape || d.shape
	}
	r.base.fold(raw)
	text := r.base.text
	r.scan(rPlain, text)
	r.respelled(text, r.lex.surveyed(text))
	r.decoded(raw)
	var seen symbols
	if shape {
		seen = countSymbols(text)
	}
	for i := range r.lanes {
		l := &r.lanes[i]
		l.out.hidden = r.base.hidden
		l.out.score = min(maxScore, l.plainScore+l.variantScore)
		if l.d.shape {
			l.out.symbols = seen
		}
	}
}

// minRotated is how many words must look turned round before they are read so.
const minRotated = 2

// respelled reads the text with its letters written, ordered or divided in
// other ways.
func (r *reader) respelled(text []byte, look survey) {
	if look.leet >= minLeet {
		i, l := leetspeak(text, r.lex.words)
		if i {
			r.respell(rLeet, unleet(r.buf[:0], text, 'i'))
		}
		if l && look.one {
			r.respell(rLeet, unleet(r.buf[:0], text, 'l'))
		}
	}
	if look.single >= minSpelled || look.long {
		r.respell(rJoined, joined(r.buf[:0], text))
	}
	if look.reversed >= minRotated {
		r.respell(rReversed, reversed(r.buf[:0], text))
	}
	if look.rotated >= minRotated {
		r.respell(rRot13, rot13(r.buf[:0], text))
	}
	if look.misspelt >= minTypos {
		if buf, worth := r.lex.typos.correct(r.buf[:0], text); worth {
			r.respell(rTypos, buf)
		}
	}
	if look.marks >= minMarks && marked(text) {
		r.respell(rMarkup, unmark(r.buf[:0], text))
	}
}

// respell reads another spelling, which was written into the buffer.
func (r *reader) respell(which int, buf []byte) {
	if r.buf = buf; len(buf) > 0 {
		r.scan(which, buf)
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
	if escaped(raw) {
		r.buf = unescape(r.buf[:0], raw)
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

// scan reads one canonical text and adds what each detector found.
func (r *reader) scan(which int, text []byte) {
	for i := range r.lanes {
		r.lanes[i].m.reset(r.lanes[i].d.set)
	}
	s := scanner{lex: r.lex, text: text, lanes: r.lanes}
	if which == rJoined {
		s.scanJoined()
	} else {
		s.scan()
	}
	for i := range r.lanes {
		r.lanes[i].add(which, s.unit)
	}
}

// add adds up what one reading of so many units gave.
func (l *lane) add(which int, units int32) {
	t := l.m.tally(l.d.combine)
	if which == rPlain {
		l.plainScore, l.out.windows = t.score, 1+int(units/window)
	}
	if t.score == 0 {
		return
	}
	// These readings leave most of a text as it was: what they find anew is
	// what counts.
	if which == rEscapes || which == rLeet || which == rRot13 || which == rTypos || which == rMarkup {
		if t.score <= l.plainScore {
			return
		}
		t.score -= l.plainScore
	}
	l.out.signals |= t.signals
	l.out.readings |= 1 << which
	if which == rPlain {
		return
	}
	l.variantScore = max(l.variantScore, t.score+obfuscated)
}

// fingerprint names the canonical text without showing it.
func (r *reader) fingerprint() string {
	sum := sha256.Sum256(r.base.text)
	return hex.EncodeToString(sum[:8])
}
