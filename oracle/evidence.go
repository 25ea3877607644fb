package oracle

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// EvidenceSchema is the schema of a price evidence file.
const EvidenceSchema = "chio.price_evidence.v1"

// ErrEvidence: the evidence does not recompute to what it states.
var ErrEvidence = errors.New("price evidence does not recompute")

// Evidence states one conversion with everything needed to repeat it. ID is
// the SHA-256 of the canonical body, so that a change that rounding would hide
// shows, too.
type Evidence struct {
	Body EvidenceBody `json:"body"`
	ID   wire.Digest  `json:"id"`
}

// EvidenceBody is the conversion. MarginBps is 0 under RuleSettle. Decimals are
// those of From and To, in that order.
type EvidenceBody struct {
	Schema    string              `json:"schema"`
	Round     Round               `json:"round"`
	RoundID   wire.Digest         `json:"round_id"`
	Rule      Rule                `json:"rule"`
	MarginBps uint32              `json:"margin_bps"`
	Decimals  [2]int              `json:"decimals"`
	From      wire.MonetaryAmount `json:"from"`
	To        wire.MonetaryAmount `json:"to"`
	Grounds   []Grounds           `json:"grounds,omitempty"` // of observations, as far as the writer has them
}

// Prove converts amount with a verified round and returns the evidence. The
// price must be what Verify made of the round.
func (c Converter) Prove(amount wire.MonetaryAmount, r *Round, p Price, to string, rule Rule) (*Evidence, error) {
	if p.RoundID != r.ID() {
		return nil, fmt.Errorf("%w: the price is of round %s, not %s", ErrEvidence, p.RoundID, r.ID())
	}
	if rule != RuleReserve {
		c.MarginBps = 0
	}
	converted, err := c.Convert(amount, p, to, rule)
	if err != nil {
		return nil, err
	}
	e := &Evidence{Body: EvidenceBody{
		Schema: EvidenceSchema, Round: *r, RoundID: p.RoundID, Rule: rule, MarginBps: c.MarginBps,
		Decimals: [2]int{c.Currencies[amount.Currency], c.Currencies[to]}, From: amount, To: converted,
	}}
	e.ID = wire.Hash(wire.MustMarshal(e.Body))
	return e, nil
}

// Bytes is the canonical form, as written to files.
func (e *Evidence) Bytes() []byte { return wire.MustMarshal(e) }

// ParseEvidence decodes a canonical evidence file. Nothing is trusted by it.
func ParseEvidence(doc []byte) (*Evidence, error) {
	var e Evidence
	if err := decode(doc, &e); err != nil {
		return nil, fmt.Errorf("price evidence: %w", err)
	}
	return &e, nil
}

// VerifyEvidence repeats a conversion:
//
//	1 the schema is ours and the id is the hash of the body
//	2 the decimals are those of the verifier's currencies
//	3 the round id is that of the round
//	4 the round verifies against the operators, at the time of its latest
//	  observation: whether it was fresh when used is for the quote or the
//	  statement that names the round and its own time
//	5 the margin belongs to the rule
//	6 the conversion gives the stated amount exactly
//	7 grounds are those of an observation, byte for byte; what they say is for
//	  VerifyGrounds, which needs to know whose payloads count
func VerifyEvidence(e *Evidence, operators Operators, verify Verifier, currencies wire.Currencies) (Price, error) {
	b := e.Body
	if b.Schema != EvidenceSchema || wire.Hash(wire.MustMarshal(b)) != e.ID { // 1
		return Price{}, fmt.Errorf("%w: schema %.40q or id", ErrEvidence, b.Schema)
	}
	if known, ok := currencies[b.From.Currency]; !ok || known != b.Decimals[0] { // 2
		return Price{}, fmt.Errorf("%w: decimals of %.16q", ErrEvidence, b.From.Currency)
	}
	if known, ok := currencies[b.To.Currency]; !ok || known != b.Decimals[1] { // 2
		return Price{}, fmt.Errorf("%w: decimals of %.16q", ErrEvidence, b.To.Currency)
	}
	if b.Round.ID() != b.RoundID { // 3
		return Price{}, fmt.Errorf("%w: round id", ErrEvidence)
	}
	p, err := Verify(&b.Round, operators, verify, b.Round.Latest()) // 4
	if err != nil {
		return Price{}, fmt.Errorf("price evidence: %w", err)
	}
	if b.Rule != RuleReserve && b.MarginBps != 0 { // 5
		return Price{}, fmt.Errorf("%w: rule %.20q with a margin", ErrEvidence, b.Rule)
	}
	c := Converter{Currencies: currencies, MarginBps: b.MarginBps}
	to, err := c.Convert(b.From, p, b.To.Currency, b.Rule)
	if err != nil {
		return Price{}, fmt.Errorf("price evidence: %w", err)
	}
	if to != b.To { // 6
		return Price{}, fmt.Errorf("%w: %d %s, stated %d", ErrEvidence, to.Units, to.Currency, b.To.Units)
	}
	if err := b.checkGrounds(); err != nil { // 7
		return Price{}, err
	}
	return p, nil
}

// Latest is the time of the latest observation.
func (r *Round) Latest() int64 {
	var t int64
	for _, o := range r.Observations {
		t = max(t, o.ObservedAt)
	}
	return t
}
