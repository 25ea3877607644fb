package secrets_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
)

// TestNoTextIsSlow repeats every announcing word, alone and with what makes a
// matcher go on reading: four times the text takes about four times as long,
// where quadratic work would take sixteen times.
func TestNoTextIsSlow(t *testing.T) {
	const size, negligible = 4 << 10, 30 * time.Millisecond
	for _, w := range secrets.Words() {
		for _, tail := range []string{"", "=", "='", " ", ":a@b", strings.Repeat("a", 40)} {
			piece := w + tail
			short := took(piece, size/len(piece))
			if long := took(piece, 4*size/len(piece)); long > negligible && long > 10*short {
				t.Errorf("%q repeated took %v, and %v for four times the text", piece, short, long)
			}
		}
	}
}

// took is the shorter of two runs: the other may have waited for a processor.
func took(piece string, times int) time.Duration {
	text := strings.Repeat(piece, times)
	best := time.Duration(math.MaxInt64)
	for range 2 {
		began := time.Now()
		secrets.Detect(text)
		best = min(best, time.Since(began))
	}
	return best
}

func TestEntropyMatchesFloats(t *testing.T) {
	for _, s := range []string{"a", "ab", "aab", "hunter2hunter2", "R7kQm2Zx9LpT4vWc8NsYb3HdFg6JtUe1AoXi", strings.Repeat("xy", 200), "0123456789abcdef"} {
		counts := map[byte]float64{}
		n := min(len(s), 256)
		for i := range n {
			counts[s[i]]++
		}
		h := 0.0
		for _, c := range counts {
			h -= c / float64(n) * math.Log2(c/float64(n))
		}
		milli := uint64(h * 1000)
		if milli > 2 && !secrets.BitsOver(s, milli-2) || secrets.BitsOver(s, milli+2) {
			t.Errorf("%q: %f bits", s, h)
		}
	}
}
