package receipt

import (
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// measure runs fn, which handles per receipts, and reports its cost in v, one
// Ed25519 verification. Both are timed by turns and the median ratio counts,
// because a shared machine changes speed within one run.
func measure(b *testing.B, per int, fn func() error) {
	b.Helper()
	key := seedKey(b, 7)
	message := make([]byte, 1024)
	sig, err := key.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	public := key.Public()
	const rounds = 8
	var ratios, units []float64
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		for range rounds {
			if public.Verify(message, sig) != nil {
				b.Fatal("does not verify")
			}
		}
		middle := time.Now()
		if err := fn(); err != nil {
			b.Fatal(err)
		}
		v := float64(middle.Sub(start).Nanoseconds()) / rounds
		ratios = append(ratios, float64(time.Since(middle).Nanoseconds())/float64(per)/v)
		units = append(units, v)
	}
	slices.Sort(ratios)
	slices.Sort(units)
	b.ReportMetric(ratios[len(ratios)/2], "v/receipt")
	b.ReportMetric(units[len(units)/2]/1000, "µs/v")
}

func BenchmarkSign(b *testing.B) {
	key, r := seedKey(b, 7), sample()
	measure(b, 1, func() error {
		_, err := Sign(r, key)
		return err
	})
}

func BenchmarkVerify(b *testing.B) {
	key := seedKey(b, 7)
	doc, trust := mustSign(b, sample(), key), TrustKernel(key.Public())
	measure(b, 1, func() error {
		_, res, err := VerifyJSON(doc, trust)
		if !res.Authorized {
			b.Fatal(res)
		}
		return err
	})
}

func BenchmarkVerifyBundle(b *testing.B) {
	f := newFixture(b, 129)
	f.bundle.Capabilities = nil
	doc := f.bytes(b)
	measure(b, 256, func() error {
		_, err := VerifyBundle(doc, f.trust)
		return err
	})
}

func BenchmarkVerifyInclusion(b *testing.B) {
	all := leaves(1024)
	path, root := refPath(777, all), refRoot(all)
	var leaf wire.Digest = all[777]
	for b.Loop() {
		if err := VerifyInclusion(leaf, 777, 1024, path, root); err != nil {
			b.Fatal(err)
		}
	}
}
