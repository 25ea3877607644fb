package federation

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// BenchmarkRevocation measures how fast a revocation of each kind holds at a
// peer over loopback: from the decision to the peer's signed denial of a call
// that was good until then.
func BenchmarkRevocation(b *testing.B) {
	for _, name := range [...]string{"capability", "passport", "key"} {
		b.Run(name, func(b *testing.B) {
			x, y := revocableParties(b)
			for b.Loop() {
				took := make([]time.Duration, 200)
				for i := range took {
					x.passport = &kernel.PassportRef{Issuer: x.did().String(), ID: fmt.Sprintf("urn:%d:%d", x.revocations.Epoch(), i)}
					var err error
					if x.agent, err = wire.GenerateKey(rand.Reader); err != nil {
						b.Fatal(err)
					}
					m := x.mandate(y, unpricedTool, readArgs)
					frame, _ := x.frame(m, nil)
					begun := time.Now()
					x.revoke(revocable[name].entry(x, m))
					if err := x.exchange.PushRevocations(b.Context()); err != nil {
						b.Fatal(err)
					}
					x.refusedFor(y, frame, revocable[name].code)
					took[i] = time.Since(begun)
				}
				slices.Sort(took)
				b.ReportMetric(took[100].Seconds()*1e3, "p50-ms")
				b.ReportMetric(took[198].Seconds()*1e3, "p99-ms")
			}
		})
	}
}

// BenchmarkJudgeGossip is one message in a topic: a head that was verified
// before, as nearly all of them are, and one that was not.
func BenchmarkJudgeGossip(b *testing.B) {
	v := verifyUnit(b)
	x, y := federated(b)
	y.logLocal(1)
	x.sync(y)
	held := x.holds(y)
	doc, err := x.exchange.newGossip([]byte(held.Note), nil)
	if err != nil {
		b.Fatal(err)
	}
	m := p2p.GossipMessage{Topic: topicOf(held.Origin), Author: y.host.ID(), From: y.host.ID(), Data: doc}
	for name, forget := range map[string]bool{"again": false, "new": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if forget {
					clear(x.exchange.talk.logs[held.Origin].judged)
				}
				x.exchange.judgeGossip(b.Context(), m)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/v, "v/op")
		})
	}
}

// BenchmarkTreatySetUp reads and compiles one direction's terms, 1,000 rules of
// each side: what the first call after a treaty or a restart costs.
func BenchmarkTreatySetUp(b *testing.B) {
	terms := callTerms()
	terms.Ingress.ToolAccess.Block = nil
	for i := range 1000 {
		terms.Ingress.ToolAccess.Block = append(terms.Ingress.ToolAccess.Block, fmt.Sprintf("tool_%04d", i))
	}
	x, y := federatedUnder(b, terms, terms)
	b.ReportAllocs()
	for b.Loop() {
		x.service.mu.Lock()
		clear(x.service.compiled)
		x.service.mu.Unlock()
		if _, err := x.service.TreatyFor(y.did(), Inbound); err != nil {
			b.Fatal(err)
		}
	}
}
