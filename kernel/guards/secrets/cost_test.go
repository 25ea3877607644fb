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
	const negligible = 60 * time.Millisecond
	for _, w := range secrets.Words() {
		for _, tail := range []string{"", "='"} {
			piece := w + tail
			short, long := time.Duration(0), time.Duration(0)
			for range 8 { // another process may have had the processor
				short, long = took(piece, costBytes/len(piece)), took(piece, 4*costBytes/len(piece))
				if long <= max(negligible, 10*short) {
					break
				}
			}
			if long > max(negligible, 10*short) {
				t.Errorf("%q repeated took %v, and %v for four times the text", piece, short, long)
			}
		}
	}
}

func took(piece string, times int) time.Duration {
	text := strings.Repeat(piece, times)
	began := time.Now()
	secrets.Detect(text)
	return time.Since(began)
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
