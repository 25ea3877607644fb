package settlement

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ReceiptSchema is the schema of a settlement receipt.
const ReceiptSchema = "chio.settlement_receipt.v1"

// ErrReceipt refuses a settlement receipt that contradicts itself.
var ErrReceipt = errors.New("settlement receipt is not valid")

// FinalityFinal is the finality of what cannot be undone on the rail itself. A
// bank or a card network can still take money back: that is another receipt.
const (
	FinalityFinal = "finalized"
	FinalityOpen  = "awaiting_confirmations"
)

// SettlementReceipt is what one organisation has seen of a statement's payment,
// signed by its kernel key: one form for every rail. Amount is this movement's,
// Settled what has arrived and stayed of Net since the beginning. Reference is
// the transaction and the authorization's nonce, a bank's reference, or an id
// at Stripe.
type SettlementReceipt struct {
	Schema     string              `json:"schema"`
	Observer   did.DID             `json:"observer"`
	Payer      Party               `json:"payer"`
	Payee      Party               `json:"payee"`
	Statement  wire.Digest         `json:"statement"` // x402: the authorization's nonce
	Number     uint64              `json:"number"`    // of the payment's receipts, from 1
	Rail       string              `json:"rail"`
	State      string              `json:"state"`
	Kind       string              `json:"kind,omitzero"` // of the movement; absent where none was made
	Net        wire.MonetaryAmount `json:"net"`
	Amount     uint64              `json:"amount"`
	Settled    uint64              `json:"settled"`
	Reference  string              `json:"reference"`
	ObservedAt int64               `json:"observed_at"` // unix seconds
	Finality   string              `json:"finality"`
	ReversalOf string              `json:"reversal_of,omitzero"` // reference of the capture
	Failure    string              `json:"failure_reason,omitzero"`
}

// Party is the DID of an organisation or, of a payment per HTTP call, the account
// of whoever is on the other side: eip155:<chain id>:0x….
type Party string

var accountParty = regexp.MustCompile(`^eip155:[1-9][0-9]{0,19}:0x[0-9a-f]{40}$`)

// check is rule 1 for one party.
func (p Party) check(rail string) error {
	_, err := did.Parse(string(p))
	if err != nil && rail == RailX402 && accountParty.MatchString(string(p)) {
		return nil
	}
	return err
}

