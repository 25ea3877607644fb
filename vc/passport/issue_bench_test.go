package passport_test

import (
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
)

// BenchmarkIssue is making and signing one passport, in units of one
// verification measured beside it.
func BenchmarkIssue(b *testing.B) {
	org, req, source := key(b, 7), request(b), rand.NewChaCha8([32]byte{3})
	base := string(didOf(b, 7)) + "/status/"
	entries := vc.StatusEntries{vc.NewStatusEntryFor(vc.PurposeRevocation, base+"0", 5), vc.NewStatusEntryFor(vc.PurposeSuspension, base+"1", 70_000)}
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

// BenchmarkIssueOnDisk issues as many passports as CHIO_BENCH_PASSPORTS says on
// a durable store, each with two status entries, then signs the lists and
// verifies a file. Run it with -benchtime 1x.
func BenchmarkIssueOnDisk(b *testing.B) {
	count := 2560
	if s := os.Getenv("CHIO_BENCH_PASSPORTS"); s != "" {
		var err error
		if count, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	reqs := make([]passport.Request, count)
	for i := range reqs {
		reqs[i] = request(b)
		reqs[i].Subject.Name = "agent-" + strconv.Itoa(i)
	}
	var heap uint64
	var sign time.Duration
	for b.Loop() {
		db, err := badger.Open(b.TempDir(), badger.Options{})
		if err != nil {
			b.Fatal(err)
		}
		g, err := passport.NewRegistry(passport.Config{DB: db, Org: key(b, 7), Rand: rand.NewChaCha8([32]byte{1})})
		if err != nil {
			b.Fatal(err)
		}
		done, last := 0, ""
		taken := make(map[string]bool, 2*count)
		_, err = g.IssueMany(b.Context(), reqs, t0, func(p *passport.Passport, _ []byte) error {
			for _, e := range p.Status {
				if taken[e.ID] {
					b.Fatal("two passports share " + e.ID)
				}
				taken[e.ID] = true
			}
			if done, last = done+1, p.ID; done%1000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				heap = max(heap, m.HeapInuse)
			}
			return nil
		})
		if err != nil {
			b.Fatal(done, err)
		}
		b.StopTimer()
		start := time.Now()
		file, err := g.File(b.Context(), last, t0)
		if err != nil {
			b.Fatal(err)
		}
		sign = time.Since(start)
		if r := passport.VerifyFile(file, gate(b, nil, t0)); r.Err() != nil {
			b.Fatal(r.Err())
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(count*b.N)/b.Elapsed().Seconds(), "passports/s")
	b.ReportMetric(float64(heap>>20), "MiB/heap")
	b.ReportMetric(float64(sign.Milliseconds()), "ms/file")
}
