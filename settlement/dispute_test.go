package settlement_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// What only one side has is named, and what both have is paid all the same. It
// is paid later, once both have it.
func TestDisagreementPaysTheRest(t *testing.T) {
	w := newWorld(t)
	round := w.quote(100_000_000)
	w.fund(usdc)
	w.call(10, round)
	late := w.receipt(20, round, now+1)
	w.accrue(late, w.globex)
	forged := w.receipt(30, round, now+2)
	w.accrue(forged, w.acme)
	w.call(5, round)
	res := w.run()
	if len(res.Statements) != 1 || res.Statements[0].Gross.Units != 15 {
		t.Fatalf("statements %+v", res.Statements)
	}
	if len(res.Missing) != 1 || res.Missing[0].String() != late.ID || len(res.Disputed) != 1 || res.Disputed[0].String() != forged.ID {
		t.Fatalf("missing %v, disputed %v", res.Missing, res.Disputed)
	}
	if st := w.acme.status().Out; len(st.Disputed) != 2 || st.Count != 1 {
		t.Fatalf("payer remembers %+v", st)
	}
	w.accrue(late, w.acme)
	w.accrue(forged, w.globex)
	if res = w.run(); res.Statements[0].Gross.Units != 50 || len(res.Missing)+len(res.Disputed) != 0 {
		t.Fatalf("once both have them: %+v", res)
	}
	if st := w.acme.status().Out; len(st.Disputed) != 0 {
		t.Errorf("still disputed: %v", st.Disputed)
	}
	paid := w.redeem()
	w.run()
	checkBooks(t, w, 65, paid, usdc)
}

// A receipt that only the payer has leaves nothing to sign.
func TestNothingUndisputed(t *testing.T) {
	w := newWorld(t)
	forged := w.receipt(30, w.quote(100_000_000), now)
	w.accrue(forged, w.acme)
	for range 2 {
		if res := w.run(); res.Paid != 0 || len(res.Statements) != 0 || len(res.Disputed) != 1 {
			t.Fatalf("%+v", res)
		}
	}
}

// The payee asks for rounds that it does not have.
func TestRoundsFollow(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	r := w.round(99_000_000, now)
	if _, err := w.acme.settler.PutRound(t.Context(), w.globex.did, r.Bytes()); err != nil {
		t.Fatal(err)
	}
	id := r.ID()
	w.call(10, &id)
	w.call(10, w.quote(100_000_000))
	res := w.run()
	if len(res.Statements) != 1 || res.Paid != 101_000+99_990 { // 0.1/0.9901 = 0.1009999…
		t.Fatalf("%+v", res)
	}
}

// Calls that cannot be converted are counted and hold nothing else up.
func TestUnpricedCallsWait(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	unknown := wire.Hash([]byte("round"))
	w.call(1, nil)
	w.call(2, &unknown)
	stale := w.round(100_000_000, now-10_000)
	if _, err := w.acme.settler.PutRound(t.Context(), w.globex.did, stale.Bytes()); err != nil {
		t.Fatal(err)
	}
	old := stale.ID()
	w.call(4, &old)
	future := w.round(100_000_000, now+10_000)
	if _, err := w.acme.settler.PutRound(t.Context(), w.globex.did, future.Bytes()); err != nil {
		t.Fatal(err)
	}
	next := future.ID()
	w.call(8, &next)
	w.call(10, w.quote(100_000_000))
	res := w.run()
	if res.Unpriced != 4 || res.Paid != 99_990 || !strings.Contains(res.Reason, "names no price round") {
		t.Fatalf("%+v", res)
	}
}

