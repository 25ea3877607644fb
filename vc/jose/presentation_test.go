package jose_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

// onlyAuthentication lists one method for authentication only.
type onlyAuthentication struct{ method *did.Method }

func (o onlyAuthentication) Method(_ context.Context, url string, p did.Purpose) (*did.Method, error) {
	if url != o.method.ID || p != did.PurposeAuthenticate {
		return nil, fmt.Errorf("%w: %s", did.ErrPurpose, url)
	}
	return o.method, nil
}

func asked() vc.PresentationGate {
	return vc.PresentationGate{Gate: gate(), Challenge: "c", Domain: "verifier.example", HolderIsSubject: true}
}

func enveloped(t testing.TB, media string, token []byte, err error) members {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return members{"@context": vc.ContextV2, "type": "EnvelopedVerifiableCredential", "id": "data:" + media + "," + string(token)}
}

func TestPresentations(t *testing.T) {
	agent := key(t, 9)
	token, err := jose.SignCredential(wire.MustMarshal(credential(t)), key(t, 7), jose.SignOptions{})
	inside := enveloped(t, jose.MediaCredential, token, err)
	doc, h := presentation(t, inside), head(t, "vp+jwt", 9)
	claims := members{"aud": "verifier.example", "nonce": "c"}
	sign := func(change members) []byte { return forge(h, with(with(doc, claims), change), ed(agent)) }
	ours, err := jose.SignPresentation(wire.MustMarshal(doc), agent, jose.SignOptions{
		Audience: []string{"verifier.example"}, Challenge: "c", Created: new(vc.Time(t0)), Expires: new(vc.Time(t0 + 60))})
	if err != nil {
		t.Fatal(err)
	}
	broken := with(inside, members{"id": inside["id"].(string)[:60]})
	for name, c := range map[string]struct {
		token []byte
		want  error
	}{
		"ours":                     {ours, nil},
		"as others write it":       {sign(nil), nil},
		"iss and jti":              {sign(members{"iss": doc["holder"], "id": "urn:a:b", "jti": "urn:a:b"}), nil},
		"iss for the holder":       {sign(members{"iss": doc["holder"], "holder": nil}), nil},
		"iss of another":           {sign(members{"iss": didOf(t, 7).String()}), jose.ErrClaims},
		"jti of another":           {sign(members{"id": "urn:a:b", "jti": "urn:a:c"}), jose.ErrClaims},
		"sub":                      {sign(members{"sub": doc["holder"]}), jose.ErrClaims},
		"another aud":              {sign(members{"aud": "other.example"}), vc.ErrChallenge},
		"two aud":                  {sign(members{"aud": []any{"verifier.example", "other.example"}}), vc.ErrChallenge},
		"no aud":                   {sign(members{"aud": nil}), vc.ErrChallenge},
		"another nonce":            {sign(members{"nonce": "d"}), vc.ErrChallenge},
		"no nonce":                 {sign(members{"nonce": nil}), vc.ErrChallenge},
		"ended":                    {sign(members{"exp": t0}), vc.ErrExpired},
		"not begun":                {sign(members{"nbf": t0 + 1}), vc.ErrNotYetValid},
		"of another holder":        {sign(members{"holder": didOf(t, 11).String()}), vc.ErrHolder},
		"not the subject":          {forge(head(t, "vp+jwt", 11), with(doc, with(claims, members{"holder": didOf(t, 11).String()})), ed(key(t, 11))), vc.ErrNotSubject},
		"no credential":            {sign(members{"verifiableCredential": nil}), vc.ErrNoCredentials},
		"a credential of no proof": {sign(members{"verifiableCredential": []any{credential(t)}}), vc.ErrNoProof},
		"a credential broken":      {sign(members{"verifiableCredential": []any{broken}}), vc.ErrEnvelope},
		"a vp inside":              {sign(members{"vp": doc}), jose.ErrToken},
		"typ of a credential":      {forge(with(h, members{"typ": "vc+jwt"}), with(doc, claims), ed(agent)), jose.ErrHeader},
		"a credential":             {forge(h, credential(t), ed(agent)), vc.ErrPresentation},
		"unknown member":           {sign(members{"foo": 1}), vc.ErrPresentation},
	} {
		if r := vc.VerifyPresentationEnvelope(jose.MediaPresentation, c.token, asked()); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	// A credential is no presentation, and a presentation no credential.
	if r := vc.VerifyPresentationEnvelope(jose.MediaCredential, token, asked()); !errors.Is(r.Err(), jose.ErrToken) {
		t.Error(r.Err())
	}
	if r := vc.VerifyEnvelope(jose.MediaPresentation, ours, gate()); !errors.Is(r.Err(), jose.ErrToken) {
		t.Error(r.Err())
	}
	object, err := jose.Envelope(jose.MediaPresentation, ours)
	if err != nil {
		t.Fatal(err)
	}
	if r := vc.VerifyPresentation(object, asked()); r.Err() != nil {
		t.Error(r.Err())
	}
}

// Presentations of VC 1.1, as did-jwt-vc makes them: tokens as strings.
func TestClaimedPresentations(t *testing.T) {
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	agent, holder := key(t, 9), didOf(t, 9).String()
	doc := credential11(t)
	doc["credentialSubject"] = members{"id": holder}
	token, err := jose.SignVCJWT(wire.MustMarshal(doc), key(t, 7), jose.SignOptions{Vocabulary: p})
	if err != nil {
		t.Fatal(err)
	}
	vp := members{"@context": []any{vc.ContextV1}, "type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{string(token)}}
	claims := members{"vp": vp, "iss": holder, "aud": "verifier.example", "nonce": "c"}
	h := members{"alg": "EdDSA", "typ": "JWT"}
	sign := func(change members) []byte { return forge(h, with(claims, change), ed(agent)) }
	for name, c := range map[string]struct {
		token []byte
		want  error
	}{
		"a string":              {sign(nil), nil},
		"not in an array":       {sign(members{"vp": with(vp, members{"verifiableCredential": string(token)})}), nil},
		"jti":                   {sign(members{"jti": "urn:a:b"}), nil},
		"no iss":                {sign(members{"iss": nil}), jose.ErrClaims},
		"another holder":        {sign(members{"vp": with(vp, members{"holder": didOf(t, 7).String()})}), jose.ErrClaims},
		"sub":                   {sign(members{"sub": holder}), jose.ErrClaims},
		"a vc":                  {sign(members{"vp": nil, "vc": doc}), jose.ErrToken},
		"both":                  {sign(members{"vc": doc}), jose.ErrToken},
		"further claim":         {sign(members{"foo": 1}), jose.ErrToken},
		"token broken":          {sign(members{"vp": with(vp, members{"verifiableCredential": []any{string(token[:50])}})}), vc.ErrEnvelope},
		"token with a percent":  {sign(members{"vp": with(vp, members{"verifiableCredential": []any{"%41"}})}), vc.ErrEnvelope},
		"number for a token":    {sign(members{"vp": with(vp, members{"verifiableCredential": []any{1}})}), vc.ErrPresentation},
		"signed by another":     {forge(h, claims, ed(key(t, 7))), wire.ErrBadSignature},
		"another nonce":         {sign(members{"nonce": "d"}), vc.ErrChallenge},
		"credential of another": {sign(members{"vp": with(vp, members{"verifiableCredential": []any{string(forge(h, members{"vc": doc, "iss": holder, "nbf": nbf}, ed(agent)))}})}), jose.ErrClaims},
	} {
		if r := vc.VerifyPresentationEnvelope(jose.MediaJWT, c.token, asked()); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

// A verifier with a vocabulary reads them too.
func TestClaimedPresentationUnderAVocabulary(t *testing.T) {
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	doc := credential11(t)
	doc["credentialSubject"] = members{"id": didOf(t, 9).String()}
	token, err := jose.SignVCJWT(wire.MustMarshal(doc), key(t, 7), jose.SignOptions{Vocabulary: p})
	if err != nil {
		t.Fatal(err)
	}
	vp := members{"@context": []any{vc.ContextV1}, "type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{string(token)}}
	g := asked()
	g.Vocabulary = p
	claims := members{"vp": vp, "iss": didOf(t, 9).String(), "aud": "verifier.example", "nonce": "c"}
	if r := vc.VerifyPresentationEnvelope(jose.MediaJWT, forge(members{"alg": "EdDSA"}, claims, ed(key(t, 9))), g); r.Err() != nil {
		t.Error(r.Err())
	}
}
