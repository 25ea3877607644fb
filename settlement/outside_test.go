package settlement_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// offchainWorld is a world whose operators pay outside, in cents.
func offchainWorld(t testing.TB) *world {
	w := newWorld(t)
	w.offRail(settlement.RailOffchain)
	w.configure = func(_ *party, c *settlement.Config) { c.Offchain = true }
	w.acme.start()
	w.globex.start()
	return w
}

// awaiting accrues cents and brings their statement to where acme's operator
// has to pay it.
func (w *world) awaiting(cents uint64) wire.Digest {
	w.t.Helper()
	w.call(cents, nil)
	res := w.run()
	if len(res.Awaiting) != 1 || res.Paid != 0 {
		w.t.Fatalf("run: %+v", res)
	}
	return res.Awaiting[0]
}

func (w *world) claim(statement wire.Digest, reference string, amount uint64) {
	w.t.Helper()
	_, err := w.acme.settler.StatePaid(w.t.Context(), statement, reference, amount, now)
	must(w.t, err)
}

func (w *world) confirm(statement wire.Digest, amount uint64) {
	w.t.Helper()
	_, err := w.globex.settler.ConfirmPaid(w.t.Context(), statement, amount)
	must(w.t, err)
}

// bankBooks holds both ledgers against what was owed and what the banks moved.
func (w *world) bankBooks(owed, paid int64) {
	w.t.Helper()
	w.balanced()
	for _, c := range []struct {
		p       *party
		account string
		want    int64
	}{
		{w.acme, ledger.Payable(w.globex.did.String()), paid - owed},
		{w.acme, ledger.Bank, -paid},
		{w.globex, ledger.Receivable(w.acme.did.String()), owed - paid},
		{w.globex, ledger.Bank, paid},
	} {
		if got := c.p.balance(c.account, "USD"); got != c.want {
			w.t.Errorf("%s: %s is %d, want %d", c.p.name, c.account, got, c.want)
		}
	}
	if x := w.globex.status().In.Exposure["USD"]; int64(x.Unvouchered) != owed-paid {
		w.t.Errorf("exposure %+v, want %d", x, owed-paid)
	}
}

// Nothing counts as paid on the payer's word; the payee's confirmation counts
// once, at both sides, however often everything is said.
func TestI7_AnOutsidePaymentCountsOnceThePayeeConfirmsIt(t *testing.T) {
	w := offchainWorld(t)
	id := w.awaiting(40)
	w.call(2, nil)
	if res := w.run(); len(res.Statements) != 0 || len(res.Awaiting) != 1 {
		t.Fatalf("a statement followed one that is not paid: %+v", res)
	}
	if _, err := w.globex.settler.ConfirmPaid(t.Context(), id, 0); !errors.Is(err, settlement.ErrState) {
		t.Fatalf("confirmed what nobody has stated: %v", err)
	}
	w.claim(id, "SEPA 2026-11-23/77", 0)
	w.claim(id, "SEPA 2026-11-23/77", 0)
	if got := w.stateOf(id); got != "submitted/submitted" {
		t.Fatalf("states %s", got)
	}
	w.bankBooks(42, 0)
	w.confirm(id, 0)
	if got := w.stateOf(id); got != "settled/settled" {
		t.Fatalf("states %s", got)
	}
	w.bankBooks(42, 40)
	if _, err := w.globex.settler.ConfirmPaid(t.Context(), id, 0); !errors.Is(err, settlement.ErrState) {
		t.Fatalf("confirmed twice: %v", err)
	}
	if _, err := w.acme.settler.StatePaid(t.Context(), id, "another", 1, now); !errors.Is(err, settlement.ErrAmount) {
		t.Fatalf("stated above the net: %v", err)
	}
	if res := w.run(); len(res.Awaiting) != 1 || res.Awaiting[0] == id {
		t.Fatalf("the next statement: %+v", res)
	}
	w.bankBooks(42, 40)
}

