package federation

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
)

// running runs an exchange's loop until the test ends, and its clock: what is
// said again within one second is the same message.
func (p *peerNode) running() {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	var loop sync.WaitGroup
	loop.Go(func() {
		if err := p.exchange.Run(ctx); err != nil {
			p.t.Error(err)
		}
	})
	loop.Go(func() {
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for {
			select {
			case <-second.C:
				p.clock.Add(1)
			case <-ctx.Done():
				return
			}
		}
	})
	p.t.Cleanup(func() { cancel(); loop.Wait() })
}

// twin is a second process with the same keys over a copy of the store, as a
// restored backup beside the original is. Neither process of the two is left
// running: open them.
func (p *peerNode) twin() *peerNode {
	p.t.Helper()
	if err := p.host.Stop(); err != nil {
		p.t.Fatal(err)
	}
	db := memory.New()
	p.t.Cleanup(func() { _ = db.Close() })
	err := p.db.View(func(r store.Reader) error {
		return db.Update(p.t.Context(), func(tx store.Tx) error {
			return r.Scan("", "", func(key string, value []byte) error {
				tx.Set(key, append([]byte(nil), value...))
				return nil
			})
		})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	o := *p.org
	o.db = db
	return &peerNode{org: &o, agent: p.agent, terms: p.terms, peers: p.peers, logOrigin: p.logOrigin}
}

// within polls a condition for at most twenty seconds.
func within(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if ok() {
			return
		}
		<-tick.C
	}
	t.Fatalf("not in time: %s", what)
}

// triangle is three organisations with treaties between all of them, each
// holding the others' heads.
func triangle(t testing.TB) (a, b, c *peerNode) {
	t.Helper()
	a = newParty(t, 10, callTerms())
	b = newParty(t, 20, callTerms(), didOf(t, 10))
	c = newParty(t, 30, callTerms(), didOf(t, 10), didOf(t, 20))
	for _, p := range [...]*peerNode{a, b, c} {
		p.logLocal(1)
	}
	for _, pair := range [...][2]*peerNode{{a, b}, {a, c}, {b, c}} {
		federate(t, pair[0].org, pair[1].org)
		pair[0].sync(pair[1])
	}
	return a, b, c
}

func (p *peerNode) holds(owner *peerNode) *KnownHead {
	p.t.Helper()
	h, err := p.exchange.heldHead(owner.did())
	if err != nil {
		p.t.Fatal(err)
	}
	return h
}

// checkEvidence: what a third party exports proves it to anybody who knows the
// owner's key.
func checkEvidence(t *testing.T, of, owner *peerNode) {
	t.Helper()
	doc, err := of.exchange.Evidence(owner.did())
	if err != nil {
		t.Fatal(err)
	}
	trust := &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{{Key: owner.kernel.Public(), Logs: []string{owner.logOrigin}}}}
	report, err := receipt.VerifyEquivocation(doc, trust)
	if err != nil {
		t.Fatal(err)
	}
	if report.A.Root == report.B.Root || report.A.Size != report.B.Size {
		t.Fatalf("report %+v", report)
	}
}

// TestGossipedHeadIsWitnessed: a head spreads without anybody's asking, and its
// cosignatures with it.
func TestGossipedHeadIsWitnessed(t *testing.T) {
	a, b, c := triangle(t)
	for _, p := range [...]*peerNode{a, b, c} {
		p.running()
	}
	within(t, "each listens to a's log", func() bool {
		return a.exchange.Gossiped(b.did()).Members >= 1 && b.exchange.Gossiped(a.did()).Members >= 2 && c.exchange.Gossiped(a.did()).Members >= 2
	})
	a.logLocal(2)
	a.logLocal(3)
	within(t, "both hold the new head", func() bool { return b.holds(a).Size == 3 && c.holds(a).Size == 3 })
	within(t, "each knows that the other cosigned it", func() bool {
		return b.exchange.Gossiped(a.did()).Witnesses >= 1 && c.exchange.Gossiped(a.did()).Witnesses >= 1
	})
	for _, p := range [...]*peerNode{b, c} {
		if rec := p.record(a.org); rec.State != Active {
			t.Errorf("an honest log's owner is %s: %s", rec.State, rec.Reason)
		}
	}
	if a.exchange.RolledBack() != nil {
		t.Error(a.exchange.RolledBack())
	}
}

