package did_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"
	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The keys of the did:key specification's examples, with the X25519 form of
// the Ed25519 ones.
var specKeys = []struct {
	kind           did.Kind
	key, agreement string
}{
	{did.KindEd25519, "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", "z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW"},
	{did.KindEd25519, "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG", "z6LSrHyXiPBhUbvPUtyUCdf32sniiMGPTAesgHrtEa4FePtr"},
	{did.KindEd25519, "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf", "z6LSkkqoZRC34AEpbkhZCqLDcHQVAxuLpQ7kC8XCXMVUfvjE"},
	{did.KindEd25519, "did:key:z6MkvqoYXQfDDJRv8L4wKzxYeuKyVZBfi9Qo6Ro8MiLH3kDQ", "z6LSiUo6AEDat8Ze4nQzDo67SGuHLLwsUGkxndHGUjsywHow"},
	{did.KindEd25519, "did:key:z6MkwW6aqMnjgrhJXFUko3NnZPGzVpkNzhYK7yEhnsibmLwL", "z6LSrGb3qm4xMCEBjvwkLb2WEcXfTM94Tu1RyGCbT5wbg8i9"},
	{did.KindX25519, "did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F", "z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F"},
	{did.KindX25519, "did:key:z6LStiZsmxiK4odS4Sb6JmdRFuJ6e1SYP157gtiCyJKfrYha", ""},
	{did.KindX25519, "did:key:z6LSoMdmJz2Djah2P4L9taDmtqeJ6wwd2HhKZvNToBmvaczQ", ""},
	{did.KindP256, "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", ""},
	{did.KindP256, "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", ""},
	{did.KindSecp256k1, "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", ""},
	{did.KindSecp256k1, "did:key:zQ3shtxV1FrJfhqE1dvxYRcCknWNjHc3c5X1y3ZSoPDi2aur2", ""},
	{did.KindSecp256k1, "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N", ""},
	{did.KindSecp256k1, "did:key:zQ3shadCps5JLAHcZiuX5YUtWHHL8ysBJqFLWvjZDKAWUBGzy", ""},
	{did.KindSecp256k1, "did:key:zQ3shptjE6JwdkeKN4fcpnYQY3m9Cet3NiHdAfpvSUZBFoKBj", ""},
}

func TestSpecificationKeys(t *testing.T) {
	for _, s := range specKeys {
		k, err := did.ParseDIDKey(s.key)
		if err != nil || k.Kind() != s.kind || k.DIDKey() != s.key {
			t.Fatalf("%s: %s, %v", s.key, k.Kind(), err)
		}
		if again, err := did.ParseJWK(k.JWK()); err != nil || again != k {
			t.Errorf("%s as a JWK %s: %v", s.key, k.JWK(), err)
		}
		if again, err := did.NewKey(k.Kind(), k.Bytes()); err != nil || again != k {
			t.Errorf("%s from its bytes: %v", s.key, err)
		}
		a, err := k.Agreement()
		if s.agreement != "" && (err != nil || a.Multikey() != s.agreement) {
			t.Errorf("%s: agreement key %s, %v", s.key, a.Multikey(), err)
		}
		if (s.kind == did.KindP256 || s.kind == did.KindSecp256k1) && !errors.Is(err, did.ErrKeyKind) {
			t.Errorf("%s has an agreement key: %v", s.key, err)
		}
	}
}

// TestAgreementIsTheExchangedKey: the derived public key belongs to the
// private key that RFC 8032 derives from the seed.
func TestAgreementIsTheExchangedKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")
		k, err := wire.KeyFromSeed(seed)
		if err != nil {
			t.Fatal(err)
		}
		scalar := sha512Half(seed)
		private, err := ecdh.X25519().NewPrivateKey(scalar)
		if err != nil {
			t.Fatal(err)
		}
		a, err := did.NewEd25519(k.Public()).Agreement()
		if err != nil || !bytes.Equal(a.Bytes(), private.PublicKey().Bytes()) {
			t.Fatalf("%x, %v", a.Bytes(), err)
		}
	})
}

// TestSmallOrderIsWhatTheExchangeRefuses: a coordinate is of small order if and
// only if an exchange with it gives zero, which package ecdh refuses.
func TestSmallOrderIsWhatTheExchangeRefuses(t *testing.T) {
	probe, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	try := func(u []byte) {
		t.Helper()
		public, err := ecdh.X25519().NewPublicKey(u)
		if err != nil {
			t.Fatal(err)
		}
		_, zero := probe.ECDH(public)
		if _, err := did.NewKey(did.KindX25519, u); errors.Is(err, wire.ErrWeakKey) != (zero != nil) {
			t.Errorf("%x: %v, the exchange says %v", u, err, zero)
		}
	}
	for _, s := range []string{"00", "01", "02", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"} {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		try(append(b, make([]byte, 32-len(b))...))
	}
	rapid.Check(t, func(rt *rapid.T) {
		u := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "u")
		u[31] &= 0x3f
		try(u)
	})
}

