package x402_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/store"
)

// booked is what the ledger of a store has on an account.
func booked(t *testing.T, db store.DB, account string) (units uint64) {
	t.Helper()
	err := db.View(func(r store.Reader) error {
		return ledger.Scan(r, 0, func(rec ledger.Record) error {
			if mine, problem, err := x402.Explain("USDC")(r, &rec); err != nil || !mine || problem != "" {
				t.Errorf("posting %s is not explained: %v %q %v", rec.Posting.Memo, mine, problem, err)
			}
			for _, e := range rec.Posting.Entries {
				if e.Account == account {
					units += e.Debit + e.Credit
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(r store.Reader) error {
		missing, _, err := x402.Unposted(r)
		if len(missing) > 0 {
			t.Errorf("%v", missing)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return units
}

func (s *shop) finalize() {
	s.t.Helper()
	if err := s.net.Finalize(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) goOn() {
	s.t.Helper()
	if err := s.seller.Continue(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) states() (out []string) {
	s.t.Helper()
	err := s.seller.DB.View(func(r store.Reader) error {
		return x402.Sales(r, "", func(_ string, sale *x402.Sale) error {
			out = append(out, string(sale.State))
			return nil
		})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// TestI8_SaleIsBookedOnceItIsFinal: a sale that can still be undone is in no
// ledger; one that cannot is there once.
func TestI8_SaleIsBookedOnceItIsFinal(t *testing.T) {
	s := newShop(t)
	if _, err := s.sell(s.pay("one", "buyer"), "a"); err != nil {
		t.Fatal(err)
	}
	s.goOn()
	if got := booked(t, s.seller.DB, ledger.Revenue); got != 0 {
		t.Fatalf("%d booked before it is final", got)
	}
	if got := seenAs(t, s.seller.DB); got != "" {
		t.Fatalf("%s before it is final", got)
	}
	s.finalize()
	for range 2 {
		s.goOn()
		if got := booked(t, s.seller.DB, ledger.Revenue); got != s.price.Amount {
			t.Fatalf("%d booked, want %d", got, s.price.Amount)
		}
	}
	if open, err := x402.OpenSales(s.seller.DB); err != nil || open {
		t.Fatalf("%v %v", open, err)
	}
}

// TestSaleThatNobodyAsksAboutEnds: what was cut off is finished or given up
// without its client.
func TestSaleThatNobodyAsksAboutEnds(t *testing.T) {
	s := newShop(t)
	s.dieAt("sale.mined", s.pay("mined", "buyer"), "a")
	s.dieAt("sale.accepted", s.pay("accepted", "buyer"), "b")
	s.finalize()
	s.goOn() // found in its block
	s.goOn() // which is final
	if got := strings.Join(s.states(), " "); got != "executing final" && got != "final executing" {
		t.Fatal(got)
	}
	if err := s.net.AdjustTime(time.Hour); err != nil { // no block can take the other any more
		t.Fatal(err)
	}
	s.finalize()
	s.goOn()
	if got := strings.Join(s.states(), " "); got != "lapsed final" && got != "final lapsed" {
		t.Fatal(got)
	}
	s.want(1, s.price.Amount)
	if got := seenAs(t, s.seller.DB); got != "timed_out settled" && got != "settled timed_out" {
		t.Fatal(got)
	}
	if _, err := s.sell(s.pay("accepted", "buyer"), "b"); err == nil || s.ran != 1 {
		t.Fatalf("%v, ran %d", err, s.ran)
	}
}

// TestSaleOfAnotherTokenIsLeftAlone: another chain would say that it never
// happened.
func TestSaleOfAnotherTokenIsLeftAlone(t *testing.T) {
	s := newShop(t)
	s.dieAt("sale.mined", s.pay("one", "buyer"), "a")
	for name, other := range map[string]evm.TokenDomain{
		"chain": {ChainID: s.price.Domain.ChainID + 1, Token: s.price.Domain.Token},
		"token": {ChainID: s.price.Domain.ChainID, Token: s.chain.Address()},
	} {
		s.seller.Domain = other
		if err := s.seller.Continue(t.Context()); !errors.Is(err, x402.ErrNoOffer) {
			t.Fatalf("another %s: %v", name, err)
		}
		if got := s.states(); len(got) != 1 || got[0] != string(x402.SaleExecuted) {
			t.Fatal(got)
		}
	}
}

// TestTransferThatSomebodyElseSubmittedPays: anyone may submit an authorized
// transfer. The seller finds it by its nonce and delivers.
func TestTransferThatSomebodyElseSubmittedPays(t *testing.T) {
	s := newShop(t)
	h := s.pay("one", "buyer")
	s.dieAt("sale.executed", s.pay("other", "buyer"), "b") // holds nothing back for the next
	p, _, err := x402.DecodePayment(h)
	if err != nil {
		t.Fatal(err)
	}
	a, signature, err := x402.Verify(p, s.price, x402.Window{Now: s.now, Until: s.now + 30, Latest: s.now + 400})
	if err != nil {
		t.Fatal(err)
	}
	s.seller.Failpoint = func(name string) {
		if name != "sale.executed" {
			return
		}
		other, err := evm.Dial(t.Context(), evm.Config{Name: "other", ChainID: s.net.ChainID(), RPC: s.net.RPC(), Token: evm.Address(s.net.Token()),
			Channel: evm.Address(s.net.Channel()), Key: key(t, "buyer"), DB: newDB(t), MaxFeeGwei: 1000, Now: s.clock, Wait: s.wait})
		if err != nil {
			t.Error(err)
			return
		}
		defer other.Close()
		if _, err := other.SubmitAuthorization(t.Context(), a, signature); err != nil {
			t.Error(err)
		}
	}
	sale, err := s.sell(h, "a")
	if err != nil || sale.State != x402.SaleSettled || sale.Tx.IsZero() {
		t.Fatalf("%+v %v", sale, err)
	}
	s.want(2, s.price.Amount)
}

// TestI8_PurchaseIsBookedOnceItIsFinal, and a reorganisation makes it unpaid
// again.
func TestI8_PurchaseIsBookedOnceItIsFinal(t *testing.T) {
	m := newMarket(t)
	if _, err := m.buy("one", 2500); err != nil {
		t.Fatal(err)
	}
	goOn := func(want x402.PurchaseState, expense uint64) {
		t.Helper()
		if err := m.buyer.Continue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, _, err := m.buyer.Purchase("one"); err != nil || p.State != want {
			t.Fatalf("%+v %v, want %s", p, err, want)
		}
		if got := booked(t, m.buyer.DB, ledger.Expense); got != expense {
			t.Fatalf("%d booked, want %d", got, expense)
		}
	}
	goOn(x402.PurchasePaid, 0)
	domain := m.buyer.Domain
	m.buyer.Domain.Token = m.chain.Address()
	if err := m.buyer.Continue(t.Context()); !errors.Is(err, x402.ErrNoOffer) {
		t.Fatal(err)
	}
	m.buyer.Domain = domain
	m.finalize()
	goOn(x402.PurchaseFinal, 2500)
	goOn(x402.PurchaseFinal, 2500)
}

// TestI8_ReorganisedTransferIsPaidAgainOnce: the block with the transfer is
// replaced by one without. The purchase is signed again until it is mined.
func TestI8_ReorganisedTransferIsPaidAgainOnce(t *testing.T) {
	m := newMarket(t)
	parent := m.net.Commit()
	if _, err := m.buy("one", 2500); err != nil {
		t.Fatal(err)
	}
	if err := m.net.Fork(parent); err != nil {
		t.Fatal(err)
	}
	for range 4 { // longer than what it replaces
		m.net.Commit()
	}
	state := func() x402.PurchaseState {
		t.Helper()
		if err := m.buyer.Continue(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, _, err := m.buyer.Purchase("one")
		if err != nil {
			t.Fatal(err)
		}
		return p.State
	}
	if got := state(); got != x402.PurchaseSigned && got != x402.PurchasePaid { // the transaction may be mined again at once
		t.Fatal(got)
	}
	if err := m.seller.Continue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.chain.Track(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.net.Commit()
	m.finalize()
	if err := m.seller.Continue(t.Context()); err != nil {
		t.Fatal(err)
	}
	state()
	if got := state(); got != x402.PurchaseFinal {
		t.Fatal(got)
	}
	m.want(1, 2500)
	if sold, bought := booked(t, m.seller.DB, ledger.Revenue), booked(t, m.buyer.DB, ledger.Expense); sold != 2500 || bought != 2500 {
		t.Fatalf("%d sold, %d bought", sold, bought)
	}
	if sold, bought := seenAs(t, m.seller.DB), seenAs(t, m.buyer.DB); sold != "settled" || bought != "settled" {
		t.Fatalf("sold %q, bought %q", sold, bought)
	}
}
