package settlement_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// evidence is the file of a party's newest statement.
func (p *party) evidence(side settlement.Side) []byte {
	p.w.t.Helper()
	d := p.status().Out
	if side == settlement.In {
		d = p.status().In
	}
	var doc []byte
	must(p.w.t, p.db.View(func(r store.Reader) (err error) {
		doc, err = p.settler.EvidenceFile(r, *d.Channels[0].Statement)
		return err
	}))
	return doc
}

func (w *world) checks() settlement.EvidenceChecks {
	return settlement.EvidenceChecks{Voucher: parseVoucher, Prices: func(doc []byte, st *settlement.Statement) error {
		_, err := settlement.VerifyPrices(doc, w.terms.Oracle, signed.Verify, wire.DefaultCurrencies(), st)
		return err
	}}
}

func (w *world) observe() *evm.Observer {
	w.t.Helper()
	o, err := evm.Observe(w.t.Context(), evm.ObserverConfig{ChainID: w.net.ChainID(), RPC: w.net.RPC(), Channel: evm.Address(w.net.Channel()), Confirmations: 1})
	must(w.t, err)
	w.t.Cleanup(o.Close)
	return o
}

// The other organisation, or anybody, checks a payment from the file and the
// chain: nothing is taken on the word of who wrote it.
func TestI7_EvidenceIsCheckedAgainstTheChain(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	round := w.quote(100_000_000)
	receipts := map[wire.Digest]*receipt.Receipt{}
	for _, cents := range []uint64{3, 7} {
		r := w.call(cents, round)
		id, err := wire.ParseDigest(r.ID)
		must(t, err)
		receipts[id] = r
	}
	w.run()
	o := w.observe()
	before, err := settlement.VerifyEvidence(w.acme.evidence(settlement.Out), w.checks())
	must(t, err)
	if pay, err := o.Payment(t.Context(), before.Voucher.Channel, before.ID, wire.Digest{}, before.Statement.Period.From); err != nil || pay != nil {
		t.Fatalf("paid before it was redeemed: %+v, %v", pay, err)
	}
	w.redeem()
	for name, doc := range map[string][]byte{"payer": w.acme.evidence(settlement.Out), "payee": w.globex.evidence(settlement.In)} {
		p, err := settlement.VerifyEvidence(doc, w.checks())
		must(t, err)
		if _, err := settlement.VerifyStatement(p.Evidence.Statement, w.trust()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		must(t, p.VerifyReceipts(func(id wire.Digest) *receipt.Receipt { return receipts[id] }, w.trust()))
		if named := !p.Evidence.Tx.IsZero(); named != (name == "payee") {
			t.Errorf("%s: names transaction %s", name, p.Evidence.Tx)
		}
		pay, err := o.Payment(t.Context(), p.Voucher.Channel, p.ID, p.Evidence.Tx, 0)
		if err != nil || pay == nil || pay.Cumulative != p.Statement.Cumulative || pay.Paid != 99_990 || !pay.Final {
			t.Fatalf("%s: %+v, %v", name, pay, err)
		}
		for what, ids := range map[string][3]wire.Digest{
			"another statement":   {p.Voucher.Channel, wire.Hash([]byte("other")), pay.Tx},
			"another channel":     {wire.Hash([]byte("other")), p.ID, pay.Tx},
			"a wrong transaction": {p.Voucher.Channel, wire.Hash([]byte("other")), wire.Hash([]byte("tx"))},
		} {
			if pay, err := o.Payment(t.Context(), ids[0], ids[1], ids[2], 0); err != nil || pay != nil {
				t.Errorf("%s was paid: %+v, %v", what, pay, err)
			}
		}
		if pay, err := o.Payment(t.Context(), p.Voucher.Channel, p.ID, wire.Hash([]byte("tx")), 0); err != nil || pay == nil {
			t.Errorf("a wrong hint hides the payment: %+v, %v", pay, err)
		}
		if settled, err := o.Settled(t.Context(), p.Voucher.Channel); err != nil || settled != 99_990 {
			t.Errorf("settled %d, %v", settled, err)
		}
	}
	if _, err := evm.Observe(t.Context(), evm.ObserverConfig{ChainID: 1, RPC: w.net.RPC(), Channel: evm.Address(w.net.Channel())}); !errors.Is(err, evm.ErrWrongChain) {
		t.Errorf("another chain: %v", err)
	}
	if _, err := evm.Observe(t.Context(), evm.ObserverConfig{ChainID: w.net.ChainID(), RPC: w.net.RPC(), Channel: evm.Address(w.net.Token())}); !errors.Is(err, evm.ErrWrongContract) {
		t.Errorf("another contract: %v", err)
	}
}

// Receipts that are missing, of another kernel, or more than was stated.
func TestEvidenceAgainstReceipts(t *testing.T) {
	w := newWorld(t)
	w.fund(usdc)
	r := w.call(10, w.quote(100_000_000))
	w.run()
	p, err := settlement.VerifyEvidence(w.acme.evidence(settlement.Out), w.checks())
	must(t, err)
	have := func(wire.Digest) *receipt.Receipt { return r }
	must(t, p.VerifyReceipts(have, w.trust()))
	stranger := w.trust()
	stranger[w.globex.did] = stranger[w.acme.did]
	less, period := *p.Statement, *p.Statement
	less.Gross.Units--
	period.Period.From--
	another := *p.Statement
	another.Treaty = wire.Hash([]byte("another"))
	for name, c := range map[string]struct {
		st    *settlement.Statement
		find  func(wire.Digest) *receipt.Receipt
		trust settlement.Kernels
		want  string
	}{
		"one is missing":   {p.Statement, func(wire.Digest) *receipt.Receipt { return nil }, w.trust(), "not in the bundle"},
		"another receipt":  {p.Statement, func(wire.Digest) *receipt.Receipt { return w.receipt(10, nil, now) }, w.trust(), "not signed by a trusted kernel"},
		"another kernel":   {p.Statement, have, stranger, "not signed by a trusted kernel"},
		"another amount":   {&less, have, w.trust(), "add up to"},
		"another period":   {&period, have, w.trust(), "add up to"},
		"another treaty":   {&another, have, w.trust(), "owe nothing"},
		"nobody's kernels": {p.Statement, have, nil, "not signed by a trusted kernel"},
	} {
		q := *p
		q.Statement = c.st
		if err := q.VerifyReceipts(c.find, c.trust); !errors.Is(err, settlement.ErrEvidence) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The parts of a file belong together, and no byte of it is free.
func TestEvidenceHoldsTogether(t *testing.T) {
	w := settled(t)
	doc := w.globex.evidence(settlement.In)
	if _, err := settlement.VerifyEvidence(doc, w.checks()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*settlement.Evidence){
		"another schema":                func(e *settlement.Evidence) { e.Schema = "chio.settlement_evidence.v2" },
		"a receipt less":                func(e *settlement.Evidence) { e.Receipts = nil },
		"another receipt":               func(e *settlement.Evidence) { e.Receipts[0] = wire.Hash([]byte("other")) },
		"a receipt twice":               func(e *settlement.Evidence) { e.Receipts = append(e.Receipts, e.Receipts[0]) },
		"signed by the payer alone":     func(e *settlement.Evidence) { e.Statement = w.payerSigned(e.Statement) },
		"a transaction without voucher": func(e *settlement.Evidence) { e.Voucher = nil },
		"no prices in them":             func(e *settlement.Evidence) { e.Prices = wire.Raw("{}") },
		"the statement as voucher":      func(e *settlement.Evidence) { e.Voucher = e.Statement },
	} {
		var e settlement.Evidence
		must(t, wire.UnmarshalCanonical(doc, &e, wire.DocumentLimits))
		change(&e)
		if _, err := settlement.VerifyEvidence(wire.MustMarshal(e), w.checks()); err == nil {
			t.Errorf("%s: it verifies", name)
		}
	}
	for i := 0; i < len(doc); i += 7 { // each part has a test of its own for every byte
		bad := append([]byte(nil), doc...)
		bad[i] ^= 1
		p, err := settlement.VerifyEvidence(bad, w.checks())
		if err == nil && p.Evidence.Tx == w.globex.status().In.Channels[0].Tx { // only a hint where to look may differ
			t.Fatalf("byte %d is free", i)
		}
	}
	if _, err := settlement.VerifyEvidence(append(doc, '\n'), w.checks()); err == nil {
		t.Error("a trailing byte is free")
	}
}
