package prompt

import (
	"fmt"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
)

// maxScanBytes is the most text a detector may be configured to read: a whole
// result.
const maxScanBytes = 4 << 20

// detector is one ruleset ready to judge texts. It is safe for concurrent use.
type detector struct {
	set     *ruleset
	readers sync.Pool
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
	d := &detector{set: newRuleset(rules), limit: limit}
	d.readers.New = func() any { return &reader{lex: lex, set: d.set, combine: combine, shape: shape} }
	return d, nil
}

// judge reads the text that collect appends to a buffer.
func (d *detector) judge(collect func([]byte) []byte, verdict func(*reader, *finding) (kernel.Verdict, string)) (kernel.Verdict, string) {
	r := d.readers.Get().(*reader)
	r.raw = collect(r.raw[:0])
	f := r.read(r.raw)
	v, details := verdict(r, &f)
	if cap(r.raw) <= maxKept {
		d.readers.Put(r)
	}
	return v, details
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
