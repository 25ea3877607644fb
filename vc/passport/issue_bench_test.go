package passport_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
)

// BenchmarkIssue is making and signing one passport, in units of one
// verification measured beside it.
func BenchmarkIssue(b *testing.B) {
	org, req, source := key(b, 7), request(b), rand.NewChaCha8([32]byte{3})
	base := string(didOf(b, 7)) + "/status/"
	entries := vc.StatusEntries{vc.NewStatusEntry(base+"0", 5), vc.NewStatusEntryFor(vc.PurposeSuspension, base+"1", 70_000)}
	sig, err := org.Sign([]byte("unit"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var ours, unit []float64
	for b.Loop() {
		start := time.Now()
		if _, _, err := passport.Issue(org, req, entries, t0, source); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if err := org.Public().Verify([]byte("unit"), sig); err != nil {
			b.Fatal(err)
		}
		ours, unit = append(ours, float64(middle.Sub(start))), append(unit, float64(time.Since(middle)))
	}
	slices.Sort(ours)
	slices.Sort(unit)
	b.ReportMetric(ours[len(ours)/2]/unit[len(unit)/2], "v/median")
}

// BenchmarkIssueMany is a batch of 2,560 with their status entries, on a store
// in memory.
func BenchmarkIssueMany(b *testing.B) {
	reqs := make([]passport.Request, 2560)
	for i := range reqs {
		reqs[i] = request(b)
	}
	for b.Loop() {
		g, _ := registryDB(b)
		if n, err := g.IssueMany(b.Context(), reqs, t0, func(*passport.Passport, []byte) error { return nil }); err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(len(reqs)*b.N)/b.Elapsed().Seconds(), "passports/s")
}
