package did

import (
	"bytes"
	"crypto/elliptic"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a JSON Web Key is refused.
var (
	ErrJWK        = errors.New("not a public JSON Web Key that is understood")
	ErrPrivateJWK = errors.New("JSON Web Key holds private or secret material")
)

// jwkLimits bound one key: certificates in it are ignored, not carried.
var jwkLimits = wire.Limits{Bytes: 16 << 10, Depth: 8}

type jwkPublic struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y,omitempty"`
}

// jwkRead is what is read of a foreign key.
type jwkRead struct {
	jwkPublic
	Alg string `json:"alg"`
	Use string `json:"use"`

	// Private and secret members of RFC 7518 §6: their presence is refused.
	D   wire.Raw `json:"d"`
	P   wire.Raw `json:"p"`
	Q   wire.Raw `json:"q"`
	DP  wire.Raw `json:"dp"`
	DQ  wire.Raw `json:"dq"`
	QI  wire.Raw `json:"qi"`
	Oth wire.Raw `json:"oth"`
	K   wire.Raw `json:"k"`
}

// JWK is the public JSON Web Key in canonical form with the required members
// only, so that its SHA-256 is the thumbprint of RFC 7638; nil for the zero Key.
func (k Key) JWK() []byte {
	p := jwkPublic{Kty: "OKP", Crv: string(k.kind)}
	switch k.kind {
	case KindEd25519, KindX25519:
		p.X = base64.RawURLEncoding.EncodeToString([]byte(k.raw))
	case KindP256, KindSecp256k1:
		x, y, err := k.coordinates()
		if err != nil {
			return nil
		}
		p.Kty, p.X, p.Y = "EC", base64.RawURLEncoding.EncodeToString(x), base64.RawURLEncoding.EncodeToString(y)
	default:
		return nil
	}
	return wire.MustMarshal(p)
}

// coordinates decompresses a point, 32 bytes each.
func (k Key) coordinates() (x, y []byte, err error) {
	if k.kind == KindSecp256k1 {
		p, err := secp256k1.ParsePubKey([]byte(k.raw))
		if err != nil {
			return nil, nil, errNoPoint
		}
		b := p.SerializeUncompressed()
		return b[1:33], b[33:], nil
	}
	bx, by := elliptic.UnmarshalCompressed(elliptic.P256(), []byte(k.raw))
	if bx == nil {
		return nil, nil, errNoPoint
	}
	return bx.FillBytes(make([]byte, 32)), by.FillBytes(make([]byte, 32)), nil
}

// ParseJWK reads a public JSON Web Key (RFC 7517, RFC 8037, RFC 8812).
//
//	1 strict JSON within 16 KiB; members that are not read are ignored
//	2 no private or secret member (ErrPrivateJWK)
//	3 kty OKP with crv Ed25519 or X25519 and no y, or kty EC with crv P-256 or
//	  secp256k1
//	4 coordinates of exactly 32 bytes in base64url without padding, one spelling
//	5 y is a coordinate of the point, and the point one that NewKey accepts
//	6 alg and use, where they stand, fit the curve
func ParseJWK(doc []byte) (Key, error) {
	var j jwkRead
	if err := wire.UnmarshalLenient(doc, &j, jwkLimits); err != nil { // 1
		return Key{}, fmt.Errorf("%w: %w", ErrJWK, err)
	}
	for _, secret := range []wire.Raw{j.D, j.P, j.Q, j.DP, j.DQ, j.QI, j.Oth, j.K} {
		if secret != nil { // 2
			return Key{}, ErrPrivateJWK
		}
	}
	k, err := j.key() // 3, 4, 5
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrJWK, err)
	}
	if err := j.fits(k.kind); err != nil { // 6
		return Key{}, fmt.Errorf("%w: %w", ErrJWK, err)
	}
	return k, nil
}

func (j *jwkRead) key() (Key, error) {
	kind := Kind(j.Crv)
	switch {
	case j.Kty == "OKP" && (kind == KindEd25519 || kind == KindX25519) && j.Y == "":
		x, err := coordinate("x", j.X)
		if err != nil {
			return Key{}, err
		}
		return NewKey(kind, x)
	case j.Kty == "EC" && (kind == KindP256 || kind == KindSecp256k1):
		return j.point(kind)
	}
	return Key{}, fmt.Errorf("%w: kty %.20q with crv %.20q", ErrKeyKind, j.Kty, j.Crv) // 3
}

func (j *jwkRead) point(kind Kind) (Key, error) {
	x, err := coordinate("x", j.X)
	if err != nil {
		return Key{}, err
	}
	y, err := coordinate("y", j.Y)
	if err != nil {
		return Key{}, err
	}
	k, err := NewKey(kind, append([]byte{2 + y[31]&1}, x...)) // 5
	if err != nil {
		return Key{}, err
	}
	_, own, err := k.coordinates()
	if err != nil || !bytes.Equal(own, y) { // 5
		return Key{}, fmt.Errorf("%w: %s: y does not belong to x", ErrKey, kind)
	}
	return k, nil
}

// coordinate decodes 32 bytes of base64url.
func coordinate(name, s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != 32 || base64.RawURLEncoding.EncodeToString(b) != s { // 4
		return nil, fmt.Errorf("%w: %s is not 32 bytes in base64url without padding", ErrKeyLength, name)
	}
	return b, nil
}

// jwkAlgs are the algorithms a key of each kind may name.
var jwkAlgs = map[Kind][]string{
	KindEd25519:   {"EdDSA", "Ed25519"},
	KindP256:      {"ES256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"},
	KindSecp256k1: {"ES256K"},
	KindX25519:    {"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"},
}

func (j *jwkRead) fits(kind Kind) error {
	ok := j.Alg == ""
	for _, a := range jwkAlgs[kind] {
		ok = ok || a == j.Alg
	}
	if !ok {
		return fmt.Errorf("alg %.20q does not fit %s", j.Alg, kind)
	}
	if j.Use == "sig" && kind == KindX25519 || j.Use == "enc" && (kind == KindEd25519 || kind == KindSecp256k1) {
		return fmt.Errorf("use %.20q does not fit %s", j.Use, kind)
	}
	return nil
}
