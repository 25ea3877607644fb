// Package unit measures benchmarks in v, the cost of one Ed25519 verification,
// so that numbers can be compared between machines. Both are taken in processor
// time, so that they can be compared between loads of one machine too; what the
// benchmark itself prints as ns/op is the time on the wall.
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
	rounds  = 20
)

// Verify returns v: the median of some batches.
func Verify(tb testing.TB) time.Duration {
	tb.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public, message := key.Public().(ed25519.PublicKey), make([]byte, 1024)
	signature := ed25519.Sign(key, message)
	took := make([]time.Duration, batches)
	for i := range took {
		start := processor()
		for range rounds {
			if !ed25519.Verify(public, message, signature) {
				tb.Fatal("a signature does not verify")
			}
		}
		took[i] = (processor() - start) / rounds
	}
	slices.Sort(took)
	return took[batches/2]
}

// Meter measures one benchmark. It takes v before and after, because what else
// a machine does changes how fast a processor is.
type Meter struct {
	b        *testing.B
	start, v time.Duration
}

// Start begins to measure; it belongs right before the loop.
func Start(b *testing.B) Meter {
	b.Helper()
	b.ReportAllocs()
	v := Verify(b)
	return Meter{b, processor(), v}
}

// Report adds cpu-ns/op, v/op and v in ns to a benchmark after its loop.
func (m Meter) Report() { m.report() }

// PerByte is Report for an operation on so many bytes of text; it adds ns/byte,
// in processor time.
func (m Meter) PerByte(size int) {
	m.b.ReportMetric(m.report()/float64(size), "ns/byte")
}

func (m Meter) report() float64 {
	m.b.Helper()
	op := float64((processor() - m.start).Nanoseconds()) / float64(m.b.N)
	v := float64(m.v+Verify(m.b)) / 2
	m.b.ReportMetric(op, "cpu-ns/op")
	m.b.ReportMetric(op/v, "v/op")
	m.b.ReportMetric(v, "v-ns")
	return op
}
