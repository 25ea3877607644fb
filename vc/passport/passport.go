package passport

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// MaxPassportSeconds is the longest validity of a passport, 366 days.
const MaxPassportSeconds = 366 * 24 * 3600

// typePassport is the type beside VerifiableCredential.
const typePassport = "ChioAgentPassport"

// Passport says that an organisation vouches for an agent's key.
type Passport struct {
	Context    wire.Raw         `json:"@context"`
	ID         string           `json:"id"` // urn:uuid:<version 7>
	Type       []string         `json:"type"`
	Issuer     did.DID          `json:"issuer"`
	ValidFrom  vc.Time          `json:"validFrom"`  // inclusive
	ValidUntil vc.Time          `json:"validUntil"` // exclusive
	Subject    Subject          `json:"credentialSubject"`
	Status     vc.StatusEntries `json:"credentialStatus"` // revocation, then suspension; the first passports have no second
}

// Request is what a passport is asked for with.
type Request struct {
	Subject    Subject
	ValidFrom  int64 // unix seconds
	TTLSeconds int64
}

// check refuses what nobody can have meant; the rest is for the rules of a
// passport.
func (r *Request) check() error {
	for i, role := range r.Subject.Roles {
		if slices.Contains(r.Subject.Roles[:i], role) {
			return fmt.Errorf("%w: role %.70q stands there twice", vc.ErrMalformed, role)
		}
	}
	if r.TTLSeconds <= 0 || r.TTLSeconds > MaxPassportSeconds { // before it is added to anything
		return fmt.Errorf("%w: a life of %d seconds: want 1 to %d", vc.ErrMalformed, r.TTLSeconds, MaxPassportSeconds)
	}
	return nil
}

// Check refuses what cannot be issued, before anything is.
func (r *Request) Check() error {
	if err := r.check(); err != nil {
		return err
	}
	return r.Subject.check()
}

// Issue makes and signs a passport that refers to its status entries. It
// returns the canonical signed document.
func Issue(org wire.Signer, req Request, status vc.StatusEntries, now int64, rand io.Reader) ([]byte, *Passport, error) {
	p, err := prepare(org, req, status, now, rand)
	if err != nil {
		return nil, nil, err
	}
	doc, err := sign(org, p, vc.Time(now))
	return doc, p, err
}

// prepare makes a passport that only has to be signed.
func prepare(org wire.Signer, req Request, status vc.StatusEntries, now int64, rand io.Reader) (*Passport, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	id, err := wire.NewUUIDv7(now*1000, rand)
	if err != nil {
		return nil, err
	}
	req.Subject.Roles = append([]string{}, req.Subject.Roles...) // an array, never null
	p := &Passport{
		Context: wire.Raw(context2), ID: "urn:uuid:" + id, Type: []string{vc.TypeCredential, typePassport},
		Issuer:    did.FromKey(org.Public()),
		ValidFrom: vc.Time(req.ValidFrom), ValidUntil: vc.Time(req.ValidFrom + req.TTLSeconds),
		Subject: req.Subject, Status: status,
	}
	return p, p.check()
}

func sign(org wire.Signer, p *Passport, created vc.Time) ([]byte, error) {
	unsecured, err := wire.Marshal(p)
	if err != nil {
		return nil, err
	}
	return vc.Sign(unsecured, org, created)
}

// Read reads a verified credential as a passport (rule 6).
func Read(p *vc.Credential) (*Passport, error) {
	if !p.Plain { // the fields below would lose how it is spelled, and what else it holds
		return nil, fmt.Errorf("%w: a passport has one proof object, times in UTC whole seconds and no optional member", vc.ErrMalformed)
	}
	var s Subject
	if !s.plain(p.Subject) {
		s = Subject{}
		if err := wire.Unmarshal(p.Subject, &s, wire.DocumentLimits); err != nil {
			return nil, fmt.Errorf("%w: credentialSubject: %w", vc.ErrMalformed, err)
		}
	}
	issuer, err := did.Parse(p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: issuer: %w", vc.ErrMalformed, err)
	}
	if p.ValidFrom == nil || p.ValidUntil == nil || p.Status == nil {
		return nil, fmt.Errorf("%w: a passport has validFrom, validUntil and credentialStatus", vc.ErrMalformed)
	}
	out := &Passport{
		Context: p.Context, ID: p.ID, Type: p.Type, Issuer: issuer,
		ValidFrom: *p.ValidFrom, ValidUntil: *p.ValidUntil, Subject: s, Status: p.Status,
	}
	return out, out.check()
}

// check applies rule 6, the shape of a passport:
//
//	6a exactly one of our contexts, and types; nothing the context has no word
//	for · 6b urn:uuid of version 7 · 6c a window of
//	at most 366 days · 6d a subject with a key of its own, bounded texts, known
//	tier · 6e an entry for revocation, and at most one more, for suspension
func (p *Passport) check() error {
	if ed := edition(p.Context); ed == 0 || ed == 1 && p.Subject.extended() || !slices.Equal(p.Type, []string{vc.TypeCredential, typePassport}) { // 6a
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
	return checkStatus(p.Status) // 6e
}

// purposes are those of the entries of a passport, in their order.
var purposes = [...]string{vc.PurposeRevocation, vc.PurposeSuspension}

func checkStatus(entries vc.StatusEntries) error {
	if len(entries) == 0 || len(entries) > len(purposes) {
		return fmt.Errorf("%w: a passport has %d status entries, want one for revocation and one for suspension", vc.ErrMalformed, len(entries))
	}
	for i := range entries {
		if entries[i].StatusPurpose != purposes[i] {
			return fmt.Errorf("%w: status entry %d of a passport is for %.60q, want %s", vc.ErrMalformed, i+1, entries[i].StatusPurpose, purposes[i])
		}
		if err := entries[i].Check(); err != nil {
			return err
		}
	}
	return nil
}
