package federation

import (
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// apartWorld is the model's world for one story: calls wait at the host's door,
// links are cut by hand, nothing happens by chance.
func apartWorld(t *testing.T, parties int) *modelWorld {
	tb := &modelTB{TB: t, rt: t, ctx: t.Context()}
	t.Cleanup(tb.end)
	return newModelWorld(tb, parties)
}

// split cuts the link between two parties, both ways.
func (w *modelWorld) split(a, b int, cut bool) {
	w.net.setCut(a, b, cut)
	w.net.setCut(b, a, cut)
}

// ended is the last call's outcome; it must be over.
func (w *modelWorld) ended() kernel.Outcome {
	w.tb.Helper()
	c := w.calls[len(w.calls)-1]
	select {
	case <-c.done:
	default:
		w.tb.Fatalf("call %s is not over", c.m.CallID)
	}
	return c.out
}

// through makes a call that nothing hinders.
func (w *modelWorld) through(from, to int, tool string) kernel.Outcome {
	w.tb.Helper()
	w.begin(from, to, tool)
	if len(w.waiting) > 0 {
		w.letIn(len(w.waiting)-1, true)
	}
	w.check()
	return w.ended()
}

// TestSplitLongerThanTheTTLs: a request is on its way while the network splits
// for thirteen hours, longer than a continuation, a revocation epoch and a hello
// count. Meanwhile no paid call is made; the request that comes after all is
// denied, both file that, and nobody owes anything for it.
func TestSplitLongerThanTheTTLs(t *testing.T) {
	w := apartWorld(t, 2)
	w.begin(0, 1, "read_file")
	w.split(0, 1, true)
	w.letIn(0, false)
	if out := w.ended(); out.Ended != receipt.Incomplete {
		t.Fatalf("a call whose request was lost ended %s %+v", out.Ended, out.Denial)
	}
	for _, p := range w.parties {
		w.latest = p.clock.Add(13 * 3600)
	}
	if out := w.through(0, 1, "read_file"); out.Verdict != kernel.Deny || out.Denial.Code != CodePeerStale {
		t.Fatalf("after thirteen hours apart: %+v", out.Denial)
	}
	w.split(0, 1, false)
	w.exchange(0, 1)
	w.replay(len(w.net.recorded)) // the first call's request, late
	w.heal()
	first, host := w.calls[0], w.parties[1].ended[w.calls[0].m.CallID]
	if host.verdict != receipt.Deny || w.ran[first.m.CallID] != 0 || len(w.parties[0].between(w.parties[1])) != 0 {
		t.Fatalf("the late request: %+v, executed %d times", host, w.ran[first.m.CallID])
	}
	if j := w.parties[0].joints(w.parties[1].peerNode); len(j) != 1 || j[0].Verdict != receipt.Deny || len(j[0].Cosign) == 0 {
		t.Fatalf("both file the denial: %+v", j)
	}
	if out := w.parties[0].kernelOf.Mediate(t.Context(), w.parties[0].under(w.parties[1].peerNode, w.parties[0].chain[1], "read_file", readArgs)); out.Verdict != kernel.Allow {
		t.Fatalf("healed: %+v", out.Denial)
	}
}

// TestHealWithConflictingTotals: the host ran two calls whose answers were
// lost, so for a while it is owed what its peer does not know of. After the
// network healed both owe the same.
func TestHealWithConflictingTotals(t *testing.T) {
	w := apartWorld(t, 2)
	for range 2 {
		w.begin(0, 1, "read_file")
		w.parties[1].failAt(func(name string) {
			if name == "host.receipt_committed_before_reply" {
				w.split(0, 1, true)
				panic("the network splits here")
			}
		})
		w.letIn(0, true)
		if out := w.ended(); out.Ended != receipt.Incomplete {
			t.Fatalf("ended %s %+v", out.Ended, out.Denial)
		}
		w.check()
		w.split(0, 1, false)
	}
	w.split(0, 1, true)
	if here, there := len(w.parties[0].between(w.parties[1])), len(w.parties[1].between(w.parties[0])); here != 0 || there != 2 {
		t.Fatalf("the origin knows of %d obligations, the host of %d", here, there)
	}
	w.heal()
	if here, there := w.parties[0].between(w.parties[1]), w.parties[1].between(w.parties[0]); len(here) != 2 || len(there) != 2 {
		t.Fatalf("healed, and %+v here, %+v there", here, there)
	}
}

// TestAsymmetricReachability: of three organisations one hears and is not
// heard, and one is only reached by the third. Whoever cannot be reached is
// denied without loss, the others go on, and all agree afterwards.
func TestAsymmetricReachability(t *testing.T) {
	w := apartWorld(t, 3)
	w.net.setCut(0, 1, true) // 0 does not reach 1
	w.split(0, 2, true)
	if out := w.through(1, 2, "read_file"); out.Verdict != kernel.Allow {
		t.Fatalf("two that reach each other: %+v", out.Denial)
	}
	for _, to := range []int{1, 2} {
		if out := w.through(0, to, "read_file"); out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeNotDispatched {
			t.Fatalf("0 does not reach %d: %s %+v", to, out.Ended, out.Denial)
		}
	}
	w.revoke(w.parties[1], 2) // while 0 hears nobody
	w.exchange(1, 2)
	if out := w.through(2, 1, "read_file"); out.Verdict != kernel.Deny {
		t.Fatal("what was revoked passed")
	}
	w.heal()
	for _, p := range []int{1, 2} {
		if n := len(w.parties[0].between(w.parties[p])); n != 0 {
			t.Fatalf("%d obligations with %d, and no call passed", n, p)
		}
	}
	if n := len(w.parties[1].between(w.parties[2])); n != 1 {
		t.Fatalf("%d obligations for one call", n)
	}
}

// TestKillDuringHeal: after a split each side dies once in the exchange that
// would bring both together, with what it was sent in memory. The next one
// does.
func TestKillDuringHeal(t *testing.T) {
	w := apartWorld(t, 2)
	if out := w.through(0, 1, "read_file"); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	if out := w.through(1, 0, "read_file"); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	for _, place := range []string{"outbox.sent_before_ack", "cosign.received_before_store"} {
		for at, p := range w.parties {
			w.arm(p, place)
			late := time.After(modelPatience)
			for w.exchange(at, 1-at) != nil && !p.dead.Load() { // the connection of before the other's death ends when it is used
				select {
				case <-late:
					t.Fatalf("party %d cannot exchange", at)
				default:
				}
			}
			w.bury()
			if !p.down {
				t.Fatalf("party %d passed %s alive", at, place)
			}
			w.check()
			w.restart(p)
		}
	}
	w.heal()
	if j := w.parties[0].joints(w.parties[1].peerNode); len(j) != 2 {
		t.Fatalf("%d pairs of two calls", len(j))
	}
}
