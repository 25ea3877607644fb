package federation

import (
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// verifyUnit measures v, one Ed25519 verification, on this machine.
func verifyUnit(b *testing.B) float64 {
	b.Helper()
	k := key(b, 1)
	message := make([]byte, 256)
	sig, err := k.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	for range verifyRounds {
		if err := k.Public().Verify(message, sig); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / verifyRounds
}

// verifyRounds is how many verifications the mean is taken of.
const verifyRounds = 2000

// BenchmarkHello is one hello over an open connection, both sides in this
// process, memory stores.
func BenchmarkHello(b *testing.B) {
	v := verifyUnit(b)
	x, y := newOrg(b, 10), newOrg(b, 20)
	if _, err := x.service.Hello(b.Context(), y.address()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x.clock.Add(10) // nonces expire, so that the table does not fill up
		y.clock.Add(10)
		if _, err := x.service.helloOver(b.Context(), y.host.ID(), y.did(), ""); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/v, "v/op")
}

// BenchmarkTreatyFor is the lookup on the path of every cross-organisation call.
func BenchmarkTreatyFor(b *testing.B) {
	x, y := newOrg(b, 10), newOrg(b, 20)
	y.restart(admitPeers(x.did()))
	federate(b, x, y)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.service.TreatyFor(y.did(), Outbound); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConjuncts evaluates every conjunct of a treaty direction once.
func BenchmarkConjuncts(b *testing.B) {
	x, y := newOrg(b, 10), newOrg(b, 20)
	y.restart(admitPeers(x.did()))
	federate(b, x, y)
	p, err := x.service.TreatyFor(y.did(), Outbound)
	if err != nil {
		b.Fatal(err)
	}
	c := call("files", "read_file", `{"path":"docs/a.txt"}`, &wire.MonetaryAmount{Units: 3, Currency: "USD"})
	b.ReportAllocs()
	for b.Loop() {
		for _, g := range p.Guards {
			if _, err := g.Evaluate(c); err != nil {
				b.Fatal(err)
			}
		}
	}
}