func mb(t *testing.T, raw string) string {
	t.Helper()
	b, err := hex.DecodeString(raw)
	if err != nil {
		t.Fatal(err)
	}
	s, err := multibase.Encode(multibase.Base58BTC, b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseMultikeyRefuses(t *testing.T) {
	good, _ := did.ParseDIDKey(specKeys[0].key)
	p256, _ := did.ParseDIDKey(specKeys[8].key)
	ed, ec := hex.EncodeToString(good.Bytes()), hex.EncodeToString(p256.Bytes())
	zero32, ff32 := strings.Repeat("00", 32), strings.Repeat("ff", 32)
	for name, c := range map[string]struct {
		s    string
		want error
	}{
		"empty":                     {"", did.ErrMultikey},
		"a letter":                  {"z", did.ErrMultikey},
		"no multibase letter":       {good.Multikey()[1:], did.ErrMultikey},
		"base64url":                 {"u7QHqSmxj4pxSCr71UHsTLsX5lUd2rr6-e5JCHuppFEbSLA", did.ErrMultikey},
		"hexadecimal":               {"fed01" + ed, did.ErrMultikey},
		"bad alphabet":              {good.Multikey()[:40] + "0OIl", did.ErrMultikey},
		"too long":                  {"z" + strings.Repeat("2", 200), did.ErrMultikey},
		"a leading one":             {"z1" + good.Multikey()[1:], did.ErrKeyKind},
		"long multicodec":           {mb(t, "ed8100"+ed), did.ErrMultikey},
		"unending multicodec":       {mb(t, "ffffff"), did.ErrMultikey},
		"P-384":                     {"z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9", did.ErrKeyKind},
		"an Ed25519 private key":    {mb(t, "8026"+ed), did.ErrKeyKind},
		"BLS12-381":                 {mb(t, "eb01"+strings.Repeat("a5", 64)), did.ErrKeyKind},
		"Ed25519 of 31 bytes":       {mb(t, "ed01"+ed[2:]), did.ErrKeyLength},
		"Ed25519 of 33 bytes":       {mb(t, "ed01"+ed+"00"), did.ErrKeyLength},
		"Ed25519 of none":           {mb(t, "ed01"), did.ErrKeyLength},
		"Ed25519 of small order":    {mb(t, "ed01"+"01"+zero32[2:]), wire.ErrWeakKey},
		"Ed25519 off the curve":     {mb(t, "ed01"+"02"+zero32[2:]), did.ErrKey},
		"Ed25519 not reduced":       {mb(t, "ed01"+ff32), wire.ErrWeakKey},
		"X25519 of small order":     {mb(t, "ec01"+zero32), wire.ErrWeakKey},
		"X25519 one":                {mb(t, "ec01"+"01"+zero32[2:]), wire.ErrWeakKey},
		"X25519 of order eight":     {mb(t, "ec01"+"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), wire.ErrWeakKey},
		"X25519 of the other eight": {mb(t, "ec01"+"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"), wire.ErrWeakKey},
		"X25519 minus one":          {mb(t, "ec01"+"ec"+ff32[2:62]+"7f"), wire.ErrWeakKey},
		"X25519 not reduced":        {mb(t, "ec01"+"ed"+ff32[2:62]+"7f"), did.ErrKey},
		"X25519 with the high bit":  {mb(t, "ec01"+"09"+zero32[2:62]+"80"), did.ErrKey},
		"P-256 uncompressed":        {mb(t, "8024"+"04"+ec[2:]+ec[2:]), did.ErrKeyLength},
		"P-256 with an odd head":    {mb(t, "8024"+"05"+ec[2:]), did.ErrKey},
		"P-256 hybrid head":         {mb(t, "8024"+"06"+ec[2:]), did.ErrKey},
		"P-256 off the curve":       {mb(t, "8024"+"02"+zero32[:62]+"01"), did.ErrKey},
		"P-256 not reduced":         {mb(t, "8024"+"02"+ff32), did.ErrKey},
		"P-256 at infinity":         {mb(t, "8024"+"00"+zero32), did.ErrKey},
		"secp256k1 off the curve":   {mb(t, "e701"+"02"+zero32[:62]+"05"), did.ErrKey},
		"secp256k1 not reduced":     {mb(t, "e701"+"02"+ff32), did.ErrKey},
		"secp256k1 with a bad head": {mb(t, "e701"+"04"+zero32[:62]+"01"), did.ErrKey},
		"secp256k1 of 32 bytes":     {mb(t, "e701"+zero32), did.ErrKeyLength},
	} {
		if k, err := did.ParseMultikey(c.s); !errors.Is(err, c.want) || k != (did.Key{}) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
		if _, err := did.ParseDIDKey("did:key:" + c.s); !errors.Is(err, did.ErrDIDKey) || !errors.Is(err, c.want) {
			t.Errorf("%s as a did:key: %v", name, err)
		}
	}
	for _, s := range []string{"did:key:" + good.Multikey() + "#" + good.Multikey(), "did:key:1.1:" + good.Multikey(), "did:key", "did:web:x", good.Multikey()} {
		if _, err := did.ParseDIDKey(s); !errors.Is(err, did.ErrDIDKey) {
			t.Errorf("%s: %v", s, err)
		}
	}
	if _, err := did.NewKey("P-384", nil); !errors.Is(err, did.ErrKeyKind) {
		t.Errorf("P-384: %v", err)
	}
}

func TestZeroKey(t *testing.T) {
	var k did.Key
	if k.Multikey() != "" || k.DIDKey() != "" || k.JWK() != nil || k.Verify(nil, make([]byte, 64)) == nil {
		t.Error("the zero key has a form, or verifies")
	}
	if _, err := k.Agreement(); !errors.Is(err, did.ErrKeyKind) {
		t.Errorf("the zero key agrees: %v", err)
	}
}

func FuzzParseMultikey(f *testing.F) {
	for _, s := range specKeys {
		f.Add(strings.TrimPrefix(s.key, "did:key:"))
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := did.ParseMultikey(s)
		if err != nil {
			if k != (did.Key{}) {
				t.Fatal("an error with a key")
			}
			return
		}
		if k.Multikey() != s {
			t.Fatalf("%q comes back as %q", s, k.Multikey())
		}
		if again, err := did.ParseJWK(k.JWK()); err != nil || again != k {
			t.Fatalf("%q as a JWK: %v", s, err)
		}
	})
}
