package settlement_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// hosted is one call as globex's kernel sees it.
func (w *world) hosted(id string, cents uint64, round *wire.Digest) *kernel.Call {
	c := &kernel.Call{Now: now, Mandate: &kernel.Mandate{CallID: id, Origin: &kernel.Origin{PeerDID: w.acme.did.String(), TreatyID: w.terms.Treaty}}}
	c.Route = kernel.Route{Server: "files", Price: &wire.MonetaryAmount{Units: cents, Currency: "USD"}, PriceRound: round}
	return c
}

func (p *party) admit(c *kernel.Call) error {
	return p.db.Update(p.w.t.Context(), func(tx store.Tx) error {
		return p.settler.Participant().Admit(tx, &kernel.Admittance{Call: c, Charge: c.Route.Price}, &kernel.Ticket{})
	})
}

func (p *party) close(c *kernel.Closing) {
	p.w.t.Helper()
	must(p.w.t, p.db.Update(p.w.t.Context(), func(tx store.Tx) error { return p.settler.Participant().Close(tx, c, 0) }))
}

func code(err error) kernel.Code {
	var d *kernel.Denial
	if errors.As(err, &d) {
		return d.Code
	}
	return ""
}

func TestCreditGate(t *testing.T) {
	w := newWorld(t) // credit 500, max_unvouchered 800
	round := w.quote(100_000_000)
	if err := w.globex.admit(w.hosted("a", 500, round)); err != nil {
		t.Fatalf("within the credit: %v", err)
	}
	if c := code(w.globex.admit(w.hosted("b", 1, round))); c != settlement.CodeCreditExceeded {
		t.Fatalf("one cent above the credit: %q", c)
	}
	w.globex.close(&kernel.Closing{Call: w.hosted("a", 500, round), Receipt: w.receipt(200, round, now)})
	if x := w.globex.status().In.Exposure["USD"]; x != (settlement.Exposure{Unvouchered: 200}) {
		t.Fatalf("after the call: %+v", x)
	}
	if err := w.globex.admit(w.hosted("c", 300, round)); err != nil {
		t.Fatalf("up to the credit again: %v", err)
	}
	w.globex.close(&kernel.Closing{Call: w.hosted("c", 300, round), Receipt: &receipt.Receipt{Decision: &receipt.Decision{Verdict: receipt.Incomplete}}})
	if x := w.globex.status().In.Exposure["USD"]; x != (settlement.Exposure{Unvouchered: 200}) {
		t.Fatalf("an incomplete call keeps its hold: %+v", x)
	}
}

// The channel's deposit beyond its vouchers extends the credit, up to
// max_unvouchered; a voucher frees what it covers.
func TestDepositExtendsCredit(t *testing.T) {
	w := newWorld(t)
	round := w.quote(100_000_000)
	w.fund(2 * usdc)
	w.call(100, round)
	w.run() // globex has seen the deposit of 2.00 and a voucher of 0.9999
	if err := w.globex.admit(w.hosted("a", 600, round)); err != nil {
		t.Fatalf("credit of 500 and 1.00 in the channel: %v", err)
	}
	if c := code(w.globex.admit(w.hosted("b", 1, round))); c != settlement.CodeCreditExceeded {
		t.Fatalf("beyond both: %q", c)
	}
	w.terms.CreditMinor = 10_000
	if err := w.globex.admit(w.hosted("c", 200, round)); err != nil {
		t.Fatalf("up to max_unvouchered: %v", err)
	}
	if c := code(w.globex.admit(w.hosted("d", 1, round))); c != settlement.CodeCreditExceeded {
		t.Fatalf("beyond max_unvouchered: %q", c)
	}
}

