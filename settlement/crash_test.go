package settlement_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
)

// I7: wherever either process ends, running again pays what is owed, once.
func TestI7_EveryCrashPaysOnce(t *testing.T) {
	const owed = 99_990
	for _, c := range []struct{ who, at string }{
		{"acme", "deposit.planned_before_send"},
		{"acme", "deposit.mined_before_record"},
		{"acme", "statement.signed_before_send"},
		{"acme", "statement.acked_before_voucher"},
		{"acme", "voucher.signed_before_persist"},
		{"acme", "voucher.persisted_before_send"},
		{"acme", "final_before_ledger"},
		{"acme", "nonce.reserved_before_sign"},
		{"acme", "tx.signed"},
		{"acme", "tx.persisted"},
		{"acme", "tx.broadcast_before_record"},
		{"acme", "mined_before_status"},
		{"globex", "statement.countersigned_before_reply"},
		{"globex", "voucher.accepted_before_reply"},
		{"globex", "redeem.mined_before_record"},
		{"globex", "final_before_ledger"},
		{"globex", "nonce.reserved_before_sign"},
		{"globex", "tx.signed"},
		{"globex", "tx.persisted"},
		{"globex", "tx.broadcast_before_record"},
		{"globex", "mined_before_status"},
	} {
		t.Run(c.who+" "+c.at, func(t *testing.T) {
			w := newWorld(t)
			round := w.quote(100_000_000)
			w.call(10, round)
			victim := w.acme
			if c.who == "globex" {
				victim = w.globex
			}
			victim.fail = c.at
			attempts := 0
			for attempts = 1; attempts <= 3; attempts++ {
				if w.attempt(t) {
					break
				}
				w.acme.restart()
				w.globex.restart()
			}
			if attempts != 2 || victim.fail != "" {
				t.Fatalf("settled in attempt %d, failpoint %q left: it was not reached", attempts, victim.fail)
			}
			if got := w.received(); got != owed {
				t.Fatalf("received %d, owed %d", got, owed)
			}
			if res := w.run(); res.Paid != 0 {
				t.Fatalf("paid %d again", res.Paid)
			}
			if paid := w.redeem(); paid != 0 || w.received() != owed {
				t.Fatalf("redeemed %d again", paid)
			}
			checkBooks(t, w, 10, owed, 5*usdc)
			if st := w.acme.status().Out; st.Channels[0].Stage != "final" || st.Count != 0 {
				t.Errorf("payer ends with %+v", st)
			}
		})
	}
}

// attempt does everything that has not been done yet, as operators would, and
// reports whether no process ended on the way.
func (w *world) attempt(t *testing.T) bool {
	t.Helper()
	whole := true
	try := func(fn func() error) {
		if !whole {
			return
		}
		var err error
		if at := survives(func() { err = fn() }); at != "" || errors.Is(err, errLost) {
			whole = false
			return
		}
		must(t, err)
	}
	try(func() error {
		if channels := w.acme.status().Out.Channels; len(channels) > 0 && channels[0].Deposited > 0 {
			return nil
		}
		_, err := w.acme.settler.Fund(t.Context(), w.globex.did, 5*usdc)
		return err
	})
	try(func() error { _, err := w.acme.settler.Run(t.Context(), w.globex.did); return err })
	try(func() error { _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); return err })
	return whole
}

// An answer that gets lost is as good as a crash of the peer: what the peer
// signed is asked for again, and it gives the same bytes.
func TestI7_LostAnswers(t *testing.T) {
	for _, message := range []string{"propose", "deliver"} {
		t.Run(message, func(t *testing.T) {
			w := newWorld(t)
			w.call(10, w.quote(100_000_000))
			w.fund(usdc)
			w.acme.losing = message
			if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, errLost) {
				t.Fatalf("run with a lost answer: %v", err)
			}
			if pending, err := w.acme.settler.Pending(); err != nil || !slices.Contains(pending, w.globex.did) {
				t.Fatalf("pending %v, %v", pending, err)
			}
			res := w.run()
			if total := res.Paid; message == "propose" && total != 99_990 || message == "deliver" && total != 0 {
				t.Fatalf("run again paid %d", total)
			}
			if w.redeem() != 99_990 || w.received() != 99_990 {
				t.Fatalf("received %d", w.received())
			}
			if pending, err := w.acme.settler.Pending(); err != nil || len(pending) != 0 {
				t.Fatalf("pending %v, %v", pending, err)
			}
			w.run()
			checkBooks(t, w, 10, 99_990, usdc)
		})
	}
}

// A deposit that a crash interrupted counts as the one asked for again.
func TestFundIsNotDoubledByACrash(t *testing.T) {
	w := newWorld(t)
	w.acme.fail = "deposit.mined_before_record"
	if at := survives(func() { w.fund(usdc) }); at == "" {
		t.Fatal("the failpoint was not reached")
	}
	w.acme.restart()
	f, err := w.acme.settler.Fund(t.Context(), w.globex.did, usdc)
	if err != nil || f.Deposited != usdc || f.Sequence != 1 {
		t.Fatalf("asked again: %+v, %v", f, err)
	}
	if f, err = w.acme.settler.Fund(t.Context(), w.globex.did, usdc); err != nil || f.Deposited != 2*usdc || f.Sequence != 2 {
		t.Fatalf("a second deposit: %+v, %v", f, err)
	}
	w.acme.fail = "tx.persisted"
	if at := survives(func() { w.fund(usdc) }); at == "" {
		t.Fatal("the failpoint was not reached")
	}
	w.acme.restart()
	if _, err := w.acme.settler.Fund(t.Context(), w.globex.did, 3*usdc); !errors.Is(err, settlement.ErrConflict) {
		t.Fatalf("another amount while one is under way: %v", err)
	}
	if c := w.acme.status().Out.Channels[0]; c.Deposited != 3*usdc {
		t.Fatalf("the ledger holds %d", c.Deposited)
	}
	w.balanced()
}
