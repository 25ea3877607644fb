package settlement_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// noteWorld is a world that settles by notes, prices in USDC.
func noteWorld(t testing.TB) *world {
	w := newWorld(t)
	w.offRail(settlement.RailNote)
	w.terms.Currency, w.terms.SettleCurrency = "USD", "USDC"
	head, err := w.net.Client().HeaderByNumber(t.Context(), nil)
	must(t, err)
	w.clock = int64(head.Time) - now // the token judges windows by its own clock
	w.configure = func(p *party, c *settlement.Config) { c.Notes = []settlement.NoteRail{latestNotes{p.chain.Notes()}} }
	w.acme.start()
	w.globex.start()
	return w
}

// latestNotes counts what is mined as final, as a chain without finality does.
type latestNotes struct{ settlement.NoteRail }

func (r latestNotes) FindNote(ctx context.Context, doc []byte, since uint64) (settlement.NoteState, error) {
	s, err := r.NoteRail.FindNote(ctx, doc, since)
	s.Transfer.Final = s.Used
	return s, err
}

// useNotes opens a settler over the store that pays notes by a rail.
func (p *party) useNotes(rail settlement.NoteRail) {
	p.w.t.Helper()
	before := p.w.configure
	p.w.configure = func(_ *party, c *settlement.Config) { c.Notes = []settlement.NoteRail{rail} }
	p.useRail(newRail(p.chain, evm.Latest))
	p.w.configure = before
}

// noteFile is the newest statement's note, as the payee has it.
func (p *party) noteFile() (statement, note, prices []byte) { return p.files(settlement.In) }

// observe books what the chain says, as a start does.
func (p *party) observe() {
	p.w.t.Helper()
	must(p.w.t, p.settler.Reconcile(p.w.t.Context()))
}

// owe makes both sides owe cents at the usual price and returns units of USDC.
func (w *world) owe(cents uint64) { w.call(cents, w.quote(100_000_000)) }

func (w *world) paymentAt(p *party, statement wire.Digest) *settlement.Paid {
	w.t.Helper()
	var out *settlement.Paid
	must(w.t, p.db.View(func(r store.Reader) (err error) {
		out, err = p.settler.Payment(r, statement)
		return err
	}))
	return out
}

func (w *world) stateOf(statement wire.Digest) string {
	w.t.Helper()
	return w.paymentAt(w.acme, statement).State + "/" + w.paymentAt(w.globex, statement).State
}

// Two organisations trade, one note pays one statement, both books equal the
// chain, and doing all of it again pays nothing.
func TestI7_ANotePaysItsStatementOnce(t *testing.T) {
	w := noteWorld(t)
	w.owe(10)
	const owed = 99_990
	res := w.run()
	if res.Paid != owed || len(res.Statements) != 1 {
		t.Fatalf("run: %+v", res)
	}
	id := res.Statements[0].Statement
	if x := w.globex.status().In.Exposure["USD"]; x.Unvouchered != 10 {
		t.Fatalf("a note is not money yet: exposure %+v", x)
	}
	if paid := w.redeem(); paid != owed || w.received() != owed {
		t.Fatalf("redeemed %d, received %d", paid, w.received())
	}
	w.run() // sees it on the chain
	if got := w.stateOf(id); got != "settled/settled" {
		t.Fatalf("states %s", got)
	}
	for _, p := range [...]*party{w.acme, w.globex} {
		if st := p.status(); len(st.Out.Exposure)+len(st.In.Exposure) != 0 {
			t.Errorf("%s: exposure %v %v is left", p.name, st.Out.Exposure, st.In.Exposure)
		}
	}
	if w.redeem() != 0 || w.run().Paid != 0 || w.received() != owed {
		t.Fatalf("again: received %d", w.received())
	}
	w.owe(5)
	w.run()
	second := w.redeem()
	w.run()
	noteBooks(t, w, 15, owed+second)
}

// noteBooks holds both ledgers against what was owed and what the chain moved.
func noteBooks(t *testing.T, w *world, cents, paid uint64) {
	t.Helper()
	w.balanced()
	if w.received() != paid {
		t.Errorf("the chain moved %d, want %d", w.received(), paid)
	}
	for _, c := range []struct {
		p                 *party
		account, currency string
		want              int64
	}{
		{w.acme, ledger.Expense, "USD", int64(cents)},
		{w.acme, ledger.Payable(w.globex.did.String()), "USD", 0},
		{w.acme, ledger.Payable(w.globex.did.String()), "USDC", 0},
		{w.acme, ledger.USDC, "USDC", -int64(paid)},
		{w.globex, ledger.Receivable(w.acme.did.String()), "USDC", 0},
		{w.globex, ledger.USDC, "USDC", int64(paid)},
	} {
		if got := c.p.balance(c.account, c.currency); got != c.want {
			t.Errorf("%s: %s in %s is %d, want %d", c.p.name, c.account, c.currency, got, c.want)
		}
	}
}

