package settlement

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// EvidenceSchema is the schema of a settlement evidence file.
const EvidenceSchema = "chio.settlement_evidence.v1"

// ErrEvidence refuses an evidence file whose parts do not belong together.
var ErrEvidence = errors.New("settlement evidence does not hold")

// Evidence is everything one statement rests on, for anybody to check: the
// statement, the receipts it is over, the price of each conversion, what promises
// it (voucher, note, or the payer's claim), and what the two have seen of its
// payment. Tx only says where to look: what the chain says counts.
type Evidence struct {
	Schema    string        `json:"schema"`
	Statement wire.Raw      `json:"statement"`         // envelope, signed by both
	Receipts  []wire.Digest `json:"receipts"`          // ids, ascending
	Prices    wire.Raw      `json:"prices,omitzero"`   // see Prices; absent without conversion
	Voucher   wire.Raw      `json:"voucher,omitzero"`  // absent while there is none
	Tx        wire.Digest   `json:"tx,omitzero"`       // of the redemption, if this node knows it
	Payments  []wire.Raw    `json:"payments,omitzero"` // settlement receipts, each observer's in order
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
	e := Evidence{Schema: EvidenceSchema, Statement: rec.Document, Voucher: rec.Voucher}
	if e.Receipts, err = receiptsOf(r, at.Channel, at.Sequence); err != nil {
		return nil, err
	}
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
	if e.Payments, err = s.SettlementReceipts(r, statement); err != nil {
		return nil, err
	}
	return wire.Marshal(e)
}

// Proven is an evidence file whose parts hold and belong together.
type Proven struct {
	Evidence  Evidence
	ID        wire.Digest // of the statement
	Statement *Statement
	Voucher   *Voucher        // nil: there is none; the statement settles through a channel
	Note      *Note           // the same, by a note
	Claim     *OutsidePayment // the same, outside
	Payments  []SettlementReceipt
}

// EvidenceChecks are how the parts of an evidence file are judged that this
// package knows no format or no keys of.
type EvidenceChecks struct {
	Voucher func(doc []byte) (Voucher, error)     // a rail's: strict, signature included
	Note    func(doc []byte) (Note, error)        // the same; nil refuses notes
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
//	5 the voucher, note or claim, if there, is the one of the statement's rail,
//	  for this statement and what it owes; a transaction is named only beside one
//	6 what was seen of the payment is about this statement, its parties and net,
//	  on its rail, each signed by one key; each observer's is without gaps
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
		if err := p.promise(checks); err != nil {
			return nil, err
		}
	} else if !e.Tx.IsZero() {
		return nil, fmt.Errorf("%w: a transaction without a voucher", ErrEvidence)
	}
	return &p, p.payments() // 6
}

// promise is rule 5.
func (p *Proven) promise(checks EvidenceChecks) error {
	st, doc := p.Statement, p.Evidence.Voucher
	var head struct {
		Schema string `json:"schema"`
	}
	if err := wire.UnmarshalLenient(doc, &head, wire.DocumentLimits); err != nil {
		return err
	}
	switch {
	case st.ChainID == chainOffchain:
		c, _, err := ParseOutsidePayment(doc)
		if err != nil {
			return err
		}
		if c.Statement != p.ID || c.Payer != st.Payer || c.Payee != st.Payee || c.Amount.Currency != st.Net.Currency || c.Amount.Units > st.Net.Units {
			return fmt.Errorf("%w: the claim is not about this statement", ErrEvidence)
		}
		p.Claim = c
	case st.ChainID == chainStripe:
		return fmt.Errorf("%w: a promise of what Stripe bills", ErrEvidence)
	case head.Schema == noteSchema && checks.Note != nil:
		n, err := checks.Note(doc)
		if err != nil {
			return err
		}
		if n.Statement != p.ID || n.ChainID != st.ChainID || n.Amount != st.Net.Units {
			return fmt.Errorf("%w: the note is not about this statement and its net", ErrEvidence)
		}
		p.Note = &n
	default:
		v, err := VerifyVoucher(doc, checks.Voucher, st)
		if err != nil {
			return err
		}
		p.Voucher = &v
	}
	return nil
}

// rails are how the statement is paid, as far as it and its promise say: notes and
// channels are on the same chains.
func (p *Proven) rails() []string {
	switch {
	case p.Statement.ChainID == chainOffchain:
		return []string{RailOffchain}
	case p.Statement.ChainID == chainStripe:
		return []string{RailStripe}
	case p.Note != nil:
		return []string{RailNote}
	case p.Voucher != nil:
		return []string{RailChannel}
	}
	return []string{RailNote, RailChannel}
}

// payments is rule 6.
func (p *Proven) payments() error {
	st := p.Statement
	numbers := make(map[did.DID]uint64)
	for _, doc := range p.Evidence.Payments {
		r, env, err := ParseReceipt(doc)
		if err != nil {
			return err
		}
		switch {
		case len(env.Signatures) != 1:
			return fmt.Errorf("%w: a settlement receipt has %d signatures, its observer signs", ErrEvidence, len(env.Signatures))
		case r.Statement != p.ID || r.Payer != PartyOf(st.Payer) || r.Payee != PartyOf(st.Payee) || r.Net != st.Net:
			return fmt.Errorf("%w: a settlement receipt is about statement %s", ErrEvidence, r.Statement)
		case !slices.Contains(p.rails(), r.Rail):
			return fmt.Errorf("%w: a settlement receipt is about %s, the statement settles otherwise", ErrEvidence, r.Rail)
		case r.Number != numbers[r.Observer]+1:
			return fmt.Errorf("%w: settlement receipt %d of %s, %d is next", ErrEvidence, r.Number, r.Observer, numbers[r.Observer]+1)
		}
		numbers[r.Observer] = r.Number
		p.Payments = append(p.Payments, *r)
	}
	return nil
}

// VerifyPayments says which settlement receipts of an evidence file a trusted
// kernel of their observer has not signed: nil if all are.
func (p *Proven) VerifyPayments(trust Kernels) error {
	for _, doc := range p.Evidence.Payments {
		if _, err := VerifyReceipt(doc, trust); err != nil {
			return err
		}
	}
	return nil
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
