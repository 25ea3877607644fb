package vc

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// maxCredentials bounds a presentation unless its gate says less.
const maxCredentials = 16

// The reasons a presentation is refused besides those of a credential.
var (
	ErrPresentation  = errors.New("presentation is malformed")
	ErrHolder        = errors.New("holder does not control the verification method")
	ErrChallenge     = errors.New("presentation was made for another challenge or domain")
	ErrNotSubject    = errors.New("holder is not the subject of the credential")
	ErrNoCredentials = errors.New("presentation holds no credential")
)

// Presentation is a presentation whose proofs have been verified. The raw
// values are canonical JSON.
type Presentation struct {
	Version     Version
	Context     wire.Raw
	ID          string
	Type        []string
	Holder      string     // a URL; of a presentation that names none, who controls the proof
	Credentials []wire.Raw // each a secured or enveloped credential
	Proofs      []Proof

	members []member
}

// Member returns the canonical value of a top-level member, nil if it is not
// there.
func (p *Presentation) Member(name string) wire.Raw { return find(p.members, name) }

// decode reads the members of a presentation and applies rule 21:
//
//	21a @context is an array that begins with that of VC 2.0 or 1.1
//	21b type is one or more terms, VerifiablePresentation among them; id, if
//	    there, is a URL
//	21c holder, if there, is a URL or an object with one
//	21d verifiableCredential, if there, is one or more objects
//	21e termsOfUse are objects with a type; no other member is there, unless a
//	    vocabulary judges it
func (p *Presentation) decode(ms []member, open bool) error {
	var c reading
	c.Credential = new(Credential)
	if err := c.context(find(ms, "@context")); err != nil { // 21a
		return fmt.Errorf("%w: @context: %w", ErrPresentation, err)
	}
	p.members, p.Version, p.Context = ms, c.Version, c.Context
	for _, m := range ms {
		if err := p.member(m, open); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrPresentation, m.name, err)
		}
	}
	if p.Type == nil { // 21b
		return fmt.Errorf("%w: it has no type", ErrPresentation)
	}
	return nil
}

func (p *Presentation) member(m member, open bool) (err error) {
	switch v := m.value; string(m.name) {
	case `"@context"`, `"proof"`:
	case `"id"`:
		p.ID, err = urlOf(v)
	case `"type"`: // 21b
		if p.Type, err = types(v); err == nil && !slices.Contains(p.Type, TypePresentation) {
			err = fmt.Errorf("%s is not among them", TypePresentation)
		}
	case `"holder"`: // 21c
		p.Holder, err = party(v, open)
	case `"verifiableCredential"`: // 21d
		p.Credentials, err = objects(v)
	case `"termsOfUse"`: // 21e
		err = entries(v, false, nil)
	default:
		if !open {
			return errors.New("this member is not known and no vocabulary defines it")
		}
		if err = checkTerm(m.name); err == nil {
			err = checkAliases(p.Context)
		}
	}
	return err
}

// objects reads the credentials of a presentation. An empty array holds none.
func objects(v []byte) ([]wire.Raw, error) {
	if string(v) == "[]" {
		return nil, nil
	}
	list, err := items(v)
	if err != nil {
		return nil, err
	}
	out := make([]wire.Raw, len(list))
	for i, item := range list {
		if !isObject(item) {
			return nil, fmt.Errorf("%.40q is not an object", item)
		}
		out[i] = item
	}
	return out, nil
}

// NewPresentation returns an unsecured presentation of VC 2.0 of a holder with
// credentials, each secured or enveloped JSON.
func NewPresentation(holder string, credentials ...[]byte) ([]byte, error) {
	list := make([]wire.Raw, len(credentials))
	for i, c := range credentials {
		list[i] = c
	}
	return wire.Marshal(struct {
		Context     []string   `json:"@context"`
		Holder      string     `json:"holder"`
		Type        []string   `json:"type"`
		Credentials []wire.Raw `json:"verifiableCredential,omitempty"`
	}{[]string{ContextV2}, holder, []string{TypePresentation}, list})
}

// SignPresentation signs a presentation for authentication: rules 20, 21 and 25
// of VerifyPresentation are applied first, the holder, if it names one, must be
// the controller of the method, and each credential in it must be secured. The
// challenge and the one domain are what the verifier asked for.
func SignPresentation(unsecured []byte, signer wire.Signer, o SignOptions) ([]byte, error) {
	canonical, err := wire.Canonicalize(unsecured, wire.ForeignLimits) // 20
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPresentation, err)
	}
	ms, err := members(canonical)
	if err != nil {
		return nil, err
	}
	var p Presentation
	if err := p.decode(ms, o.Vocabulary != nil); err != nil { // 21
		return nil, err
	}
	if p.Version == Version1 && !o.AllowV1 {
		return nil, fmt.Errorf("%w: it is of version 1.1: write one of 2.0, or ask for 1.1", ErrPresentation)
	}
	if c := o.controller(signer); p.Holder != "" && p.Holder != c { // 23
		return nil, fmt.Errorf("%w: holder %.100q, signer %.140q", ErrHolder, p.Holder, c)
	}
	for i, c := range p.Credentials {
		cm, err := members(c)
		if err == nil && find(cm, "proof") == nil && !isEnvelope(cm, typeEnvelopedCredential) {
			err = ErrNoProof
		}
		if err != nil {
			return nil, fmt.Errorf("%w: credential %d: %w", ErrPresentation, i, err)
		}
	}
	if o.Vocabulary != nil { // 25
		if err := o.Vocabulary.Check(canonical); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrVocabulary, err)
		}
	}
	if o.Purpose == "" {
		o.Purpose = did.PurposeAuthenticate
	}
	return addProof(canonical, signer, o, false)
}
