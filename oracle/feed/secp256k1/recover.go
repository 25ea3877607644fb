// Package secp256k1 recovers who signed a foreign price payload.
//
// Contract: one signature of one digest has one accepted form (low s), so that
// a payload cannot be changed and stay valid. Keys are named by their Ethereum
// addresses, 0x and 40 lowercase hex characters.
//
// Non-goals: signing; the project's own observations (oracle/feed/signed).
package secp256k1

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"
)

// ErrSignature: the signature is malformed, malleable, or recovers to no key.
var ErrSignature = errors.New("payload signature does not verify")

// Size is r‖s‖v.
const Size = 65

// half is (n−1)/2 of the curve's order n, the largest s accepted.
var half = [32]byte{
	0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
}

// Recover returns the address whose key signed a 32-byte digest. v is 0 or 1.
func Recover(digest []byte, signature [Size]byte) (string, error) {
	if signature[64] > 1 {
		return "", fmt.Errorf("%w: recovery id %d", ErrSignature, signature[64])
	}
	if bytes.Compare(signature[32:64], half[:]) > 0 {
		return "", fmt.Errorf("%w: s is in the upper half", ErrSignature)
	}
	public, err := crypto.Ecrecover(digest, signature[:])
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return "0x" + hex.EncodeToString(crypto.Keccak256(public[1:])[12:]), nil
}

// Keccak is the hash of the chains' formats, of the parts one after the other.
func Keccak(parts ...[]byte) []byte { return crypto.Keccak256(parts...) }
