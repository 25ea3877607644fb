package jose_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secp "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	t0   = 1_790_000_000 // 2026-09-21T14:13:20Z
	from = "2026-09-01T00:00:00Z"
	till = "2026-12-01T00:00:00Z"
	nbf  = 1_788_220_800
	exp  = 1_796_083_200
)

func key(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func didOf(t testing.TB, fill byte) did.DID { return did.FromKey(key(t, fill).Public()) }

// members is a JSON object as tests write it.
type members = map[string]any

// with returns the members changed; nil takes one away.
func with(m, change members) members {
	out := maps.Clone(m)
	for k, v := range change {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

// forge makes a compact JWS of any header and payload, whatever they say.
func forge(head, payload any, sign func([]byte) []byte) []byte {
	b64 := base64.RawURLEncoding
	out := []byte(b64.EncodeToString(bytesOf(head)) + "." + b64.EncodeToString(bytesOf(payload)))
	return append(out, "."+b64.EncodeToString(sign(out))...)
}

func bytesOf(v any) []byte {
	if s, ok := v.(string); ok {
		return []byte(s)
	}
	return wire.MustMarshal(v)
}

func ed(k *wire.Key) func([]byte) []byte {
	return func(m []byte) []byte {
		sig, err := k.Sign(m)
		if err != nil {
			panic(err)
		}
		return sig[:]
	}
}

// p256 is an ES256 key of the scalar 7, by go-jose; koblitz one of ES256K.
func p256(t testing.TB) (did.Key, func(head, payload members) []byte) {
	t.Helper()
	scalar := make([]byte, 32)
	scalar[31] = 7
	priv, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		t.Fatal(err)
	}
	point, err := priv.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	k, err := did.NewKey(did.KindP256, append([]byte{2 + point[64]&1}, point[1:33]...))
	if err != nil {
		t.Fatal(err)
	}
	return k, func(head, payload members) []byte {
		o := &gojose.SignerOptions{}
		for name, v := range head {
			if name != "alg" {
				o.WithHeader(gojose.HeaderKey(name), v)
			}
		}
		s, err := gojose.NewSigner(gojose.SigningKey{Algorithm: gojose.ES256, Key: priv}, o)
		if err != nil {
			t.Fatal(err)
		}
		jws, err := s.Sign(wire.MustMarshal(payload))
		if err != nil {
			t.Fatal(err)
		}
		out, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return []byte(out)
	}
}

func koblitz(t testing.TB) (did.Key, func([]byte) []byte) {
	t.Helper()
	priv := secp256k1.PrivKeyFromBytes([]byte{9})
	k, err := did.NewKey(did.KindSecp256k1, priv.PubKey().SerializeCompressed())
	if err != nil {
		t.Fatal(err)
	}
	return k, func(m []byte) []byte {
		digest := sha256.Sum256(m)
		return secp.SignCompact(priv, digest[:], true)[1:]
	}
}

// methods resolves exactly the methods it holds, for any purpose.
type methods map[string]*did.Method

func (m methods) Method(_ context.Context, url string, _ did.Purpose) (*did.Method, error) {
	if found := m[url]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("%w: %s", did.ErrMethod, url)
}

func gate() vc.Gate {
	return vc.Gate{Now: t0, TrustedIssuer: func(string) bool { return true }, AllowNoStatus: true, Envelope: jose.Open}
}

// credential is one of VC 2.0 by the organisation about the agent.
func credential(t testing.TB) members {
	return members{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "id": "urn:uuid:5c1f2f6e-5ad3-4f0f-8a39-0a1d31a4a001",
		"issuer": didOf(t, 7).String(), "validFrom": from, "validUntil": till,
		"credentialSubject": members{"id": didOf(t, 9).String(), "name": "researcher"},
	}
}

// credential11 is one of VC 1.1.
func credential11(t testing.TB) members {
	return with(credential(t), members{
		"@context": []any{vc.ContextV1}, "validFrom": nil, "validUntil": nil, "issuanceDate": from, "expirationDate": till})
}

func presentation(t testing.TB, credentials ...any) members {
	return members{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"},
		"holder": didOf(t, 9).String(), "verifiableCredential": credentials}
}

func head(t testing.TB, typ string, fill byte) members {
	return members{"alg": "EdDSA", "typ": typ, "kid": didOf(t, fill).KeyID()}
}
