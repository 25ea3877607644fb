package settlement_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// BenchmarkSettle100kReceipts is one run over 10^5 obligations that both sides
// have, at four price rounds, both stores in memory: statements computed and
// signed by both sides, vouchers signed and verified. v is the processor time of
// both; heap_MiB is how much more is kept afterwards, peak_MiB how much more was in
// use at most, garbage included. Run it with -benchtime 1x.
func BenchmarkSettle100kReceipts(b *testing.B) {
	const receipts, page = 100_000, 250
	if b.N != 1 {
		b.Skip("-benchtime 1x")
	}
	w := newWorld(b)
	w.fund(900 * usdc)
	var rounds []*wire.Digest
	for i := range int64(4) {
		rounds = append(rounds, w.quote(200_000_000-i*1000))
	}
	for _, p := range [...]*party{w.acme, w.globex} {
		for first := 0; first < receipts; first += page {
			must(b, p.db.Update(b.Context(), func(tx store.Tx) error {
				for n := first; n < first+page; n++ {
					err := p.settler.Accrue(tx, settlement.Obligation{Payer: w.acme.did, Payee: w.globex.did, Receipt: wire.Hash(fmt.Append(nil, n)),
						Treaty: w.terms.Treaty, Round: rounds[n%len(rounds)], At: now + int64(n%100), Amount: wire.MonetaryAmount{Units: 1, Currency: "USD"}})
					if err != nil {
						return err
					}
				}
				return nil
			}))
		}
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, peaked := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		var peak uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-stop:
				peaked <- peak
				return
			case <-tick.C:
			}
		}
	}()
	meter := unit.Start(b)
	res := w.run()
	meter.Report()
	close(stop)
	peak := <-peaked
	runtime.GC()
	runtime.ReadMemStats(&after)
	count := uint64(0)
	for _, st := range res.Statements {
		count += st.Count
	}
	if count != receipts {
		b.Fatalf("%d receipts settled", count)
	}
	b.ReportMetric(float64(len(res.Statements)), "statements")
	b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/(1<<20), "heap_MiB")
	b.ReportMetric((float64(peak)-float64(before.HeapAlloc))/(1<<20), "peak_MiB")
}
