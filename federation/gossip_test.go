package federation

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/cmd/chio-verify/verifier"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
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

// within polls a condition for at most a minute.
func within(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
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
	dir := t.TempDir()
	files := [2]string{filepath.Join(dir, "evidence.json"), filepath.Join(dir, "trust.json")}
	for i, content := range [2][]byte{doc, wire.MustMarshal(trust)} {
		if err := os.WriteFile(files[i], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if code := verifier.Main([]string{"equivocation", files[0], "--trust", files[1]}, nil, &out, &out); code != 0 {
		t.Fatalf("chio-verify exits %d: %s", code, out.String())
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

// message is one in the topic of owner's log.
func message(owner, author *peerNode, g gossiped) p2p.GossipMessage {
	if g.Schema == "" {
		g.Schema = GossipSchema
	}
	return p2p.GossipMessage{Topic: topicOf(owner.logOrigin), Author: author.host.ID(), From: author.host.ID(), Data: wire.MustMarshal(g)}
}

// note is a head of our log that a key signed; it need not be true.
func (p *peerNode) note(size uint64, root string, by *wire.Key) string {
	p.t.Helper()
	note, err := receipt.SignCheckpoint(receipt.Checkpoint{Origin: p.logOrigin, Size: size, Root: wire.Hash([]byte(root))}, by)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(note)
}

// forged is a note whose one line claims to be by's and is not.
func (p *peerNode) forged(size uint64) string {
	p.t.Helper()
	n, err := receipt.ParseNote([]byte(p.note(size, "forged", p.kernel)))
	if err != nil {
		p.t.Fatal(err)
	}
	n.Lines[0].Signature[5] ^= 1
	return string(n.Bytes())
}

func evidence(t testing.TB, a, b string) *receipt.Equivocation {
	t.Helper()
	e, err := receipt.NewEquivocation([]byte(a), []byte(b))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestGossipIsJudged: each rule of judgeGossip, and that nothing refused has
// any effect.
func TestGossipIsJudged(t *testing.T) {
	a, b, c := triangle(t)
	stranger := newParty(t, 40, callTerms())
	now := b.clock.Load()
	thief := key(t, 99)
	cosigned, err := receipt.Cosign([]byte(a.note(50, "x", a.kernel)), c.did().String(), c.kernel, now)
	if err != nil {
		t.Fatal(err)
	}
	falsely, err := receipt.ParseNote(cosigned)
	if err != nil {
		t.Fatal(err)
	}
	falsely.Lines[1].Signature[20] ^= 1
	swapped := *evidence(t, a.note(9, "x", a.kernel), a.note(9, "y", a.kernel))
	swapped.A, swapped.B = swapped.B, swapped.A
	if err := b.exchange.attend(); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		m      p2p.GossipMessage
		want   p2p.GossipVerdict
		freeze bool
	}{
		{"not JSON", p2p.GossipMessage{Topic: topicOf(a.logOrigin), Author: a.host.ID(), Data: []byte("{")}, p2p.GossipReject, false},
		{"another schema", message(a, a, gossiped{Schema: "chio.head_gossip.v2", At: now, Note: a.note(2, "x", a.kernel)}), p2p.GossipReject, false},
		{"neither head nor evidence", message(a, a, gossiped{At: now}), p2p.GossipReject, false},
		{"both", message(a, a, gossiped{At: now, Note: a.note(2, "x", a.kernel), Evidence: evidence(t, a.note(9, "x", a.kernel), a.note(9, "y", a.kernel))}), p2p.GossipReject, false},
		{"a time before 1970", message(a, a, gossiped{At: -1, Note: a.note(2, "x", a.kernel)}), p2p.GossipReject, false},
		{"a head of another log", message(a, a, gossiped{At: now, Note: c.note(2, "x", a.kernel)}), p2p.GossipReject, false},
		{"a note in another spelling", message(a, a, gossiped{At: now, Note: a.note(2, "x", a.kernel) + "\n"}), p2p.GossipReject, false},
		{"a log that nobody here follows", message(stranger, a, gossiped{At: now, Note: stranger.note(2, "x", stranger.kernel)}), p2p.GossipIgnore, false},
		{"an author without a treaty", message(a, stranger, gossiped{At: now, Note: a.note(2, "x", a.kernel)}), p2p.GossipIgnore, false},
		{"too old", message(a, a, gossiped{At: now - gossipFreshSeconds - ClockSkewSeconds - 1, Note: a.note(2, "x", a.kernel)}), p2p.GossipIgnore, false},
		{"from the future", message(a, a, gossiped{At: now + ClockSkewSeconds + 1, Note: a.note(2, "x", a.kernel)}), p2p.GossipIgnore, false},
		{"signed by another key", message(a, a, gossiped{At: now, Note: a.note(1, "x", thief)}), p2p.GossipIgnore, false},
		{"a signature that does not verify", message(a, a, gossiped{At: now, Note: a.forged(1)}), p2p.GossipReject, false},
		{"a cosignature that does not verify", message(a, a, gossiped{At: now, Note: string(falsely.Bytes())}), p2p.GossipReject, false},
		{"the head that is held", message(a, a, gossiped{At: now, Note: b.holds(a).Note}), p2p.GossipIgnore, false},
		{"an evidence of heads by another key", message(a, c, gossiped{At: now, Evidence: evidence(t, a.note(9, "x", thief), a.note(9, "y", thief))}), p2p.GossipIgnore, false},
		{"an evidence with one head forged", message(a, c, gossiped{At: now, Evidence: evidence(t, a.note(9, "x", a.kernel), a.forged(9))}), p2p.GossipReject, false},
		{"an evidence with one head by another key", message(a, c, gossiped{At: now, Evidence: evidence(t, a.note(9, "x", a.kernel), a.note(9, "y", thief))}), p2p.GossipIgnore, false},
		{"an evidence in another order", message(a, c, gossiped{At: now, Evidence: &swapped}), p2p.GossipReject, false},
		{"a new head", message(a, c, gossiped{At: now, Note: a.note(50, "x", a.kernel)}), p2p.GossipAccept, false},
		{"the same", message(a, c, gossiped{At: now + 1, Note: a.note(50, "x", a.kernel)}), p2p.GossipIgnore, false},
		{"the same with a witness", message(a, c, gossiped{At: now, Note: string(cosigned)}), p2p.GossipAccept, false},
		{"the same with that witness", message(a, c, gossiped{At: now + 1, Note: string(cosigned)}), p2p.GossipIgnore, false},
		{"another root of that size", message(a, c, gossiped{At: now, Note: a.note(50, "y", a.kernel)}), p2p.GossipAccept, true},
		{"a head of a frozen peer", message(a, c, gossiped{At: now, Note: a.note(60, "x", a.kernel)}), p2p.GossipIgnore, true},
		{"a head by a frozen peer", message(c, a, gossiped{At: now, Note: c.note(60, "x", c.kernel)}), p2p.GossipIgnore, true},
	} {
		if got := b.exchange.judgeGossip(t.Context(), row.m); got != row.want {
			t.Errorf("%s: %d, want %d", row.name, got, row.want)
		}
		if frozen := b.record(a.org).State == Frozen; frozen != row.freeze {
			t.Fatalf("%s: frozen is %v", row.name, frozen)
		}
	}
	checkEvidence(t, b, a)
}

// TestGossipedEvidence: it is believed from anybody, once; an operator who
// resumed the peer has seen it.
func TestGossipedEvidence(t *testing.T) {
	a, b := federated(t)
	stranger := newParty(t, 40, callTerms())
	a.logLocal(1)
	b.sync(a)
	m := message(a, stranger, gossiped{At: b.clock.Load(), Evidence: evidence(t, a.note(9, "x", a.kernel), a.note(9, "y", a.kernel))})
	if got := b.exchange.judgeGossip(t.Context(), m); got != p2p.GossipAccept || b.record(a.org).State != Frozen {
		t.Fatalf("verdict %d, state %s", got, b.record(a.org).State)
	}
	checkEvidence(t, b, a)
	if err := b.service.Directory().Resume(t.Context(), a.did(), "test"); err != nil {
		t.Fatal(err)
	}
	if got := b.exchange.judgeGossip(t.Context(), m); got != p2p.GossipIgnore || b.record(a.org).State != Active {
		t.Fatalf("again: verdict %d, state %s", got, b.record(a.org).State)
	}
}

// TestI11_GossipOfOurOwnLog: a head that our key signed and our log never had
// is proof that the store was rolled back or the key is used elsewhere; nothing
// is signed after it. What others cannot have from us changes nothing.
func TestI11_GossipOfOurOwnLog(t *testing.T) {
	for name, c := range map[string]struct {
		g    func(a *peerNode) gossiped
		want p2p.GossipVerdict
		dead bool
	}{
		"a head that is ours": {func(a *peerNode) gossiped { return gossiped{Note: string(a.trueHead())} }, p2p.GossipAccept, false},
		"a longer one":        {func(a *peerNode) gossiped { return gossiped{Note: a.note(500, "x", a.kernel)} }, p2p.GossipAccept, true},
		"another of its size": {func(a *peerNode) gossiped { return gossiped{Note: a.note(1, "x", a.kernel)} }, p2p.GossipAccept, true},
		"by another's key":    {func(a *peerNode) gossiped { return gossiped{Note: a.note(500, "x", key(a.t, 99))} }, p2p.GossipIgnore, false},
		"forged":              {func(a *peerNode) gossiped { return gossiped{Note: a.forged(500)} }, p2p.GossipReject, false},
		"an evidence": {func(a *peerNode) gossiped {
			return gossiped{Evidence: evidence(a.t, a.note(1, "x", a.kernel), string(a.trueHead()))}
		}, p2p.GossipAccept, true},
		"an evidence, one forged": {func(a *peerNode) gossiped {
			return gossiped{Evidence: evidence(a.t, a.forged(1), string(a.trueHead()))}
		}, p2p.GossipReject, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := federated(t)
			a.logLocal(1)
			if err := a.exchange.attend(); err != nil {
				t.Fatal(err)
			}
			g := c.g(a)
			g.At = a.clock.Load()
			if got := a.exchange.judgeGossip(t.Context(), message(a, b, g)); got != c.want {
				t.Errorf("verdict %d, want %d", got, c.want)
			}
			if dead := errors.Is(a.exchange.RolledBack(), ErrRolledBack); dead != c.dead {
				t.Errorf("rolled back: %v", a.exchange.RolledBack())
			}
		})
	}
}

// trueHead is our head, signed now.
func (p *peerNode) trueHead() (note []byte) {
	p.t.Helper()
	err := p.db.View(func(r store.Reader) (err error) {
		note, _, err = log.SignHead(r, p.kernel)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return note
}

// TestGossipMarksSurviveARestart: an author's number is on disk, a topic each.
func TestGossipMarksSurviveARestart(t *testing.T) {
	a := newParty(t, 10, callTerms())
	topic, id := topicOf(a.logOrigin), a.host.ID()
	if mark, err := (gossipMarks{a.db}).Mark(t.Context(), topic, id); mark != nil || err != nil {
		t.Fatalf("an author without a mark has %x, %v", mark, err)
	}
	if err := (gossipMarks{a.db}).SetMark(t.Context(), topic, id, []byte("12345678")); err != nil {
		t.Fatal(err)
	}
	a.reopen()
	if mark, err := (gossipMarks{a.db}).Mark(t.Context(), topic, id); string(mark) != "12345678" || err != nil {
		t.Fatalf("%q, %v", mark, err)
	}
	if mark, err := (gossipMarks{a.db}).Mark(t.Context(), topicOf("other"), id); mark != nil || err != nil {
		t.Fatalf("in another topic %q, %v", mark, err)
	}
}

// TestTopicsAreFollowed: of peers with a relationship, until it ends.
func TestTopicsAreFollowed(t *testing.T) {
	a, b := federated(t)
	a.logLocal(1)
	b.sync(a)
	follows := func() bool {
		err := b.exchange.attend()
		if err != nil {
			t.Fatal(err)
		}
		owner, _ := b.exchange.ownerOf(a.logOrigin)
		return owner == a.did()
	}
	if !follows() {
		t.Fatal("a peer's log is not followed")
	}
	b.reopen()
	if !follows() {
		t.Fatal("not after a restart")
	}
	if err := b.service.Directory().Freeze(t.Context(), a.did(), "test"); err != nil {
		t.Fatal(err)
	}
	if !follows() {
		t.Fatal("a frozen peer's topic was left: nobody would be told why")
	}
	if err := b.service.Leave(t.Context(), a.did(), "terms", "test"); err != nil {
		t.Fatal(err)
	}
	if follows() {
		t.Fatal("an ended peer's log is followed")
	}
}

func TestTopicNames(t *testing.T) {
	for topic, want := range map[string]bool{
		"chio/head/chio-log/00": true, "chio/head/": false, "chio/tail/x": false, "chio/head/a b": false, "chio/head/é": false,
		"chio/head/" + strings.Repeat("x", maxOriginBytes): true, "chio/head/" + strings.Repeat("x", maxOriginBytes+1): false,
	} {
		if isTopic(topic) != want {
			t.Errorf("%.40q: %v", topic, !want)
		}
	}
}

// TestHeardHeadsAreBounded: the one learned first is forgotten.
func TestHeardHeadsAreBounded(t *testing.T) {
	var l topicLog
	for i := range uint64(maxHeard + 5) {
		l.add(heardHead{cp: receipt.Checkpoint{Size: i}})
	}
	if len(l.heads) != maxHeard || l.find(4) != nil || l.find(5) == nil || l.find(maxHeard+4) == nil {
		t.Fatalf("%d heads, the first %d", len(l.heads), l.heads[0].cp.Size)
	}
}
