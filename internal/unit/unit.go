// Package unit measures v, the time of one Ed25519 verification, beside a
// benchmark, so that its numbers can be compared between machines and between
// loads of one machine.
//
// Test support only.
package unit

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"
)

const (
	batches = 25
	rounds  = 8
)

// Verify returns v in nanoseconds: the median of some batches.
func Verify(tb testing.TB) float64 {
	tb.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public, message := key.Public().(ed25519.PublicKey), make([]byte, 1024)
	signature := ed25519.Sign(key, message)
	took := make([]float64, batches)
	for i := range took {
		start := time.Now()
		for range rounds {
			if !ed25519.Verify(public, message, signature) {
				tb.Fatal("a signature does not verify")
			}
		}
		took[i] = float64(time.Since(start).Nanoseconds()) / rounds
	}
	slices.Sort(took)
	return took[batches/2]
}

// Report adds v/op, and v in ns, to a benchmark after its loop.
func Report(b *testing.B) {
	b.Helper()
	v := Verify(b)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/v, "v/op")
	b.ReportMetric(v, "v-ns")
}

// PerByte is Report for one operation on so many bytes of text.
func PerByte(b *testing.B, size int) {
	b.Helper()
	Report(b)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/byte")
}
