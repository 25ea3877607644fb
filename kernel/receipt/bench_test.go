package receipt

import (
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// unitV measures one Ed25519 verification in this run, in nanoseconds.
func unitV(b *testing.B) float64 {
	b.Helper()
	key := seedKey(b, 7)
	message := make([]byte, 1024)
	sig, err := key.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	const rounds = 2000
	start := time.Now()
	for range rounds {
		if key.Public().Verify(message, sig) != nil {
			b.Fatal("does not verify")
		}
	}
	return float64(time.Since(start).Nanoseconds()) / rounds
}

func report(b *testing.B, v float64, per int) {
	b.Helper()
	each := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(per)
	b.ReportMetric(each/v, "v/receipt")
	b.ReportMetric(each/1000, "µs/receipt")
	b.ReportMetric(v/1000, "µs/v")
}

func BenchmarkSign(b *testing.B) {
	v, key := unitV(b), seedKey(b, 7)
	r := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Sign(r, key); err != nil {
			b.Fatal(err)
		}
	}
	report(b, v, 1)
}

func BenchmarkVerify(b *testing.B) {
	v, key := unitV(b), seedKey(b, 7)
	doc := mustSign(b, sample(), key)
	trust := TrustKernel(key.Public())
	b.ReportAllocs()
	for b.Loop() {
		if _, res, err := VerifyJSON(doc, trust); err != nil || !res.Authorized {
			b.Fatal(res, err)
		}
	}
	report(b, v, 1)
}

func BenchmarkVerifyBundle(b *testing.B) {
	v := unitV(b)
	f := newFixture(b, 513)
	f.bundle.Capabilities = nil
	doc := f.bytes(b)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := VerifyBundle(doc, f.trust); err != nil {
			b.Fatal(err)
		}
	}
	report(b, v, 1024)
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
