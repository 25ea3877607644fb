package jose_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

// Whatever is opened was signed by the method it names, and is a JSON object
// that names no claim of the envelope.
func FuzzOpen(f *testing.F) {
	org := key(f, 7)
	h := head(f, "vc+jwt", 7)
	f.Add(0, forge(h, credential(f), ed(org)))
	f.Add(1, forge(head(f, "vp+jwt", 9), presentation(f), ed(key(f, 9))))
	f.Add(2, forge(members{"alg": "EdDSA"}, members{"vc": credential11(f), "iss": didOf(f, 7).String(), "nbf": nbf}, ed(org)))
	f.Add(3, forge(members{"alg": "EdDSA"}, members{"vp": presentation(f, "a.b.c"), "iss": didOf(f, 7).String()}, ed(org)))
	media := []string{jose.MediaCredential, jose.MediaPresentation, jose.MediaJWT, jose.MediaJWT}
	f.Fuzz(func(t *testing.T, kind int, token []byte) {
		kind &= 3
		s := &vc.Sealed{MediaType: media[kind], Data: token, Purpose: did.PurposeAssertion}
		if kind&1 == 1 {
			s.Purpose = did.PurposeAuthenticate
		}
		asked := ""
		s.Method = func(url string) (*did.Method, error) {
			asked = url
			return did.SelfCertified(url, s.Purpose)
		}
		o, err := jose.Open(s)
		if err != nil {
			return
		}
		if o.Method == nil || o.Method.ID != asked || jose.VerifyJWS(token, o.Method.Key) != nil {
			t.Fatalf("opened under %v", o.Method)
		}
		var doc map[string]wire.Raw
		if err := wire.Unmarshal(o.Document, &doc, wire.ForeignLimits); err != nil {
			t.Fatal(err)
		}
		for _, claim := range []string{"iss", "sub", "jti", "nbf", "exp", "iat", "aud"} {
			if _, ok := doc[claim]; ok && kind < 2 {
				t.Fatalf("%s is in the document", claim)
			}
		}
	})
}

// Whatever proves a key was signed by it.
func FuzzKeyProof(f *testing.F) {
	f.Add(forge(proofHead(f), proofClaims(), ed(key(f, 9))))
	f.Add(forge(with(proofHead(f), members{"jwk": nil, "kid": didOf(f, 9).KeyID()}), proofClaims(), ed(key(f, 9))))
	f.Fuzz(func(t *testing.T, token []byte) {
		p, err := jose.VerifyKeyProof(token, proofGate())
		if err != nil {
			return
		}
		dot := bytes.LastIndexByte(token, '.')
		sig, err := base64.RawURLEncoding.DecodeString(string(token[dot+1:]))
		if err != nil || p.Key.Verify(token[:dot], sig) != nil || p.Nonce == "" {
			t.Fatalf("proves %+v", p)
		}
	})
}
