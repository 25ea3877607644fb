package jose_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

func TestVCJWT(t *testing.T) {
	org, issuer, agent := key(t, 7), didOf(t, 7).String(), didOf(t, 9).String()
	doc := credential11(t)
	ours, err := jose.SignVCJWT(wire.MustMarshal(doc), org, jose.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// As did-jwt-vc writes it: what a claim says is not said again.
	bare := with(doc, members{"issuer": nil, "id": nil, "issuanceDate": nil, "expirationDate": nil, "credentialSubject": members{"name": "researcher"}})
	h := members{"alg": "EdDSA", "typ": "JWT"}
	claims := members{"vc": bare, "iss": issuer, "sub": agent, "jti": doc["id"], "nbf": nbf, "exp": exp}
	sign := func(change members) []byte { return forge(h, with(claims, change), ed(org)) }
	inner := func(change members) []byte { return sign(members{"vc": with(bare, change)}) }
	vectors := &recorder{media: jose.MediaJWT}
	for name, c := range map[string]struct {
		token []byte
		want  error
	}{
		"ours":                   {ours, nil},
		"claims alone":           {sign(nil), nil},
		"no typ":                 {forge(members{"alg": "EdDSA"}, claims, ed(org)), nil},
		"both":                   {sign(members{"vc": doc}), nil},
		"issuer an object":       {inner(members{"issuer": members{"name": "acme"}}), nil},
		"no sub":                 {sign(members{"sub": nil}), nil},
		"no exp":                 {sign(members{"exp": nil}), nil},
		"fractions":              {inner(members{"issuanceDate": "2026-09-01T00:00:00.123Z"}), nil},
		"no iss":                 {sign(members{"iss": nil}), jose.ErrClaims},
		"no nbf":                 {sign(members{"nbf": nil}), jose.ErrClaims},
		"no vc":                  {sign(members{"vc": nil}), jose.ErrToken},
		"vc no object":           {sign(members{"vc": "x"}), jose.ErrToken},
		"vc null":                {sign(members{"vc": []any{}}), jose.ErrToken},
		"further claim":          {sign(members{"credentialStatus": members{}}), jose.ErrToken},
		"vp besides":             {sign(members{"vp": members{}}), jose.ErrToken},
		"another issuer":         {inner(members{"issuer": agent}), jose.ErrClaims},
		"another issuer, object": {inner(members{"issuer": members{"id": agent}}), jose.ErrClaims},
		"another subject":        {inner(members{"credentialSubject": members{"id": issuer}}), jose.ErrClaims},
		"two subjects":           {inner(members{"credentialSubject": []any{members{}, members{}}}), jose.ErrClaims},
		"another id":             {inner(members{"id": "urn:a:b"}), jose.ErrClaims},
		"another issuanceDate":   {inner(members{"issuanceDate": till}), jose.ErrClaims},
		"another expirationDate": {inner(members{"expirationDate": from}), jose.ErrClaims},
		"expirationDate no time": {inner(members{"expirationDate": "soon"}), jose.ErrClaims},
		"validUntil":             {inner(members{"validUntil": till}), jose.ErrToken},
		"of version 2.0":         {inner(members{"@context": []any{vc.ContextV2}}), vc.ErrMalformed},
		"expired":                {sign(members{"exp": t0}), vc.ErrExpired},
		"not begun":              {sign(members{"nbf": t0 + 1}), vc.ErrNotYetValid},
		"iss of another":         {sign(members{"iss": agent}), wire.ErrBadSignature},
		"kid of another":         {forge(head(t, "JWT", 11), claims, ed(key(t, 11))), vc.ErrController},
		"typ of vc+jwt":          {forge(with(h, members{"typ": "vc+jwt"}), claims, ed(org)), jose.ErrHeader},
		"a proof inside":         {inner(members{"proof": members{}}), vc.ErrMalformed},
	} {
		vectors.add(name, c.token, c.want)
		if r := vc.VerifyEnvelope(jose.MediaJWT, c.token, gate()); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	vectors.compare(t, "vc-jwt-claim.json")
	// An issuer of did:key, whose one key needs no kid.
	name := "did:key:" + didOf(t, 7).Multibase()
	if r := vc.VerifyEnvelope(jose.MediaJWT, sign(members{"iss": name}), gate()); r.Err() != nil || r.Issuer != name {
		t.Error(r.Err())
	}
	if r := vc.VerifyEnvelope(jose.MediaJWT, sign(members{"iss": "did:web:x.example"}), gate()); !errors.Is(r.Err(), jose.ErrHeader) {
		t.Error(r.Err())
	}
	if r := vc.VerifyEnvelope(jose.MediaJWT, sign(members{"iss": "did:key:zQ3s"}), gate()); !errors.Is(r.Err(), did.ErrMethod) {
		t.Error(r.Err())
	}
}
