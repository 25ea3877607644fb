package jose_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

// What we sign passes the gate, also the vocabulary, and an independent
// implementation of JWS reads the same payload under the same key.
func TestSignedCredentials(t *testing.T) {
	p, err := ld.New()
	if err != nil {
		t.Fatal(err)
	}
	doc := with(credential(t), members{"@context": []any{vc.ContextV2, members{"name": "https://schema.org/name"}}})
	delete(doc["credentialSubject"].(members), "name")
	token, err := jose.SignCredential(wire.MustMarshal(doc), key(t, 7), jose.SignOptions{Vocabulary: p})
	if err != nil {
		t.Fatal(err)
	}
	g := gate()
	for _, g.Vocabulary = range []vc.Vocabulary{nil, p} {
		r := vc.VerifyEnvelope(jose.MediaCredential, token, g)
		if r.Err() != nil || r.Issuer != didOf(t, 7).String() || r.Credential.Proofs[0].VerificationMethod != didOf(t, 7).KeyID() {
			t.Errorf("%+v", r)
		}
	}
	inside, err := jose.Envelope(jose.MediaCredential, token)
	if err != nil {
		t.Fatal(err)
	}
	if r := vc.VerifyCredential(inside, gate()); r.Err() != nil {
		t.Error(r.Err())
	}
	jws, err := gojose.ParseSignedCompact(string(token), []gojose.SignatureAlgorithm{gojose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	public := key(t, 7).Public()
	payload, err := jws.Verify(ed25519.PublicKey(public[:]))
	if err != nil || !strings.Contains(string(payload), `"iss":"did:chio:`) {
		t.Errorf("%s %v", payload, err)
	}
}

// The other kinds of key, signed by others.
func TestForeignAlgorithms(t *testing.T) {
	const issuer = "did:web:issuer.example"
	doc := with(credential(t), members{"issuer": issuer, "iss": issuer})
	k1, sign := p256(t)
	k2, raw := koblitz(t)
	g := gate()
	g.Methods = methods{issuer + "#p": {ID: issuer + "#p", Controller: issuer, Key: k1}, issuer + "#k": {ID: issuer + "#k", Controller: issuer, Key: k2}}
	es256 := sign(members{"typ": "vc+jwt", "kid": issuer + "#p"}, doc)
	es256k := func(alg, kid string) []byte {
		return forge(members{"alg": alg, "typ": "vc+jwt", "kid": kid}, doc, raw)
	}
	for name, c := range map[string]struct {
		token []byte
		want  error
	}{
		"ES256":                  {es256, nil},
		"ES256K":                 {es256k("ES256K", issuer+"#k"), nil},
		"relative kid":           {es256k("ES256K", "#k"), nil},
		"alg of another curve":   {es256k("ES256", issuer+"#k"), jose.ErrAlgorithm},
		"key of another curve":   {es256k("ES256K", issuer+"#p"), jose.ErrAlgorithm},
		"no kid, many keys":      {es256k("ES256K", ""), jose.ErrHeader},
		"kid names the DID only": {es256k("ES256K", issuer), jose.ErrHeader},
		"kid is a thumbprint":    {es256k("ES256K", "jO7rXcTm"), jose.ErrHeader},
		"kid that nobody knows":  {es256k("ES256K", issuer+"#x"), did.ErrMethod},
	} {
		if r := vc.VerifyEnvelope(jose.MediaCredential, c.token, g); !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
}

func TestCredentialMustReject(t *testing.T) {
	org, doc, h := key(t, 7), credential(t), head(t, "vc+jwt", 7)
	agent := didOf(t, 9).String()
	good := forge(h, doc, ed(org))
	header := func(change members) []byte { return forge(with(h, change), doc, ed(org)) }
	claim := func(change members) []byte { return forge(h, with(doc, change), ed(org)) }
	none := func([]byte) []byte { return []byte("x") }
	raw := func(h string) []byte { return forge(h, doc, ed(org)) }
	text := string(wire.MustMarshal(doc))
	kid := h["kid"].(string)
	vectors := &recorder{media: jose.MediaCredential}
	for name, c := range map[string]struct {
		token []byte
		want  error
	}{
		"as it stands":             {good, nil},
		"Ed25519 for EdDSA":        {header(members{"alg": "Ed25519"}), nil},
		"cty vc":                   {header(members{"cty": "vc"}), nil},
		"typ in full":              {header(members{"typ": "application/vc+jwt"}), nil},
		"no kid":                   {header(members{"kid": nil}), nil},
		"relative kid":             {header(members{"kid": "#key-1"}), nil},
		"all claims":               {claim(members{"iss": doc["issuer"], "sub": agent, "jti": doc["id"], "nbf": nbf, "exp": exp, "iat": nbf}), nil},
		"none":                     {forge(with(h, members{"alg": "none"}), doc, none), jose.ErrAlgorithm},
		"none without a signature": {forge(with(h, members{"alg": "none"}), doc, func([]byte) []byte { return nil }), jose.ErrToken},
		"HMAC":                     {header(members{"alg": "HS256"}), jose.ErrAlgorithm},
		"no alg":                   {header(members{"alg": nil}), jose.ErrAlgorithm},
		"alg of another key":       {header(members{"alg": "ES256"}), jose.ErrAlgorithm},
		"crit":                     {header(members{"crit": []any{"exp"}, "exp": 1}), jose.ErrHeader},
		"b64":                      {header(members{"b64": true}), jose.ErrHeader},
		"jwk":                      {header(members{"jwk": members{"kty": "OKP"}}), jose.ErrHeader},
		"jku":                      {header(members{"jku": "https://issuer.example/keys"}), jose.ErrHeader},
		"x5c":                      {header(members{"x5c": []any{}}), jose.ErrHeader},
		"unknown parameter":        {header(members{"foo": 1}), jose.ErrHeader},
		"no typ":                   {header(members{"typ": nil}), jose.ErrHeader},
		"typ JWT":                  {header(members{"typ": "JWT"}), jose.ErrHeader},
		"typ of a presentation":    {header(members{"typ": "vp+jwt"}), jose.ErrHeader},
		"cty of a presentation":    {header(members{"cty": "vp"}), jose.ErrHeader},
		"alg twice":                {raw(`{"alg":"EdDSA","alg":"EdDSA","typ":"vc+jwt","kid":"` + kid + `"}`), jose.ErrHeader},
		"header no object":         {raw(`"EdDSA"`), jose.ErrHeader},
		"header too long":          {header(members{"cty": strings.Repeat("x", 9000)}), jose.ErrHeader},
		"of another issuer":        {forge(with(h, members{"kid": didOf(t, 11).KeyID()}), doc, ed(key(t, 11))), vc.ErrController},
		"signed by another":        {forge(h, doc, ed(key(t, 11))), wire.ErrBadSignature},
		"key of another method":    {header(members{"kid": didOf(t, 7).String() + "#key-2"}), did.ErrMethod},
		"iss of another":           {claim(members{"iss": agent}), jose.ErrClaims},
		"iss no string":            {claim(members{"iss": 7}), jose.ErrToken},
		"iss empty":                {claim(members{"iss": ""}), jose.ErrToken},
		"iss null":                 {forge(h, strings.Replace(text, `"issuer"`, `"iss":null,"issuer"`, 1), ed(org)), jose.ErrToken},
		"sub of another":           {claim(members{"sub": doc["issuer"]}), jose.ErrClaims},
		"sub and no subject id":    {claim(members{"sub": agent, "credentialSubject": members{"name": "x"}}), jose.ErrClaims},
		"sub and two subjects":     {claim(members{"sub": agent, "credentialSubject": []any{members{"id": agent}, members{"id": agent}}}), jose.ErrClaims},
		"jti of another":           {claim(members{"jti": "urn:x:y"}), jose.ErrClaims},
		"jti without id":           {claim(members{"jti": "urn:x:y", "id": nil}), jose.ErrClaims},
		"nbf earlier":              {claim(members{"nbf": nbf - 1}), jose.ErrClaims},
		"exp later":                {claim(members{"exp": exp + 1}), jose.ErrClaims},
		"exp a fraction":           {claim(members{"exp": 1796083200.5}), jose.ErrToken},
		"exp a string":             {claim(members{"exp": "1796083200"}), jose.ErrToken},
		"exp negative":             {claim(members{"exp": -1}), jose.ErrToken},
		"exp beyond the year 9999": {claim(members{"exp": 253402300800}), jose.ErrToken},
		"exp before nbf":           {claim(members{"exp": 5, "nbf": 5}), jose.ErrToken},
		"exp alone, past":          {claim(members{"validUntil": nil, "exp": t0}), vc.ErrExpired},
		"nbf alone, to come":       {claim(members{"validFrom": nil, "nbf": t0 + 1}), vc.ErrNotYetValid},
		"iat to come":              {claim(members{"iat": t0 + 1}), vc.ErrNotYetValid},
		"expired":                  {claim(members{"validUntil": from, "validFrom": "2026-08-01T00:00:00Z"}), vc.ErrExpired},
		"aud":                      {claim(members{"aud": "verifier.example"}), vc.ErrBound},
		"aud empty":                {claim(members{"aud": []any{}}), jose.ErrToken},
		"nonce":                    {claim(members{"nonce": "n"}), vc.ErrBound},
		"a vc inside":              {claim(members{"vc": doc}), jose.ErrToken},
		"unknown member":           {claim(members{"cnf": members{}}), vc.ErrMalformed},
		"a proof inside":           {claim(members{"proof": members{}}), vc.ErrMalformed},
		"member twice":             {forge(h, strings.Replace(text, `"issuer"`, `"id":"urn:a:b","id":"urn:a:b","issuer"`, 1), ed(org)), jose.ErrToken},
		"member twice, inside":     {forge(h, strings.Replace(text, `"name"`, `"name":"y","name"`, 1), ed(org)), jose.ErrToken},
		"payload no object":        {forge(h, "[]", ed(org)), jose.ErrToken},
		"payload null":             {forge(h, "null", ed(org)), jose.ErrToken},
		"a presentation":           {forge(h, presentation(t), ed(org)), vc.ErrMalformed},
		"two parts":                {good[:strings.LastIndexByte(string(good), '.')], jose.ErrToken},
		"four parts":               {append(good[:len(good):len(good)], ".e30"...), jose.ErrToken},
		"padding":                  {append(good[:len(good):len(good)], "=="...), jose.ErrToken},
		"line break":               {append(good[:len(good):len(good)], '\n'), jose.ErrToken},
		"other spelling":           {append(good[:len(good)-1:len(good)-1], good[len(good)-1]+1), jose.ErrToken},
		"short signature":          {good[:len(good)-2], wire.ErrBadSignature},
		"empty":                    {nil, jose.ErrToken},
		"too long":                 {append([]byte(strings.Repeat("A", 1<<20)), good...), jose.ErrToken},
	} {
		vectors.add(name, c.token, c.want)
		r := vc.VerifyEnvelope(jose.MediaCredential, c.token, gate())
		if !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
	}
	vectors.compare(t, "vc-jwt-envelope.json")
	for _, media := range []string{"application/vp+jwt", "application/jwt", "application/vc+cose", "text/plain", ""} {
		if r := vc.VerifyEnvelope(media, good, gate()); r.Err() == nil {
			t.Errorf("accepted as %q", media)
		}
	}
	if r := vc.VerifyEnvelope("text/plain", good, gate()); !errors.Is(r.Err(), jose.ErrMedia) {
		t.Error(r.Err())
	}
}

// A method that is listed for something else signs nothing.
func TestPurpose(t *testing.T) {
	const issuer = "did:web:issuer.example"
	g := gate()
	g.Methods = onlyAuthentication{&did.Method{ID: issuer + "#1", Controller: issuer, Key: did.NewEd25519(key(t, 7).Public())}}
	token := forge(members{"alg": "EdDSA", "typ": "vc+jwt", "kid": issuer + "#1"}, with(credential(t), members{"issuer": issuer}), ed(key(t, 7)))
	if r := vc.VerifyEnvelope(jose.MediaCredential, token, g); !errors.Is(r.Err(), did.ErrPurpose) {
		t.Error(r.Err())
	}
}

// Whatever byte of a token is changed, it is refused.
func TestEveryByteOfAToken(t *testing.T) {
	token, err := jose.SignCredential(wire.MustMarshal(credential(t)), key(t, 7), jose.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range token {
		for _, b := range []byte{token[i] ^ 1, token[i] ^ 0x20, '.', '='} {
			if b == token[i] {
				continue
			}
			bad := append([]byte(nil), token...)
			bad[i] = b
			if r := vc.VerifyEnvelope(jose.MediaCredential, bad, gate()); r.Integrity || r.Err() == nil {
				t.Fatalf("byte %d as %q is accepted", i, b)
			}
		}
	}
}

func TestSignRefuses(t *testing.T) {
	doc := credential(t)
	for name, c := range map[string]struct {
		doc  members
		o    jose.SignOptions
		want error
	}{
		"of another issuer": {with(doc, members{"issuer": didOf(t, 9).String()}), jose.SignOptions{}, vc.ErrController},
		"version 1.1":       {credential11(t), jose.SignOptions{}, jose.ErrToken},
		"a claim inside":    {with(doc, members{"exp": 1}), jose.SignOptions{}, jose.ErrClaims},
		"no credential":     {members{"issuer": doc["issuer"]}, jose.SignOptions{}, vc.ErrMalformed},
		"window reversed":   {with(doc, members{"validFrom": till, "validUntil": from}), jose.SignOptions{}, vc.ErrMalformed},
		"a proof inside":    {with(doc, members{"proof": members{}}), jose.SignOptions{}, vc.ErrMalformed},
		"method no DID URL": {doc, jose.SignOptions{Method: "key-1"}, jose.ErrHeader},
	} {
		if _, err := jose.SignCredential(wire.MustMarshal(c.doc), key(t, 7), c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The example of RFC 7515 A.3, and of what surrounds it.
func TestPublishedES256(t *testing.T) {
	k, err := did.ParseJWK([]byte(`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`))
	if err != nil {
		t.Fatal(err)
	}
	const jws = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	if err := jose.VerifyJWS([]byte(jws), k); err != nil {
		t.Error(err)
	}
	if err := jose.VerifyJWS([]byte(strings.Replace(jws, ".DtE", ".DtF", 1)), k); !errors.Is(err, wire.ErrBadSignature) {
		t.Error(err)
	}
}
