package did

import (
	"crypto/elliptic"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/edwards25519"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a public key is refused. ErrKeyLength and ErrKeyKind are apart
// because the did:key method names them apart.
var (
	ErrKey       = errors.New("public key is not valid")
	ErrKeyLength = errors.New("public key has the wrong length")
	ErrKeyKind   = errors.New("kind of public key is not supported")
)

// rawLength is the length of a key's bytes, 0 for an unknown kind.
func (k Kind) rawLength() int {
	switch k {
	case KindEd25519, KindX25519:
		return 32
	case KindP256, KindSecp256k1:
		return 33
	}
	return 0
}

// NewKey checks the bytes of a public key: 32 bytes for Ed25519 and X25519, a
// compressed point of 33 for P-256 and secp256k1.
//
//	1 the kind is known (ErrKeyKind) and the length is its own (ErrKeyLength)
//	2 the bytes are a point of the curve (ErrKey)
//	3 in its one spelling, and not of small order (ErrKey)
func NewKey(kind Kind, raw []byte) (Key, error) {
	want := kind.rawLength()
	if want == 0 { // 1
		return Key{}, fmt.Errorf("%w: %.40q: use Ed25519, X25519, P-256 or secp256k1", ErrKeyKind, kind)
	}
	if len(raw) != want { // 1
		return Key{}, fmt.Errorf("%w: %s has %d bytes, want %d", ErrKeyLength, kind, len(raw), want)
	}
	if err := checkPoint(kind, raw); err != nil { // 2, 3
		return Key{}, fmt.Errorf("%w: %s: %w", ErrKey, kind, err)
	}
	return Key{kind: kind, raw: string(raw)}, nil
}

func checkPoint(kind Kind, raw []byte) error {
	switch kind {
	case KindEd25519:
		if err := wire.PublicKey(raw).Check(); err != nil { // 3
			return err
		}
		_, err := new(edwards25519.Point).SetBytes(raw) // 2
		return err
	case KindX25519:
		return checkMontgomery(raw)
	case KindP256:
		if x, _ := elliptic.UnmarshalCompressed(elliptic.P256(), raw); x == nil { // 2, 3
			return errNoPoint
		}
	case KindSecp256k1:
		if _, err := secp256k1.ParsePubKey(raw); err != nil { // 2, 3
			return errNoPoint
		}
	}
	return nil
}

var errNoPoint = errors.New("not a compressed point of the curve")

// fieldPrime25519 is 2^255-19, little-endian.
const fieldPrime25519 = "\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"

// smallMontgomery are the reduced u coordinates with which every exchange
// gives zero (RFC 7748 §6.1): 0, 1, p-1 and the two of order eight.
var smallMontgomery = []string{
	strings.Repeat("\x00", 32),
	"\x01" + strings.Repeat("\x00", 31),
	"\xec" + fieldPrime25519[1:],
	"\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
	"\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
}

// checkMontgomery refuses a u coordinate that is not reduced, or of small
// order. Every other u names a point of the curve or of its twist, and both
// are safe.
func checkMontgomery(u []byte) error {
	reduced := false
	for i, b := range slices.Backward(u) {
		if b != fieldPrime25519[i] {
			reduced = b < fieldPrime25519[i]
			break
		}
	}
	if !reduced {
		return errors.New("the coordinate is not reduced")
	}
	if slices.Contains(smallMontgomery, string(u)) {
		return wire.ErrWeakKey
	}
	return nil
}

// Agreement returns the X25519 key of an Ed25519 key: the same point on the
// Montgomery curve, u = (1+y)/(1-y) of RFC 7748 §4.1. An X25519 key is its own;
// other kinds are refused with ErrKeyKind.
func (k Key) Agreement() (Key, error) {
	switch k.kind {
	case KindX25519:
		return k, nil
	case KindEd25519:
		p, err := new(edwards25519.Point).SetBytes([]byte(k.raw))
		if err != nil {
			return Key{}, fmt.Errorf("%w: %s: %w", ErrKey, k.kind, err)
		}
		return NewKey(KindX25519, p.BytesMontgomery())
	}
	return Key{}, fmt.Errorf("%w: %.40q has no X25519 form", ErrKeyKind, k.kind)
}
