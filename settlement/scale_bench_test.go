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
// have, at four price rounds, both stores in memory. made_s is the time until the
// payer's statement is signed and on disk, signed_s until both have signed it,
// run_s until its voucher is delivered and its payer has filed the receipts, filed_s
// until its payee has. v is the processor time of all this, made_MiB what lives
// in memory beyond the stores when the payer has read and signed it all. Run it with
// -benchtime 1x.
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
	live := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before := live()
	began := time.Now()
	w.acme.passing = func(at string) {
		switch at {
		case "statement.receipts_before_record":
			stop := time.Now()
			b.ReportMetric(live()-before, "made_MiB")
			began = began.Add(time.Since(stop))
		case "statement.signed_before_send":
			b.ReportMetric(time.Since(began).Seconds(), "made_s")
		case "statement.acked_before_voucher":
			b.ReportMetric(time.Since(began).Seconds(), "signed_s")
		}
	}
	meter := unit.Start(b)
	res := w.run()
	b.ReportMetric(time.Since(began).Seconds(), "run_s")
	must(b, w.globex.settler.Continue(b.Context()))
	b.ReportMetric(time.Since(began).Seconds(), "filed_s")
	meter.Report()
	if len(res.Statements) != 1 || res.Statements[0].Count != receipts {
		b.Fatalf("%+v", res)
	}
	if n := w.acme.unfiled() + w.globex.unfiled(); n != 0 {
		b.Fatalf("%d obligations are open", n)
	}
}
