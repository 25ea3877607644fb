package vc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The types of objects that carry a credential or presentation in an envelope.
const (
	typeEnvelopedCredential   = "EnvelopedVerifiableCredential"
	typeEnvelopedPresentation = "EnvelopedVerifiablePresentation"
)

// ErrEnvelope refuses an enveloped credential or presentation.
var ErrEnvelope = errors.New("enveloped credential is not acceptable")

// Sealed is a credential or presentation in an envelope, such as a JWT, before
// its signature was checked.
type Sealed struct {
	MediaType string      // of the data: URL, lower-case, without parameters: application/vc+jwt
	Data      []byte      // what the envelope is, such as a compact JWS
	Purpose   did.Purpose // assertionMethod for a credential, authentication for a presentation

	// Method resolves the key of a method and checks that its controller lists
	// it for Purpose. The opener takes its key from here and nowhere else.
	Method func(url string) (*did.Method, error)
}

// Opened is what an envelope held once its signature has been verified.
type Opened struct {
	Document  []byte      // JSON of the credential or presentation
	Method    *did.Method // under whose key the envelope verified, as Sealed.Method gave it
	Created   *Time       // when the envelope says it was made, if it does
	Expires   *Time       // when it says it ends
	Audience  []string    // for whom it was made: the domain of a presentation
	Challenge string      // the nonce of a presentation
}

// proof is the envelope as a proof, for the rules that ask when and for whom.
func (o *Opened) proof(s *Sealed) Proof {
	return Proof{
		Type: s.MediaType, VerificationMethod: o.Method.ID, Purpose: s.Purpose,
		Created: o.Created, Expires: o.Expires, Domain: o.Audience, Challenge: o.Challenge,
	}
}

// isEnvelope reports whether an object says it is of that enveloped type.
func isEnvelope(ms []member, kind string) bool {
	v := find(ms, "type")
	return string(v) == `"`+kind+`"` || string(v) == `["`+kind+`"]`
}

// readEnvelope reads an enveloped object (VC Data Model 2.0 §4.13.1):
//
//	a @context is, or begins with, that of VC 2.0 · b id is a data: URL with a
//	media type · c there is nothing else but the type
func readEnvelope(ms []member) (mediaType string, data []byte, err error) {
	first := find(ms, "@context")
	if isArray(first) {
		list, err := items(first)
		if err != nil {
			return "", nil, fmt.Errorf("%w: @context: %w", ErrEnvelope, err)
		}
		first = list[0]
	}
	if string(first) != `"`+ContextV2+`"` { // a
		return "", nil, fmt.Errorf("%w: @context does not begin with %s", ErrEnvelope, ContextV2)
	}
	for _, m := range ms { // c
		if n := string(m.name); n != `"@context"` && n != `"id"` && n != `"type"` {
			return "", nil, fmt.Errorf("%w: member %.60s is not known", ErrEnvelope, m.name)
		}
	}
	id, err := urlOf(find(ms, "id")) // b
	if err != nil {
		return "", nil, fmt.Errorf("%w: id: %w", ErrEnvelope, err)
	}
	return readDataURL(id)
}

// readDataURL reads data:<media type>[;parameter]…[;base64],<data> (RFC 2397).
// Percent-encoding is refused: no envelope needs it.
func readDataURL(s string) (mediaType string, data []byte, err error) {
	rest, ok := strings.CutPrefix(s, "data:")
	head, body, comma := strings.Cut(rest, ",")
	if !ok || !comma || body == "" || strings.Contains(rest, "%") {
		return "", nil, fmt.Errorf("%w: id %.60q is not a data: URL without percent-encoding", ErrEnvelope, s)
	}
	head, packed := strings.CutSuffix(head, ";base64")
	mediaType, _, _ = strings.Cut(head, ";")
	if !strings.Contains(mediaType, "/") {
		return "", nil, fmt.Errorf("%w: id %.60q names no media type", ErrEnvelope, s)
	}
	if !packed {
		return strings.ToLower(mediaType), []byte(body), nil
	}
	if data, err = base64.StdEncoding.Strict().DecodeString(body); err != nil {
		return "", nil, fmt.Errorf("%w: id: %w", ErrEnvelope, err)
	}
	return strings.ToLower(mediaType), data, nil
}

// openEnveloped opens an EnvelopedVerifiableCredential.
func (g *Gate) openEnveloped(ms []member, note step) (*Credential, error) {
	mediaType, data, err := readEnvelope(ms)
	if err != nil {
		return nil, note(3, "acceptable proofs", err)
	}
	return g.openSealed(mediaType, data, note)
}

// openSealed applies the integrity rules to a credential in an envelope. The
// envelope is the proof: rule 3 is that there is an opener for it, 5 that it
// opens, 4 that the issuer controls the method it opened under, 1 and 2 are of
// the credential inside, which has no proof of its own.
func (g *Gate) openSealed(mediaType string, data []byte, note step) (*Credential, error) {
	s := g.sealed(mediaType, data, did.PurposeAssertion)
	o, err := g.unseal(s)
	if note(5, "signature", err) != nil {
		return nil, err
	}
	canonical, err := wire.Canonicalize(o.Document, wire.ForeignLimits) // 1
	if err != nil {
		return nil, note(1, "strict JSON", fmt.Errorf("%w: %w", ErrMalformed, err))
	}
	ms, err := members(canonical)
	if err == nil && find(ms, "proof") != nil {
		err = malformed("an enveloped credential has a proof of its own")
	}
	if note(3, "acceptable proofs", err) != nil {
		return nil, err
	}
	c := &Credential{Proofs: []Proof{o.proof(s)}, Plain: o.Audience == nil && o.Challenge == ""}
	if err := note(2, "data model", c.decode(ms, g.Vocabulary != nil)); err != nil {
		return nil, err
	}
	if o.Method.Controller != c.Issuer {
		err = fmt.Errorf("%w: issuer %.100q, method %.140q", ErrController, c.Issuer, o.Method.ID)
	}
	if note(4, "issuer controls the method", err) != nil {
		return nil, err
	}
	return c, g.terms(c, canonical, note)
}

func (g *Gate) sealed(mediaType string, data []byte, purpose did.Purpose) *Sealed {
	return &Sealed{
		MediaType: mediaType, Data: bytes.Clone(data), Purpose: purpose,
		Method: func(url string) (*did.Method, error) { return g.method(url, purpose) },
	}
}

// unseal calls the opener and insists that it names the method it used.
func (g *Gate) unseal(s *Sealed) (*Opened, error) {
	if g.Envelope == nil {
		return nil, fmt.Errorf("%w: nobody was given to open %.60q", ErrEnvelope, s.MediaType)
	}
	o, err := g.Envelope(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnvelope, err)
	}
	if o == nil || o.Method == nil || o.Method.ID == "" || o.Method.Controller == "" {
		return nil, fmt.Errorf("%w: it names no verification method", ErrEnvelope)
	}
	return o, nil
}