// Whatever step a crash interrupts, what follows pays once.
func TestI7_ACrashNeverPaysANoteTwice(t *testing.T) {
	for _, c := range []struct {
		who  string
		fail string
	}{
		{"acme", "statement.signed_before_send"}, {"acme", "statement.acked_before_voucher"}, {"acme", "voucher.signed_before_persist"},
		{"acme", "voucher.persisted_before_send"}, {"globex", "statement.countersigned_before_reply"}, {"globex", "voucher.accepted_before_reply"},
		{"globex", "tx.signed"}, {"globex", "tx.persisted"}, {"globex", "mined_before_status"}, {"globex", "redeem.mined_before_record"},
		{"globex", "final_before_ledger"}, {"acme", "final_before_ledger"},
	} {
		t.Run(c.who+" "+c.fail, func(t *testing.T) {
			w := noteWorld(t)
			w.owe(10)
			who := w.acme
			if c.who == "globex" {
				who = w.globex
			}
			who.fail = c.fail
			for range 3 {
				at := survives(func() {
					_, err := w.acme.settler.Run(t.Context(), w.globex.did)
					if err != nil && !errors.Is(err, errLost) {
						t.Fatal(err)
					}
					if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); err != nil {
						t.Fatal(err)
					}
					w.run()
				})
				if at != "" || who.fail == "" {
					who.restart()
				}
			}
			if who.fail != "" {
				t.Fatalf("%s was never reached", c.fail)
			}
			noteBooks(t, w, 10, 99_990)
		})
	}
}

// A payer that spends its money between signing and submission owes it still:
// the note is unpaid, its exposure counts, calls stop at the credit limit, and
// once there is money the same note pays.
func TestPayerDrainsItsBalanceBetweenSignAndSubmit(t *testing.T) {
	w := noteWorld(t)
	w.owe(500)
	id := w.run().Statements[0].Statement
	thief, err := evm.KeyFromScalar(scalar("elsewhere"))
	must(t, err)
	held, err := w.acme.chain.Balance(t.Context(), w.acme.key.Address())
	must(t, err)
	drain, err := w.acme.chain.SignNote(t.Context(), thief.Address(), held, 4_000_000_000, wire.Hash([]byte("drain")))
	must(t, err)
	_, err = w.acme.chain.SubmitNote(t.Context(), drain)
	must(t, err)
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, settlement.ErrUnpaid) {
		t.Fatalf("redeemed: %v", err)
	}
	got := w.paymentAt(w.globex, id)
	if got.State != settlement.PayUnpaid || got.Reason == "" {
		t.Fatalf("payment %+v", got)
	}
	if c := code(w.globex.admit(w.hosted("more", 1, w.quote(100_000_000)))); c != settlement.CodeCreditExceeded {
		t.Fatalf("a call beyond the credit: %q", c)
	}
	must(t, w.net.FundUSDC(t.Context(), common.Address(w.acme.key.Address()), 100*usdc))
	w.redeem()
	w.run()
	if got := w.stateOf(id); got != "settled/settled" {
		t.Fatalf("states %s", got)
	}
	w.balanced()
}

// refusingNotes is a token that is paused or has frozen somebody: it refuses
// until told otherwise.
type refusingNotes struct {
	settlement.NoteRail
	why *string
}

func (r refusingNotes) SubmitNote(ctx context.Context, doc []byte) (settlement.Transfer, error) {
	if *r.why != "" {
		return settlement.Transfer{}, fmt.Errorf("%w: %s", settlement.ErrUnpaid, *r.why)
	}
	return r.NoteRail.SubmitNote(ctx, doc)
}

// Blacklisting and pausing: refused now, paid by the same note later.
func TestBlacklistedAndPausedNotesWait(t *testing.T) {
	for _, refusal := range []string{"Blacklistable: account is blacklisted", "Pausable: paused"} {
		w := noteWorld(t)
		w.owe(10)
		id := w.run().Statements[0].Statement
		why := refusal
		w.globex.useNotes(refusingNotes{w.globex.chain.Notes(), &why})
		for range 2 {
			if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, settlement.ErrUnpaid) {
				t.Fatalf("%s: %v", refusal, err)
			}
		}
		if p := w.paymentAt(w.globex, id); p.State != settlement.PayUnpaid || !strings.Contains(p.Reason, refusal) {
			t.Fatalf("payment %+v", p)
		}
		why = ""
		if w.redeem() != 99_990 {
			t.Errorf("%s: not paid once it is over", refusal)
		}
		w.balanced()
	}
}

