package vc

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// The contexts a credential begins with.
const (
	ContextV2 = "https://www.w3.org/ns/credentials/v2"
	ContextV1 = "https://www.w3.org/2018/credentials/v1"
)

// The types this package gives a meaning to.
const (
	TypeCredential   = "VerifiableCredential"
	TypePresentation = "VerifiablePresentation"
	typeStatusList   = "BitstringStatusListCredential"
)

// Version is the version of the data model.
type Version string

// The versions that are understood.
const (
	Version2 Version = "2.0"
	Version1 Version = "1.1"
)

// ErrMalformed refuses a credential or presentation for its shape.
var ErrMalformed = errors.New("credential is malformed")

// Credential is a credential whose proofs have been verified; a Profile and the
// caller read it. Its window, status and issuer have not been judged by that.
// The raw values are canonical JSON.
type Credential struct {
	Version    Version
	Context    wire.Raw // an array; the first is ContextV2 or ContextV1
	ID         string
	Type       []string
	Issuer     string   // a URL, of an object its id
	ValidFrom  *Time    // issuanceDate of VC 1.1; rounded up to a second
	ValidUntil *Time    // expirationDate of VC 1.1; rounded down
	Subject    wire.Raw // an object, or an array of objects
	Status     StatusEntries
	Schemas    []Schema
	Proofs     []Proof

	// Plain: it is spelled as this package spells its own. One proof object of
	// eddsa-jcs-2022, or an envelope for nobody in particular; an
	// issuer that is a string, a type array, one subject, times in UTC whole
	// seconds, no optional member of the data model.
	Plain bool

	members   []member
	resources []resource
}

// Schema names a schema the credential says it follows.
type Schema struct {
	ID   string
	Type []string

	digests []digest // that the credential states, here or as a related resource
}

// Matches checks the bytes of the schema against every digest that the
// credential states for it; one that states none takes any.
func (s Schema) Matches(document []byte) error {
	for _, d := range s.digests {
		if !d.matches(document) {
			return fmt.Errorf("%w: schema %.100q has another digest", ErrResource, s.ID)
		}
	}
	return nil
}

// Member returns the canonical value of a top-level member, nil if it is not
// there.
func (c *Credential) Member(name string) wire.Raw { return find(c.members, name) }

// SubjectIDs are the ids of the subjects, "" for one that has none.
func (c *Credential) SubjectIDs() []string {
	subjects, err := items(c.Subject)
	if err != nil {
		return nil
	}
	ids := make([]string, 0, len(subjects))
	for _, s := range subjects {
		ms, _ := members(s)
		id, _ := text(find(ms, "id"))
		ids = append(ids, id)
	}
	return ids
}

// ProofsExpire is the earliest expires of the proofs, nil if none expires.
func (c *Credential) ProofsExpire() *Time {
	var first *Time
	for i := range c.Proofs {
		if e := c.Proofs[i].Expires; e != nil && (first == nil || *e < *first) {
			first = e
		}
	}
	return first
}