// The three phases: authorized by the statement, captured in parts up to its
// net, given back in parts up to what came.
func TestPartialCaptureRefundReversalAndChargeback(t *testing.T) {
	w := offchainWorld(t)
	id := w.awaiting(100)
	for _, c := range []struct {
		name     string
		do       func() error
		state    string
		standing int64
		err      error
	}{
		{"part", func() error { w.claim(id, "a", 30); w.confirm(id, 0); return nil }, settlement.PayPartial, 30, nil},
		{"above the rest", func() error { _, err := w.acme.settler.StatePaid(t.Context(), id, "b", 71, now); return err }, settlement.PayPartial, 30, settlement.ErrAmount},
		{"same reference", func() error { _, err := w.acme.settler.StatePaid(t.Context(), id, "a", 1, now); return err }, settlement.PayPartial, 30, settlement.ErrConflict},
		{"less came than was stated", func() error { w.claim(id, "b", 70); w.confirm(id, 69); return nil }, settlement.PayPartial, 99, nil},
		{"the last", func() error { w.claim(id, "c", 0); w.confirm(id, 0); return nil }, settlement.PaySettled, 100, nil},
		{"refund", func() error { return w.giveBack(id, settlement.MoveRefund, "r1", "a", 10) }, settlement.PayReversed, 90, nil},
		{"refund again", func() error { return w.giveBack(id, settlement.MoveRefund, "r1", "a", 10) }, settlement.PayReversed, 90, nil},
		{"refund of another amount", func() error { return w.giveBack(id, settlement.MoveRefund, "r1", "a", 11) }, settlement.PayReversed, 90, settlement.ErrConflict},
		{"more than the capture brought", func() error { return w.giveBack(id, settlement.MoveReversal, "r2", "a", 21) }, settlement.PayReversed, 90, settlement.ErrAmount},
		{"reversal", func() error { return w.giveBack(id, settlement.MoveReversal, "r2", "a", 20) }, settlement.PayReversed, 70, nil},
		{"chargeback", func() error { return w.giveBack(id, settlement.MoveChargeback, "d1", "b", 69) }, settlement.PayCharged, 1, nil},
		{"of no capture", func() error { return w.giveBack(id, settlement.MoveChargeback, "d2", "z", 1) }, settlement.PayCharged, 1, settlement.ErrAmount},
		{"paid after all", func() error { w.claim(id, "d", 0); w.confirm(id, 0); return nil }, settlement.PaySettled, 100, nil},
	} {
		if err := c.do(); !errors.Is(err, c.err) {
			t.Fatalf("%s: %v, want %v", c.name, err, c.err)
		}
		if got := w.stateOf(id); got != c.state+"/"+c.state {
			t.Fatalf("%s: states %s, want %s", c.name, got, c.state)
		}
		w.bankBooks(100, c.standing)
	}
	w.receipts(id, 7)
}

func (w *world) giveBack(id wire.Digest, kind, reference, of string, amount uint64) error {
	_, err := w.globex.settler.ReturnPaid(w.t.Context(), id, kind, reference, of, amount, "agreed")
	return err
}

// receipts verifies every receipt of the payee, offline.
func (w *world) receipts(id wire.Digest, n int) {
	w.t.Helper()
	trust := settlement.Kernels{w.globex.did: {w.globex.kernel.Public()}}
	must(w.t, w.globex.db.View(func(r store.Reader) error {
		docs, err := w.globex.settler.SettlementReceipts(r, id)
		if err != nil || len(docs) != n {
			w.t.Errorf("%d receipts, want %d, %v", len(docs), n, err)
		}
		for i, doc := range docs {
			got, err := settlement.VerifyReceipt(doc, trust)
			if err != nil || got.Number != uint64(i+1) || got.Statement != id {
				w.t.Errorf("receipt %d: %+v, %v", i+1, got, err)
			}
			if _, err := settlement.VerifyReceipt(doc, settlement.Kernels{w.globex.did: {w.acme.kernel.Public()}}); !errors.Is(err, settlement.ErrUntrusted) {
				w.t.Errorf("receipt %d verifies under another key: %v", i+1, err)
			}
		}
		return err
	}))
}

// A rejected claim leaves the debt; the payer learns the reason and may state
// another payment.
func TestARejectedClaimLeavesTheDebt(t *testing.T) {
	w := offchainWorld(t)
	id := w.awaiting(40)
	w.claim(id, "77", 0)
	if _, err := w.globex.settler.RejectPaid(t.Context(), id, ""); !errors.Is(err, settlement.ErrPayment) {
		t.Errorf("rejected without a reason: %v", err)
	}
	if _, err := w.globex.settler.RejectPaid(t.Context(), id, "no such transfer"); err != nil {
		t.Fatal(err)
	}
	if p := w.paymentAt(w.acme, id); p.State != settlement.PayFailed || p.Reason != "no such transfer" {
		t.Fatalf("the payer sees %+v", p)
	}
	w.bankBooks(40, 0)
	w.claim(id, "78", 0)
	w.confirm(id, 0)
	w.bankBooks(40, 40)
	w.receipts(id, 2)
}