func TestGateDeniesWhatItCannotPrice(t *testing.T) {
	w := newWorld(t)
	round := w.quote(100_000_000)
	unknown := wire.Hash([]byte("x"))
	late := w.hosted("late", 1, round)
	late.Now += 1000
	euro := w.hosted("euro", 1, round)
	euro.Route.Price.Currency = "EUR"
	foreign := w.hosted("foreign", 1, round)
	foreign.Mandate.Origin.PeerDID = didOf(t, "stranger").String()
	noDID := w.hosted("nobody", 1, round)
	noDID.Mandate.Origin.PeerDID = "acme"
	for _, c := range []struct {
		call *kernel.Call
		want kernel.Code
	}{
		{w.hosted("none", 1, nil), settlement.CodeNoPrice},
		{w.hosted("unknown", 1, &unknown), settlement.CodeNoPrice},
		{late, settlement.CodeNoPrice},
		{euro, settlement.CodeCreditExceeded},
		{foreign, settlement.CodeNoMoneyTerms},
		{noDID, settlement.CodeNoMoneyTerms},
		{w.hosted("huge", wire.MaxUnits, round), settlement.CodeCreditExceeded},
	} {
		if got := code(w.globex.admit(c.call)); got != c.want {
			t.Errorf("%s: %q, want %q", c.call.Mandate.CallID, got, c.want)
		}
	}
	free := w.hosted("free", 0, nil)
	own := w.hosted("own", 5, nil)
	own.Mandate.Origin = nil
	for _, c := range []*kernel.Call{free, own} {
		if err := w.globex.admit(c); err != nil {
			t.Errorf("%s: %v", c.Mandate.CallID, err)
		}
	}
	if st := w.globex.status().In; len(st.Exposure) != 0 {
		t.Errorf("a denied call holds %+v", st.Exposure)
	}
	must(t, w.globex.settler.Participant().Refuse(nil, nil, 0))
}

type carried struct{ r *receipt.Receipt }

func (c carried) PeerReceipt() *receipt.Receipt { return c.r }

// The origin accrues from the host's receipt, whatever its own verdict is.
func TestOriginAccruesFromThePeersReceipt(t *testing.T) {
	w := newWorld(t)
	r := w.receipt(7, nil, now)
	outbound := &kernel.Call{Mandate: &kernel.Mandate{CallID: "c"}, Route: kernel.Route{PeerDID: w.globex.did.String()}}
	own := &receipt.Receipt{Decision: &receipt.Decision{Verdict: receipt.Deny}}
	for _, attach := range []any{r, carried{r}} {
		w.acme.close(&kernel.Closing{Call: outbound, Receipt: own, Result: &kernel.Result{Attach: attach}})
	}
	for _, result := range []*kernel.Result{nil, {}, {Attach: "something else"}} {
		w.acme.close(&kernel.Closing{Call: outbound, Receipt: own, Result: result})
	}
	if st := w.acme.status().Out; st.Count != 1 || st.Open["USD"] != 7 {
		t.Errorf("accrued %+v", st)
	}
	w.balanced()
}

func TestFromReceiptOwesOnlyWhatIsPending(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*receipt.Receipt, *receipt.Metadata){
		"denied":        func(r *receipt.Receipt, _ *receipt.Metadata) { r.Decision.Verdict = receipt.Deny },
		"incomplete":    func(r *receipt.Receipt, _ *receipt.Metadata) { r.Decision.Verdict = receipt.Incomplete },
		"no decision":   func(r *receipt.Receipt, _ *receipt.Metadata) { r.Decision = nil },
		"free":          func(_ *receipt.Receipt, m *receipt.Metadata) { m.Financial = nil },
		"nothing":       func(_ *receipt.Receipt, m *receipt.Metadata) { m.Financial.CostCharged = 0 },
		"not pending":   func(_ *receipt.Receipt, m *receipt.Metadata) { m.Financial.SettlementStatus = "not_applicable" },
		"local":         func(_ *receipt.Receipt, m *receipt.Metadata) { m.Federation = nil },
		"as the origin": func(_ *receipt.Receipt, m *receipt.Metadata) { m.Federation.Role = "origin" },
	} {
		r := w.receipt(7, nil, now)
		var md receipt.Metadata
		must(t, wire.Unmarshal(r.Metadata, &md, receipt.Limits()))
		change(r, &md)
		r.Metadata = wire.MustMarshal(md)
		if _, owed, err := settlement.FromReceipt(r, w.globex.did); owed || err != nil {
			t.Errorf("%s: owes %v, %v", name, owed, err)
		}
	}
	r := w.receipt(7, nil, now)
	r.ID = "short"
	if _, _, err := settlement.FromReceipt(r, w.globex.did); !errors.Is(err, settlement.ErrObligation) {
		t.Errorf("id: %v", err)
	}
	if _, owed, _ := settlement.FromReceipt(nil, w.globex.did); owed {
		t.Error("no receipt owes")
	}
	if fmt.Sprint(settlement.CodeCreditExceeded) != "CHIO-CREDIT-EXCEEDED" {
		t.Error("the code was renamed")
	}
}
