package vc_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

var errSeal = errors.New("seal is broken")

// seal is the simplest envelope there could be: method, signature and document
// in hex. Only what a verifier must be told is in its head.
func seal(t testing.TB, signer *wire.Key, doc []byte) string {
	t.Helper()
	sig, err := signer.Sign(doc)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join([]string{hex.EncodeToString([]byte(did.FromKey(signer.Public()).KeyID())), hex.EncodeToString(sig[:]), hex.EncodeToString(doc)}, ".")
}

// openSeal opens it; further says what the envelope claims besides.
func openSeal(further vc.Opened) func(*vc.Sealed) (*vc.Opened, error) {
	return func(s *vc.Sealed) (*vc.Opened, error) {
		parts := strings.Split(string(s.Data), ".")
		if len(parts) != 3 || s.MediaType != "application/x-seal" {
			return nil, errSeal
		}
		var raw [3][]byte
		for i, p := range parts {
			b, err := hex.DecodeString(p)
			if err != nil {
				return nil, errSeal
			}
			raw[i] = b
		}
		m, err := s.Method(string(raw[0]))
		if err != nil {
			return nil, err
		}
		if err := m.Key.Verify(raw[2], raw[1]); err != nil {
			return nil, err
		}
		out := further
		out.Document, out.Method = raw[2], m
		return &out, nil
	}
}

func enveloped(kind, id string) []byte {
	return wire.MustMarshal(map[string]any{"@context": vc.ContextV2, "type": kind, "id": id})
}

