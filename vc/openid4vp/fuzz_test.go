package openid4vp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"net/url"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/wire"
)

// FuzzQuery: what is accepted can be asked, and is the same when it is read
// again.
func FuzzQuery(f *testing.F) {
	f.Add([]byte(`{"credentials":[{"id":"a","format":"dc+sd-jwt","meta":{"vct_values":["urn:x"]},"claims":[{"path":["a"],"values":[1,"x",true]}]}],"credential_sets":[{"options":[["a"]]}]}`))
	f.Add([]byte(`{"credentials":[{"id":"a","format":"ldp_vc","meta":{"type_values":[["VerifiableCredential"]]}}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		q, err := openid4vp.ParseQuery(doc)
		if err != nil {
			return
		}
		again, err := openid4vp.ParseQuery(wire.MustMarshal(q))
		if err != nil || string(wire.MustMarshal(again)) != string(wire.MustMarshal(q)) {
			t.Fatalf("%s: %v", wire.MustMarshal(q), err)
		}
	})
}

var scalar = append(make([]byte, 31), 9)

// FuzzResponse: no body and no plaintext in an honest envelope makes the
// verifier panic, and none is accepted without the state.
func FuzzResponse(f *testing.F) {
	f.Add("response=e30..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA", []byte(`{"vp_token":{"q":["a"]},"state":"s"}`))
	f.Add("error=access_denied&state=s", []byte(`{"error":"access_denied","state":"s"}`))
	f.Add("vp_token=%7B%7D", []byte(`{"vp_token":{"q":["a","b"]},"state":"s","x":1}`))
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		f.Fatal(err)
	}
	e, err := gojose.NewEncrypter(gojose.A128GCM, gojose.Recipient{Algorithm: gojose.ECDH_ES, Key: gojose.JSONWebKey{Key: &k.PublicKey, KeyID: "k"}}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string, plain []byte) {
		_, _ = openid4vp.ReadResponse(body, scalar, badges())
		jwe, err := e.Encrypt(plain)
		if err != nil {
			return
		}
		compact, err := jwe.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		n, err := openid4vp.ReadResponse(url.Values{"response": {compact}}.Encode(), scalar, badges())
		var p struct {
			State string `json:"state"`
		}
		if bad := wire.UnmarshalLenient(plain, &p, wire.ForeignLimits); err == nil && (bad != nil || p.State != "s" || n > 1) {
			t.Fatalf("%d presentations of %q", n, plain)
		}
	})
}
