package jose_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

const proofAudience = "https://issuer.example/acme"

func proofGate() jose.KeyProofGate {
	return jose.KeyProofGate{Now: t0, SkewSeconds: 60, MaxAgeSeconds: 300, Audience: proofAudience}
}

func jwkOf(k did.Key) wire.Raw { return wire.Raw(k.JWK()) }

func proofHead(t testing.TB) members {
	return members{"alg": "EdDSA", "typ": "openid4vci-proof+jwt", "jwk": jwkOf(did.NewEd25519(key(t, 9).Public()))}
}

func proofClaims() members { return members{"aud": proofAudience, "iat": t0, "nonce": "n-1"} }

func TestKeyProofNamesItsKey(t *testing.T) {
	want := did.NewEd25519(key(t, 9).Public())
	id := didOf(t, 9)
	didJWK := "did:jwk:" + base64.RawURLEncoding.EncodeToString(want.JWK())
	for name, head := range map[string]members{
		"jwk":      nil,
		"Ed25519":  {"alg": "Ed25519"},
		"did:chio": {"jwk": nil, "kid": id.KeyID()},
		"did:key":  {"jwk": nil, "kid": id.DIDKey() + "#" + id.Multibase()},
		"did:jwk":  {"jwk": nil, "kid": didJWK + "#0"},
	} {
		p, err := jose.VerifyKeyProof(forge(with(proofHead(t), head), proofClaims(), ed(key(t, 9))), proofGate())
		if err != nil || p.Key != want || p.Nonce != "n-1" || p.Created != t0 {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
	k, es256 := p256(t)
	p, err := jose.VerifyKeyProof(es256(members{"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": jwkOf(k)}, proofClaims()), proofGate())
	if err == nil && p.Key != k {
		t.Error("another key")
	}
	if err != nil {
		t.Errorf("ES256: %v", err)
	}
}

func TestKeyProofIsRefused(t *testing.T) {
	own := did.NewEd25519(key(t, 9).Public())
	private := wire.MustMarshal(members{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(own.Bytes()), "d": "AAAA"})
	symmetric := wire.MustMarshal(members{"kty": "oct", "k": "AAAA"})
	for name, c := range map[string]struct {
		head, claims members
		signer       byte
		want         error
	}{
		"alg none":               {head: members{"alg": "none"}, want: jose.ErrAlgorithm},
		"alg HS256":              {head: members{"alg": "HS256"}, want: jose.ErrAlgorithm},
		"alg ES256 of Ed25519":   {head: members{"alg": "ES256"}, want: jose.ErrAlgorithm},
		"alg missing":            {head: members{"alg": nil}, want: jose.ErrAlgorithm},
		"typ JWT":                {head: members{"typ": "JWT"}, want: jose.ErrHeader},
		"typ missing":            {head: members{"typ": nil}, want: jose.ErrHeader},
		"typ with application/":  {head: members{"typ": "application/openid4vci-proof+jwt"}, want: jose.ErrHeader},
		"kid and jwk":            {head: members{"kid": didOf(t, 9).KeyID()}, want: jose.ErrHeader},
		"neither":                {head: members{"jwk": nil}, want: jose.ErrHeader},
		"x5c":                    {head: members{"x5c": []any{"MIIB"}}, want: jose.ErrHeader},
		"x5c alone":              {head: members{"jwk": nil, "x5c": []any{"MIIB"}}, want: jose.ErrHeader},
		"jku":                    {head: members{"jku": "https://evil.example/jwks"}, want: jose.ErrHeader},
		"x5u":                    {head: members{"x5u": "https://evil.example/x"}, want: jose.ErrHeader},
		"crit":                   {head: members{"crit": []any{"exp"}}, want: jose.ErrHeader},
		"trust_chain":            {head: members{"trust_chain": []any{"x"}}, want: jose.ErrHeader},
		"key_attestation":        {head: members{"key_attestation": "x"}, want: jose.ErrHeader},
		"private jwk":            {head: members{"jwk": wire.Raw(private)}, want: did.ErrPrivateJWK},
		"symmetric jwk":          {head: members{"jwk": wire.Raw(symmetric)}, want: did.ErrPrivateJWK},
		"jwk null":               {head: members{"jwk": wire.Raw("null")}, want: jose.ErrKeyProof},
		"jwk of another":         {head: members{"jwk": jwkOf(did.NewEd25519(key(t, 8).Public()))}, want: wire.ErrBadSignature},
		"kid of another":         {head: members{"jwk": nil, "kid": didOf(t, 8).KeyID()}, want: wire.ErrBadSignature},
		"kid without a fragment": {head: members{"jwk": nil, "kid": didOf(t, 9).String()}, want: did.ErrMethod},
		"kid did:web":            {head: members{"jwk": nil, "kid": "did:web:wallet.example#key-1"}, want: did.ErrMethod},
		"kid did:jwk, no key":    {head: members{"jwk": nil, "kid": "did:jwk:e30#0"}, want: did.ErrJWK},
		"kid did:jwk, method 1":  {head: members{"jwk": nil, "kid": "did:jwk:" + base64.RawURLEncoding.EncodeToString(own.JWK()) + "#1"}, want: did.ErrMethod},
		"kid did:jwk, private":   {head: members{"jwk": nil, "kid": "did:jwk:" + base64.RawURLEncoding.EncodeToString(private) + "#0"}, want: did.ErrPrivateJWK},
		"another signer":         {signer: 8, want: wire.ErrBadSignature},
		"aud of another issuer":  {claims: members{"aud": "https://other.example"}, want: jose.ErrKeyProof},
		"aud with a slash":       {claims: members{"aud": proofAudience + "/"}, want: jose.ErrKeyProof},
		"two audiences":          {claims: members{"aud": []any{proofAudience, "https://other.example"}}, want: jose.ErrKeyProof},
		"aud missing":            {claims: members{"aud": nil}, want: jose.ErrKeyProof},
		"nonce missing":          {claims: members{"nonce": nil}, want: jose.ErrKeyProof},
		"nonce empty":            {claims: members{"nonce": ""}, want: jose.ErrKeyProof},
		"iss":                    {claims: members{"iss": "wallet"}, want: jose.ErrKeyProof},
		"iat missing":            {claims: members{"iat": nil}, want: jose.ErrKeyProof},
		"iat text":               {claims: members{"iat": "1790000000"}, want: jose.ErrKeyProof},
		"from the future":        {claims: members{"iat": t0 + 61}, want: jose.ErrKeyProof},
		"too old":                {claims: members{"iat": t0 - 301}, want: jose.ErrKeyProof},
		"expired":                {claims: members{"exp": t0}, want: jose.ErrKeyProof},
		"not yet valid":          {claims: members{"nbf": t0 + 61}, want: jose.ErrKeyProof},
	} {
		signer := c.signer
		if signer == 0 {
			signer = 9
		}
		proof := forge(with(proofHead(t), c.head), with(proofClaims(), c.claims), ed(key(t, signer)))
		if p, err := jose.VerifyKeyProof(proof, proofGate()); p != nil || !errors.Is(err, c.want) || !errors.Is(err, jose.ErrKeyProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := forge(proofHead(t), proofClaims(), ed(key(t, 9)))
	for name, doc := range map[string]string{
		"empty": "", "two parts": "e30.e30", "padding": string(good) + "=", "a part more": string(good) + ".e30",
		"signature cut off": string(good[:len(good)-4]), "too long": string(good) + strings.Repeat("A", 8<<10),
		"unsigned": string(good[:strings.LastIndexByte(string(good), '.')+1]),
	} {
		if _, err := jose.VerifyKeyProof([]byte(doc), proofGate()); !errors.Is(err, jose.ErrKeyProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	nobody := proofGate()
	nobody.Audience = ""
	if _, err := jose.VerifyKeyProof(good, nobody); !errors.Is(err, jose.ErrKeyProof) {
		t.Errorf("an issuer without a name: %v", err)
	}
}

func TestKeyProofClaimsAtTheEdge(t *testing.T) {
	for name, claims := range map[string]members{
		"as old as may be": {"iat": t0 - 300}, "as far ahead as may be": {"iat": t0 + 60}, "ends in a second": {"exp": t0 + 1},
		"more claims": {"jti": "x", "vendor": members{"a": 1}}, "a list of one": {"aud": []any{proofAudience}},
	} {
		if _, err := jose.VerifyKeyProof(forge(proofHead(t), with(proofClaims(), claims), ed(key(t, 9))), proofGate()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