// A crash or a lost answer at any step changes nothing of the end.
func TestI8_ACrashNeverCountsAnOutsidePaymentTwice(t *testing.T) {
	for _, c := range []struct{ who, fail, lose string }{
		{"acme", "voucher.persisted_before_send", ""}, {"globex", "voucher.accepted_before_reply", ""},
		{"globex", "claim.decided_before_told", ""}, {"acme", "", "deliver"}, {"globex", "", "deliver"},
	} {
		t.Run(c.who+c.fail+c.lose, func(t *testing.T) {
			w := offchainWorld(t)
			id := w.awaiting(40)
			who := w.acme
			if c.who == "globex" {
				who = w.globex
			}
			who.fail, who.losing = c.fail, c.lose
			for range 3 {
				survives(func() { _, _ = w.acme.settler.StatePaid(t.Context(), id, "77", 0, now) })
				survives(func() { _, _ = w.globex.settler.ConfirmPaid(t.Context(), id, 0) })
				survives(func() { _, _ = w.globex.settler.RedeemDue(t.Context(), w.acme.did) })
				who.restart()
			}
			if got := w.stateOf(id); got != "settled/settled" {
				t.Fatalf("states %s", got)
			}
			w.bankBooks(40, 40)
		})
	}
}

// What a rail does not carry it refuses: the same obligation is never paid on
// two.
func TestTheSameObligationViaTwoRailsIsRefused(t *testing.T) {
	w := offchainWorld(t)
	id := w.awaiting(40)
	if w.run().Awaiting[0] != id {
		t.Fatal("another statement is over the same obligation")
	}
	// The two agree on another rail afterwards: what is in a statement stays in it.
	w.terms.Rail, w.terms.ChainID = settlement.RailStripe, settlement.ChainOf(settlement.RailStripe, "")
	w.configure = func(_ *party, c *settlement.Config) { c.Offchain, c.Stripe = true, true }
	w.acme.start()
	w.globex.start()
	if res := w.run(); len(res.Statements) != 0 {
		t.Fatalf("owed again by another rail: %+v", res)
	}
	note := wire.MustMarshal(map[string]any{"schema": "chio.note.v1", "statement": id.String()})
	if err := w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, note); !errors.Is(err, settlement.ErrVoucher) {
		t.Errorf("a note for it: %v", err)
	}
	w.claim(id, "77", 0)
	w.confirm(id, 0)
	w.bankBooks(40, 40)
}

// A receipt that the payee did not sign, that comes out of turn, or that does
// not add up books nothing at the payer.
func TestForgedReceiptsBookNothing(t *testing.T) {
	w := offchainWorld(t)
	id := w.awaiting(40)
	good := settlement.SettlementReceipt{Schema: settlement.ReceiptSchema, Observer: w.globex.did, Payer: settlement.PartyOf(w.acme.did), Payee: settlement.PartyOf(w.globex.did),
		Statement: id, Number: 1, Rail: settlement.RailOffchain, State: settlement.PaySettled, Kind: settlement.MoveCapture,
		Net: wire.MonetaryAmount{Units: 40, Currency: "USD"}, Amount: 40, Settled: 40, Reference: "x", ObservedAt: now, Finality: settlement.FinalityFinal}
	for name, c := range map[string]struct {
		signer *wire.Key
		change func(*settlement.SettlementReceipt)
	}{
		"by the payer":      {w.acme.kernel, func(*settlement.SettlementReceipt) {}},
		"observed by payer": {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.Observer = w.acme.did }},
		"out of turn":       {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.Number = 2 }},
		"another rail":      {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.Rail = settlement.RailStripe }},
		"another net":       {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.Net.Units, r.Settled = 41, 41 }},
		"less than settled": {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.Amount = 39 }},
		"above the net":     {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.Settled = 41 }},
		"partly the net":    {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.State = settlement.PayPartial }},
		"of nothing":        {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.Statement = wire.Hash([]byte("x")) }},
		"reversal of none": {w.globex.kernel, func(r *settlement.SettlementReceipt) {
			r.State, r.Kind, r.Settled = settlement.PayReversed, settlement.MoveRefund, 0
		}},
		"failed with money": {w.globex.kernel, func(r *settlement.SettlementReceipt) { r.State, r.Failure = settlement.PayFailed, "no" }},
	} {
		bad := good
		c.change(&bad)
		env, err := wire.Seal(settlement.ReceiptSchema, &bad, c.signer)
		must(t, err)
		if err := w.acme.settler.AcceptVoucher(t.Context(), w.globex.did, env.Bytes()); err == nil {
			t.Errorf("%s: accepted", name)
		}
		w.bankBooks(40, 0)
	}
}
