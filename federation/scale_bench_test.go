package federation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/p2p"
)

// BenchmarkRevocation is from the decision to revoke until the peer refuses,
// over loopback, memory stores: p50 and p99 of 200.
func BenchmarkRevocation(b *testing.B) {
	x, y := federated(b)
	agent := key(b, 66).Public()
	for b.Loop() {
		took := make([]time.Duration, 200)
		for i := range took {
			e := authority.Entry{Kind: authority.KindPassport, Issuer: x.did().String(), ID: fmt.Sprintf("urn:%d:%d", x.revocations.Epoch(), i)}
			ref := &kernel.PassportRef{Issuer: e.Issuer, ID: e.ID}
			begun := time.Now()
			x.revoke(e)
			if err := x.exchange.PushRevocations(b.Context()); err != nil {
				b.Fatal(err)
			}
			if d := y.revocations.Check(nil, ref, agent, nil, startTime); d == nil || d.Code != kernel.CodeRevokedPassport {
				b.Fatalf("the peer answers %+v", d)
			}
			took[i] = time.Since(begun)
		}
		slices.Sort(took)
		b.ReportMetric(took[100].Seconds()*1e3, "p50-ms")
		b.ReportMetric(took[198].Seconds()*1e3, "p99-ms")
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