// Check refuses a receipt that contradicts itself:
//
//	1 the schema is ours; observer is one of two different parties, which are
//	  organisations, or of x402 an account
//	2 rail, statement and a reference are named, the number starts at 1
//	3 amounts are within the net
//	4 partially_settled is more than nothing and less than the net, settled is
//	  the net
//	5 what went back names the capture it undoes; what failed or timed out says
//	  why and moves nothing
func (r *SettlementReceipt) Check() error {
	switch {
	case r.Schema != ReceiptSchema || r.Payer == "" || r.Payee == "" || r.Payer == r.Payee || PartyOf(r.Observer) != r.Payer && PartyOf(r.Observer) != r.Payee: // 1
		return fmt.Errorf("%w: schema %.40q, observer or parties", ErrReceipt, r.Schema)
	case r.Rail == "" || r.Rail != RailChannel && r.Rail != RailX402 && !KnownRail(r.Rail) || r.Statement.IsZero() || r.Number == 0 || r.ObservedAt <= 0: // 2
		return fmt.Errorf("%w: rail %.20q, statement, number or time", ErrReceipt, r.Rail)
	case r.Finality != FinalityFinal && r.Finality != FinalityOpen:
		return fmt.Errorf("%w: finality %.40q", ErrReceipt, r.Finality)
	case r.Net.Units == 0 || r.Net.Units > wire.MaxUnits || r.Net.Currency == "" || r.Amount > wire.MaxUnits || r.Settled > r.Net.Units: // 3
		return fmt.Errorf("%w: %d of net %d, %d settled", ErrReceipt, r.Amount, r.Net.Units, r.Settled)
	}
	if err := errors.Join(r.Payer.check(r.Rail), r.Payee.check(r.Rail)); err != nil { // 1
		return fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if err := CheckReference(r.Reference); err != nil { // 2
		return fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	moved := r.Kind != ""
	switch r.State {
	case PayPartial: // 4
		if r.Kind != MoveCapture || r.Amount == 0 || r.Settled == 0 || r.Settled >= r.Net.Units || r.ReversalOf != "" {
			return fmt.Errorf("%w: %s with %d of %d", ErrReceipt, r.State, r.Settled, r.Net.Units)
		}
	case PaySettled: // 4
		if r.Kind != MoveCapture || r.Amount == 0 || r.Settled != r.Net.Units || r.ReversalOf != "" || r.Finality != FinalityFinal {
			return fmt.Errorf("%w: %s with %d of %d", ErrReceipt, r.State, r.Settled, r.Net.Units)
		}
	case PayReversed, PayCharged: // 5
		undone := r.Kind == MoveRefund || r.Kind == MoveReversal
		if r.State == PayCharged {
			undone = r.Kind == MoveChargeback
		}
		if !undone || r.Amount == 0 || r.ReversalOf == "" || r.Amount > r.Net.Units-r.Settled {
			return fmt.Errorf("%w: %s by %.20q of %d names no capture or too much", ErrReceipt, r.State, r.Kind, r.Amount)
		}
	case PayTimedOut, PayFailed, PayReorged: // 5
		if moved || r.Amount != 0 || r.Failure == "" {
			return fmt.Errorf("%w: %s moves %d or gives no reason", ErrReceipt, r.State, r.Amount)
		}
	default:
		return fmt.Errorf("%w: state %.40q", ErrReceipt, r.State)
	}
	return nil
}

// ParseReceipt decodes the canonical bytes of a settlement receipt and checks
// what needs no trust.
func ParseReceipt(doc []byte) (*SettlementReceipt, *wire.Envelope, error) {
	var r SettlementReceipt
	env, err := wire.OpenEnvelope(doc, ReceiptSchema, &r, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	if again, err := wire.Marshal(&r); err != nil || !bytes.Equal(again, env.Body) {
		return nil, nil, fmt.Errorf("%w: %w: a field is missing", ErrReceipt, wire.ErrNotCanonical)
	}
	return &r, env, r.Check()
}

// VerifyReceipt judges a settlement receipt offline: it is sound, and a trusted
// kernel key of its observer, and nobody else, has signed it. That money moved
// is the observer's word; for a note the chain has the same to say.
func VerifyReceipt(doc []byte, trust Kernels) (*SettlementReceipt, error) {
	r, env, err := ParseReceipt(doc)
	if err != nil {
		return nil, err
	}
	if len(env.Signatures) != 1 || !trust.has(r.Observer, env.Signatures[0].Key) {
		return nil, fmt.Errorf("%w: its observer is %s", ErrUntrusted, r.Observer)
	}
	return r, nil
}

func evidencePrefix(statement wire.Digest) string { return "s/e/" + statement.String() + "/" }
func evidenceKey(statement wire.Digest, n uint64) string {
	return fmt.Sprintf("%s%06d", evidencePrefix(statement), n)
}

// What the names of receipts of a statement begin with, this node's (there are
// never 10^5) and the peer's.
const (
	ownReceipts  = "0"
	peerReceipts = "p"
)

// keepPeers stores what the other side has signed of a payment.
func keepPeers(tx store.Tx, r *SettlementReceipt, doc []byte) {
	tx.Set(fmt.Sprintf("%s%s%06d", evidencePrefix(r.Statement), peerReceipts, r.Number), doc)
}

// evidence signs and stores the receipt of a payment's newest movement, or of a
// state that moves nothing.
func (s *Settler) evidence(tx store.Tx, p *payment, m move) error {
	p.Receipts++
	payer, payee := s.parties(p.Peer, p.Side)
	if m.Kind == MoveCapture {
		m.Of = "" // it undoes nothing, even where it restores
	}
	finality := FinalityFinal
	if p.State == PayReorged || p.State == PayTimedOut {
		finality = FinalityOpen // it may still be paid
	}
	doc, err := SealReceipt(s.cfg.Kernel, &SettlementReceipt{Schema: ReceiptSchema, Observer: s.cfg.Self, Payer: PartyOf(payer), Payee: PartyOf(payee),
		Statement: p.Statement, Number: p.Receipts, Rail: p.Rail, State: p.State, Kind: m.Kind,
		Net: wire.MonetaryAmount{Units: p.Authorized, Currency: p.Currency}, Amount: m.Amount, Settled: p.standing(),
		Reference: m.Reference, ObservedAt: s.cfg.Now(), Finality: finality, ReversalOf: m.Of, Failure: m.Reason})
	if err != nil {
		return err
	}
	tx.Set(evidenceKey(p.Statement, p.Receipts), doc)
	return nil
}

// SettlementReceipts returns the receipts of a statement's payment: those this
// node has signed, oldest first, then those of the other side.
func (s *Settler) SettlementReceipts(r store.Reader, statement wire.Digest) (out []wire.Raw, err error) {
	prefix := evidencePrefix(statement)
	err = r.Scan(prefix, "", func(_ string, row []byte) error {
		out = append(out, bytes.Clone(row))
		return nil
	})
	return out, err
}
