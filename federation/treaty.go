package federation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// TreatySchema is the schema of a treaty.
const TreatySchema = "chio.treaty.v1"

// The reasons a treaty is refused.
var (
	ErrTreaty = errors.New("treaty is not valid")
	// ErrDisagree: our own computation gives another treaty than the peer's.
	ErrDisagree = errors.New("the two sides compute different treaties")
	// ErrNoMeet: the terms of the two sides have nothing in common.
	ErrNoMeet = errors.New("the two sides' terms cannot be met")
)

// Treaty is what two organisations agreed: a pure function of their two
// attestations, the revision and the treaty before it. A is Parties[0], the
// lower DID; AToB is about calls that A's agents make at B.
type Treaty struct {
	Schema       string          `json:"schema"`
	Parties      [2]did.DID      `json:"parties"` // sorted
	Revision     uint64          `json:"revision"`
	Previous     *wire.Digest    `json:"previous,omitzero"`
	Attestations [2]wire.Digest  `json:"attestations"` // of Parties[0] for [1], and of [1] for [0]
	Effective    Effective       `json:"effective"`
	Money        *Money          `json:"money,omitzero"`
	Revocation   RevocationTerms `json:"revocation"`
	Window       Window          `json:"window"`
}

// Effective names the stricter of the two for each direction by its digest,
// and the caps that hold over the treaty's life.
type Effective struct {
	AToB     wire.Digest `json:"a_to_b"`
	BToA     wire.Digest `json:"b_to_a"`
	AToBCaps policy.Caps `json:"a_to_b_caps"`
	BToACaps policy.Caps `json:"b_to_a_caps"`
}

// Money is the meet of both sides' money terms. Without it only free calls
// pass.
type Money struct {
	Currency            string    `json:"currency"`
	SettleCurrency      string    `json:"settle_currency"`
	CreditMinor         uint64    `json:"credit_minor"`
	MaxUnvoucheredMinor uint64    `json:"max_unvouchered_minor"`
	Rail                string    `json:"rail,omitzero"` // absent: channel
	ChainID             string    `json:"chain_id"`
	Token               string    `json:"token"`
	ChannelContract     string    `json:"channel_contract"`
	Addresses           [2]string `json:"settlement_addresses"` // of Parties[0] and [1]
	Oracle              *Oracle   `json:"oracle,omitzero"`
}

// Oracle says which price rounds count under the treaty. MinOperators is above
// the number of operators that only one side named, so no side prices alone.
type Oracle struct {
	Operators        []string `json:"operators"`
	MinOperators     int      `json:"min_operators"`
	MaxAgeSeconds    int64    `json:"max_age_seconds"`
	MaxDivergenceBps uint32   `json:"max_divergence_bps"`
	MarginBps        uint32   `json:"margin_bps"`
}

// Window is when a treaty counts: where both attestations do.
type Window struct {
	NotBefore int64 `json:"not_before"`
	Expires   int64 `json:"expires"`
}

// signed is an attestation with its digest.
type signed struct {
	*Attestation
	id wire.Digest
}

// compute is the treaty of two attestations, in either order. It reads no
// clock and nothing local, so that two honest nodes get identical bytes.
func compute(x, y signed, after *Treaty) (*Treaty, error) {
	a, b := x, y
	if a.Issuer > b.Issuer {
		a, b = b, a
	}
	if a.Issuer != b.Audience || b.Issuer != a.Audience || a.Issuer == b.Issuer {
		return nil, fmt.Errorf("%w: the attestations are not written for each other", ErrTreaty)
	}
	t := &Treaty{
		Schema: TreatySchema, Parties: [2]did.DID{a.Issuer, b.Issuer}, Revision: 1,
		Attestations: [2]wire.Digest{a.id, b.id},
		Revocation:   RevocationTerms{MaxStalenessSeconds: min(a.Revocation.MaxStalenessSeconds, b.Revocation.MaxStalenessSeconds)},
		Window:       Window{NotBefore: max(a.NotBefore, b.NotBefore), Expires: min(a.Expires, b.Expires)},
	}
	if after != nil {
		id, err := wire.DigestOf(after)
		if err != nil {
			return nil, err
		}
		t.Revision, t.Previous = after.Revision+1, &id
	}
	if t.Window.NotBefore >= t.Window.Expires {
		return nil, fmt.Errorf("%w: the attestations' windows do not overlap", ErrNoMeet)
	}
	var err error
	if t.Money, err = meetMoney(a.Attestation, b.Attestation); err != nil {
		return nil, err
	}
	t.Effective.AToB, t.Effective.AToBCaps = direction(a.Attestation, b.Attestation)
	t.Effective.BToA, t.Effective.BToACaps = direction(b.Attestation, a.Attestation)
	return t, nil
}