// TestSplitViewIsSeenByComparing: A shows one log to B and another to C. Alone,
// neither can see it. A says nothing in the topic; B and C do.
func TestSplitViewIsSeenByComparing(t *testing.T) {
	for name, extra := range map[string]int{"of one size": 0, "of two sizes": 3} {
		t.Run(name, func(t *testing.T) {
			a, b, c := triangle(t)
			other := a.twin()
			a.open()
			other.open()
			a.logLocal(100)
			for i := range 1 + extra {
				other.logLocal(200 + i)
			}
			a.meet(b)
			other.meet(c)
			b.sync(a)
			c.sync(other)
			if b.holds(a).Root == c.holds(a).Root || b.record(a.org).State != Active || c.record(a.org).State != Active {
				t.Fatal("no split view to begin with")
			}
			b.running()
			c.running()
			within(t, "both victims freeze the owner", func() bool {
				return b.record(a.org).State == Frozen && c.record(a.org).State == Frozen
			})
			checkEvidence(t, b, a)
			checkEvidence(t, c, a)
		})
	}
}

// TestThirdOrganisationHearsBothSides: D is shown nothing by A. It hears B and
// C, who do not know each other, and has the proof that neither has; telling
// them is what freezes A everywhere.
func TestThirdOrganisationHearsBothSides(t *testing.T) {
	a := newParty(t, 10, callTerms())
	b := newParty(t, 20, callTerms(), didOf(t, 10))
	c := newParty(t, 30, callTerms(), didOf(t, 10))
	d := newParty(t, 40, callTerms(), didOf(t, 10), didOf(t, 20), didOf(t, 30))
	a.logLocal(1)
	for _, p := range [...]*peerNode{b, c, d} {
		federate(t, a.org, p.org)
		a.sync(p)
	}
	federate(t, b.org, d.org)
	federate(t, c.org, d.org)
	other := a.twin()
	a.open()
	other.open()
	a.logLocal(100)
	other.logLocal(200)
	a.meet(b)
	other.meet(c)
	b.sync(a)
	c.sync(other)
	for _, p := range [...]*peerNode{b, c, d} {
		p.running()
	}
	within(t, "the third organisation freezes the owner", func() bool { return d.record(a.org).State == Frozen })
	checkEvidence(t, d, a)
	if d.holds(a).Size != 1 {
		t.Errorf("it was shown a head of %d", d.holds(a).Size)
	}
	within(t, "and so do the victims", func() bool {
		return b.record(a.org).State == Frozen && c.record(a.org).State == Frozen
	})
	checkEvidence(t, b, a)
	checkEvidence(t, c, a)
}

// TestShrunkLogIsReported: the owner signed a longer head than it shows now.
// That is no proof, and is said as what it is.
func TestShrunkLogIsReported(t *testing.T) {
	a, b := federated(t)
	for i := range 3 {
		a.logLocal(i)
	}
	b.sync(a)
	held := b.holds(a)
	if held.Size != 3 {
		t.Fatalf("held %d", held.Size)
	}
	a.forkLog(1) // its memory of b's cosignature is not asked: the process goes on
	if _, err := b.exchange.witnessHead(t.Context(), b.record(a.org)); !errors.Is(err, ErrRollback) {
		t.Fatal(err)
	}
	found, err := b.exchange.Shrunk(a.did())
	if err != nil || found == nil || found.Signed != 3 || found.Shown != 1 || found.Note != held.Note {
		t.Fatalf("%+v, %v", found, err)
	}
	if b.record(a.org).State != Active {
		t.Error("a rollback was taken for an equivocation")
	}
}
