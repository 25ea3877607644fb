package did

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secp "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/backbay-labs/chio-node/wire"
)

// Verify checks a signature over a message; every refusal wraps
// wire.ErrBadSignature.
//
//	1 Ed25519: 64 bytes, by the rules of wire
//	2 P-256 is ES256 and secp256k1 is ES256K (RFC 7518 §3.4, RFC 8812 §3.2):
//	  ECDSA over SHA-256, r and s of 32 bytes each, both between 1 and n-1
//	3 X25519 and the zero Key verify nothing
//
// For ECDSA both s and n-s are accepted, as JOSE does: a signature is not an
// identifier of what it signs.
func (k Key) Verify(message, signature []byte) error {
	if len(signature) != len(wire.Signature{}) { // 1, 2
		return fmt.Errorf("%w: %d bytes, want %d", wire.ErrBadSignature, len(signature), len(wire.Signature{}))
	}
	switch k.kind {
	case KindEd25519: // 1
		return wire.PublicKey([]byte(k.raw)).Verify(message, wire.Signature(signature))
	case KindP256: // 2
		return verifyP256([]byte(k.raw), message, signature)
	case KindSecp256k1: // 2
		return verifySecp256k1([]byte(k.raw), message, signature)
	}
	return fmt.Errorf("%w: a key of kind %.40q signs nothing", wire.ErrBadSignature, k.kind) // 3
}

func verifyP256(point, message, signature []byte) error {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), point)
	if x == nil {
		return fmt.Errorf("%w: %w", wire.ErrBadSignature, errNoPoint)
	}
	whole := append(make([]byte, 0, 65), 4)
	whole = append(append(whole, x.FillBytes(make([]byte, 32))...), y.FillBytes(make([]byte, 32))...)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), whole)
	if err != nil {
		return fmt.Errorf("%w: %w", wire.ErrBadSignature, errNoPoint)
	}
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	digest := sha256.Sum256(message)
	if !ecdsa.Verify(key, digest[:], r, s) {
		return wire.ErrBadSignature
	}
	return nil
}

func verifySecp256k1(point, message, signature []byte) error {
	public, err := secp256k1.ParsePubKey(point)
	if err != nil {
		return fmt.Errorf("%w: %w", wire.ErrBadSignature, errNoPoint)
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) {
		return fmt.Errorf("%w: r or s is not below the order of the curve", wire.ErrBadSignature)
	}
	digest := sha256.Sum256(message)
	if !secp.NewSignature(&r, &s).Verify(digest[:], public) {
		return wire.ErrBadSignature
	}
	return nil
}
