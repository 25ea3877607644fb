package status_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/status"
)

// million is a list of 2^20 entries, as a large issuer keeps it.
func million(c *status.Config) { c.Entries = 1 << 20 }

func disk(b *testing.B) store.DB {
	b.Helper()
	db, err := badger.Open(b.TempDir(), badger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// BenchmarkMillion plays the life of a list of 2^20 entries on disk: all are
// allotted in ten transactions, 10,000 are set in one, and it is signed.
func BenchmarkMillion(b *testing.B) {
	var allot, set, sign, again []time.Duration
	var size int
	for b.Loop() {
		db, l := disk(b), lists(b, million)
		start := time.Now()
		var some []uint64
		for n := range 10 {
			for i, a := range allocate(b, db, l, kind(vc.PurposeRevocation), 1<<20/10) {
				if (i+n)%100 == 0 && len(some) < 10_000 {
					some = append(some, a.Index)
				}
			}
		}
		allot = append(allot, time.Since(start))
		start = time.Now()
		update(b, db, func(tx store.Tx) error { return l.SetMany(tx, some, 1) })
		set = append(set, time.Since(start))
		start = time.Now()
		doc := signedOf(b, db, l, some[0])
		sign = append(sign, time.Since(start))
		start = time.Now()
		signedOf(b, db, l, some[0])
		again = append(again, time.Since(start))
		size = len(doc)
	}
	for name, d := range map[string][]time.Duration{"ms/allot": allot, "ms/set": set, "ms/sign": sign, "ms/again": again} {
		b.ReportMetric(float64(least(d).Microseconds())/1000, name)
	}
	b.ReportMetric(float64(size)/1024, "KiB/signed")
}

func least(d []time.Duration) time.Duration {
	m := d[0]
	for _, x := range d {
		m = min(m, x)
	}
	return m
}

func signedOf(b *testing.B, db store.DB, l *status.Lists, index uint64) (doc []byte) {
	b.Helper()
	update(b, db, func(tx store.Tx) (err error) {
		doc, err = l.For(tx, index, t0)
		return err
	})
	return doc
}

// BenchmarkOne is one entry at a time, in a transaction of its own, in memory:
// the work that a passport or a revocation pays for.
func BenchmarkOne(b *testing.B) {
	for name, change := range map[string]func(*status.Config){"131072": nil, "1048576": million} {
		db, l := database(b), lists(b, change)
		source := rand.New(rand.NewPCG(1, 2))
		all := allocate(b, db, l, kind(vc.PurposeSuspension), 50_000)
		for op, do := range map[string]func(tx store.Tx) error{
			"allocate": func(tx store.Tx) error { _, _, err := l.Allocate(tx, kind(vc.PurposeSuspension)); return err },
			"set": func(tx store.Tx) error {
				return l.SetMany(tx, []uint64{all[source.IntN(len(all))].Index}, uint8(source.IntN(2)))
			},
		} {
			b.Run(op+"_of_"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					update(b, db, do)
				}
			})
		}
	}
}
