package did_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secp "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// sha512Half is the scalar of RFC 8032 §5.1.5 before clamping.
func sha512Half(seed []byte) []byte {
	h := sha512.Sum512(seed)
	return h[:32]
}

// The keys of RFC 8037 appendix A.2 and of the did:key specification.
const (
	rfc8037 = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	specEC  = `{"kty":"EC","crv":"P-256","x":"igrFmi0whuihKnj9R3Om1SoMph72wUGeFaBbzG2vzns","y":"efsX5b10x8yjyrj4ny3pGfLcY7Xby1KzgqOdqnsrJIM"}`
)

func TestJWK(t *testing.T) {
	k, err := did.ParseJWK([]byte(rfc8037))
	if err != nil || hex.EncodeToString(k.Bytes()) != "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" {
		t.Fatalf("%x, %v", k.Bytes(), err)
	}
	thumb := sha256.Sum256(k.JWK())
	if got := base64.RawURLEncoding.EncodeToString(thumb[:]); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" { // RFC 8037 A.3
		t.Errorf("thumbprint %s of %s", got, k.JWK())
	}
	k, err = did.ParseJWK([]byte(specEC))
	if err != nil || k.DIDKey() != specKeys[8].key {
		t.Errorf("%s, %v", k.DIDKey(), err)
	}
	for _, s := range []string{
		`{"alg":"EdDSA","use":"sig","kid":"k","key_ops":["verify"],"x5c":["a"],` + rfc8037[1:],
		`{"alg":"ES256",` + specEC[1:], `{"use":"enc","alg":"ECDH-ES+A256KW",` + specEC[1:],
	} {
		if _, err := did.ParseJWK([]byte(s)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestParseJWKRefuses(t *testing.T) {
	swap := func(s, old, by string) string { return strings.Replace(s, old, by, 1) }
	for name, c := range map[string]struct {
		doc  string
		want error
	}{
		"empty":               {"", did.ErrJWK},
		"not an object":       {"[]", did.ErrJWK},
		"no members":          {"{}", did.ErrKeyKind},
		"twice the same":      {swap(rfc8037, `"kty"`, `"kty":"OKP","kty"`), wire.ErrDuplicateKey},
		"too large":           {`{"z":"` + strings.Repeat("a", 17<<10) + `",` + rfc8037[1:], wire.ErrTooLarge},
		"private":             {swap(rfc8037, `{`, `{"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",`), did.ErrPrivateJWK},
		"private null":        {swap(rfc8037, `{`, `{"d":null,`), did.ErrPrivateJWK},
		"private EC":          {swap(specEC, `{`, `{"d":"gPh-VvVS8MbvKQ9LSVVmfnxnKjHn4Tqj0bmbpehRlpc",`), did.ErrPrivateJWK},
		"secret":              {`{"kty":"oct","k":"AAAA"}`, did.ErrPrivateJWK},
		"RSA prime":           {`{"kty":"RSA","n":"AA","e":"AQAB","p":"AA"}`, did.ErrPrivateJWK},
		"RSA":                 {`{"kty":"RSA","n":"AA","e":"AQAB"}`, did.ErrKeyKind},
		"P-384":               {swap(specEC, "P-256", "P-384"), did.ErrKeyKind},
		"Ed448":               {swap(rfc8037, "Ed25519", "Ed448"), did.ErrKeyKind},
		"kty of another":      {swap(rfc8037, "OKP", "EC"), did.ErrKeyKind},
		"kty in lower case":   {swap(rfc8037, "OKP", "okp"), did.ErrKeyKind},
		"OKP with y":          {swap(rfc8037, `"x"`, `"y":"AA","x"`), did.ErrKeyKind},
		"padded":              {swap(rfc8037, `URo"`, `URo="`), did.ErrKeyLength},
		"standard base64":     {swap(rfc8037, "_", "/"), did.ErrKeyLength},
		"loose last bits":     {swap(rfc8037, `URo"`, `URp"`), did.ErrKeyLength},
		"a line break":        {swap(rfc8037, "11q", `11\nq`), did.ErrKeyLength},
		"short":               {swap(rfc8037, "11qY", ""), did.ErrKeyLength},
		"no x":                {`{"kty":"OKP","crv":"Ed25519"}`, did.ErrKeyLength},
		"no y":                {specEC[:strings.Index(specEC, `,"y"`)] + "}", did.ErrKeyLength},
		"short x of EC":       {swap(specEC, "igrF", ""), did.ErrKeyLength},
		"another y":           {swap(specEC, "efsX", "efsY"), did.ErrKey},
		"off the curve":       {swap(specEC, "igrFmi0w", "AgrFmi0w"), did.ErrJWK},
		"small order":         {`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, wire.ErrWeakKey},
		"alg of another":      {swap(rfc8037, `{`, `{"alg":"ES256",`), did.ErrJWK},
		"alg none":            {swap(rfc8037, `{`, `{"alg":"none",`), did.ErrJWK},
		"signing key for enc": {swap(rfc8037, `{`, `{"use":"enc",`), did.ErrJWK},
		"x a number":          {`{"kty":"OKP","crv":"Ed25519","x":1}`, wire.ErrField},
	} {
		if k, err := did.ParseJWK([]byte(c.doc)); !errors.Is(err, c.want) || k != (did.Key{}) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

func TestVerify(t *testing.T) {
	msg := []byte("a message")
	edKey := key(t, 7)
	edSig, err := edKey.Sign(msg)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(msg)
	r, s, err := ecdsa.Sign(rand.Reader, p, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	p256, err := did.NewKey(did.KindP256, elliptic.MarshalCompressed(elliptic.P256(), p.X, p.Y))
	if err != nil {
		t.Fatal(err)
	}
	k1 := secp256k1.PrivKeyFromBytes(sha512Half([]byte("seed")))
	compact := secp.SignCompact(k1, digest[:], true)[1:]
	koblitz, err := did.NewKey(did.KindSecp256k1, k1.PubKey().SerializeCompressed())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		k     did.Key
		sig   []byte
		order *big.Int
	}{
		{did.NewEd25519(edKey.Public()), edSig[:], nil},
		{p256, append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), elliptic.P256().Params().N},
		{koblitz, compact, secp256k1.Params().N},
	} {
		if err := c.k.Verify(msg, c.sig); err != nil {
			t.Fatalf("%s: %v", c.k.Kind(), err)
		}
		refuse := func(name string, msg, sig []byte) {
			t.Helper()
			if err := c.k.Verify(msg, sig); !errors.Is(err, wire.ErrBadSignature) {
				t.Errorf("%s: %s: %v", c.k.Kind(), name, err)
			}
		}
		for i := range c.sig {
			bent := append([]byte(nil), c.sig...)
			bent[i] ^= 1
			refuse("a bit", msg, bent)
		}
		refuse("another message", []byte("b message"), c.sig)
		refuse("nothing", msg, nil)
		refuse("short", msg, c.sig[:63])
		refuse("long", msg, append(append([]byte(nil), c.sig...), 0))
		refuse("zeros", msg, make([]byte, 64))
		if c.order == nil {
			continue
		}
		half := new(big.Int).SetBytes(c.sig[32:])
		other := append(append([]byte(nil), c.sig[:32]...), new(big.Int).Sub(c.order, half).FillBytes(make([]byte, 32))...)
		if err := c.k.Verify(msg, other); err != nil {
			t.Errorf("%s: the other s is refused, which JOSE accepts: %v", c.k.Kind(), err)
		}
		refuse("r of the order", msg, append(c.order.FillBytes(make([]byte, 32)), c.sig[32:]...))
		refuse("s of the order", msg, append(append([]byte(nil), c.sig[:32]...), c.order.FillBytes(make([]byte, 32))...))
		refuse("s zero", msg, append(append([]byte(nil), c.sig[:32]...), make([]byte, 32)...))
		refuse("r zero", msg, append(make([]byte, 32), c.sig[32:]...))
	}
	x, err := did.NewEd25519(edKey.Public()).Agreement()
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Verify(msg, edSig[:]); !errors.Is(err, wire.ErrBadSignature) {
		t.Errorf("X25519 verifies: %v", err)
	}
}

func FuzzParseJWK(f *testing.F) {
	f.Add([]byte(rfc8037))
	f.Add([]byte(specEC))
	f.Add([]byte(`{"kty":"EC","crv":"secp256k1","d":1}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		k, err := did.ParseJWK(doc)
		if err != nil {
			if k != (did.Key{}) {
				t.Fatal("an error with a key")
			}
			return
		}
		if again, err := did.ParseJWK(k.JWK()); err != nil || again != k {
			t.Fatalf("%s: %v", k.JWK(), err)
		}
		if again, err := did.ParseMultikey(k.Multikey()); err != nil || again != k {
			t.Fatalf("%s: %v", k.Multikey(), err)
		}
	})
}