// A note that ran out is signed again with the same nonce and a later window:
// the token still pays once. The boundary is exclusive to the second.
func TestAnExpiredNoteIsSignedAgainWithTheSameNonce(t *testing.T) {
	w := noteWorld(t)
	w.owe(10)
	id := w.run().Statements[0].Statement
	_, first, _ := w.globex.noteFile()
	old, err := evm.ParseNote(first)
	must(t, err)
	w.clock = int64(old.ValidBefore) - now - 1
	w.acme.observe()
	if got := w.paymentAt(w.acme, id).State; got != settlement.PaySubmitted {
		t.Fatalf("a second before its end the note is %s", got)
	}
	w.clock++
	w.acme.observe()
	if got := w.paymentAt(w.acme, id).State; got != settlement.PayTimedOut {
		t.Fatalf("at its end the note is %s", got)
	}
	w.run()
	_, second, _ := w.globex.noteFile()
	fresh, err := evm.ParseNote(second)
	must(t, err)
	if fresh.Statement != old.Statement || fresh.ValidBefore <= old.ValidBefore || fresh.Value != old.Value {
		t.Fatalf("the new note is %+v", fresh)
	}
	if err := w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, first); err == nil {
		t.Error("a note that expires sooner replaced the later one")
	}
	if w.redeem() != 99_990 {
		t.Fatal("the new note was not paid")
	}
	if _, err := w.globex.chain.SubmitNote(t.Context(), old); err != nil { // the same operation, long done
		t.Error(err)
	}
	w.run()
	noteBooks(t, w, 10, 99_990)
}

// Whoever submits a note, the payee books it once and pays no gas.
func TestAnyoneMayRelayANote(t *testing.T) {
	w := noteWorld(t)
	w.owe(10)
	w.run()
	_, doc, _ := w.globex.noteFile()
	n, err := evm.ParseNote(doc)
	must(t, err)
	_, err = w.acme.chain.SubmitNote(t.Context(), n) // the payer itself
	must(t, err)
	w.redeem()
	w.run()
	noteBooks(t, w, 10, 99_990)
}

// What a payee refuses of a note, each for its own reason.
func TestNotesThatDoNotFitAreRefused(t *testing.T) {
	w := noteWorld(t)
	w.owe(10)
	w.acme.losing = "deliver"
	w.globex.fail = "voucher.accepted_before_reply"
	_, err := w.acme.settler.Run(t.Context(), w.globex.did)
	if err == nil {
		t.Fatal("the message was not lost")
	}
	w.globex.restart()
	_, doc, _ := w.acme.files(settlement.Out)
	good, err := evm.ParseNote(doc)
	must(t, err)
	sign := func(change func(*evm.Note)) []byte {
		n := *good
		change(&n)
		must(t, n.Sign(w.acme.key))
		return n.Bytes()
	}
	for name, bad := range map[string][]byte{
		"amount + 1":         sign(func(n *evm.Note) { n.Value++ }),
		"amount - 1":         sign(func(n *evm.Note) { n.Value-- }),
		"another payee":      sign(func(n *evm.Note) { n.To = evm.Address{7} }),
		"another chain":      sign(func(n *evm.Note) { n.ChainID++ }),
		"another token":      sign(func(n *evm.Note) { n.Token = evm.Address{8} }),
		"wrong domain":       sign(func(n *evm.Note) { n.Name += "!" }),
		"wrong version":      sign(func(n *evm.Note) { n.Version = "9" }),
		"another statement":  sign(func(n *evm.Note) { n.Statement = wire.Hash([]byte("x")) }),
		"not valid yet":      sign(func(n *evm.Note) { n.ValidAfter = uint64(w.time()) }),
		"too short":          sign(func(n *evm.Note) { n.ValidBefore = uint64(w.time()) + 24*3600 - 1 }),
		"changed afterwards": []byte(strings.Replace(string(doc), fmt.Sprint(good.Value), fmt.Sprint(good.Value+1), 1)),
		"truncated":          doc[:len(doc)-1],
	} {
		if err := w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	edge := sign(func(n *evm.Note) { n.ValidBefore = uint64(w.time()) + 24*3600; n.ValidAfter = uint64(w.time()) - 1 })
	must(t, w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, doc))
	must(t, w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, doc))
	if err := w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, edge); err == nil {
		t.Error("a note that expires sooner was taken")
	}
	if w.redeem() != 99_990 {
		t.Error("the good one was not paid")
	}
}
