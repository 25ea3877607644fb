package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
)

// tokens are credentials and presentations of ours as JSON Web Tokens, of the
// did:key and of the did:chio of the same keys.
func (p *parties) tokens() ([]*Case, error) {
	var cases []*Case
	for _, method := range []string{"did:key", "did:chio"} {
		issuer, holder := names(p.org)[method], names(p.agent)[method]
		add := func(what, suite, kind, media string, doc []byte) {
			cases = append(cases, &Case{
				Name: what + " of " + method, By: us, Suite: suite, Kind: kind, Media: media, Doc: string(doc), Good: true,
			})
		}
		created := vc.Time(p.now)
		o := jose.SignOptions{Method: issuer[1], Created: &created, Vocabulary: p.processor}
		credential, err := jose.SignCredential(p.credential(issuer[0], holder[0], -60, 3600), p.org, o)
		if err != nil {
			return nil, fmt.Errorf("vc+jwt: %w", err)
		}
		add("credential", "vc+jwt EdDSA", "credential", jose.MediaCredential, credential)
		old, err := jose.SignVCJWT(p.credentialV1(issuer[0], holder[0]), p.org, o)
		if err != nil {
			return nil, fmt.Errorf("VC-JWT: %w", err)
		}
		add("credential", "VC-JWT EdDSA", "credential", jose.MediaJWT, old)

		enveloped, err := jose.Envelope(jose.MediaCredential, credential)
		if err != nil {
			return nil, err
		}
		bare, err := vc.NewPresentation(holder[0], enveloped)
		if err != nil {
			return nil, err
		}
		o.Method, o.Challenge, o.Audience = holder[1], challenge, []string{domain}
		presentation, err := jose.SignPresentation(bare, p.agent, o)
		if err != nil {
			return nil, fmt.Errorf("vp+jwt: %w", err)
		}
		add("presentation", "vp+jwt EdDSA", "presentation", jose.MediaPresentation, presentation)
		cases[len(cases)-1].Challenge, cases[len(cases)-1].Domain = challenge, domain
	}
	return cases, nil
}

func (p *parties) credentialV1(issuer, holder string, contexts ...any) []byte {
	return literal(map[string]any{
		"@context": append([]any{vc.ContextV1, json.RawMessage(terms)}, contexts...),
		"id":       "urn:uuid:0192e4a0-0000-7000-8000-000000000002",
		"type":     []string{"VerifiableCredential"},
		"issuer":   issuer, "issuanceDate": vc.Time(p.now - 60).String(), "expirationDate": vc.Time(p.now + 3600).String(),
		"credentialSubject": map[string]any{"id": holder, "role": []string{"reader", "writer"}, "grade": 7},
	})
}

// tamperToken varies the header and the payload under the signature they do
// not have, and the signature.
func tamperToken(token string, add func(change, doc string) *Case) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return
	}
	for i, name := range []string{"header", "payload"} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return
		}
		vary(raw, func(change string, doc []byte) {
			changed := []string{parts[0], parts[1], parts[2]}
			changed[i] = base64.RawURLEncoding.EncodeToString(doc)
			add(name+": "+change, strings.Join(changed, "."))
		})
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	add("alg none", none+"."+parts[1]+".")
	add("without signature", parts[0]+"."+parts[1]+".")
	add("changed signature", parts[0]+"."+parts[1]+"."+otherText(parts[2][:40])+parts[2][40:])
	add("padded signature", token+"==")
	add("of two signatures", token+"."+parts[2])
}
