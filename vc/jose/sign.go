package jose

import (
	"context"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// SignOptions say how a token is made. The zero value names no time and the
// signer's did:chio.
type SignOptions struct {
	Method     string   // DID URL of the signer's key; "": that of its did:chio
	Controller string   // whose method it is; "": what Method says before its #
	Created    *vc.Time // iat
	Expires    *vc.Time // exp of a presentation; of a credential it follows from validUntil
	Audience   []string // aud: who asked for a presentation
	Challenge  string   // nonce: what they asked with

	Vocabulary vc.Vocabulary // judges the terms before anything is handed out
	Resource   func(url string) ([]byte, error)
}

// SignCredential makes a vc+jwt of an unsecured credential of VC 2.0. It
// applies the integrity rules of the gate, so what we refuse we do not write.
func SignCredential(unsecured []byte, signer wire.Signer, o SignOptions) ([]byte, error) {
	p, err := o.payload(unsecured)
	if err != nil {
		return nil, err
	}
	if p.has("issuanceDate") || p.has("expirationDate") {
		return nil, fmt.Errorf("%w: a credential of version 1.1 is made with SignVCJWT", ErrToken)
	}
	if err := p.copyID("iss", "issuer"); err != nil {
		return nil, err
	}
	return o.credential(MediaCredential, header{Typ: "vc+jwt", Cty: "vc"}, p, signer)
}

// SignVCJWT makes a VC-JWT of an unsecured credential of VC 1.1: the members
// that claims stand for are in both places.
func SignVCJWT(unsecured []byte, signer wire.Signer, o SignOptions) ([]byte, error) {
	inside, err := readObject(unsecured)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	p, err := o.payload([]byte("{}"))
	if err != nil {
		return nil, err
	}
	if p["vc"], err = wire.Marshal(inside); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	for claim, member := range map[string]string{"iss": "issuer", "jti": "id", "sub": "credentialSubject"} {
		if err := p.copyFrom(inside, claim, member); err != nil {
			return nil, err
		}
	}
	for claim, member := range map[string]string{"nbf": "issuanceDate", "exp": "expirationDate"} {
		if err := p.copyTime(inside, claim, member); err != nil {
			return nil, err
		}
	}
	return o.credential(MediaJWT, header{Typ: "JWT"}, p, signer)
}

// SignPresentation makes a vp+jwt of an unsecured presentation for whoever
// asked for it.
func SignPresentation(unsecured []byte, signer wire.Signer, o SignOptions) ([]byte, error) {
	p, err := o.payload(unsecured)
	if err != nil {
		return nil, err
	}
	if o.Expires != nil {
		p["exp"] = number(*o.Expires)
	}
	if err := p.copyID("iss", "holder"); err != nil {
		return nil, err
	}
	out, err := o.token(header{Typ: "vp+jwt", Cty: "vp"}, p, signer)
	if err != nil {
		return nil, err
	}
	g := vc.PresentationGate{Gate: o.gate(signer), Unbound: true, AllowEmpty: true}
	if r := vc.VerifyPresentationEnvelope(MediaPresentation, out, g); !r.Integrity {
		return nil, r.Err()
	}
	return out, nil
}

// Envelope puts a token into the JSON object that stands for it in a
// presentation (VC Data Model 2.0 §4.13).
func Envelope(media string, compact []byte) ([]byte, error) {
	kind := "EnvelopedVerifiableCredential"
	if _, ok := formOf(media); !ok {
		return nil, fmt.Errorf("%w: %.60q", ErrMedia, media)
	}
	if media == MediaPresentation {
		kind = "EnvelopedVerifiablePresentation"
	}
	return wire.Marshal(map[string]string{"@context": vc.ContextV2, "id": "data:" + media + "," + string(compact), "type": kind})
}

func (o *SignOptions) credential(media string, h header, p object, signer wire.Signer) ([]byte, error) {
	out, err := o.token(h, p, signer)
	if err != nil {
		return nil, err
	}
	if r := vc.VerifyEnvelope(media, out, o.gate(signer)); !r.Integrity {
		return nil, r.Err()
	}
	return out, nil
}

// payload is the document with the claims of the options.
func (o *SignOptions) payload(doc []byte) (object, error) {
	p, err := readObject(doc)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	for _, name := range []string{"iss", "sub", "jti", "nbf", "exp", "iat", "aud", "nonce", "vc", "vp"} {
		if p.has(name) {
			return nil, fmt.Errorf("%w: the document has a member %s", ErrClaims, name)
		}
	}
	if o.Created != nil {
		p["iat"] = number(*o.Created)
	}
	if o.Challenge != "" {
		if p["nonce"], err = wire.Marshal(o.Challenge); err != nil {
			return nil, err
		}
	}
	if len(o.Audience) == 1 {
		p["aud"], err = wire.Marshal(o.Audience[0])
	} else if len(o.Audience) > 1 {
		p["aud"], err = wire.Marshal(o.Audience)
	}
	return p, err
}

func (o *SignOptions) token(h header, p object, signer wire.Signer) ([]byte, error) {
	raw, err := wire.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	h.Kid = o.method(signer)
	return sign(h, raw, signer)
}

func (o *SignOptions) method(signer wire.Signer) string {
	if o.Method == "" {
		return did.FromKey(signer.Public()).KeyID()
	}
	return o.Method
}

// gate knows the one method of the signer.
func (o *SignOptions) gate(signer wire.Signer) vc.Gate {
	m := &did.Method{ID: o.method(signer), Controller: o.Controller, Key: did.NewEd25519(signer.Public())}
	if m.Controller == "" {
		m.Controller, _, _ = strings.Cut(m.ID, "#")
	}
	g := vc.Gate{
		Methods: own{m}, Envelope: Open, Vocabulary: o.Vocabulary, Resource: o.Resource,
		Schema: func(vc.Schema, []byte) error { return nil }, // whether it holds is for the issuer to know
	}
	return g
}

type own struct{ method *did.Method }

func (o own) Method(_ context.Context, url string, _ did.Purpose) (*did.Method, error) {
	if url != o.method.ID {
		return nil, fmt.Errorf("%w: %.140q", did.ErrMethod, url)
	}
	return o.method, nil
}
