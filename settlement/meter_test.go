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
		must(t, w.globex.settler.InvoiceReturned(t.Context(), w.acme.did, settlement.MoveRefund, "re_1", "in_1", 6, "goodwill"))
	}
	w.stripeBooks(42, 29)
	must(t, w.globex.settler.InvoiceReturned(t.Context(), w.acme.did, settlement.MoveChargeback, "dp_1", "in_1", 29, "fraudulent"))
	if a, b := w.stateOf(first), w.stateOf(second); a != "charged_back/charged_back" || b != "reversed/reversed" {
		t.Fatalf("states %s, %s", a, b)
	}
	w.stripeBooks(42, 0)
	if err := w.globex.settler.InvoiceReturned(t.Context(), w.acme.did, settlement.MoveRefund, "re_2", "in_1", 1, ""); !errors.Is(err, settlement.ErrAmount) {
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
