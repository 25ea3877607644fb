package federation

import (
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// withheldCall makes a call that the host charges for and whose result its own
// organisation keeps from the agent.
func (w *modelWorld) withheldCall(from, to int) *modelCall {
	w.tb.Helper()
	w.beginWith(from, to, "read_file", withheldArgs)
	w.letIn(len(w.waiting)-1, true)
	if out := w.ended(); out.Verdict != kernel.Deny || out.Denial.Code != kernel.CodeOutputBlocked {
		w.tb.Fatalf("withheld: %+v", out.Denial)
	}
	w.check()
	return w.calls[len(w.calls)-1]
}

// paid makes calls that nothing hinders.
func (w *modelWorld) paid(from, to, calls int) {
	w.tb.Helper()
	for range calls {
		if out := w.through(from, to, "read_file"); out.Verdict != kernel.Allow {
			w.tb.Fatalf("a paid call: %+v", out.Denial)
		}
	}
}

// until repeats what may go over a connection whose other end has died, which
// is noticed when it is used.
func (w *modelWorld) until(what string, done func() bool) {
	w.tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(modelPatience)
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			w.tb.Fatalf("in vain: %s", what)
		}
	}
}

// settled settles, and says what is vouchered then, as both see it.
func (w *modelWorld) settled(payer, payee int, want uint64) {
	w.tb.Helper()
	w.until("settle", func() bool { return w.settle(payer, payee) == nil })
	w.check()
	out, in := w.parties[payer].books[bookKey{settlement.Out, payee}], w.parties[payee].books[bookKey{settlement.In, payer}]
	if out.channel.Vouchered != want || in.channel.Vouchered != want {
		w.tb.Fatalf("vouchered are %d here and %d there, expected %d", out.channel.Vouchered, in.channel.Vouchered, want)
	}
}

// astray sends a paper from either side to the other, as it was and as its payer
// could have signed it.
func (w *modelWorld) astray(which int) {
	w.tb.Helper()
	for _, s := range []stray{{from: 1, to: 0}, {from: 0, to: 1, twist: 1}, {from: 0, to: 1, twist: -1}, {from: 0, to: 1}} {
		s.which = which
		w.until("send a paper", func() bool { return w.strays(s) })
		w.check()
	}
}

// dies has a party end at a place while the first settles with the second.
func (w *modelWorld) dies(party int, place string) {
	w.tb.Helper()
	p := w.parties[party]
	w.arm(p, place)
	w.until(place, func() bool {
		_ = w.settle(0, 1)
		return p.dead.Load()
	})
	w.bury()
	w.check()
	w.restart(p)
}

// TestModelOfVouchers: a voucher that is repeated, older, of another amount or
// from somebody else changes nothing; one whose answer is lost with the payee's
// process is sent again; without vouchers the credit ends.
func TestModelOfVouchers(t *testing.T) {
	w := apartWorld(t, 2)
	w.paid(0, 1, 4)
	if out := w.through(0, 1, "read_file"); out.Verdict != kernel.Deny || out.Peer == nil || out.Peer.Code != string(settlement.CodeCreditExceeded) {
		t.Fatalf("a fifth call without a voucher: %+v", out.Denial)
	}
	w.settled(0, 1, 4*modelPrice)
	w.paid(0, 1, 1)
	w.settled(0, 1, 5*modelPrice)
	for which := range w.net.papers {
		w.astray(which)
	}
	w.paid(0, 1, 1)
	w.dies(0, "voucher.persisted_before_send")
	w.synced(0, 1)
	kept := settleRequest{Type: settleVoucher, Document: w.parties[0].books[bookKey{settlement.Out, 1}].voucher}
	w.net.papers = append(w.net.papers, packet{0, 1, ProtocolSettle, wire.MustMarshal(kept)})
	w.astray(len(w.net.papers) - 1) // of a statement that has none yet
	w.settled(0, 1, 6*modelPrice)
	w.paid(0, 1, 1)
	w.dies(1, "statement.countersigned_before_reply")
	w.dies(1, "voucher.accepted_before_reply")
	w.settled(0, 1, 7*modelPrice)
	w.heal()
}

// TestModelOfObjections: what is objected to is in no statement and counted as
// disputed by both, until the objector gives in or the host gives it up. A pair that nobody signs for is
// overdue until it is joined. Who was answered cannot object, and a host that
// makes up a call is objected to by itself.
func TestModelOfObjections(t *testing.T) {
	w := apartWorld(t, 2)
	w.paid(0, 1, 1)
	w.withheldCall(0, 1)
	for i := range 5 {
		w.lie(w.parties[0], w.parties[1], w.calls[0], i)
	}
	w.objects(1, "object")
	w.check()
	w.settled(0, 1, modelPrice) // the payee has not heard of it yet
	w.synced(0, 1)
	w.settled(0, 1, modelPrice)
	w.objects(0, "make up")
	w.synced(0, 1)
	if n := len(w.parties[1].objections(w.parties[0], RoleHost)); n != 2 {
		t.Fatalf("the host files %d objections", n)
	}
	w.objects(1, "reject")
	w.check()
	w.objects(1, "withdraw")
	w.check()
	w.settled(0, 1, 2*modelPrice)
	w.withheldCall(0, 1)
	w.objects(2, "object")
	w.synced(0, 1)
	host := w.parties[1]
	w.arm(host, "answer.told_before_ack")
	w.objects(2, "waive")
	w.until("the host dies", func() bool {
		_ = w.exchange(1, 0)
		return host.dead.Load()
	})
	w.bury()
	w.check()
	w.restart(host)
	w.synced(1, 0)
	w.check()
	w.objects(2, "withdraw") // too late
	w.settled(0, 1, 2*modelPrice)
	w.withheldCall(0, 1)
	for _, p := range w.parties {
		w.latest = p.clock.Add(JoinSeconds + 1)
	}
	w.check() // overdue at both
	w.synced(0, 1)
	w.heal()
}

// synced exchanges, and it must succeed.
func (w *modelWorld) synced(from, to int) {
	w.tb.Helper()
	w.until("exchange", func() bool { return w.exchange(from, to) == nil })
	w.check()
}
