package settlement_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// everyRail configures all rails at both sides; the treaty says which one counts.
func everyRail(t testing.TB) (*world, *meter) {
	w := newWorld(t)
	head, err := w.net.Client().HeaderByNumber(t.Context(), nil)
	must(t, err)
	w.clock = int64(head.Time) - now // the token judges windows by its own clock
	w.terms.SettleCurrency = "USDC"
	m := &meter{}
	w.configure = func(p *party, c *settlement.Config) {
		c.Notes, c.Offchain, c.Stripe = []settlement.NoteRail{latestNotes{p.chain.Notes()}}, true, true
		if p.name == "globex" {
			c.Meter = m
		}
	}
	w.acme.start()
	w.globex.start()
	return w, m
}

var rails = []string{settlement.RailChannel, settlement.RailNote, settlement.RailOffchain, settlement.RailStripe}

// agree replaces the treaty by one on another rail, in which nothing is
// converted.
func (w *world) agree(rail string) {
	if w.past == nil {
		w.past = make(map[wire.Digest]settlement.Terms)
	}
	w.past[w.terms.Treaty] = w.terms
	w.terms.Treaty = wire.Hash([]byte("treaty on " + rail))
	w.terms.ChainID, w.terms.Token, w.terms.Contract = caip2(w.net.ChainID()), evm.Address(w.net.Token()).String(), evm.Address(w.net.Channel()).String()
	w.offRail(rail)
	w.terms.Currency, w.terms.SettleCurrency = "USD", "USD"
	if rail == settlement.RailChannel {
		w.terms.Rail, w.terms.Contract = "", evm.Address(w.net.Channel()).String()
	}
}

// authorize brings cents to a statement that both have signed.
func (w *world) authorize(cents uint64) wire.Digest {
	w.t.Helper()
	w.call(cents, nil)
	res := w.run()
	if len(res.Awaiting) > 0 {
		return res.Awaiting[0]
	}
	if len(res.Statements) != 1 {
		w.t.Fatalf("run: %+v", res)
	}
	return res.Statements[0].Statement
}

// What a statement on one rail is over is paid by no other: neither does a run
// after another rail was agreed make a statement of it, nor is a promise or a
// payment by another rail taken for it, and it is paid once in the end.
func TestI7_NoObligationIsPaidOnTwoRails(t *testing.T) {
	for _, first := range rails {
		t.Run(first, func(t *testing.T) {
			w, m := everyRail(t)
			w.agree(first)
			if first == settlement.RailChannel {
				w.fund(1000)
			}
			id := w.authorize(40)
			for _, second := range rails {
				if second == first {
					continue
				}
				w.agree(second)
				if res := w.run(); len(res.Statements) != 0 || res.Paid != 0 {
					t.Fatalf("owed again by %s: %+v", second, res)
				}
				if err := w.otherPromise(second, id); err == nil {
					t.Errorf("a promise by %s was taken", second)
				}
			}
			w.agree(first)
			switch first {
			case settlement.RailOffchain:
				w.claim(id, "77", 0)
				w.confirm(id, 0)
			case settlement.RailStripe:
				w.redeem()
				must(t, w.globex.settler.InvoicePaid(t.Context(), w.acme.did, "in_1", w.usd(40), now))
			}
			w.redeem()
			w.run()
			if st := w.globex.status(); len(st.In.Channels) != 1 || st.In.Channels[0].Settled != 40 || len(st.In.Exposure) != 0 {
				t.Errorf("in the end: %+v", st.In)
			}
			if first != settlement.RailStripe && m.asked > 0 {
				t.Errorf("%d reports of what another rail pays", m.asked)
			}
			w.balanced()
		})
	}
}

// otherPromise offers what would pay a statement on another rail.
func (w *world) otherPromise(rail string, id wire.Digest) error {
	w.t.Helper()
	switch rail {
	case settlement.RailChannel:
		return w.globex.settler.AcceptVoucher(w.t.Context(), w.acme.did, w.strayVoucher(id))
	case settlement.RailNote:
		doc, err := w.acme.chain.Notes().SignNote(w.t.Context(), settlement.Note{ChainID: caip2(w.net.ChainID()), Token: w.terms.Token,
			From: w.acme.key.Address().String(), To: w.globex.key.Address().String(), Amount: 40, Statement: id, Expires: w.time() + 30*24*3600})
		must(w.t, err)
		return w.globex.settler.AcceptVoucher(w.t.Context(), w.acme.did, doc)
	case settlement.RailOffchain:
		if _, err := w.acme.settler.StatePaid(w.t.Context(), id, "77", 40, now); err == nil {
			return nil
		}
		env, err := wire.Seal(settlement.OutsidePaymentSchema, &settlement.OutsidePayment{Schema: settlement.OutsidePaymentSchema, Statement: id, Payer: w.acme.did,
			Payee: w.globex.did, Amount: w.usd(40), Reference: "77", PaidAt: now}, w.acme.kernel)
		must(w.t, err)
		return w.globex.settler.AcceptVoucher(w.t.Context(), w.acme.did, env.Bytes())
	}
	_ = w.globex.settler.Report(w.t.Context(), true)
	return w.globex.settler.InvoicePaid(w.t.Context(), w.acme.did, "in_other", w.usd(40), now)
}