func TestEnvelopedCredentials(t *testing.T) {
	org := key(t, 7)
	inner := base(t, `{}`)
	sealed := seal(t, org, inner)
	good := enveloped("EnvelopedVerifiableCredential", "data:application/x-seal,"+sealed)
	g := vc.Gate{Now: t0, TrustedIssuer: anyone, AllowNoStatus: true, Envelope: openSeal(vc.Opened{})}
	secured, err := vc.Sign(inner, org, t0)
	if err != nil {
		t.Fatal(err)
	}
	soon, past := vc.Time(t0+100), vc.Time(t0-1)
	text := string(good)
	edit := func(from, to string) []byte { return []byte(strings.Replace(text, from, to, 1)) }
	again := func(doc []byte) []byte {
		return enveloped("EnvelopedVerifiableCredential", "data:application/x-seal,"+seal(t, org, doc))
	}
	nobody := func(*vc.Sealed) (*vc.Opened, error) { return &vc.Opened{Document: inner}, nil }
	for name, c := range map[string]struct {
		doc  []byte
		gate func(*vc.Gate)
		want error
	}{
		"opened":                {good, nil, nil},
		"type in an array":      {edit(`"EnvelopedVerifiableCredential"`, `["EnvelopedVerifiableCredential"]`), nil, nil},
		"context in an array":   {edit(`"https://www.w3.org/ns/credentials/v2"`, `["https://www.w3.org/ns/credentials/v2","urn:x:y"]`), nil, nil},
		"media type in capital": {edit(`application/x-seal`, `Application/X-Seal;charset=utf-8`), nil, nil},
		"base64":                {edit(`x-seal,`+sealed, `x-seal;base64,`+base64Of(sealed)), nil, nil},
		"base64 broken":         {edit(`x-seal,`, `x-seal;base64,!`), nil, vc.ErrEnvelope},
		"no context":            {edit(`"https://www.w3.org/ns/credentials/v2"`, `[]`), nil, vc.ErrEnvelope},
		"another context":       {edit(`"https://www.w3.org/ns/credentials/v2"`, `"https://www.w3.org/ns/credentials/examples/v2"`), nil, vc.ErrEnvelope},
		"another type":          {edit(`EnvelopedVerifiableCredential`, `VerifiableCredential`), nil, vc.ErrNoProof},
		"further member":        {edit(`"id"`, `"holder":"x","id"`), nil, vc.ErrEnvelope},
		"no id":                 {enveloped("EnvelopedVerifiableCredential", ""), nil, vc.ErrEnvelope},
		"no data URL":           {enveloped("EnvelopedVerifiableCredential", "https://example.org/"+sealed), nil, vc.ErrEnvelope},
		"no comma":              {enveloped("EnvelopedVerifiableCredential", "data:application/x-seal"), nil, vc.ErrEnvelope},
		"no data":               {enveloped("EnvelopedVerifiableCredential", "data:application/x-seal,"), nil, vc.ErrEnvelope},
		"no media type":         {enveloped("EnvelopedVerifiableCredential", "data:,"+sealed), nil, vc.ErrEnvelope},
		"percent-encoded":       {enveloped("EnvelopedVerifiableCredential", "data:application/x-seal,%61"), nil, vc.ErrEnvelope},
		"seal broken":           {edit(sealed, sealed[:len(sealed)-2]), nil, vc.ErrEnvelope},
		"nobody opens":          {good, func(g *vc.Gate) { g.Envelope = nil }, vc.ErrEnvelope},
		"opener names nobody":   {good, func(g *vc.Gate) { g.Envelope = nobody }, vc.ErrEnvelope},
		"opener returns nil":    {good, func(g *vc.Gate) { g.Envelope = func(*vc.Sealed) (*vc.Opened, error) { return nil, nil } }, vc.ErrEnvelope},
		"sealed by another":     {enveloped("EnvelopedVerifiableCredential", "data:application/x-seal,"+seal(t, key(t, 11), inner)), nil, vc.ErrController},
		"a proof inside":        {again(secured), nil, vc.ErrMalformed},
		"not JSON inside":       {again([]byte("{")), nil, vc.ErrMalformed},
		"no object inside":      {again([]byte("[]")), nil, vc.ErrMalformed},
		"an envelope inside":    {again(good), nil, vc.ErrMalformed},
		"no credential inside":  {again(base(t, `{"type":["VerifiablePresentation"]}`)), nil, vc.ErrMalformed},
		"unknown term inside":   {again(base(t, `{"alumniOf":"x"}`)), func(g *vc.Gate) { g.Vocabulary = processor(t) }, vc.ErrVocabulary},
		"ended":                 {good, func(g *vc.Gate) { g.Envelope = openSeal(vc.Opened{Expires: &past}) }, vc.ErrExpired},
		"of the future":         {good, func(g *vc.Gate) { g.Envelope = openSeal(vc.Opened{Created: &soon}) }, vc.ErrNotYetValid},
		"for an audience":       {good, func(g *vc.Gate) { g.Envelope = openSeal(vc.Opened{Audience: []string{"x"}}) }, vc.ErrBound},
		"for this audience": {good, func(g *vc.Gate) {
			g.Envelope = openSeal(vc.Opened{Audience: []string{"x"}})
			g.Bound = func(d []string, c string) bool { return len(d) == 1 && d[0] == "x" && c == "" }
		}, nil},
		"another audience": {good, func(g *vc.Gate) {
			g.Envelope = openSeal(vc.Opened{Audience: []string{"x"}})
			g.Bound = func([]string, string) bool { return false }
		}, vc.ErrBound},
	} {
		gate := g
		if c.gate != nil {
			c.gate(&gate)
		}
		if r := vc.VerifyCredential(c.doc, gate); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	bare := vc.VerifyEnvelope("application/x-seal", []byte(sealed), g)
	if bare.Err() != nil || !bare.Credential.Plain || bare.Credential.Proofs[0].Suite() != "" {
		t.Errorf("the envelope alone: %v", bare.Err())
	}
	for name, o := range map[string]vc.Opened{"an audience": {Audience: []string{"x"}}, "a challenge": {Challenge: "n"}} {
		gate := g
		gate.Envelope, gate.Bound = openSeal(o), func([]string, string) bool { return true }
		if r := vc.VerifyEnvelope("application/x-seal", []byte(sealed), gate); r.Err() != nil || r.Credential.Plain {
			t.Errorf("with %s: %v", name, r.Err())
		}
	}
	if r := vc.VerifyEnvelope("application/vc+jwt", []byte(sealed), g); !errors.Is(r.Err(), errSeal) {
		t.Errorf("of another media type: %v", r.Err())
	}
}

func TestEnvelopedPresentations(t *testing.T) {
	agent := key(t, 9)
	credential, err := vc.Sign(base(t, `{}`), key(t, 7), t0)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := vc.NewPresentation(didOf(t, 9).String(), credential)
	if err != nil {
		t.Fatal(err)
	}
	secured, err := vc.SignPresentation(inner, agent, vc.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	asked := vc.Opened{Audience: []string{"verifier.example"}, Challenge: "c"}
	g := vc.PresentationGate{Challenge: "c", Domain: "verifier.example"}
	g.Now, g.TrustedIssuer, g.AllowNoStatus, g.Envelope = t0, anyone, true, openSeal(asked)
	sealed := func(by *wire.Key, doc []byte) []byte {
		return enveloped("EnvelopedVerifiablePresentation", "data:application/x-seal,"+seal(t, by, doc))
	}
	for name, c := range map[string]struct {
		doc  []byte
		gate func(*vc.PresentationGate)
		want error
	}{
		"opened":              {sealed(agent, inner), nil, nil},
		"sealed by another":   {sealed(key(t, 11), inner), nil, vc.ErrHolder},
		"a proof inside":      {sealed(agent, secured), nil, vc.ErrPresentation},
		"not JSON inside":     {sealed(agent, []byte("{")), nil, vc.ErrPresentation},
		"a credential inside": {sealed(agent, base(t, `{}`)), nil, vc.ErrPresentation},
		"another challenge":   {sealed(agent, inner), func(g *vc.PresentationGate) { g.Challenge = "d" }, vc.ErrChallenge},
		"another audience":    {sealed(agent, inner), func(g *vc.PresentationGate) { g.Domain = "d" }, vc.ErrChallenge},
		"no data URL":         {enveloped("EnvelopedVerifiablePresentation", "urn:x:y"), nil, vc.ErrEnvelope},
		"unknown term": {sealed(agent, []byte(strings.Replace(string(inner), `"holder"`, `"alumniOf":"x","holder"`, 1))),
			func(g *vc.PresentationGate) { g.Vocabulary = processor(t) }, vc.ErrVocabulary},
	} {
		gate := g
		if c.gate != nil {
			c.gate(&gate)
		}
		if r := vc.VerifyPresentation(c.doc, gate); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	if r := vc.VerifyPresentationEnvelope("application/x-seal", []byte(seal(t, agent, inner)), g); r.Err() != nil {
		t.Errorf("the envelope alone: %v", r.Err())
	}
	// A credential in an envelope inside a presentation with a proof.
	inside := enveloped("EnvelopedVerifiableCredential", "data:application/x-seal,"+seal(t, key(t, 7), base(t, `{}`)))
	mixed, err := vc.NewPresentation(didOf(t, 9).String(), inside, credential)
	if err != nil {
		t.Fatal(err)
	}
	if mixed, err = vc.SignPresentation(mixed, agent, vc.SignOptions{Challenge: "c", Domain: []string{"verifier.example"}}); err != nil {
		t.Fatal(err)
	}
	g.Envelope = openSeal(vc.Opened{})
	if r := vc.VerifyPresentation(mixed, g); r.Err() != nil || len(r.Credentials) != 2 {
		t.Errorf("mixed: %v", r.Err())
	}
}
