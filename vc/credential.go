package vc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// ContextV2 is the context every credential begins with.
const ContextV2 = "https://www.w3.org/ns/credentials/v2"

// The types of credential this package gives a meaning to.
const (
	TypeCredential = "VerifiableCredential"
	typeStatusList = "BitstringStatusListCredential"
)

// ErrMalformed refuses a credential for its shape.
var ErrMalformed = errors.New("credential is malformed")

// credential holds the members of a credential, besides @context and proof,
// that have a meaning here. Any other is refused: nothing may be carried that
// no check looks at.
type credential struct {
	ID         string        `json:"id,omitempty"`
	Type       []string      `json:"type"`
	Issuer     string        `json:"issuer"`
	ValidFrom  *Time         `json:"validFrom,omitempty"`
	ValidUntil *Time         `json:"validUntil,omitempty"`
	Subject    wire.Raw      `json:"credentialSubject"`
	Status     StatusEntries `json:"credentialStatus,omitempty"`
}

// Credential is a credential whose proof has been verified; a Profile and the
// caller read it. Its window, status and issuer have not been judged by that.
type Credential struct {
	credential
	Context wire.Raw // canonical
}

// step is one numbered check of the gate: what it is called and how it went.
type step func(rule int, name string, err error) error

// parseVerified applies the integrity rules to a document:
//
//	1 strict JSON within the limits: no repeated name, valid UTF-8
//	2 a VC 2.0 document: first context, type array, known members only
//	3 exactly one proof, eddsa-jcs-2022 for assertion, known members only
//	4 the issuer is the controller of the verification method
//	5 the signature verifies
func parseVerified(doc []byte, note step) (*Credential, error) {
	canonical, err := wire.Canonicalize(doc, wire.ForeignLimits) // 1
	if note(1, "strict JSON", err) != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	s, err := takeApart(canonical) // 3, before 2: without a proof there is nothing to read
	if note(3, "one acceptable proof", err) != nil {
		return nil, err
	}
	p := Credential{Context: s.context}
	if err := note(2, "credential 2.0", p.decode(s.members)); err != nil {
		return nil, err
	}
	base, id, err := controller(s.proof.VerificationMethod) // 4
	if err == nil && base != p.Issuer {
		err = fmt.Errorf("%w: issuer %.100q, method %.140q", ErrController, p.Issuer, s.proof.VerificationMethod)
	}
	if note(4, "issuer controls the method", err) != nil {
		return nil, err
	}
	if err := note(5, "signature", s.verify(id.Key())); err != nil {
		return nil, err
	}
	return &p, nil
}

// decode reads the members besides @context and proof, and applies rule 2.
func (p *Credential) decode(members []byte) error {
	if err := wire.Unmarshal(members, &p.credential, wire.ForeignLimits); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !bytes.HasPrefix(p.Context, []byte(`["`+ContextV2+`"`)) {
		return fmt.Errorf("%w: @context must be an array that begins with %s", ErrMalformed, ContextV2)
	}
	if !slices.Contains(p.Type, TypeCredential) {
		return fmt.Errorf("%w: type must contain %s", ErrMalformed, TypeCredential)
	}
	if len(p.Subject) == 0 || p.Subject[0] != '{' {
		return fmt.Errorf("%w: credentialSubject must be one object", ErrMalformed)
	}
	if p.ValidFrom != nil && p.ValidUntil != nil && *p.ValidUntil <= *p.ValidFrom {
		return fmt.Errorf("%w: validUntil %s is not after validFrom %s", ErrMalformed, *p.ValidUntil, *p.ValidFrom)
	}
	return nil
}