// direction is about calls that from's agents make at to: what from lets out
// and what to lets in, and the caps that both state.
func direction(from, to *Attestation) (wire.Digest, policy.Caps) {
	caps := meetCaps(from.Egress.Caps, to.Ingress.Caps)
	return policy.EffectiveDigest(from.Issuer.String(), to.Issuer.String(), from.Egress, to.Ingress, caps), caps
}

// meetCaps takes the lower of what both limit. Caps on charges in different
// currencies have no minimum; each then holds in its own section.
func meetCaps(a, b policy.Caps) policy.Caps {
	out := policy.Caps{
		MaxCallsPerTreaty: lower(a.MaxCallsPerTreaty, b.MaxCallsPerTreaty),
		MaxArgsSize:       lower(a.MaxArgsSize, b.MaxArgsSize),
		MaxHops:           lower(a.MaxHops, b.MaxHops),
	}
	x, y := a.MaxChargePerCall, b.MaxChargePerCall
	switch {
	case x == nil:
		out.MaxChargePerCall = y
	case y == nil:
		out.MaxChargePerCall = x
	case x.Currency == y.Currency:
		out.MaxChargePerCall = &wire.MonetaryAmount{Units: min(x.Units, y.Units), Currency: x.Currency}
	}
	return out
}

func lower(a, b *int64) *int64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// meetMoney takes the minimum of limits and the maximum of safety margins, and
// refuses terms that name different places or currencies.
func meetMoney(a, b *Attestation) (*Money, error) {
	if a.Money == nil || b.Money == nil {
		return nil, nil
	}
	for _, c := range [...]struct{ what, a, b string }{
		{"currency", a.Money.Currency, b.Money.Currency},
		{"settle_currency", a.Money.SettleCurrency, b.Money.SettleCurrency},
		{"rail", settlement.RailName(a.Settlement.Rail), settlement.RailName(b.Settlement.Rail)},
		{"chain_id", a.Settlement.ChainID, b.Settlement.ChainID},
		{"token", a.Settlement.Token, b.Settlement.Token},
		{"channel_contract", a.Settlement.ChannelContract, b.Settlement.ChannelContract},
	} {
		if c.a != c.b {
			return nil, fmt.Errorf("%w: %s is %s at %s and %s at %s: change one side's terms",
				ErrNoMeet, c.what, c.a, a.Issuer, c.b, b.Issuer)
		}
	}
	if a.Settlement.Address == b.Settlement.Address && a.Settlement.Address != "" {
		return nil, fmt.Errorf("%w: both sides name the settlement address %s", ErrNoMeet, a.Settlement.Address)
	}
	m := &Money{
		Currency: a.Money.Currency, SettleCurrency: a.Money.SettleCurrency,
		CreditMinor:         min(a.Money.CreditMinor, b.Money.CreditMinor),
		MaxUnvoucheredMinor: min(a.Money.MaxUnvoucheredMinor, b.Money.MaxUnvoucheredMinor),
		Rail:                a.Settlement.Rail, ChainID: a.Settlement.ChainID, Token: a.Settlement.Token, ChannelContract: a.Settlement.ChannelContract,
		Addresses: [2]string{a.Settlement.Address, b.Settlement.Address},
	}
	if m.Currency == m.SettleCurrency {
		return m, nil
	}
	var err error
	m.Oracle, err = meetOracle(a.Oracle, b.Oracle)
	return m, err
}

