package evm

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/backbay-labs/chio-node/wire"
)

var (
	// ErrKey: the scalar is not a secp256k1 private key.
	ErrKey = errors.New("not a secp256k1 key")
	// ErrSignature: a signature is malformed, malleable or of another key.
	ErrSignature = errors.New("secp256k1 signature does not verify")
)

// Key is a settlement key. It never prints its private half, which may be in
// another process.
type Key struct {
	signer  signer
	public  *ecdsa.PublicKey
	address Address
}

// signer signs the Keccak-256 of data: 65 bytes r‖s‖v, low s, v 0 or 1.
type signer interface {
	sign(data []byte) ([]byte, error)
}

func newKey(s signer, public *ecdsa.PublicKey) *Key {
	return &Key{signer: s, public: public, address: Address(crypto.PubkeyToAddress(*public))}
}

// scalar is a private key in this process.
type scalar struct{ private *ecdsa.PrivateKey }

func (s scalar) sign(data []byte) ([]byte, error) {
	sig, err := crypto.Sign(crypto.Keccak256(data), s.private)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return sig, nil
}

func (scalar) String() string   { return "a private key" }
func (scalar) GoString() string { return "a private key" }

// KeyFromScalar builds a key from 32 big-endian bytes.
func KeyFromScalar(bytes []byte) (*Key, error) {
	private, err := crypto.ToECDSA(bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes out of range", ErrKey, len(bytes))
	}
	return newKey(scalar{private}, &private.PublicKey), nil
}

// Address is the account of the key.
func (k *Key) Address() Address { return k.address }

func (k *Key) String() string   { return "settlement key " + k.address.String() }
func (k *Key) GoString() string { return k.String() }

// Key is the compressed point in hex, as envelopes and key bindings name it.
func (k *Key) Key() string {
	return hex.EncodeToString(crypto.CompressPubkey(k.public))
}

// Try has the key sign something that moves nothing, and returns why it cannot.
func (k *Key) Try() error {
	_, err := k.signer.sign([]byte("chio-node: does the settlement key sign?"))
	return err
}

// Sign signs the SHA-256 of a message for an envelope: 130 hex characters
// r‖s‖v, low s, v 0 or 1. A key in a remote signer, which signs Keccak-256 only,
// is ErrSigner.
func (k *Key) Sign(message []byte) (string, error) {
	s, here := k.signer.(scalar)
	if !here {
		return "", fmt.Errorf("%w: it signs no SHA-256", ErrSigner)
	}
	digest := sha256.Sum256(message)
	sig, err := crypto.Sign(digest[:], s.private)
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

// compact is the 64-byte form of EIP-2098 of a signature of typed data.
func (k *Key) compact(data typedData) ([64]byte, error) {
	var out [64]byte
	sig, err := k.signer.sign(data[:])
	if err != nil {
		return out, err
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

// signTx signs a transaction over what EIP-1559 says is signed: 0x02 and the
// RLP of its members.
func (k *Key) signTx(inner *types.DynamicFeeTx) (*types.Transaction, error) {
	tx := types.NewTx(inner)
	rules := types.LatestSignerForChainID(tx.ChainId())
	list, err := rlp.EncodeToBytes([]any{tx.ChainId(), tx.Nonce(), tx.GasTipCap(), tx.GasFeeCap(), tx.Gas(), tx.To(), tx.Value(), tx.Data(), tx.AccessList()})
	if err != nil {
		return nil, fmt.Errorf("encoding a transaction: %w", err)
	}
	data := append([]byte{tx.Type()}, list...)
	if keccak(data) != wire.Digest(rules.Hash(tx)) {
		return nil, fmt.Errorf("%w: transaction of type %d", ErrSignature, tx.Type())
	}
	sig, err := k.signer.sign(data)
	if err != nil {
		return nil, err
	}
	signed, err := tx.WithSignature(rules, sig)
	if err != nil {
		return nil, fmt.Errorf("signing a transaction: %w", err)
	}
	return signed, nil
}
