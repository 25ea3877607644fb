package idp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// key is what tokens are signed with.
type key struct {
	id, algorithm string
	public        map[string]any // as a JWK
	sign          func(input []byte) []byte
}

// Rotate takes a new key of an algorithm, RS256, ES256 or EdDSA, into use; the
// old one is published no more.
func (p *Provider) Rotate(algorithm string) {
	k := &key{id: random(), algorithm: algorithm}
	k.public = map[string]any{"kid": k.id, "alg": algorithm, "use": "sig"}
	switch algorithm {
	case "RS256":
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		must(err)
		k.public["kty"], k.public["n"], k.public["e"] = "RSA", b64(private.N.Bytes()), b64(big.NewInt(int64(private.E)).Bytes())
		k.sign = func(input []byte) []byte {
			sum := sha256.Sum256(input)
			sig, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
			must(err)
			return sig
		}
	case "EdDSA":
		public, private, err := ed25519.GenerateKey(rand.Reader)
		must(err)
		k.public["kty"], k.public["crv"], k.public["x"] = "OKP", "Ed25519", b64(public)
		k.sign = func(input []byte) []byte { return ed25519.Sign(private, input) }
	default:
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
		point, err := private.PublicKey.Bytes()
		must(err)
		k.public["kty"], k.public["crv"], k.public["x"], k.public["y"] = "EC", "P-256", b64(point[1:33]), b64(point[33:])
		k.sign = func(input []byte) []byte {
			sum := sha256.Sum256(input)
			r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
			must(err)
			return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = k
}

// IDToken makes the token of one login.
func (p *Provider) IDToken(nonce, access string) string {
	now := p.cfg.Now().Unix()
	claims := map[string]any{"iss": p.URL, "sub": "u-1001", "aud": p.cfg.ClientID, "iat": now, "exp": now + 300, "auth_time": now - 5,
		"email": "ada@acme.example", "email_verified": true, "name": "Ada Canary"}
	p.mu.Lock()
	k := p.key
	p.mu.Unlock()
	if nonce != "" {
		claims["nonce"] = nonce
	}
	claims["at_hash"] = accessHash(k.algorithm, access)
	for name, v := range p.Claims {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	header := map[string]any{"alg": k.algorithm, "kid": k.id, "typ": "JWT"}
	if p.Sign != nil {
		return p.Sign(header, claims)
	}
	return p.Signed(header, claims)
}

// Signed is a token under the provider's key, whatever its header says.
func (p *Provider) Signed(header, claims any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	input := Unsigned(header, claims)
	return input + "." + b64(p.key.sign([]byte(input)))
}

// Unsigned is the part of a token that is signed. Claims that are bytes stand
// as they are.
func Unsigned(header, claims any) string {
	h, err := json.Marshal(header)
	must(err)
	c, raw := claims.([]byte)
	if !raw {
		c, err = json.Marshal(claims)
		must(err)
	}
	return b64(h) + "." + b64(c)
}

func accessHash(algorithm, access string) string {
	if algorithm == "EdDSA" {
		sum := sha512.Sum512([]byte(access))
		return b64(sum[:32])
	}
	sum := sha256.Sum256([]byte(access))
	return b64(sum[:16])
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func must(err error) {
	if err != nil {
		panic(err) // a test provider that cannot make a key
	}
}
