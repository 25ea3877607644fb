package federation

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// AttestationSchema is the schema of a policy attestation.
const AttestationSchema = "chio.policy_attestation.v1"

// ErrAttestation refuses an attestation.
var ErrAttestation = errors.New("policy attestation is not valid")

// Attestation is one organisation's terms for one other, signed by its
// organisation key. PolicySHA256 and GuardSet tell what else runs internally;
// the internal policy itself is never sent, and its denial is normal.
type Attestation struct {
	Schema             string           `json:"schema"`
	Issuer             did.DID          `json:"issuer"`
	KernelKey          wire.PublicKey   `json:"kernel_key"`
	Audience           did.DID          `json:"audience"`
	Sequence           uint64           `json:"sequence"` // per issuer and audience, from 1
	Previous           *wire.Digest     `json:"previous,omitzero"`
	Ingress            policy.Section   `json:"ingress"`
	Egress             policy.Section   `json:"egress"`
	PolicySHA256       wire.Digest      `json:"policy_sha256"`
	GuardSet           []string         `json:"guard_set"`
	CapabilitySurface  []SurfaceTool    `json:"capability_surface"`
	AcceptedCurrencies []string         `json:"accepted_currencies"`
	Money              *MoneyTerms      `json:"money,omitzero"`
	Settlement         *SettlementTerms `json:"settlement_terms,omitzero"`
	Oracle             *OracleTerms     `json:"oracle_terms,omitzero"`
	Revocation         RevocationTerms  `json:"revocation_terms"`
	NotBefore          int64            `json:"not_before"` // unix seconds, inclusive
	Expires            int64            `json:"expires"`    // unix seconds, exclusive
}

// terms returns the part that an operator writes.
func (a *Attestation) terms() *Terms {
	return &Terms{
		Ingress: a.Ingress, Egress: a.Egress,
		CapabilitySurface: a.CapabilitySurface, AcceptedCurrencies: a.AcceptedCurrencies,
		Money: a.Money, Settlement: a.Settlement, Oracle: a.Oracle, Revocation: a.Revocation,
		TTLSeconds: a.Expires - a.NotBefore,
	}
}

// newAttestation writes terms down for an audience. The terms are filled.
func newAttestation(t Terms, self Self, from, audience did.DID, after *Attestation, now int64) (*Attestation, error) {
	a := &Attestation{
		Schema: AttestationSchema, Issuer: from, KernelKey: self.Kernel, Audience: audience, Sequence: 1,
		Ingress: t.Ingress, Egress: t.Egress, PolicySHA256: self.PolicyHash, GuardSet: sortedUnique(self.GuardNames),
		CapabilitySurface: t.CapabilitySurface, AcceptedCurrencies: t.AcceptedCurrencies,
		Money: t.Money, Settlement: t.Settlement, Oracle: t.Oracle, Revocation: t.Revocation,
		NotBefore: now, Expires: now + t.TTLSeconds,
	}
	if after != nil {
		id, err := wire.DigestOf(after)
		if err != nil {
			return nil, err
		}
		a.Sequence, a.Previous = after.Sequence+1, &id
	}
	return a, a.check()
}

// check applies the rules that an attestation obeys by itself; numbers are
// VerifyAttestation's.
func (a *Attestation) check() error {
	if a.Issuer == a.Audience { // 3
		return fmt.Errorf("%w: written for its own issuer", ErrAttestation)
	}
	if a.Sequence == 0 || a.Sequence > wire.MaxUnits || (a.Sequence == 1) != (a.Previous == nil) { // 4
		return fmt.Errorf("%w: sequence %d and previous do not fit", ErrAttestation, a.Sequence)
	}
	if a.NotBefore < 0 || a.Expires <= a.NotBefore || a.Expires > wire.MaxUnits { // 5
		return fmt.Errorf("%w: window %d to %d", ErrAttestation, a.NotBefore, a.Expires)
	}
	if a.KernelKey == a.Issuer.Key() { // 6
		return fmt.Errorf("%w: the organisation key is not a kernel key", ErrAttestation)
	}
	if len(a.GuardSet) > maxGuardNames || !sortedStrictly(a.GuardSet) { // 7
		return fmt.Errorf("%w: guard_set: at most %d names, sorted, each once", ErrAttestation, maxGuardNames)
	}
	if err := a.terms().check(); err != nil { // 7
		return fmt.Errorf("%w: %w", ErrAttestation, err)
	}
	for _, s := range [...]struct {
		name    string
		section policy.Section
	}{{"ingress", a.Ingress}, {"egress", a.Egress}} { // 8
		if _, err := policy.CompileSection(s.section, sideTreaty); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrAttestation, s.name, err)
		}
	}
	return nil
}

// VerifyAttestation opens an attestation that from is said to have written for
// audience:
//
//	1 the envelope opens: canonical, strict, every signature verifies
//	2 the issuer's organisation key, and nobody else, has signed
//	3 issuer and audience are who they should be, and differ
//	4 sequence and previous fit each other
//	5 a positive window
//	6 the kernel key is not the organisation key
//	7 every term is in its range, every list within its bound and in order
//	8 both sections compile: they are in the portable subset
//	9 it is spelled as we spell it, without a member that says nothing: both
//	  sides compute digests of its parts, so there must be one spelling
//
// Whether it is current, and the latest, is for the caller, who has a clock and
// a memory.
func VerifyAttestation(env *wire.Envelope, from, audience did.DID) (*Attestation, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrAttestation)
	}
	var a Attestation
	if err := env.Open(AttestationSchema, &a, []wire.PublicKey{from.Key()}, nil); err != nil { // 1, 2
		return nil, fmt.Errorf("%w: %w", ErrAttestation, err)
	}
	if len(env.Signatures) != 1 { // 2
		return nil, fmt.Errorf("%w: %w", ErrAttestation, wire.ErrSignerSet)
	}
	if a.Issuer != from || a.Audience != audience { // 3
		return nil, fmt.Errorf("%w: from %s for %s, want from %s for %s", ErrAttestation, a.Issuer, a.Audience, from, audience)
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	if again, err := wire.DigestOf(a); err != nil || again != env.ID() { // 9
		return nil, fmt.Errorf("%w: not in its one spelling: leave out what is absent", ErrAttestation)
	}
	return &a, nil
}

// currentAt explains why an attestation does not count now.
func (a *Attestation) currentAt(now int64) error {
	if now+ClockSkewSeconds < a.NotBefore {
		return fmt.Errorf("%w: counts from %d, now %d", ErrAttestation, a.NotBefore, now)
	}
	if now >= a.Expires {
		return fmt.Errorf("%w: expired at %d, now %d: ask its issuer for a fresh one", ErrAttestation, a.Expires, now)
	}
	return nil
}

// sameTerms reports whether two attestations say the same apart from number and
// time.
func (a *Attestation) sameTerms(b *Attestation) bool {
	x, y := *a, *b
	y.Sequence, y.Previous, y.NotBefore, y.Expires = x.Sequence, x.Previous, x.NotBefore, x.Expires
	dx, errX := wire.DigestOf(x)
	dy, errY := wire.DigestOf(y)
	return errX == nil && errY == nil && dx == dy
}
