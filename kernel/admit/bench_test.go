package admit_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// BenchmarkAdmitClose is the durable half of a call on the memory store:
// nonce, hold, intent; receipt, settlement, end. v/op is the time in
// Ed25519 verifications measured in the same run.
func BenchmarkAdmitClose(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			p := newProcess(b, 1<<31, wire.MaxUnits)
			if callers > 1 {
				b.SetParallelism(callers / 2)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					admitClose(b, p)
				}
			})
			reportV(b, p)
		})
	}
}

// admitClose records bytes as long as a receipt under a fresh id: building,
// signing and verifying are the kernel's cost, not the admission's.
func admitClose(b *testing.B, p *process) {
	id, err := wire.NewUUIDv7(now*1000, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	m := &kernel.Mandate{CallID: id, Server: "files", Tool: "read_file", Operation: "invoke", Edge: "test",
		Arguments: wire.Raw(`{"path":"notes/a.txt"}`), Chain: p.chain, Holder: receipt.Holder{Kind: "agent"}}
	call := &kernel.Call{Mandate: m, Now: now, Route: kernel.Route{Server: "files", Audience: p.key.Public(), Price: usd(3)}}
	ticket, err := p.admission.Admit(context.Background(), &kernel.Admittance{Call: call, Charge: usd(3),
		Nonce: &kernel.Nonce{AgentKey: wire.PublicKey(wire.Hash([]byte(id[34:]))), Value: id[4:], ExpiresAt: now + 330},
		Holds: []kernel.HoldRequest{{Token: p.chain[0].Ref(), Candidates: []kernel.GrantCap{{MaxTotalCost: usd(wire.MaxUnits)}}}}})
	if err != nil {
		b.Fatal(err)
	}
	err = p.admission.Close(context.Background(), &kernel.Closing{Call: call, Ticket: ticket, Disposition: kernel.Commit, Cost: usd(2),
		Receipt: &receipt.Receipt{ID: id}, ReceiptJSON: leafOf(id)})
	if err != nil {
		b.Fatal(err)
	}
}

// leafOf is as long as an ordinary receipt.
func leafOf(id string) []byte { return fmt.Appendf(nil, `{"id":%q,"pad":"%01500d"}`, id, 0) }

// reportV divides the time of one operation by that of one verification.
func reportV(b *testing.B, p *process) {
	b.StopTimer()
	perOp := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	message := []byte("message")
	sig, err := p.key.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	const rounds = 300
	start := time.Now()
	for range rounds {
		if err := p.key.Public().Verify(message, sig); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(perOp/(float64(time.Since(start).Nanoseconds())/rounds), "v/op")
}