func TestPutRoundRefuses(t *testing.T) {
	w := newWorld(t)
	good := w.round(100_000_000, now)
	one := *good
	one.Observations = one.Observations[:1]
	forged := *good
	forged.Observations = append(forged.Observations[:0:0], good.Observations...)
	forged.Observations[0].Value++
	for name, doc := range map[string][]byte{"one operator": one.Bytes(), "forged": forged.Bytes(), "no round": []byte(`{}`)} {
		if _, err := w.globex.settler.PutRound(t.Context(), w.acme.did, doc); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := w.globex.settler.PutRound(t.Context(), didOf(t, "stranger"), good.Bytes()); !errors.Is(err, settlement.ErrTerms) {
		t.Errorf("from a stranger: %v", err)
	}
}

func TestAccrueRefuses(t *testing.T) {
	w := newWorld(t)
	r := w.call(3, nil)
	o, _, err := settlement.FromReceipt(r, w.globex.did)
	must(t, err)
	more, other, self, free := o, o, o, o
	more.Amount.Units++
	other.Payer, other.Payee = didOf(t, "one"), didOf(t, "two")
	self.Payee = o.Payer
	free.Amount.Units = 0
	for name, c := range map[string]struct {
		o    settlement.Obligation
		want error
	}{"another amount": {more, settlement.ErrConflict}, "others'": {other, settlement.ErrParty}, "to oneself": {self, settlement.ErrObligation}, "of nothing": {free, settlement.ErrObligation}} {
		err := w.acme.db.Update(t.Context(), func(tx store.Tx) error { return w.acme.settler.Accrue(tx, c.o) })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.accrue(r, w.acme, w.globex) // again
	if st := w.acme.status().Out; st.Open["USD"] != 3 || st.Exposure["USD"].Unvouchered != 3 {
		t.Errorf("accrued twice: %+v", st)
	}
	w.balanced()
	must(t, w.acme.db.View(func(rd store.Reader) error {
		peers, err := w.acme.settler.Peers(rd)
		if err != nil || len(peers) != 1 || peers[0] != w.globex.did {
			t.Errorf("peers %v, %v", peers, err)
		}
		return nil
	}))
	var none did.DID
	if _, err := w.acme.settler.Run(t.Context(), none); err != nil {
		t.Errorf("nothing is owed to nobody: %v", err)
	}
}

// A receipt that the payer objects to is in no statement, stays owed in both
// books and in the payee's exposure, and is paid once the two agree.
func TestContestedIsLeftOut(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	round := w.quote(100_000_000)
	r := w.call(10, round)
	w.call(5, round)
	o, _, err := settlement.FromReceipt(r, w.globex.did)
	must(t, err)
	contest := func(p *party, contested bool) error {
		return p.db.Update(t.Context(), func(tx store.Tx) error { return p.settler.Contest(tx, o, contested) })
	}
	for range 2 { // twice is once
		must(t, contest(w.acme, true))
		must(t, contest(w.globex, true))
	}
	if res := w.run(); len(res.Statements) != 1 || res.Statements[0].Gross.Units != 5 || len(res.Missing)+len(res.Disputed) != 0 {
		t.Fatalf("%+v", res)
	}
	for name, d := range map[string]settlement.Direction{"payer": w.acme.status().Out, "payee": w.globex.status().In} {
		if d.Contested["USD"] != 10 || len(d.Disputed) != 1 || d.Count != 0 || d.Exposure["USD"].Unvouchered != 10 {
			t.Errorf("%s: %+v", name, d)
		}
	}
	w.balanced()
	// only the payer objects: the payee misses it, and the rest is paid
	must(t, contest(w.globex, false))
	w.call(3, round)
	if res := w.run(); len(res.Statements) != 1 || res.Statements[0].Gross.Units != 3 || len(res.Missing) != 1 {
		t.Fatalf("%+v", res)
	}
	if d := w.acme.status().Out; d.Contested["USD"] != 10 {
		t.Errorf("the payer forgot its objection: %+v", d)
	}
	must(t, contest(w.acme, false))
	if res := w.run(); len(res.Statements) != 1 || res.Statements[0].Gross.Units != 10 {
		t.Fatalf("%+v", res)
	}
	for name, p := range map[string]*party{"payer": w.acme, "payee": w.globex} {
		if err := contest(p, true); !errors.Is(err, settlement.ErrConflict) {
			t.Errorf("%s contested what is in a statement: %v", name, err)
		}
	}
	if d := w.acme.status().Out; len(d.Disputed) != 0 || d.Contested != nil {
		t.Errorf("still disputed: %+v", d)
	}
	w.balanced()
}

// I8: what the payee gives up is owed no more, at both sides: posted back once,
// in no statement, in no credit, and it cannot come back.
func TestI8_AWaivedChargeIsPostedBack(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	round := w.quote(100_000_000)
	r := w.call(10, round)
	w.call(5, round)
	o, _, err := settlement.FromReceipt(r, w.globex.did)
	must(t, err)
	given := o
	given.At = now + 60
	update := func(p *party, fn func(store.Tx) error) error { return p.db.Update(t.Context(), fn) }
	for name, p := range map[string]*party{"payer": w.acme, "payee": w.globex} {
		waive := func(tx store.Tx) error { return p.settler.Waive(tx, given) }
		if err := update(p, waive); !errors.Is(err, settlement.ErrConflict) {
			t.Errorf("%s: what nobody objects to was given up: %v", name, err)
		}
		must(t, update(p, func(tx store.Tx) error { return p.settler.Contest(tx, o, true) }))
		if err := update(p, func(tx store.Tx) error {
			return p.settler.Waive(tx, settlement.Obligation{Payer: o.Payer, Payee: o.Payee, Receipt: o.Receipt, Treaty: o.Treaty})
		}); !errors.Is(err, settlement.ErrObligation) {
			t.Errorf("%s: given up at no time: %v", name, err)
		}
		for range 2 { // twice is once
			must(t, update(p, waive))
		}
		for _, contested := range []bool{true, false} {
			if err := update(p, func(tx store.Tx) error { return p.settler.Contest(tx, o, contested) }); !errors.Is(err, settlement.ErrConflict) {
				t.Errorf("%s: contested %t after it was given up: %v", name, contested, err)
			}
		}
		must(t, update(p, func(tx store.Tx) error { return p.settler.Accrue(tx, o) })) // the receipt comes again
	}
	w.balanced()
	for name, d := range map[string]settlement.Direction{"payer": w.acme.status().Out, "payee": w.globex.status().In} {
		if d.Contested != nil || len(d.Disputed) != 0 || d.Count != 1 || d.Exposure["USD"].Unvouchered != 5 {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if res := w.run(); len(res.Statements) != 1 || res.Statements[0].Gross.Units != 5 || len(res.Missing)+len(res.Disputed) != 0 {
		t.Fatalf("%+v", res)
	}
	paid := w.redeem()
	w.run()
	checkBooks(t, w, 5, paid, usdc)
	in := o
	in.Receipt = receiptOf(t, w.call(7, round))
	w.run()
	must(t, update(w.globex, func(tx store.Tx) error { // what both signed is paid
		in.At = now + 60
		if err := w.globex.settler.Waive(tx, in); !errors.Is(err, settlement.ErrConflict) {
			t.Errorf("what is in a statement was given up: %v", err)
		}
		return nil
	}))
}

func receiptOf(t *testing.T, r *receipt.Receipt) wire.Digest {
	t.Helper()
	id, err := wire.ParseDigest(r.ID)
	must(t, err)
	return id
}

// What was proposed may be signed by now: it cannot be taken back.
func TestProposedIsNotContested(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	r := w.call(10, w.quote(100_000_000))
	o, _, err := settlement.FromReceipt(r, w.globex.did)
	must(t, err)
	w.acme.losing = "propose"
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, errLost) {
		t.Fatalf("run with a lost answer: %v", err)
	}
	err = w.acme.db.Update(t.Context(), func(tx store.Tx) error { return w.acme.settler.Contest(tx, o, true) })
	if !errors.Is(err, settlement.ErrConflict) {
		t.Errorf("contested after it was proposed: %v", err)
	}
}
