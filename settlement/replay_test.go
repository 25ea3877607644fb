package settlement_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// files returns the newest statement and voucher of the one channel.
func (p *party) files(side settlement.Side) (statement, voucher, prices []byte) {
	p.w.t.Helper()
	st := p.status()
	c := st.Out.Channels
	if side == settlement.In {
		c = st.In.Channels
	}
	must(p.w.t, p.db.View(func(r store.Reader) (err error) {
		if statement, err = p.settler.StatementFile(r, c[0].Channel, c[0].Sequence); err != nil {
			return err
		}
		if voucher, err = p.settler.VoucherFile(r, c[0].Channel, c[0].Sequence); err != nil {
			return err
		}
		prices, err = p.settler.PriceFile(r, p.peer.did, c[0].Channel, c[0].Sequence)
		return err
	}))
	return statement, voucher, prices
}

// settled is a world where one statement is paid.
func settled(t testing.TB) *world {
	w := newWorld(t)
	round := w.quote(100_000_000)
	w.call(10, round)
	w.fund(usdc)
	w.run()
	w.redeem()
	return w
}

// payerSigned strips the payee's signature: what the payer sent.
func (w *world) payerSigned(doc []byte) wire.Raw {
	w.t.Helper()
	var env wire.Envelope
	must(w.t, wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits))
	for _, s := range env.Signatures {
		if s.Key == w.acme.kernel.Public().String() {
			env.Signatures = []wire.EnvelopeSignature{s}
		}
	}
	return env.Bytes()
}

// I7: what was paid comes back as it was and pays nothing.
func TestI7_ReplaysPayNothing(t *testing.T) {
	w := settled(t)
	statement, voucher, _ := w.acme.files(settlement.Out)
	receipts := []wire.Digest{}
	must(t, w.acme.db.View(func(r store.Reader) (err error) {
		receipts, err = w.acme.settler.Receipts(r, w.acme.status().Out.Channels[0].Channel, 1)
		return err
	}))
	a, err := w.globex.settler.AnswerProposal(t.Context(), w.acme.did, settlement.Proposal{Statement: w.payerSigned(statement), Receipts: receipts})
	if err != nil || a.Status != settlement.StatusAcked || !bytes.Equal(a.Statement, statement) {
		t.Fatalf("the same statement again: %+v, %v", a, err)
	}
	if err := w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, voucher); err != nil {
		t.Fatalf("the same voucher again: %v", err)
	}
	if paid := w.redeem(); paid != 0 || w.received() != 99_990 {
		t.Fatalf("replays paid %d, received %d", paid, w.received())
	}
	w.run()
	checkBooks(t, w, 10, 99_990, usdc)
}

// What the payer signs anew must follow what both signed before, and the
// receipts of a statement are in no other.
func TestI7_NoReceiptIsInTwoStatements(t *testing.T) {
	w := settled(t)
	doc, _, _ := w.acme.files(settlement.Out)
	st, _, err := settlement.ParseStatement(doc)
	must(t, err)
	id, err := wire.DigestOf(st)
	must(t, err)
	var receipts []wire.Digest
	must(t, w.acme.db.View(func(r store.Reader) (err error) {
		receipts, err = w.acme.settler.Receipts(r, st.Channel, 1)
		return err
	}))
	next := *st
	next.Sequence, next.Previous, next.Cumulative = 2, &id, st.Cumulative+st.Net.Units
	other := *st
	other.Period.From--
	stranger := *st
	stranger.Payer, stranger.Payee = w.globex.did, w.acme.did
	for _, c := range []struct {
		name string
		st   *settlement.Statement
		key  *wire.Key
		want string
	}{
		{"the same receipts in the next statement", &next, w.acme.kernel, settlement.StatusMismatch},
		{"another first statement", &other, w.acme.kernel, "is signed by both"},
		{"signed by a stranger", &next, w.globex.kernel, "not signed by the kernel"},
		{"in the other direction", &stranger, w.acme.kernel, "no party"},
	} {
		env, err := wire.Seal(settlement.StatementSchema, c.st, c.key)
		must(t, err)
		a, err := w.globex.settler.AnswerProposal(t.Context(), w.acme.did, settlement.Proposal{Statement: env.Bytes(), Receipts: receipts})
		if err != nil || a.Status != c.want && !strings.Contains(a.Reason, c.want) {
			t.Errorf("%s: %+v, %v", c.name, a, err)
		}
	}
	if _, err := w.globex.settler.AnswerProposal(t.Context(), w.acme.did, settlement.Proposal{Statement: wire.Raw("{}")}); err != nil {
		t.Errorf("a refusal is an answer: %v", err)
	}
}

