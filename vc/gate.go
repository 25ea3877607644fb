package vc

import (
	"context"
	"errors"
	"fmt"
)

// The reasons an intact credential does not hold.
var (
	ErrUntrustedIssuer = errors.New("issuer is not trusted")
	ErrNotYetValid     = errors.New("credential is not yet valid")
	ErrExpired         = errors.New("credential has expired")
	ErrRevoked         = errors.New("credential is revoked")
	ErrSuspended       = errors.New("credential is suspended")
	ErrStatusUnknown   = errors.New("status of the credential is not known")
	ErrBound           = errors.New("proof is bound to another domain or challenge")
)

// Status is what the status list says.
type Status string

// The statuses; unknown is an answer that denies.
const (
	StatusActive    Status = "active"
	StatusRevoked   Status = "revoked"
	StatusSuspended Status = "suspended"
	StatusUnknown   Status = "unknown"
)

// Window is where now lies in the validity of a credential.
type Window string

// The windows.
const (
	WindowCurrent Window = "current"
	WindowEarly   Window = "not_yet_valid"
	WindowExpired Window = "expired"
	WindowUnknown Window = "unknown"
)

// Gate is what a verifier brings: its clock, whom it trusts, and whom it asks.
// A nil function trusts nobody, knows nothing and fetches nothing.
type Gate struct {
	Now                 int64                                 // unix seconds
	SkewSeconds         int64                                 // how far ahead an issuer's clock may be
	TrustedIssuer       func(issuer string) bool              // a DID, compared as text; nil: nobody
	StatusList          func(url string) (*StatusList, error) // nil: none known
	StatusDelegate      func(issuer, delegate string) bool    // who else may sign an issuer's lists; nil: nobody
	StatusMessage       func(Finding) error                   // judges a message other than 0; nil: it denies
	MaxStatusAgeSeconds int64                                 // 0: as long as the list itself says
	AllowNoStatus       bool                                  // accept a credential without a status entry
	Profile             func(*Credential) error               // rule 6: what a credential of the expected kind looks like

	Context  context.Context // handed to Methods; nil: context.Background
	Methods  Methods         // nil: only did:chio and Ed25519 did:key, whose document is their name
	Suites   []Suite         // besides eddsa-jcs-2022
	Envelope func(*Sealed) (*Opened, error)

	// Vocabulary judges the terms of every credential. Without one a credential
	// whose members are not all known to the data model is refused; what is
	// inside its subject is then for Profile to judge.
	Vocabulary Vocabulary
	Schema     func(s Schema, document []byte) error        // nil: a credential that names a schema is refused
	Resource   func(url string) ([]byte, error)             // nil: only contexts that Vocabulary embeds
	Bound      func(domain []string, challenge string) bool // nil: a credential bound to a domain or challenge is refused
}

