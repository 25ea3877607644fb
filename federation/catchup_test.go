package federation

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// TestPeerTightensMidCall: a call that runs ends under the revision it began
// under, with receipts that name it, though the host tightened meanwhile and
// told the origin. The next one is denied.
func TestPeerTightensMidCall(t *testing.T) {
	a, b := federated(t)
	began := *a.record(b.org).Treaty
	tighter := callTerms()
	tighter.Ingress.ToolAccess = denyTool("read_file")
	b.tool.set(func(*kernel.Mandate) (kernel.Result, error) {
		if err := b.service.SetTerms(t.Context(), a.did(), tighter); err != nil {
			t.Error(err)
		}
		if _, err := a.service.Preview(t.Context(), b.address()); err != nil { // a holds the newer attestation
			t.Error(err)
		}
		return kernel.Result{Content: wire.Raw(`{"text":"hello"}`)}, nil
	})
	next := a.mandate(b, "read_file", readArgs)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("the call under way: %+v", out.Denial)
	}
	a.sync(b)
	if j := a.joints(b); len(j) != 1 || j[0].At(startTime) != JointJoined || j[0].TreatyID != began {
		t.Fatalf("joint records %+v", j)
	}
	for _, p := range []*peerNode{a, b} {
		for _, r := range p.receipts() {
			if md, err := metadataOf(r); err != nil || md.Federation.TreatyID != began {
				t.Fatalf("receipt %s: %+v, %v", r.ID, md.Federation, err)
			}
		}
	}
	out := a.kernelOf.Mediate(t.Context(), next)
	if out.Verdict != kernel.Deny || b.ran.Load() != 1 {
		t.Fatalf("the next call: %+v, ran %d", out, b.ran.Load())
	}
}

// owes logs n receipts of ours that name a peer: denials, which claim nothing.
func (p *peerNode) owes(peer *peerNode, n int) {
	p.t.Helper()
	const batch = 512
	template := *p.receipts()[0]
	md, err := metadataOf(&template)
	if err != nil {
		p.t.Fatal(err)
	}
	template.Decision = &receipt.Decision{Verdict: receipt.Deny, Reason: "busy", Guard: "test"}
	for first := 0; first < n; first += batch {
		err := p.db.Update(p.t.Context(), func(tx store.Tx) error {
			for i := first; i < min(first+batch, n); i++ {
				r := template
				md.CallID = fmt.Sprintf("0190a6a0-0000-7000-9000-%012x", i)
				r.Metadata = wire.MustMarshal(md)
				doc, err := receipt.Sign(&r, p.kernel)
				if err != nil {
					return err
				}
				index, err := log.Append(tx, r.ID, doc)
				if err != nil {
					return err
				}
				tx.Set(boxKey(peer.did(), index), []byte(r.ID))
			}
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// TestCatchUpWithASlowPeer: while a peer takes its time over a page of a long
// log, calls and exchanges with others go on. What came before the connection
// broke is kept, and the rest is fetched from there.
func TestCatchUpWithASlowPeer(t *testing.T) {
	a, b := federated(t)
	c := newParty(t, 30, callTerms(), a.did())
	federate(t, a.org, c.org)
	a.sync(c)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	a.sync(b)
	const many = 4*maxSyncReceipts + 10
	b.owes(a, many)
	pages := 0
	a.failAt(func(name string) {
		if name != "outbox.sent_before_ack" {
			return
		}
		if pages++; pages != 3 {
			return
		}
		if out := a.call(c); out.Verdict != kernel.Allow { // b's third page is on its way
			t.Errorf("a call to another peer: %+v", out.Denial)
		}
		if report := a.sync(c); report.HeadSize == 0 {
			t.Errorf("an exchange with another peer: %+v", report)
		}
		_ = b.host.Stop()
	})
	report, err := a.exchange.SyncNow(t.Context(), b.did())
	if err == nil || report.Receipts != 3*maxSyncReceipts {
		t.Fatalf("%d receipts before the connection broke, %v", report.Receipts, err)
	}
	b.open()
	a.meet(b)
	if report := a.sync(b); report.Receipts != many-3*maxSyncReceipts {
		t.Fatalf("%d receipts after it, of %d", report.Receipts, many)
	}
}

// BenchmarkCatchUp is what a node does that was away while a peer's log grew:
// by 10^6 receipts of others, of which it gets a head and a proof, and by 10^5
// that name it. The store is in memory. go test -bench CatchUp -benchtime 1x
func BenchmarkCatchUp(b *testing.B) {
	for name, locals := range map[string]int{"heads": 1_000_000, "receipts": 0} {
		b.Run(name, func(b *testing.B) {
			const named = 100_000
			x, y := federated(b)
			if out := x.call(y); out.Verdict != kernel.Allow {
				b.Fatalf("%+v", out.Denial)
			}
			x.sync(y)
			for b.Loop() {
				b.StopTimer()
				if locals > 0 {
					y.grow(locals)
				} else {
					y.owes(x, named)
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				b.StartTimer()
				got := x.sync(y).Receipts
				for locals == 0 && got < named { // an exchange ends after so many pages
					got += x.sync(y).Receipts
				}
				b.StopTimer()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/1e6, "MB-allocated")
				b.StartTimer()
			}
			if locals == 0 {
				b.ReportMetric(float64(named*b.N)/b.Elapsed().Seconds(), "receipts/s")
			}
		})
	}
}

// grow adds n receipts to our log that name nobody. Nobody is shown them, so
// all bear the signature of the first.
func (p *peerNode) grow(n int) {
	p.t.Helper()
	const batch = 1024
	p.logLocal(0)
	list := p.receipts()
	local, err := list[len(list)-1].Bytes()
	if err != nil {
		p.t.Fatal(err)
	}
	for first := 0; first < n; first += batch {
		err := p.db.Update(p.t.Context(), func(tx store.Tx) error {
			for i := first; i < min(first+batch, n); i++ {
				if _, err := log.Append(tx, fmt.Sprintf("local-%d", i), bytes.Replace(local, []byte("local_0"), fmt.Appendf(nil, "local_%d", i+1), 1)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}
