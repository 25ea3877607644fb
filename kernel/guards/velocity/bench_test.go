package velocity_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
	"github.com/backbay-labs/chio-node/store"
)

func BenchmarkJudge(b *testing.B) {
	g, err := velocity.NewVelocity(velocity.Config{MaxInvocations: limit(10), MaxSpend: limit(10), WindowSeconds: 60, BurstMicros: one})
	if err != nil {
		b.Fatal(err)
	}
	r := &guard.Request{Call: attempt{agent: 1}.call()}
	b.ReportAllocs()
	for b.Loop() {
		if d, _ := g.Judge(r); d.Verdict != kernel.Allow {
			b.Fatal(d)
		}
	}
}

func BenchmarkAdmit(b *testing.B) {
	w := newWorld(b, velocity.Config{MaxInvocations: limit(1 << 40), MaxPerAgent: limit(1 << 40), WindowSeconds: 60, BurstMicros: one}, 0)
	call := attempt{agent: 1, session: "s"}.call()
	req := &kernel.Admittance{Call: call}
	for _, g := range w.guards {
		d, _ := g.Judge(&guard.Request{Call: call})
		req.Consume = append(req.Consume, d.Consume...)
	}
	ticket := &kernel.Ticket{Held: []kernel.HeldGrant{{Token: call.Mandate.Chain[0].Ref()}}}
	b.ReportAllocs()
	err := w.db.Update(b.Context(), func(tx store.Tx) error {
		for b.Loop() {
			if err := w.buckets.Admit(tx, req, ticket); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