// meetOracle joins the operators and asks for more of them than either side
// alone brought.
func meetOracle(a, b *OracleTerms) (*Oracle, error) {
	o := &Oracle{
		Operators:        sortedUnique(append(append([]string(nil), a.Operators...), b.Operators...)),
		MinOperators:     max(a.MinOperators, b.MinOperators),
		MaxAgeSeconds:    min(a.MaxAgeSeconds, b.MaxAgeSeconds),
		MaxDivergenceBps: min(a.MaxDivergenceBps, b.MaxDivergenceBps),
		MarginBps:        max(a.MarginBps, b.MarginBps),
	}
	onlyA, onlyB := len(o.Operators)-len(b.Operators), len(o.Operators)-len(a.Operators)
	o.MinOperators = max(o.MinOperators, onlyA+1, onlyB+1)
	if o.MinOperators > len(o.Operators) {
		return nil, fmt.Errorf("%w: a price needs %d oracle operators, the two sides name %d: add the other side's to both",
			ErrNoMeet, o.MinOperators, len(o.Operators))
	}
	return o, nil
}

// VerifyTreaty opens a treaty and checks what can be checked without the
// attestations:
//
//	1 the envelope opens: canonical, strict, every signature verifies
//	2 two different parties, in order
//	3 every signer is a party; with both, all parties have signed
//	4 revision and previous fit each other, the window is positive
func VerifyTreaty(env *wire.Envelope, both bool) (*Treaty, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrTreaty)
	}
	var t Treaty
	if err := env.Open(TreatySchema, &t, nil, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrTreaty, err)
	}
	if t.Parties[0] >= t.Parties[1] { // 2
		return nil, fmt.Errorf("%w: parties are not two, sorted", ErrTreaty)
	}
	for _, s := range env.Signatures { // 3
		if s.Alg != wire.AlgEd25519 || s.Key != t.Parties[0].Key().String() && s.Key != t.Parties[1].Key().String() {
			return nil, fmt.Errorf("%w: %.80s signed and is no party", ErrTreaty, s.Key)
		}
	}
	if both && len(env.Signatures) != 2 { // 3: sorted and unique, so two are both
		return nil, fmt.Errorf("%w: %w: it takes both parties", ErrTreaty, wire.ErrNoSigner)
	}
	if t.Revision == 0 || (t.Revision == 1) != (t.Previous == nil) || t.Window.Expires <= t.Window.NotBefore { // 4
		return nil, fmt.Errorf("%w: revision %d, window %d to %d", ErrTreaty, t.Revision, t.Window.NotBefore, t.Window.Expires)
	}
	return &t, nil
}

// VerifyTreatyFrom is VerifyTreaty, and recomputes the treaty from the two
// signed attestations and the treaty before it: the offline check.
func VerifyTreatyFrom(env *wire.Envelope, attestations [2]*wire.Envelope, previous *Treaty) (*Treaty, error) {
	t, err := VerifyTreaty(env, true)
	if err != nil {
		return nil, err
	}
	var parts [2]signed
	for i, e := range attestations {
		a, err := VerifyAttestation(e, t.Parties[i], t.Parties[1-i])
		if err != nil {
			return nil, err
		}
		parts[i] = signed{a, e.ID()}
	}
	own, err := compute(parts[0], parts[1], previous)
	if err != nil {
		return nil, err
	}
	id, err := wire.DigestOf(own)
	if err != nil {
		return nil, err
	}
	if id != env.ID() {
		return nil, fmt.Errorf("%w: recomputed %s, signed %s", ErrDisagree, id, env.ID())
	}
	return t, nil
}

// Has reports whether a DID is a party.
func (t *Treaty) Has(id did.DID) bool { return t.Parties[0] == id || t.Parties[1] == id }
