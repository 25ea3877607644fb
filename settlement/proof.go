package settlement

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// EvidenceSchema is the schema of a settlement evidence file.
const EvidenceSchema = "chio.settlement_evidence.v1"

// ErrEvidence refuses an evidence file whose parts do not belong together.
var ErrEvidence = errors.New("settlement evidence does not hold")

// Evidence is everything one statement rests on, for anybody to check: the
// statement, the receipts it is over, the price of each conversion, the voucher
// that promises it. Tx only says where to look: what the chain says counts.
type Evidence struct {
	Schema    string        `json:"schema"`
	Statement wire.Raw      `json:"statement"`        // envelope, signed by both
	Receipts  []wire.Digest `json:"receipts"`         // ids, ascending
	Prices    wire.Raw      `json:"prices,omitzero"`  // see Prices; absent without conversion
	Voucher   wire.Raw      `json:"voucher,omitzero"` // absent while there is none
	Tx        wire.Digest   `json:"tx,omitzero"`      // of the redemption, if this node knows it
}

// EvidenceFile gathers what this node holds of a statement that both sides
// signed, or returns store.ErrNotFound. The prices of a treaty that has ended
// are left out: its operators are no longer known here.
func (s *Settler) EvidenceFile(r store.Reader, statement wire.Digest) ([]byte, error) {
	at, ok, err := load[place](r, statementIndex(statement))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("statement %s: %w", statement, store.ErrNotFound)
	}
	rec, err := readRecord(r, at.Channel, at.Sequence)
	if err != nil {
		return nil, err
	}
	st, _, err := rec.open()
	if err != nil {
		return nil, err
	}
	side, peer := Out, st.Payee
	if st.Payee == s.cfg.Self {
		side, peer = In, st.Payer
	}
	e := Evidence{Schema: EvidenceSchema, Statement: rec.Document, Receipts: rec.Receipts, Voucher: rec.Voucher}
	if len(st.Rounds) > 0 {
		e.Prices, err = s.PriceFile(r, peer, at.Channel, at.Sequence)
		if err != nil && !errors.Is(err, ErrTerms) {
			return nil, err
		}
	}
	a, _, err := load[account](r, accountKey(side, peer, at.Channel))
	if err != nil {
		return nil, err
	}
	if a.Redemption != nil && a.Redemption.Settled == st.Cumulative {
		e.Tx = a.Redemption.Tx
	}
	return wire.Marshal(e)
}

// Proven is an evidence file whose parts hold and belong together.
type Proven struct {
	Evidence  Evidence
	ID        wire.Digest // of the statement
	Statement *Statement
	Voucher   *Voucher // nil: there is none
}

// EvidenceChecks are how the parts of an evidence file are judged that this
// package knows no format or no keys of.
type EvidenceChecks struct {
	Voucher func(doc []byte) (Voucher, error)     // a rail's: strict, signature included
	Prices  func(doc []byte, st *Statement) error // VerifyPrices with operators the caller names
}

