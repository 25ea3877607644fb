package settlement_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/wire"
)

// meter counts usage the way Stripe does: an identifier counts once.
type meter struct {
	counted map[wire.Digest]uint64
	asked   int
	fail    error
	lose    bool // the answer gets lost after it was counted
}

func (m *meter) Report(_ context.Context, _ did.DID, statement wire.Digest, net wire.MonetaryAmount, _ int64) (string, error) {
	m.asked++
	if m.fail != nil {
		return "", m.fail
	}
	if m.counted == nil {
		m.counted = make(map[wire.Digest]uint64)
	}
	m.counted[statement] = net.Units
	if m.lose {
		m.lose = false
		return "", errLost
	}
	return statement.String(), nil
}

func (m *meter) total() (n uint64) {
	for _, v := range m.counted {
		n += v
	}
	return n
}

// stripeWorld is a world where globex reports what acme owes to a meter.
func stripeWorld(t testing.TB) (*world, *meter) {
	w := newWorld(t)
	w.offRail(settlement.RailStripe)
	m := &meter{}
	w.configure = func(p *party, c *settlement.Config) {
		c.Stripe = true
		if p.name == "globex" {
			c.Meter = m
		}
	}
	w.acme.start()
	w.globex.start()
	return w, m
}

func (w *world) usd(n uint64) wire.MonetaryAmount {
	return wire.MonetaryAmount{Units: n, Currency: "USD"}
}

func (w *world) stripeBooks(owed, paid int64) {
	w.t.Helper()
	w.balanced()
	for _, c := range []struct {
		p       *party
		account string
		want    int64
	}{
		{w.acme, ledger.Payable(w.globex.did.String()), paid - owed}, {w.acme, ledger.Stripe, -paid},
		{w.globex, ledger.Receivable(w.acme.did.String()), owed - paid}, {w.globex, ledger.Stripe, paid},
	} {
		if got := c.p.balance(c.account, "USD"); got != c.want {
			w.t.Errorf("%s: %s is %d, want %d", c.p.name, c.account, got, c.want)
		}
	}
}

// Two statements are reported once each; one invoice pays both, and what goes
// back of it is owed again. Saying any of it twice changes nothing.
func TestI7_UsageIsReportedAndBilledOnce(t *testing.T) {
	w, m := stripeWorld(t)
	w.call(30, nil)
	first := w.run().Statements[0].Statement
	w.call(12, nil)
	second := w.run().Statements[0].Statement
	for range 2 {
		w.redeem()
	}
	if m.total() != 42 || m.asked != 2 {
		t.Fatalf("the meter counted %d in %d reports", m.total(), m.asked)
	}
	w.stripeBooks(42, 0)
	for range 2 {
		must(t, w.globex.settler.InvoicePaid(t.Context(), w.acme.did, "in_1", w.usd(35), now))
	}
	if a, b := w.stateOf(first), w.stateOf(second); a != "settled/settled" || b != "partially_settled/partially_settled" {
		t.Fatalf("states %s, %s", a, b)
	}
	w.stripeBooks(42, 35)
	if err := w.globex.settler.InvoicePaid(t.Context(), w.acme.did, "in_1", w.usd(36), now); !errors.Is(err, settlement.ErrConflict) {
		t.Errorf("the same invoice of another amount: %v", err)
	}
	if err := w.globex.settler.InvoicePaid(t.Context(), w.acme.did, "in_2", w.usd(8), now); !errors.Is(err, settlement.ErrAmount) {
		t.Errorf("more than is owed: %v", err)
	}
	for range 2 {
		must(t, w.globex.settler.InvoiceReturned(t.Context(), w.acme.did, settlement.MoveRefund, "ch_1", "in_1", w.usd(6), "goodwill"))
	}
	w.stripeBooks(42, 29)
	must(t, w.globex.settler.InvoiceReturned(t.Context(), w.acme.did, settlement.MoveChargeback, "du_1", "in_1", w.usd(29), "fraudulent"))
	if a, b := w.stateOf(first), w.stateOf(second); a != "charged_back/charged_back" || b != "reversed/reversed" {
		t.Fatalf("states %s, %s", a, b)
	}
	w.stripeBooks(42, 0)
	if err := w.globex.settler.InvoiceReturned(t.Context(), w.acme.did, settlement.MoveRefund, "ch_2", "in_1", w.usd(1), ""); !errors.Is(err, settlement.ErrAmount) {
		t.Errorf("more than the invoice brought: %v", err)
	}
	if x := w.globex.status().In.Exposure["USD"]; x.Unvouchered != 42 {
		t.Errorf("exposure %+v after everything went back", x)
	}
}