// I7: the payee signs what it has computed itself: a statement that adds up and
// pays a unit less at the same prices is refused, and nothing is signed.
func TestI7_APayeeSignsOnlyWhatItComputes(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	w.call(10, w.quote(100_000_000))
	w.acme.lie = func(p settlement.Proposal) settlement.Proposal {
		st, _, err := settlement.ParseStatement(p.Statement)
		must(t, err)
		st.Rounds[0].Net--
		st.Net.Units--
		st.Cumulative--
		must(t, st.Check())
		env, err := wire.Seal(settlement.StatementSchema, st, w.acme.kernel)
		must(t, err)
		p.Statement = env.Bytes()
		return p
	}
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrRefused) || !strings.Contains(err.Error(), "we compute") {
		t.Fatalf("a unit less: %v", err)
	}
	if c := w.globex.status().In.Channels; len(c) != 0 {
		t.Fatalf("the payee has %+v", c)
	}
	w.acme.lie = nil
	if res := w.run(); res.Paid != 99_990 || w.redeem() != 99_990 {
		t.Fatalf("the true statement: %+v", res)
	}
	w.run()
	checkBooks(t, w, 10, 99_990, usdc)
}

// A voucher counts only for a statement both sides signed, for exactly what it
// owes, by the payer, and while the channel covers it.
func TestVoucherMustFitItsStatement(t *testing.T) {
	w := newWorld(t)
	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrDeposit) {
		t.Fatalf("run without a deposit: %v", err)
	}
	c := w.acme.status().Out.Channels[0]
	if c.Stage != "acked" || c.Vouchered != 0 {
		t.Fatalf("without a deposit: %+v", c)
	}
	rail := newRail(w.acme.chain, evm.Latest)
	p := w.channel()
	sign := func(cumulative uint64, statement wire.Digest) []byte {
		doc, err := rail.SignVoucher(p, cumulative, statement)
		must(t, err)
		return doc
	}
	for name, doc := range map[string][]byte{
		"more than is owed":        sign(99_991, *c.Statement),
		"less than is owed":        sign(99_989, *c.Statement),
		"for an unknown statement": sign(99_990, wire.Hash([]byte("other"))),
		"beyond what is deposited": sign(99_990, *c.Statement),
		"with a byte changed":      bytes.Replace(sign(99_990, *c.Statement), []byte(`"cumulative":99990`), []byte(`"cumulative":99991`), 1),
		"no voucher":               []byte(`{}`),
	} {
		if err := w.globex.settler.AcceptVoucher(t.Context(), w.acme.did, doc); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := w.globex.settler.AcceptVoucher(t.Context(), didOf(t, "stranger"), sign(99_990, *c.Statement)); !errors.Is(err, settlement.ErrVoucher) {
		t.Errorf("from a stranger: %v", err)
	}
	if w.redeem() != 0 {
		t.Error("something was redeemed")
	}
	w.fund(usdc)
	if res := w.run(); res.Paid != 99_990 || w.redeem() != 99_990 {
		t.Errorf("after the deposit: %+v", res)
	}
}

func didOf(t testing.TB, name string) did.DID {
	t.Helper()
	k, err := wire.KeyFromSeed(scalar(name))
	must(t, err)
	return did.FromKey(k.Public())
}

// channel is what identifies acme's channel to globex.
func (w *world) channel() settlement.Channel {
	return settlement.Channel{Payer: w.acme.key.Address().String(), Payee: w.globex.key.Address().String(), Token: w.terms.Token,
		Salt: wire.Hash([]byte("chio.channel.v1\x00" + w.acme.did.String() + "\x00" + w.globex.did.String()))}
}

// I7: a payment without its statement halts the channel at both sides, and the
// error names both figures.
func TestI7_ChainAndLedgerDisagree(t *testing.T) {
	w := settled(t)
	rail := newRail(w.acme.chain, evm.Latest)
	rogue, err := rail.SignVoucher(w.channel(), 150_000, wire.Hash([]byte("never agreed")))
	must(t, err)
	if _, err := newRail(w.globex.chain, evm.Latest).Redeem(t.Context(), rogue); err != nil {
		t.Fatal(err)
	}
	for _, p := range [...]*party{w.acme, w.globex} {
		err := p.settler.Reconcile(t.Context())
		if !errors.Is(err, settlement.ErrHalted) || !strings.Contains(err.Error(), "150000") || !strings.Contains(err.Error(), "99990") {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	w.call(10, w.quote(100_000_000))
	if _, err := w.acme.settler.Run(t.Context(), w.globex.did); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("a halted channel settles: %v", err)
	}
	if _, err := w.acme.settler.Fund(t.Context(), w.globex.did, usdc); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("a halted channel is funded: %v", err)
	}
	if _, err := w.globex.settler.RedeemDue(t.Context(), w.acme.did); !errors.Is(err, settlement.ErrHalted) {
		t.Errorf("a halted channel is redeemed: %v", err)
	}
	w.balanced()
}
