package node

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// bench is a node on a real store with one Go function as a tool.
func bench(b *testing.B) (*Node, *authority.Capability) {
	b.Helper()
	n := openNode(b, newHome(b))
	if _, err := n.RegisterTool(Tool{Server: "greeter", Name: "greet", Run: func(context.Context, wire.Raw) (any, error) {
		return map[string]string{"greeting": "hello"}, nil
	}}); err != nil {
		b.Fatal(err)
	}
	info, err := n.Grant(context.Background(), IssueCapability{Agent: "local", Server: "greeter", Tools: []string{"greet"}})
	if err != nil {
		b.Fatal(err)
	}
	var c *authority.Capability
	if err := n.db.View(func(r store.Reader) (err error) { c, err = authority.Get(r, info.ID); return err }); err != nil {
		b.Fatal(err)
	}
	return n, c
}

// concurrently runs op b.N times by so many callers and reports calls/s, v/op
// and the 50th and 99th percentile of one call in ms.
func concurrently(b *testing.B, n *Node, callers int, op func(i int)) {
	b.Helper()
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				start := time.Now()
				op(i)
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/verifyCost(b, n), "v/op")
}

// BenchmarkSignAppend is a denial: one receipt signed and one durable
// transaction.
func BenchmarkSignAppend(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			n, _ := bench(b)
			d := &kernel.Denial{Step: 2, Code: kernel.CodeMethodDenied, Guard: "edge", Reason: "not in the table", Fix: "use another method"}
			concurrently(b, n, callers, func(i int) {
				id, err := n.newID()
				if err != nil {
					b.Error(err)
				}
				m := &kernel.Mandate{CallID: id, Server: "greeter", Tool: "greet", Operation: capability.Invoke, Arguments: wire.Raw(`{"name":"world"}`), Edge: "api"}
				if out := n.kernel.Refuse(context.Background(), m, d); out.Unlogged || out.Receipt == nil {
					b.Error("a denial was not recorded")
				}
			})
		})
	}
}

// BenchmarkMediated is a whole local call with two durable transactions, of an
// agent that signs its own holder proofs (made before the clock starts), and of
// a custodial one whose proof this process signs within the call.
func BenchmarkMediated(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("agent/%d", callers), func(b *testing.B) {
			n, c := bench(b)
			key, err := n.keys.HeldAgent(localAgent)
			if err != nil {
				b.Fatal(err)
			}
			mandates := make([]*kernel.Mandate, b.N)
			for i := range mandates {
				mandates[i] = proved(b, n, c, key, i)
			}
			concurrently(b, n, callers, func(i int) {
				if out := n.kernel.Mediate(context.Background(), mandates[i]); out.Verdict != kernel.Allow {
					b.Error(out.Denial)
				}
			})
		})
		b.Run(fmt.Sprintf("custodial/%d", callers), func(b *testing.B) {
			n, _ := bench(b)
			concurrently(b, n, callers, func(int) {
				a, err := n.Invoke(context.Background(), CallRequest{Server: "greeter", Tool: "greet", Arguments: wire.Raw(`{"name":"world"}`)})
				if err != nil || a.Verdict != "allow" {
					b.Error(a, err)
				}
			})
		})
	}
}

func proved(b *testing.B, n *Node, c *authority.Capability, key *wire.Key, i int) *kernel.Mandate {
	b.Helper()
	id, err := n.newID()
	if err != nil {
		b.Fatal(err)
	}
	args := wire.Raw(`{"name":"world"}`)
	m := &kernel.Mandate{CallID: id, Server: "greeter", Tool: "greet", Operation: capability.Invoke, Arguments: args, Chain: c.Chain,
		Holder: receipt.Holder{Kind: "agent"}, Edge: "api"}
	nonce := wire.Hash(fmt.Appendf(nil, "%d", i))
	m.Proof, err = capability.SignProof(capability.HolderProof{CallID: id, Audience: n.KernelKey(), Server: "greeter", Tool: "greet",
		ArgsSHA256: wire.Hash(args), CapabilityID: c.Leaf().ID, Nonce: hex.EncodeToString(nonce[:16]), IssuedAt: n.now()}, key)
	if err != nil {
		b.Fatal(err)
	}
	return m
}