// A report whose answer is lost is repeated under the same identifier, for as
// long as Stripe remembers it, and not a second longer.
func TestAReportIsRepeatedOnlyWhileItCountsOnce(t *testing.T) {
	w, m := stripeWorld(t)
	w.call(30, nil)
	id := w.run().Statements[0].Statement
	m.lose = true
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	m.fail = fmt.Errorf("no route")
	w.clock = 23 * 3600
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); err == nil || m.asked != 2 {
		t.Fatalf("at the last second: %v after %d reports", err, m.asked)
	}
	w.clock++
	m.fail = nil
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, settlement.ErrState) || m.asked != 2 {
		t.Fatalf("a second later: %v after %d reports", err, m.asked)
	}
	if _, err := w.globex.settler.ConfirmPaid(t.Context(), id, 0); err != nil { // the operator has looked: it was counted
		t.Fatal(err)
	}
	w.redeem()
	must(t, w.globex.settler.InvoicePaid(t.Context(), w.acme.did, "in_1", w.usd(30), now))
	if m.asked != 2 || m.total() != 30 {
		t.Errorf("%d reports of %d", m.asked, m.total())
	}
	w.stripeBooks(30, 30)
}

// A refusal is no report: it may be tried again at any time.
func TestARefusedReportIsTriedAgain(t *testing.T) {
	w, m := stripeWorld(t)
	w.call(30, nil)
	id := w.run().Statements[0].Statement
	m.fail = fmt.Errorf("%w: no such customer", settlement.ErrUnpaid)
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, settlement.ErrUnpaid) {
		t.Fatal(err)
	}
	if p := w.paymentAt(w.globex, id); p.State != settlement.PayUnpaid {
		t.Fatalf("payment %+v", p)
	}
	m.fail, w.clock = nil, 48*3600
	w.redeem()
	if p := w.paymentAt(w.globex, id); p.State != settlement.PaySubmitted || m.total() != 30 {
		t.Fatalf("payment %+v, counted %d", p, m.total())
	}
}

// A refusal that follows a report whose answer was lost does not say that it was
// not counted: a day later it could count twice.
func TestI7_ARefusalAfterALostAnswerSettlesNothing(t *testing.T) {
	w, m := stripeWorld(t)
	w.call(30, nil)
	id := w.run().Statements[0].Statement
	m.fail = errors.New("no answer")
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); err == nil {
		t.Fatal("reported without an answer")
	}
	m.fail = fmt.Errorf("%w: the key was revoked", settlement.ErrUnpaid)
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, settlement.ErrUnpaid) {
		t.Fatal(err)
	}
	if p := w.paymentAt(w.globex, id); p.State != settlement.PaySubmitted {
		t.Fatalf("payment %+v", p)
	}
	m.fail, w.clock = nil, 48*3600 // too late to ask again
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, settlement.ErrState) {
		t.Fatalf("asked again after two days: %v", err)
	}
}

