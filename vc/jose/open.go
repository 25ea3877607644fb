package jose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The media types of envelopes that Open understands.
const (
	MediaCredential   = "application/vc+jwt" // VC-JOSE-COSE
	MediaPresentation = "application/vp+jwt"
	MediaJWT          = "application/jwt" // the vc or vp claim of VC 1.1
)

// form is how one media type is read.
type form struct {
	types    []string // typ; "" means that it may be absent
	contents []string // cty
	read     func(*token, did.Purpose) (*vc.Opened, string, error)
}

func formOf(media string) (form, bool) {
	switch media {
	case MediaCredential:
		return form{[]string{"vc+jwt", MediaCredential}, []string{"", "vc", "application/vc"}, readCredential}, true
	case MediaPresentation:
		return form{[]string{"vp+jwt", MediaPresentation}, []string{"", "vp", "application/vp"}, readPresentation}, true
	case MediaJWT:
		return form{[]string{"", "JWT", "jwt", MediaJWT}, []string{""}, readClaim}, true
	}
	return form{}, false
}

// Open opens a credential or presentation that is a JSON Web Token; it is made
// for vc.Gate.Envelope. Rules 1 to 3 are J1 to J3 of the token:
//
//	J6 the media type is one of the three, and typ and cty are its own
//	J7 what is inside is what the purpose wants: a credential for assertion, a
//	   presentation for authentication
//	J8 every claim is known, and agrees with what is inside (readCredential,
//	   readPresentation, readClaim)
//	J9 the method is kid, a DID URL, or only #… within the DID of the issuer;
//	   without a kid, the one key of a did:chio or did:key
//	J4 J5 the signature is of the algorithm of that key, and verifies
//
// That the issuer or holder controls the method is for the gate.
func Open(s *vc.Sealed) (*vc.Opened, error) {
	f, ok := formOf(s.MediaType) // J6
	if !ok {
		return nil, fmt.Errorf("%w: %.60q", ErrMedia, s.MediaType)
	}
	t, err := parse(s.Data)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(f.types, t.header.Typ) || !slices.Contains(f.contents, t.header.Cty) { // J6
		return nil, fmt.Errorf("%w: typ %.40q and cty %.40q are not of %s", ErrHeader, t.header.Typ, t.header.Cty, s.MediaType)
	}
	opened, party, err := f.read(t, s.Purpose) // J7, J8
	if err != nil {
		return nil, err
	}
	url, err := methodURL(t.header.Kid, party) // J9
	if err != nil {
		return nil, err
	}
	if opened.Method, err = s.Method(url); err != nil {
		return nil, err
	}
	if err := t.verify(opened.Method.Key); err != nil { // J4, J5
		return nil, err
	}
	return opened, nil
}

// methodURL names the method a token is signed under.
func methodURL(kid, party string) (string, error) {
	if strings.HasPrefix(kid, "#") {
		kid = party + kid
	}
	if kid == "" {
		id, err := did.Parse(party)
		if err == nil {
			return id.KeyID(), nil
		}
		if name, ok := strings.CutPrefix(party, "did:key:"); ok {
			return party + "#" + name, nil
		}
		return "", fmt.Errorf("%w: without a kid nobody knows which key of %.100q it is", ErrHeader, party)
	}
	u, err := did.ParseURL(kid)
	if err != nil {
		return "", fmt.Errorf("%w: kid: %w", ErrHeader, err)
	}
	if u.Fragment == "" {
		return "", fmt.Errorf("%w: kid %.140q names no key", ErrHeader, kid)
	}
	return kid, nil
}

// readCredential reads vc+jwt (VC-JOSE-COSE §3.1.1): the payload is the
// credential, without vc or vp.
//
//	J8a iss is the issuer, jti the id, sub the id of the only subject
//	J8b nbf is validFrom and exp validUntil, where the credential has them
func readCredential(t *token, purpose did.Purpose) (*vc.Opened, string, error) {
	o := t.payload
	if purpose != did.PurposeAssertion || o.has("vc") || o.has("vp") { // J7
		return nil, "", fmt.Errorf("%w: a credential is expected that is itself the payload", ErrToken)
	}
	c, err := o.take()
	if err != nil {
		return nil, "", err
	}
	for _, err := range []error{
		o.agreeID("issuer", c.issuer, false), o.agreeID("id", c.id, false), o.agreeSubject(c.subject, false), // J8a
		o.agreeTime("validFrom", c.notBefore, false), o.agreeTime("validUntil", c.expires, false), // J8b
	} {
		if err != nil {
			return nil, "", err
		}
	}
	opened := c.opened()
	return finish(&opened, o, "issuer")
}

// readPresentation reads vp+jwt (VC-JOSE-COSE §3.1.2): iss is the holder, jti
// the id, and there is no sub. The times, aud and nonce are of the envelope.
func readPresentation(t *token, purpose did.Purpose) (*vc.Opened, string, error) {
	o := t.payload
	if purpose != did.PurposeAuthenticate || o.has("vc") || o.has("vp") { // J7
		return nil, "", fmt.Errorf("%w: a presentation is expected that is itself the payload", ErrToken)
	}
	c, err := o.take()
	if err != nil {
		return nil, "", err
	}
	if c.subject != "" { // J8
		return nil, "", fmt.Errorf("%w: a presentation has no sub", ErrClaims)
	}
	if err := o.agreeID("holder", c.issuer, true); err != nil { // J8
		return nil, "", err
	}
	if err := o.agreeID("id", c.id, false); err != nil { // J8
		return nil, "", err
	}
	opened := c.opened()
	return finish(&opened, o, "holder")
}

// finish writes the document and finds out whose it is.
func finish(opened *vc.Opened, o object, party string) (*vc.Opened, string, error) {
	var err error
	if opened.Document, err = wire.Marshal(o); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrToken, err)
	}
	v := o[party]
	if v.Kind() == '{' {
		inner, err := readObject(v)
		if err != nil {
			return nil, "", fmt.Errorf("%w: %s: %w", ErrToken, party, err)
		}
		v = inner["id"]
	}
	who, err := text(v)
	if err != nil && o.has(party) {
		return nil, "", fmt.Errorf("%w: %s: %w", ErrToken, party, err)
	}
	return opened, who, nil
}

func (o object) has(name string) bool { _, ok := o[name]; return ok }
