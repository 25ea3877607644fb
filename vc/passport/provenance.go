package passport

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// SchemaProvenance is the schema of a ProvenanceRecord.
const SchemaProvenance = "chio.enterprise_provenance.v1"

// MethodOIDC is the method of a login at an OpenID Connect provider.
const MethodOIDC = "oidc"

// provenancePrefix begins the rows of provenance records: + uuid of the passport.
const provenancePrefix = "v/provenance/"

const (
	maxPrincipal = 255
	maxFacts     = 1024 // groups, roles
	saltBytes    = 16
)

// The refusals of a provenance record.
var (
	// ErrNoProvenance: nothing is kept here about a passport's provenance.
	ErrNoProvenance = errors.New("no provenance record of this passport is kept here")
	// ErrProvenance: the record is not the one the passport refers to.
	ErrProvenance = errors.New("the provenance record is not this passport's")
)

// ProvenanceRecord is what an identity provider said when an agent was
// enrolled, in the organisation's words: the document behind a Provenance. It
// holds no token, and of persons what the provider calls their principal. The
// salt keeps those who see only the digest from guessing.
type ProvenanceRecord struct {
	Schema       string   `json:"schema"`
	Provider     string   `json:"provider"`
	Method       string   `json:"method"`
	Issuer       did.DID  `json:"issuer"` // the organisation that keeps it
	Agent        string   `json:"agent"`  // its name, which outlives its key
	Principal    string   `json:"principal"`
	Tenant       string   `json:"tenant,omitempty"`
	Organization string   `json:"organization,omitempty"`
	Groups       []string `json:"groups,omitempty"` // sorted
	Roles        []string `json:"roles,omitempty"`  // sorted
	AuthTime     int64    `json:"auth_time,omitzero"`
	ACR          string   `json:"acr,omitempty"`
	AMR          []string `json:"amr,omitempty"` // sorted
	VerifiedAt   int64    `json:"verified_at"`
	Salt         string   `json:"salt"` // 32 hex characters
}

// NewProvenanceRecord completes a record with schema and salt.
func NewProvenanceRecord(r ProvenanceRecord, rand io.Reader) (*ProvenanceRecord, error) {
	var salt [saltBytes]byte
	if _, err := io.ReadFull(rand, salt[:]); err != nil {
		return nil, fmt.Errorf("drawing a salt: %w", err)
	}
	r.Schema, r.Salt = SchemaProvenance, hex.EncodeToString(salt[:])
	return &r, r.check()
}

// ParseProvenanceRecord reads a canonical record.
func ParseProvenanceRecord(doc []byte) (*ProvenanceRecord, error) {
	var r ProvenanceRecord
	if err := wire.UnmarshalCanonical(doc, &r, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProvenance, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProvenance, err)
	}
	return &r, nil
}

// check applies the rules of a record:
//
//	1 schema, the organisation's DID, the agent's name, a whole reference
//	2 a principal, other texts if they are there, all printable and bounded
//	3 lists are sorted, without repetitions
//	4 times are not negative, the salt is 128 bits
func (r *ProvenanceRecord) check() error {
	malformed := func(what string) error {
		return fmt.Errorf("%w: provenance record: %s", vc.ErrMalformed, what)
	}
	if r.Schema != SchemaProvenance { // 1
		return malformed("schema is not " + SchemaProvenance)
	}
	if _, err := did.Parse(string(r.Issuer)); err != nil || !isText(r.Agent, maxName) { // 1
		return malformed("issuer is not a did:chio, or the agent has no name")
	}
	if err := (&Provenance{r.Provider, r.Method, wire.Digest{1}}).check(); err != nil { // 1
		return err
	}
	if !isText(r.Principal, maxPrincipal) { // 2
		return malformed("principal is missing or too long")
	}
	for _, s := range []string{r.Tenant, r.Organization, r.ACR} { // 2
		if s != "" && !isText(s, maxPrincipal) {
			return malformed("a text is too long or not printable")
		}
	}
	for _, list := range [][]string{r.Groups, r.Roles, r.AMR} { // 2, 3
		if len(list) > maxFacts || !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) ||
			slices.ContainsFunc(list, func(s string) bool { return !isText(s, maxPrincipal) }) {
			return malformed("a list is not sorted, or holds what is too long or not printable")
		}
	}
	if salt, err := hex.DecodeString(r.Salt); err != nil || len(salt) != saltBytes || hex.EncodeToString(salt) != r.Salt { // 4
		return malformed("salt is not 32 lower-case hex characters")
	}
	if r.AuthTime < 0 || r.VerifiedAt < 1 { // 4
		return malformed("auth_time or verified_at is missing or negative")
	}
	return nil
}

// Canonical is the record as it is kept, shown and hashed.
func (r *ProvenanceRecord) Canonical() ([]byte, error) { return wire.Marshal(r) }

// Reference is what the passport says of the record.
func (r *ProvenanceRecord) Reference() (*Provenance, error) {
	doc, err := r.Canonical()
	if err != nil {
		return nil, err
	}
	return &Provenance{Provider: r.Provider, Method: r.Method, Digest: wire.Hash(doc)}, nil
}

// CheckProvenance compares a record with what a verified passport says:
//
//	1 the passport refers to a record
//	2 provider and method are the same
//	3 the record is of the same organisation about the same agent
//	4 the SHA-256 of its canonical form is the digest
func CheckProvenance(p *Passport, r *ProvenanceRecord) error {
	says := p.Subject.Provenance
	if says == nil { // 1
		return fmt.Errorf("%w: the passport refers to none", ErrProvenance)
	}
	ref, err := r.Reference()
	if err != nil {
		return err
	}
	switch {
	case ref.Provider != says.Provider || ref.Method != says.Method: // 2
		return fmt.Errorf("%w: it is of another provider or method", ErrProvenance)
	case r.Issuer != p.Issuer || r.Agent != p.Subject.Name: // 3
		return fmt.Errorf("%w: it is about another agent", ErrProvenance)
	case ref.Digest != says.Digest: // 4
		return fmt.Errorf("%w: its digest is %s, the passport says %s", ErrProvenance, ref.Digest, says.Digest)
	}
	return nil
}

// KeepProvenance files the record of a passport beside it.
func KeepProvenance(tx store.Tx, passportID string, r *ProvenanceRecord) error {
	doc, err := r.Canonical()
	if err != nil {
		return err
	}
	tx.Set(provenancePrefix+uuidOf(passportID), doc)
	return nil
}

// KeptProvenance is the record of a passport, or ErrNoProvenance.
func KeptProvenance(r store.Reader, passportID string) (*ProvenanceRecord, error) {
	doc, err := r.Get(provenancePrefix + uuidOf(passportID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoProvenance, passportID)
	}
	if err != nil {
		return nil, err
	}
	return ParseProvenanceRecord(doc)
}

// CarryProvenance files the record of one passport, if there is any, beside its
// successor, which says the same of the same agent.
func CarryProvenance(tx store.Tx, from, to string) error {
	r, err := KeptProvenance(tx, from)
	if errors.Is(err, ErrNoProvenance) {
		return nil
	}
	if err != nil {
		return err
	}
	return KeepProvenance(tx, to, r)
}