// What a refund took is told by a figure that grows, in any order; a dispute
// that was won, and a refund that came back, are captured again, once.
func TestI7_WhatCameBackIsCountedOnce(t *testing.T) {
	w, _ := stripeWorld(t)
	w.call(30, nil)
	id := w.run().Statements[0].Statement
	w.redeem()
	s, acme := w.globex.settler, w.acme.did
	must(t, s.InvoicePaid(t.Context(), acme, "in_1", w.usd(30), now))
	for _, total := range []uint64{5, 12, 12, 5} {
		must(t, s.InvoiceReturned(t.Context(), acme, settlement.MoveRefund, "ch_1", "in_1", w.usd(total), "goodwill"))
	}
	w.stripeBooks(30, 18)
	must(t, s.InvoiceReturned(t.Context(), acme, settlement.MoveChargeback, "du_1", "in_1", w.usd(18), "fraudulent"))
	if got := w.stateOf(id); got != "charged_back/charged_back" {
		t.Fatalf("state %s", got)
	}
	for range 2 {
		must(t, s.InvoiceRestored(t.Context(), acme, settlement.MoveChargeback, "du_1", "du_1", "in_1", w.usd(18)))
	}
	w.stripeBooks(30, 18)
	for range 2 {
		must(t, s.InvoiceRestored(t.Context(), acme, settlement.MoveRefund, "ch_1", "re_2", "in_1", w.usd(7)))
	}
	w.stripeBooks(30, 25)
	for _, wrong := range []struct {
		name string
		err  error
		want error
	}{
		{"more than went back", s.InvoiceRestored(t.Context(), acme, settlement.MoveRefund, "ch_1", "re_3", "in_1", w.usd(6)), settlement.ErrAmount},
		{"another currency", s.InvoiceRestored(t.Context(), acme, settlement.MoveRefund, "ch_1", "re_3", "in_1", wire.MonetaryAmount{Units: 1, Currency: "EUR"}), settlement.ErrAmount},
		{"nothing went back", s.InvoiceRestored(t.Context(), acme, settlement.MoveReversal, "ch_1", "re_3", "in_1", w.usd(1)), settlement.ErrPayment},
		{"a return in another currency", s.InvoiceReturned(t.Context(), acme, settlement.MoveRefund, "ch_1", "in_1", wire.MonetaryAmount{Units: 30, Currency: "EUR"}, ""), settlement.ErrAmount},
		{"a return of nothing", s.InvoiceReturned(t.Context(), acme, settlement.MoveRefund, "ch_9", "in_1", w.usd(0), ""), settlement.ErrAmount},
		{"an invoice that paid nothing", s.InvoiceReturned(t.Context(), acme, settlement.MoveRefund, "ch_9", "in_9", w.usd(1), ""), settlement.ErrPayment},
	} {
		if !errors.Is(wrong.err, wrong.want) {
			t.Errorf("%s: %v", wrong.name, wrong.err)
		}
	}
	must(t, s.InvoiceReturned(t.Context(), acme, settlement.MoveRefund, "ch_1", "in_1", w.usd(30), "all of it"))
	w.stripeBooks(30, 0)
}

// A payer that is down while Stripe says that it has paid is told later.
func TestAPayerIsToldLater(t *testing.T) {
	w, m := stripeWorld(t)
	w.call(30, nil)
	id := w.run().Statements[0].Statement
	must(t, w.globex.settler.Report(t.Context(), false))
	if m.asked != 0 {
		t.Fatal("usage was reported that nobody asked for")
	}
	must(t, w.globex.settler.Report(t.Context(), true))
	w.globex.losing = "deliver"
	if err := w.globex.settler.InvoicePaid(t.Context(), w.acme.did, "in_1", w.usd(30), now); !errors.Is(err, settlement.ErrUntold) {
		t.Fatal(err)
	}
	must(t, w.globex.settler.Report(t.Context(), false))
	if got := w.stateOf(id); got != "settled/settled" {
		t.Fatalf("state %s", got)
	}
	w.stripeBooks(30, 30)
}

// A process that dies on either side of a report asks again after its restart,
// under the same identifier: usage counts once, and so does its invoice.
func TestI7_ACrashAroundAReportCountsOnce(t *testing.T) {
	for _, at := range []string{"usage.recorded_before_report", "usage.reported_before_record"} {
		w, m := stripeWorld(t)
		w.call(30, nil)
		id := w.run().Statements[0].Statement
		w.globex.fail = at
		if got := survives(func() { _, _ = w.globex.settler.RedeemDue(t.Context(), w.acme.did) }); got != at {
			t.Fatalf("%s: ended at %q", at, got)
		}
		w.globex.restart()
		if p := w.paymentAt(w.globex, id); p.State != settlement.PaySubmitted {
			t.Fatalf("%s: %+v", at, p)
		}
		must(t, w.globex.settler.Report(t.Context(), false)) // what was begun is finished without being asked
		if m.total() != 30 || len(m.counted) != 1 {
			t.Fatalf("%s: counted %v", at, m.counted)
		}
		for range 2 {
			must(t, w.globex.settler.InvoicePaid(t.Context(), w.acme.did, "in_1", w.usd(30), now))
		}
		w.stripeBooks(30, 30)
	}
}
