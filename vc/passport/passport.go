package passport

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// MaxPassportSeconds is the longest validity of a passport, 366 days.
const MaxPassportSeconds = 366 * 24 * 3600

// The autonomy tiers, from the least to the most an agent may do alone.
const (
	TierDirect     = "direct"
	TierDelegated  = "delegated"
	TierAutonomous = "autonomous"
)

// contextJSON is the @context of every passport, in canonical form. Our
// terms are defined in line, so that a JSON-LD processor needs no network and
// drops nothing; a processor of plain JSON compares bytes.
const contextJSON = `["` + vc.ContextV2 + `",{` +
	`"@protected":true,` +
	`"ChioAgentPassport":"urn:chio:terms:v1:ChioAgentPassport",` +
	`"autonomyTier":"urn:chio:terms:v1:autonomyTier",` +
	`"organization":"urn:chio:terms:v1:organization",` +
	`"roles":{"@container":"@set","@id":"urn:chio:terms:v1:roles"}}]`

// typePassport is the type beside VerifiableCredential.
const typePassport = "ChioAgentPassport"

const (
	maxName  = 128
	maxRoles = 16
	maxRole  = 64
)

// Passport says that an organisation vouches for an agent's key.
type Passport struct {
	Context    wire.Raw       `json:"@context"`
	ID         string         `json:"id"` // urn:uuid:<version 7>
	Type       []string       `json:"type"`
	Issuer     did.DID        `json:"issuer"`
	ValidFrom  vc.Time        `json:"validFrom"`  // inclusive
	ValidUntil vc.Time        `json:"validUntil"` // exclusive
	Subject    Subject        `json:"credentialSubject"`
	Status     vc.StatusEntry `json:"credentialStatus"`
}

// Subject is the agent: its key as a DID and what its organisation says of it.
type Subject struct {
	ID           did.DID  `json:"id"`
	Name         string   `json:"name"`
	Organization string   `json:"organization"`
	Roles        []string `json:"roles"`
	AutonomyTier string   `json:"autonomyTier"`
}

// Request is what a passport is asked for with.
type Request struct {
	Subject    Subject
	ValidFrom  int64 // unix seconds
	TTLSeconds int64
}

// Issue makes and signs a passport that refers to a status entry. It returns
// the canonical signed document.
func Issue(org wire.Signer, req Request, status vc.StatusEntry, now int64, rand io.Reader) ([]byte, *Passport, error) {
	id, err := wire.NewUUIDv7(now*1000, rand)
	if err != nil {
		return nil, nil, err
	}
	req.Subject.Roles = append([]string{}, req.Subject.Roles...) // an array, never null
	p := &Passport{
		Context: wire.Raw(contextJSON), ID: "urn:uuid:" + id, Type: []string{vc.TypeCredential, typePassport},
		Issuer:    did.FromKey(org.Public()),
		ValidFrom: vc.Time(req.ValidFrom), ValidUntil: vc.Time(req.ValidFrom + req.TTLSeconds),
		Subject: req.Subject, Status: status,
	}
	if err := p.check(); err != nil {
		return nil, nil, err
	}
	unsecured, err := wire.Marshal(p)
	if err != nil {
		return nil, nil, err
	}
	doc, err := vc.Sign(unsecured, org, vc.Time(now))
	return doc, p, err
}

// Read reads a verified credential as a passport (rule 6).
func Read(p *vc.Credential) (*Passport, error) {
	if !p.Plain { // the fields below would lose how it is spelled, and what else it holds
		return nil, fmt.Errorf("%w: a passport has one proof object, times in UTC whole seconds and no optional member", vc.ErrMalformed)
	}
	var s Subject
	if err := wire.Unmarshal(p.Subject, &s, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: credentialSubject: %w", vc.ErrMalformed, err)
	}
	issuer, err := did.Parse(p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: issuer: %w", vc.ErrMalformed, err)
	}
	if p.ValidFrom == nil || p.ValidUntil == nil || len(p.Status) != 1 {
		return nil, fmt.Errorf("%w: a passport has validFrom, validUntil and credentialStatus", vc.ErrMalformed)
	}
	out := &Passport{
		Context: p.Context, ID: p.ID, Type: p.Type, Issuer: issuer,
		ValidFrom: *p.ValidFrom, ValidUntil: *p.ValidUntil, Subject: s, Status: p.Status[0],
	}
	return out, out.check()
}

// check applies rule 6, the shape of a passport:
//
//	6a exactly our context and types · 6b urn:uuid of version 7 · 6c a window of
//	at most 366 days · 6d a subject with a key of its own, bounded texts, known
//	tier · 6e a revocation entry
func (p *Passport) check() error {
	if !bytes.Equal(p.Context, []byte(contextJSON)) || !slices.Equal(p.Type, []string{vc.TypeCredential, typePassport}) { // 6a
		return fmt.Errorf("%w: not the context and types of a passport", vc.ErrMalformed)
	}
	id, ok := strings.CutPrefix(p.ID, "urn:uuid:")
	if err := wire.CheckUUIDv7(id); !ok || err != nil { // 6b
		return fmt.Errorf("%w: id %.60q is not urn:uuid: and a UUIDv7", vc.ErrMalformed, p.ID)
	}
	if p.ValidUntil <= p.ValidFrom || p.ValidUntil-p.ValidFrom > MaxPassportSeconds { // 6c
		return fmt.Errorf("%w: a passport is valid for at most 366 days, not from %s until %s", vc.ErrMalformed, p.ValidFrom, p.ValidUntil)
	}
	if p.Subject.ID == p.Issuer { // 6d
		return fmt.Errorf("%w: an agent has its own key, not the organisation's", vc.ErrMalformed)
	}
	if err := p.Subject.check(); err != nil { // 6d
		return err
	}
	if p.Status.StatusPurpose != vc.PurposeRevocation { // 6e
		return fmt.Errorf("%w: a passport's status entry is for revocation", vc.ErrMalformed)
	}
	return p.Status.Check() // 6e
}

func (s Subject) check() error {
	if _, err := did.Parse(string(s.ID)); err != nil {
		return fmt.Errorf("%w: credentialSubject.id: %w", vc.ErrMalformed, err)
	}
	for name, v := range map[string]string{"name": s.Name, "organization": s.Organization} {
		if !isText(v, maxName) {
			return fmt.Errorf("%w: credentialSubject.%s must be 1 to %d printable bytes", vc.ErrMalformed, name, maxName)
		}
	}
	if len(s.Roles) > maxRoles {
		return fmt.Errorf("%w: more than %d roles", vc.ErrMalformed, maxRoles)
	}
	for _, r := range s.Roles {
		if !isText(r, maxRole) {
			return fmt.Errorf("%w: role %.70q must be 1 to %d printable bytes", vc.ErrMalformed, r, maxRole)
		}
	}
	switch s.AutonomyTier {
	case TierDirect, TierDelegated, TierAutonomous:
		return nil
	}
	return fmt.Errorf("%w: autonomy tier %.30q: use direct, delegated or autonomous", vc.ErrMalformed, s.AutonomyTier)
}

func isText(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
