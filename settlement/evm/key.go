package evm

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

var (
	// ErrKey: the scalar is not a secp256k1 private key.
	ErrKey = errors.New("not a secp256k1 key")
	// ErrSignature: a signature is malformed, malleable or of another key.
	ErrSignature = errors.New("secp256k1 signature does not verify")
)

// Key is a settlement key. It never prints its private half.
type Key struct {
	private *ecdsa.PrivateKey
	address Address
}

// KeyFromScalar builds a key from 32 big-endian bytes.
func KeyFromScalar(scalar []byte) (*Key, error) {
	private, err := crypto.ToECDSA(scalar)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes out of range", ErrKey, len(scalar))
	}
	return &Key{private: private, address: Address(crypto.PubkeyToAddress(private.PublicKey))}, nil
}

// Address is the account of the key.
func (k *Key) Address() Address { return k.address }

func (k *Key) String() string   { return "settlement key " + k.address.String() }
func (k *Key) GoString() string { return k.String() }

// Key is the compressed point in hex, as envelopes and key bindings name it.
func (k *Key) Key() string {
	return hex.EncodeToString(crypto.CompressPubkey(&k.private.PublicKey))
}

// Sign signs the SHA-256 of a message for an envelope: 130 hex characters
// r‖s‖v, low s, v 0 or 1.
func (k *Key) Sign(message []byte) (string, error) {
	digest := sha256.Sum256(message)
	sig, err := crypto.Sign(digest[:], k.private)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return hex.EncodeToString(sig), nil
}

// Scheme is the wire.Scheme of secp256k1 envelope signatures. The one accepted
// form is what Sign makes.
func Scheme(key string, message []byte, signature string) error {
	sig, err := hex.DecodeString(signature)
	if err != nil || len(sig) != 65 || hex.EncodeToString(sig) != signature || sig[64] > 1 || !lowS(sig[32:64]) {
		return fmt.Errorf("%w: want 130 lowercase hex characters r‖s‖v with low s", ErrSignature)
	}
	digest := sha256.Sum256(message)
	public, err := crypto.SigToPub(digest[:], sig)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if got := hex.EncodeToString(crypto.CompressPubkey(public)); got != key {
		return fmt.Errorf("%w: signed by %s", ErrSignature, got)
	}
	return nil
}

// compact is the 64-byte form of EIP-2098 of a signature of the digest.
func (k *Key) compact(digest [32]byte) ([64]byte, error) {
	var out [64]byte
	sig, err := crypto.Sign(digest[:], k.private)
	if err != nil {
		return out, fmt.Errorf("signing: %w", err)
	}
	copy(out[:], sig)
	out[32] |= sig[64] << 7
	return out, nil
}

// recoverCompact returns the account that made a 64-byte signature. A high s
// is refused: it would be a second signature for the same digest.
func recoverCompact(digest [32]byte, compact [64]byte) (Address, error) {
	var sig [65]byte
	copy(sig[:], compact[:])
	sig[64] = sig[32] >> 7
	sig[32] &= 0x7f
	if !lowS(sig[32:64]) {
		return Address{}, fmt.Errorf("%w: s is in the upper half", ErrSignature)
	}
	public, err := crypto.SigToPub(digest[:], sig[:])
	if err != nil {
		return Address{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return Address(crypto.PubkeyToAddress(*public)), nil
}

// lowS reports s ≤ n/2 for 32 big-endian bytes.
func lowS(s []byte) bool {
	const half = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
	return hex.EncodeToString(s) <= half
}

func (k *Key) signTx(tx types.TxData, chainID *big.Int) (*types.Transaction, error) {
	signed, err := types.SignNewTx(k.private, types.LatestSignerForChainID(chainID), tx)
	if err != nil {
		return nil, fmt.Errorf("signing a transaction: %w", err)
	}
	return signed, nil
}