// Check is one numbered rule and how it went.
type Check struct {
	Rule   int    `json:"rule"`
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Report answers three questions apart: is the credential whole (Integrity),
// does the verifier trust its issuer (IssuerTrusted), does it hold now
// (Authorized: inside its window and active). The zero report is three noes.
type Report struct {
	Integrity     bool      `json:"integrity"`
	IssuerTrusted bool      `json:"issuer_trusted"`
	Authorized    bool      `json:"authorized"`
	Window        Window    `json:"window"`
	Status        Status    `json:"status"`
	ID            string    `json:"id,omitempty"`
	Issuer        string    `json:"issuer,omitempty"`
	Findings      []Finding `json:"status_findings,omitempty"` // entries that say more than "active"
	Checks        []Check   `json:"checks"`

	Credential *Credential `json:"-"` // nil unless it is whole
	err        error
}

// Err is nil only if all three answers are yes; otherwise it is the first
// failed check, wrapping a sentinel of this package.
func (r *Report) Err() error {
	if r.err == nil && !(r.Integrity && r.IssuerTrusted && r.Authorized) {
		return ErrStatusUnknown
	}
	return r.err
}

// NewReport is a report that has answered nothing yet: three noes.
func NewReport() *Report {
	return &Report{Window: WindowUnknown, Status: StatusUnknown, Checks: make([]Check, 0, 12)}
}

// Fail takes the answer of integrity back, and with it that of authorization:
// a rule outside the credential that covers it has failed.
func (r *Report) Fail(rule int, name string, err error) {
	_ = r.Note(rule, name, err)
	r.Integrity, r.Authorized = false, false
}

// Note records a check and keeps the first failure.
func (r *Report) Note(rule int, name string, err error) error {
	c := Check{Rule: rule, Name: name, OK: err == nil}
	if err != nil {
		c.Detail = err.Error()
		if r.err == nil {
			r.err = err
		}
	}
	r.Checks = append(r.Checks, c)
	return err
}

// VerifyCredential is the one gate for a credential:
//
//	 1 strict JSON within the limits: no repeated name, valid UTF-8
//	 2 a credential of VC 2.0 or 1.1 (Credential.decode)
//	 3 one to eight acceptable proofs for assertion (takeApart, Proof.parse), or
//	   one envelope (readEnvelope)
//	 4 every method resolves for the purpose, and the issuer controls one of them
//	 5 every signature verifies, under a key of the kind its cryptosuite wants
//	11 the vocabulary, if the verifier has one, defines every term
//	12 every related resource has the digests that are stated
//	13 every schema that is named holds
//	 6 it fits the profile the verifier expects, if it expects one
//	 7 the verifier trusts the issuer
//	 8 validFrom ≤ now + skew, now < validUntil, and of every proof created ≤ now
//	   + skew, now < expires; a domain or challenge is one the verifier is bound to
//	 9 every status entry says active (JudgeStatus)
//
// Integrity is 1 to 6 and 11 to 13. After a failed integrity rule nothing
// further is asked. Rule 10 belongs to passport files, 20 to 29 to
// presentations.
func VerifyCredential(doc []byte, g Gate) *Report {
	r := NewReport()
	c, err := g.open(doc, r.Note)
	return r.finish(c, err, &g)
}

// VerifyEnvelope is VerifyCredential for a credential that arrives as an
// envelope, such as a compact JWS, and not as JSON.
func VerifyEnvelope(mediaType string, data []byte, g Gate) *Report {
	r := NewReport()
	c, err := g.openSealed(mediaType, data, r.Note)
	return r.finish(c, err, &g)
}

// finish asks the rules after those of open.
func (r *Report) finish(c *Credential, err error, g *Gate) *Report {
	if err != nil {
		r.err = err
		return r
	}
	if g.Profile != nil && r.Note(6, "profile", g.Profile(c)) != nil {
		return r
	}
	r.Integrity, r.ID, r.Issuer, r.Credential = true, c.ID, c.Issuer, c
	r.judge(c, g)
	return r
}

// judge asks rules 7 to 9 of an intact credential.
func (r *Report) judge(c *Credential, g *Gate) {
	var err error
	if g.TrustedIssuer == nil || !g.TrustedIssuer(c.Issuer) {
		err = fmt.Errorf("%w: %s: add it to the trust set if you know it", ErrUntrustedIssuer, c.Issuer)
	}
	r.IssuerTrusted = r.Note(7, "issuer is trusted", err) == nil
	r.Window, err = window(c, g)
	if err == nil {
		err = bound(c, g)
	}
	usable := r.Note(8, "validity window", err) == nil
	r.Status, r.Findings, err = JudgeStatus(c.Status, c.Issuer, *g)
	_ = r.Note(9, "status", err)
	r.Authorized = usable && err == nil
}

func window(c *Credential, g *Gate) (Window, error) {
	if c.ValidFrom != nil && int64(*c.ValidFrom) > g.Now+g.SkewSeconds {
		return WindowEarly, fmt.Errorf("%w: from %s, now %s", ErrNotYetValid, *c.ValidFrom, Time(g.Now))
	}
	if c.ValidUntil != nil && g.Now >= int64(*c.ValidUntil) {
		return WindowExpired, fmt.Errorf("%w: at %s, now %s: ask its issuer for a new one", ErrExpired, *c.ValidUntil, Time(g.Now))
	}
	return proofWindow(c.Proofs, g)
}

// proofWindow judges the times of proofs.
func proofWindow(proofs []Proof, g *Gate) (Window, error) {
	for i := range proofs {
		p := &proofs[i]
		if p.Created != nil && int64(*p.Created) > g.Now+g.SkewSeconds {
			return WindowEarly, fmt.Errorf("%w: a proof is of %s, now %s", ErrNotYetValid, *p.Created, Time(g.Now))
		}
		if p.Expires != nil && g.Now >= int64(*p.Expires) {
			return WindowExpired, fmt.Errorf("%w: a proof ended at %s, now %s", ErrExpired, *p.Expires, Time(g.Now))
		}
	}
	return WindowCurrent, nil
}

// bound refuses a credential that is bound to a place or an exchange which is
// not the verifier's.
func bound(c *Credential, g *Gate) error {
	for i := range c.Proofs {
		p := &c.Proofs[i]
		if (p.Domain != nil || p.Challenge != "") && (g.Bound == nil || !g.Bound(p.Domain, p.Challenge)) {
			return fmt.Errorf("%w: domain %.100q, challenge %.60q", ErrBound, p.Domain, p.Challenge)
		}
	}
	return nil
}
