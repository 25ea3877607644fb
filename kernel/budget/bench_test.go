package budget_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// BenchmarkHoldSettle is what one call costs in this package, in one
// transaction of many calls, so that the store's commit is not what is
// measured: two tokens, and a tree of three levels.
func BenchmarkHoldSettle(b *testing.B) {
	limit := calls(1 << 60)
	levels := []budget.NodeConfig{
		{ID: "company", Window: budget.Monthly, MaxInvocations: limit, MaxCost: usd(1 << 50)},
		{ID: "team", Parent: "company", Window: budget.Daily, MaxInvocations: limit, MaxCost: usd(1 << 50)},
		{ID: "agent", Parent: "team", Window: budget.Rolling, WindowSeconds: 3600, MaxInvocations: limit, MaxCost: usd(1 << 50)},
	}
	root := request(kernel.GrantCap{MaxTotalCost: usd(1 << 50)})
	root.Token.ID = "root"
	tokens := []kernel.HoldRequest{request(kernel.GrantCap{MaxTotalCost: usd(1 << 50)}), root}
	for name, tree := range map[string]*budget.Tree{"tokens": nil, "tree": newTree(b, levels...)} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			b.ReportAllocs()
			defer reportV(b)
			const group = 64
			for n := 0; n < b.N; n += group {
				err := db.Update(context.Background(), func(tx store.Tx) error {
					for i := range min(group, b.N-n) {
						c := call{id: fmt.Sprint("c", n+i), at: now + int64(n/1000), charge: usd(3)}
						plan, err := tree.Plan(c.admittance())
						if err != nil {
							return err
						}
						if _, err := budget.Hold(tx, budget.Request{CallID: c.id, Now: c.at, Tokens: tokens, Charge: c.charge, Plan: plan}); err != nil {
							return err
						}
						if err := budget.Settle(tx, c.id, budget.Bill{How: kernel.Commit, Cost: usd(2)}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// reportV divides the time of one operation by that of one Ed25519
// verification, measured right after.
func reportV(b *testing.B) {
	b.StopTimer()
	perOp := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	key, err := wire.GenerateKey(bytes.NewReader(make([]byte, 64)))
	if err != nil {
		b.Fatal(err)
	}
	message := []byte("message")
	sig, err := key.Sign(message)
	if err != nil {
		b.Fatal(err)
	}
	const rounds = 2000
	start := time.Now()
	for range rounds {
		if err := key.Public().Verify(message, sig); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(perOp/(float64(time.Since(start).Nanoseconds())/rounds), "v/op")
}
