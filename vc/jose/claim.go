package jose

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// readClaim reads a token of VC Data Model 1.1 §6.3.1, whose credential or
// presentation is a claim, and puts the members back that became claims.
//
//	J8c there is a vc for assertion or a vp for authentication, and no claim
//	    besides the registered ones and nonce; what it says of times is of 1.1
//	J8d of a credential: iss and nbf are there; iss is the issuer, jti the id,
//	    sub the id of the only subject, nbf issuanceDate, exp expirationDate;
//	    each member is equal or absent
//	J8e of a presentation: iss is there and the holder, jti the id; a credential
//	    that is a string is a token of this kind. Such a one is handed on in an
//	    envelope, which only VC 2.0 knows: a context that is that of 1.1 alone
//	    becomes that of 2.0, where id, type and holder mean the same
func readClaim(t *token, purpose did.Purpose) (*vc.Opened, string, error) {
	name := "vc"
	if purpose == did.PurposeAuthenticate {
		name = "vp"
	}
	inside, ok := t.payload[name]
	delete(t.payload, name)
	c, err := t.payload.take()
	if err != nil {
		return nil, "", err
	}
	if !ok || len(t.payload) != 0 { // J7, J8c
		return nil, "", fmt.Errorf("%w: want the claim %s, and none besides it and the registered ones", ErrToken, name)
	}
	o, err := readObject(inside)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %s: %w", ErrToken, name, err)
	}
	if c.issuer == "" { // J8d, J8e
		return nil, "", fmt.Errorf("%w: there is no iss", ErrClaims)
	}
	if err := o.agreeID("id", c.id, true); err != nil {
		return nil, "", err
	}
	if name == "vp" {
		return claimedPresentation(o, &c)
	}
	return claimedCredential(o, &c)
}

func claimedCredential(o object, c *claims) (*vc.Opened, string, error) {
	if c.notBefore == nil { // J8d
		return nil, "", fmt.Errorf("%w: there is no nbf", ErrClaims)
	}
	if o.has("validFrom") || o.has("validUntil") { // J8c
		return nil, "", fmt.Errorf("%w: a credential of version 2.0 is a vc+jwt", ErrToken)
	}
	for _, err := range []error{
		o.agreeID("issuer", c.issuer, true), o.agreeSubject(c.subject, true), // J8d
		o.agreeTime("issuanceDate", c.notBefore, true), o.agreeTime("expirationDate", c.expires, true), // J8d
	} {
		if err != nil {
			return nil, "", err
		}
	}
	opened := c.opened()
	return finish(&opened, o, "issuer")
}

func claimedPresentation(o object, c *claims) (*vc.Opened, string, error) {
	if c.subject != "" { // J8e
		return nil, "", fmt.Errorf("%w: a presentation has no sub", ErrClaims)
	}
	if err := o.agreeID("holder", c.issuer, true); err != nil { // J8e
		return nil, "", err
	}
	if v, ok := o["verifiableCredential"]; ok { // J8e
		list := []wire.Raw{v}
		if v.Kind() == '[' {
			if err := wire.Unmarshal(v, &list, wire.ForeignLimits); err != nil {
				return nil, "", fmt.Errorf("%w: verifiableCredential: %w", ErrToken, err)
			}
		}
		if err := o.wrap(list); err != nil {
			return nil, "", err
		}
	}
	opened := c.opened()
	return finish(&opened, o, "holder")
}

// wrap puts credentials that are strings into envelopes.
func (o object) wrap(list []wire.Raw) error {
	wrapped := false
	for i, v := range list {
		if v.Kind() != '"' {
			continue
		}
		var s string
		if err := wire.Unmarshal(v, &s, wire.ForeignLimits); err != nil {
			return fmt.Errorf("%w: verifiableCredential: %w", ErrToken, err)
		}
		raw, err := Envelope(MediaJWT, []byte(s))
		if err != nil {
			return err
		}
		list[i], wrapped = raw, true
	}
	raw, err := wire.Marshal(list)
	if err != nil {
		return err
	}
	o["verifiableCredential"] = raw
	if context, err := texts(o["@context"]); wrapped && err == nil && len(context) == 1 && context[0] == vc.ContextV1 {
		o["@context"] = wire.Raw(`["` + vc.ContextV2 + `"]`)
	}
	return nil
}
