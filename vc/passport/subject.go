package passport

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The autonomy tiers, from the least to the most an agent may do alone.
const (
	TierDirect     = capability.TierDirect
	TierDelegated  = capability.TierDelegated
	TierAutonomous = capability.TierAutonomous
)

// Who holds an agent's key.
const (
	CustodyCustodial = "custodial" // its organisation's node, which signs for it
	CustodyOwn       = "own"       // the agent alone
)

const (
	maxName  = 128
	maxRoles = 16
	maxRole  = 64
)

// Subject is the agent: its key as a DID and what its organisation says of it.
// What is nil is not said; a verifier that asks for it refuses.
type Subject struct {
	ID           did.DID     `json:"id"`
	Name         string      `json:"name"`
	Organization string      `json:"organization"`
	Roles        []string    `json:"roles"`
	AutonomyTier string      `json:"autonomyTier"`
	Assurance    *Assurance  `json:"assurance,omitempty"`
	Reputation   *Reputation `json:"reputation,omitempty"`
	Provenance   *Provenance `json:"enterpriseProvenance,omitempty"`
}

// Assurance is how sure the organisation is that the agent acts by its key.
type Assurance struct {
	KeyCustody  string `json:"keyCustody"`            // custodial | own
	RuntimeTier string `json:"runtimeTier,omitempty"` // basic | attested | verified; "" is not known
}

// Provenance refers to what an enterprise's identity provider said when the
// agent was enrolled. The document stays with the organisation; who is shown
// it compares its digest.
type Provenance struct {
	Provider string      `json:"provider"` // URI of the provider, as it names itself
	Method   string      `json:"method"`   // oidc | saml | scim | manual
	Digest   wire.Digest `json:"digestSha256"`
}

var provenanceMethods = []string{"oidc", "saml", "scim", "manual"}

// check applies the rules of a subject:
//
//	S1 id is a did:chio
//	S2 name and organization are 1 to 128 printable bytes
//	S3 at most 16 roles, of 1 to 64 printable bytes
//	S4 the autonomy tier is a word of the scale
//	S5 assurance, reputation and provenance are whole where they are given
func (s *Subject) check() error {
	if _, err := did.Parse(string(s.ID)); err != nil { // S1
		return fmt.Errorf("%w: credentialSubject.id: %w", vc.ErrMalformed, err)
	}
	if !isText(s.Name, maxName) { // S2
		return fmt.Errorf("%w: credentialSubject.name must be 1 to %d printable bytes", vc.ErrMalformed, maxName)
	}
	if !isText(s.Organization, maxName) { // S2
		return fmt.Errorf("%w: credentialSubject.organization must be 1 to %d printable bytes", vc.ErrMalformed, maxName)
	}
	if err := checkRoles(s.Roles); err != nil { // S3
		return err
	}
	if !capability.TierAtLeast(s.AutonomyTier, TierDirect) { // S4
		return fmt.Errorf("%w: autonomy tier %.30q: use direct, delegated or autonomous", vc.ErrMalformed, s.AutonomyTier)
	}
	if err := s.Assurance.check(); err != nil { // S5
		return err
	}
	if err := s.Reputation.Check(); err != nil { // S5
		return err
	}
	return s.Provenance.check() // S5
}

// extended reports whether it says what the first passports had no words for.
func (s *Subject) extended() bool {
	return s.Assurance != nil || s.Reputation != nil || s.Provenance != nil
}

func checkRoles(roles []string) error {
	if len(roles) > maxRoles {
		return fmt.Errorf("%w: %d roles, limit %d", vc.ErrMalformed, len(roles), maxRoles)
	}
	for _, r := range roles {
		if !isText(r, maxRole) {
			return fmt.Errorf("%w: role %.70q must be 1 to %d printable bytes", vc.ErrMalformed, r, maxRole)
		}
	}
	return nil
}

func (a *Assurance) check() error {
	switch {
	case a == nil:
		return nil
	case a.KeyCustody != CustodyCustodial && a.KeyCustody != CustodyOwn:
		return fmt.Errorf("%w: assurance.keyCustody %.30q: use custodial or own", vc.ErrMalformed, a.KeyCustody)
	case a.RuntimeTier != "" && !capability.AssuranceAtLeast(a.RuntimeTier, capability.AssuranceBasic):
		return fmt.Errorf("%w: assurance.runtimeTier %.30q: use basic, attested or verified, or leave it out", vc.ErrMalformed, a.RuntimeTier)
	}
	return nil
}

func (p *Provenance) check() error {
	switch {
	case p == nil:
		return nil
	case !isText(p.Provider, 2*maxName) || !strings.Contains(p.Provider, ":"):
		return fmt.Errorf("%w: enterpriseProvenance.provider must be a URI of at most %d printable bytes", vc.ErrMalformed, 2*maxName)
	case !slices.Contains(provenanceMethods, p.Method):
		return fmt.Errorf("%w: enterpriseProvenance.method %.30q: use one of %s", vc.ErrMalformed, p.Method, strings.Join(provenanceMethods, ", "))
	case p.Digest.IsZero():
		return fmt.Errorf("%w: enterpriseProvenance.digestSha256 is missing", vc.ErrMalformed)
	}
	return nil
}

func isText(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
