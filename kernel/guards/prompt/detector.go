package prompt

import (
	"fmt"
)

// maxScanBytes is the most text a detector may be configured to read: a whole
// result.
const maxScanBytes = 4 << 20

// detector is one ruleset ready to judge texts. It is safe for concurrent use.
type detector struct {
	lex     *lexicon
	set     *ruleset
	combine func([]int) int
	shape   bool // count symbols
	limit   int64
}

// newDetector compiles a ruleset. shape says whether
// the symbols of a text count, and limit is how many bytes of text it reads.
func newDetector(name string, rules []rule, combine func([]int) int, shape bool, limit int64) (*detector, error) {
	if limit < 1 || limit > maxScanBytes {
		return nil, fmt.Errorf("%s: the scan limit is %d bytes; give 1 … %d", name, limit, maxScanBytes)
	}
	lex, err := theLexicon()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &detector{lex: lex, set: newRuleset(rules), combine: combine, shape: shape, limit: limit}, nil
}

// reader lends a reader; give takes it back.
func (x *lexicon) reader() *reader {
	if r, ok := x.readers.Get().(*reader); ok {
		return r
	}
	return &reader{lex: x}
}

func (x *lexicon) give(r *reader) {
	if cap(r.raw) <= maxKept {
		x.readers.Put(r)
	}
}

// maxKept bounds the buffers a reader keeps from one text to the next.
const maxKept = 1 << 20

// sum adds up the weights of one window.
func sum(weights []int) int {
	s := 0
	for _, w := range weights {
		s += w
	}
	return min(s, maxScore)
}

// noisyOr is the chance, in per cent, that at least one of several independent
// signs is right. A single sign counts as it is.
func noisyOr(weights []int) int {
	miss := 100 * 10000
	for _, w := range weights {
		if w > 0 {
			miss = miss * (maxScore - w) / maxScore
		}
	}
	return maxScore - (miss+9999)/10000
}