// strayVoucher is one of the right key for a statement that settles otherwise.
func (w *world) strayVoucher(id wire.Digest) []byte {
	w.t.Helper()
	doc, err := newRail(w.acme.chain, evm.Latest).SignVoucher(settlement.Channel{Payer: w.acme.key.Address().String(), Payee: w.globex.key.Address().String(),
		Token: w.terms.Token, Salt: wire.Hash([]byte("chio.channel.v1\x00" + w.acme.did.String() + "\x00" + w.globex.did.String()))}, 40, id)
	must(w.t, err)
	return doc
}

// The three phases on every rail: a statement authorizes its net; captures,
// named by the authorization and a reference, count once and never exceed it;
// what goes back never exceeds what came, and what is left stays owed.
func TestI7_ThreePhasesOnEveryRail(t *testing.T) {
	for _, rail := range rails {
		t.Run(rail, func(t *testing.T) {
			w, _ := everyRail(t)
			w.agree(rail)
			if rail == settlement.RailChannel {
				w.fund(1000)
			}
			id := w.authorize(40)
			s, acme := w.globex.settler, w.acme.did
			var capture func() error        // all of it, or what is left
			var beyond, back, tooMuch error // more than authorized; a part goes back; more than came
			want := settlement.PaySettled
			switch rail {
			case settlement.RailChannel, settlement.RailNote:
				capture = func() error { w.redeem(); w.run(); return nil }
				if rail == settlement.RailNote {
					doc, err := w.acme.chain.Notes().SignNote(t.Context(), settlement.Note{ChainID: caip2(w.net.ChainID()), Token: w.terms.Token,
						From: w.acme.key.Address().String(), To: w.globex.key.Address().String(), Amount: 41, Statement: id, Expires: w.time() + 30*24*3600})
					must(t, err)
					beyond = s.AcceptVoucher(t.Context(), acme, doc)
				} else {
					over, err := newRail(w.acme.chain, evm.Latest).SignVoucher(settlement.Channel{Payer: w.acme.key.Address().String(), Payee: w.globex.key.Address().String(),
						Token: w.terms.Token, Salt: wire.Hash([]byte("chio.channel.v1\x00" + w.acme.did.String() + "\x00" + w.globex.did.String()))}, 41, id)
					must(t, err)
					beyond = s.AcceptVoucher(t.Context(), acme, over)
				}
				must(t, capture())
				_, back = s.ReturnPaid(t.Context(), id, settlement.MoveRefund, "r", "", 1, "goodwill") // the chain's word is final
				tooMuch = back
			case settlement.RailOffchain:
				_, beyond = w.acme.settler.StatePaid(t.Context(), id, "a", 41, now)
				w.claim(id, "a", 0)
				capture = func() error { _, err := s.ConfirmPaid(t.Context(), id, 0); return err }
				must(t, capture())
				must(t, w.giveBack(id, settlement.MoveRefund, "r", "a", 10))
				must(t, w.giveBack(id, settlement.MoveRefund, "r", "a", 10))
				tooMuch, want = w.giveBack(id, settlement.MoveRefund, "r2", "a", 31), settlement.PayReversed
			case settlement.RailStripe:
				w.redeem()
				beyond = s.InvoicePaid(t.Context(), acme, "in_1", w.usd(41), now)
				capture = func() error { return s.InvoicePaid(t.Context(), acme, "in_1", w.usd(40), now) }
				must(t, capture())
				for range 2 {
					must(t, s.InvoiceReturned(t.Context(), acme, settlement.MoveRefund, "ch_1", "in_1", w.usd(10), "goodwill"))
				}
				tooMuch, want = s.InvoiceReturned(t.Context(), acme, settlement.MoveRefund, "ch_2", "in_1", w.usd(31), "x"), settlement.PayReversed
			}
			if beyond == nil || tooMuch == nil {
				t.Errorf("beyond the authorization: %v; more back than came: %v", beyond, tooMuch)
			}
			if rail == settlement.RailOffchain {
				if err := capture(); !errors.Is(err, settlement.ErrState) { // nothing is stated any more
					t.Errorf("captured again: %v", err)
				}
			} else {
				must(t, capture())
			}
			exposure := uint64(0)
			if want == settlement.PayReversed {
				exposure = 10
			}
			st := w.globex.status().In
			if st.Channels[0].Settled != 40-exposure || st.Exposure["USD"].Unvouchered != exposure {
				t.Errorf("settled %d, exposure %+v", st.Channels[0].Settled, st.Exposure)
			}
			if rail != settlement.RailChannel {
				if got := w.stateOf(id); got != want+"/"+want {
					t.Errorf("states %s", got)
				}
			}
			w.balanced()
		})
	}
}
