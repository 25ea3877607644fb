package secrets_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
)

// TestNoTextIsSlow repeats every announcing word, alone and with what makes a
// matcher go on reading. The bound is far above what it takes and far below
// what quadratic work would take.
func TestNoTextIsSlow(t *testing.T) {
	const size, perByte = 32 << 10, 8 * time.Microsecond
	for _, w := range secrets.Words() {
		for _, tail := range []string{"", "=", "='", " ", ".", ":a@b", strings.Repeat("a", 40)} {
			piece := w + tail
			text := strings.Repeat(piece, size/len(piece))
			began := time.Now()
			secrets.Detect(text)
			if took := time.Since(began); took > size*perByte {
				t.Errorf("%q repeated took %v", piece, took)
			}
		}
	}
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
