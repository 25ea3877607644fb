package federation

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/settlement"
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

// settled settles, and says what is vouchered then, as both see it.
func (w *modelWorld) settled(payer, payee int, want uint64) {
	w.tb.Helper()
	if err := w.settle(payer, payee); err != nil {
		w.tb.Fatal(err)
	}
	w.check()
	out, in := w.parties[payer].books[bookKey{settlement.Out, payee}], w.parties[payee].books[bookKey{settlement.In, payer}]
	if out.channel.Vouchered != want || in.channel.Vouchered != want {
		w.tb.Fatalf("vouchered are %d here and %d there, expected %d", out.channel.Vouchered, in.channel.Vouchered, want)
	}
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
	papers := len(w.net.papers)
	for which := range papers {
		for _, s := range []stray{{from: 0, to: 1}, {from: 1, to: 0}, {from: 0, to: 1, twist: 1}, {from: 0, to: 1, twist: -1}} {
			s.which = which
			w.strays(s)
			w.check()
		}
	}
	for _, place := range []string{"statement.countersigned_before_reply", "voucher.accepted_before_reply"} {
		w.paid(0, 1, 1)
		w.arm(w.parties[1], place)
		if err := w.settle(0, 1); err == nil {
			t.Fatalf("the payee dies at %s, and it is settled", place)
		}
		w.bury()
		w.check()
		w.restart(w.parties[1])
	}
	w.settled(0, 1, 7*modelPrice)
	w.heal()
}

// TestModelOfObjections: what is objected to is in no statement and counted as
// disputed by both, until the objector gives in. A pair that nobody signs for is
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
	w.objects(1, "withdraw")
	w.check()
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
	if err := w.exchange(from, to); err != nil {
		w.tb.Fatal(err)
	}
	w.check()
}