// VerifyEvidence judges an evidence file offline, without deciding whose
// signatures count (that is VerifyStatement) and whether it was paid:
//
//	1 the file is its own canonical form and of our schema
//	2 the statement adds up and carries two signatures that verify
//	3 the receipts listed are ascending, as many as stated, and have its root
//	4 prices, if there, are those of the statement and recompute; without
//	  conversion there are none
//	5 the voucher, if there, is for this statement and all that it owes; a
//	  transaction is named only beside a voucher
func VerifyEvidence(doc []byte, checks EvidenceChecks) (*Proven, error) {
	var p Proven
	e := &p.Evidence
	if err := wire.UnmarshalCanonical(doc, e, wire.BundleLimits); err != nil { // 1
		return nil, fmt.Errorf("settlement evidence: %w", err)
	}
	if again, err := wire.Marshal(e); err != nil || !bytes.Equal(again, doc) { // 1
		return nil, fmt.Errorf("settlement evidence: %w: a field is missing", wire.ErrNotCanonical)
	}
	if e.Schema != EvidenceSchema { // 1
		return nil, fmt.Errorf("%w: schema %.40q", ErrEvidence, e.Schema)
	}
	st, env, err := ParseStatement(e.Statement) // 2
	if err != nil {
		return nil, err
	}
	if len(env.Signatures) != 2 { // 2
		return nil, fmt.Errorf("%w: the statement has %d signatures, both parties sign", ErrEvidence, len(env.Signatures))
	}
	p.Statement, p.ID = st, env.ID()
	if uint64(len(e.Receipts)) != st.Count || !ascending(e.Receipts) || ReceiptsRoot(e.Receipts) != st.ReceiptsRoot { // 3
		return nil, fmt.Errorf("%w: the receipts listed are not those of the statement", ErrEvidence)
	}
	if len(e.Prices) > 0 { // 4
		if len(st.Rounds) == 0 {
			return nil, fmt.Errorf("%w: prices without a conversion", ErrEvidence)
		}
		if err := checks.Prices(e.Prices, st); err != nil {
			return nil, err
		}
	}
	if len(e.Voucher) > 0 { // 5
		v, err := VerifyVoucher(e.Voucher, checks.Voucher, st)
		if err != nil {
			return nil, err
		}
		p.Voucher = &v
	} else if !e.Tx.IsZero() {
		return nil, fmt.Errorf("%w: a transaction without a voucher", ErrEvidence)
	}
	return &p, nil
}

// VerifyReceipts holds a statement against the receipts themselves, which the
// caller has verified to be intact; find returns nil for one it has not:
//
//	1 every receipt listed is there, signed by a trusted kernel of the payee
//	2 each is owed, by the payer, under the treaty, in the currency
//	3 amounts, price rounds and period are the statement's
func (p *Proven) VerifyReceipts(find func(wire.Digest) *receipt.Receipt, trust Kernels) error {
	st := p.Statement
	sum := Statement{Gross: wire.MonetaryAmount{Currency: st.Gross.Currency}, Net: wire.MonetaryAmount{Currency: st.Net.Currency}}
	for i, id := range p.Evidence.Receipts {
		r := find(id)
		if r == nil { // 1
			return fmt.Errorf("%w: receipt %s is not in the bundle: ask %s for it", ErrEvidence, id, st.Payee)
		}
		if r.ID != id.String() || !trust.has(st.Payee, r.KernelKey.String()) { // 1
			return fmt.Errorf("%w: receipt %s is not signed by a trusted kernel of %s", ErrEvidence, id, st.Payee)
		}
		o, owed, err := FromReceipt(r, st.Payee)
		if err != nil {
			return err
		}
		if !owed || o.Payer != st.Payer || o.Treaty != st.Treaty || o.Amount.Currency != st.Gross.Currency { // 2
			return fmt.Errorf("%w: receipt %s makes %s owe nothing under treaty %s", ErrEvidence, id, st.Payer, st.Treaty)
		}
		if i == 0 || o.At < sum.Period.From {
			sum.Period.From = o.At
		}
		sum.Period.To = max(sum.Period.To, o.At)
		if err := raise(&sum.Gross.Units, o.Amount.Units); err != nil {
			return err
		}
		if err := sum.addRound(&o); err != nil {
			return err
		}
	}
	same := slices.EqualFunc(sum.Rounds, st.Rounds, func(a, b RoundTotal) bool {
		return a.Round == b.Round && a.Count == b.Count && a.Gross == b.Gross
	})
	if sum.Gross != st.Gross || sum.Period != st.Period || !same { // 3
		return fmt.Errorf("%w: the receipts add up to %d from %d to %d, stated are %d from %d to %d, or their price rounds differ", ErrEvidence,
			sum.Gross.Units, sum.Period.From, sum.Period.To, st.Gross.Units, st.Period.From, st.Period.To)
	}
	return nil
}
