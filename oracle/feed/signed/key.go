package signed

import (
	"crypto/ecdsa"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/oracle"
)

// ErrKey: the scalar is not a secp256k1 private key.
var ErrKey = errors.New("not a secp256k1 key")

// Key is an operator's oracle key. It never prints its private half.
type Key struct {
	private *ecdsa.PrivateKey
}

// KeyFromScalar builds a key from 32 big-endian bytes.
func KeyFromScalar(scalar []byte) (*Key, error) {
	private, err := crypto.ToECDSA(scalar)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes out of range", ErrKey, len(scalar))
	}
	return &Key{private: private}, nil
}

// Operator is the address that names the key in rounds.
func (k *Key) Operator() string {
	return operatorOf(&k.private.PublicKey)
}

func (k *Key) String() string   { return "oracle key " + k.Operator() }
func (k *Key) GoString() string { return k.String() }

func operatorOf(public *ecdsa.PublicKey) string {
	address := crypto.PubkeyToAddress(*public)
	return "0x" + hex.EncodeToString(address[:])
}

// Reading is what an operator states: value·10^expo quote units per base unit,
// seen at ObservedAt and good until ValidUntil, unix seconds.
type Reading struct {
	Pair       oracle.Pair
	Value      int64
	Expo       int32
	ObservedAt int64
	ValidUntil int64
	Source     [32]byte
	Sequence   uint64
}

// Sign returns the observation as operators exchange it.
func (k *Key) Sign(r Reading) (*oracle.Signed, error) {
	s := &oracle.Signed{Schema: oracle.ObservationSchema, Pair: r.Pair, Observation: oracle.Observation{
		Operator: k.Operator(), Value: r.Value, Expo: r.Expo, ObservedAt: r.ObservedAt, ValidUntil: r.ValidUntil,
		Source: r.Source, Sequence: r.Sequence,
	}}
	raw := preimage(s.Pair, s.Observation)
	sig, err := crypto.Sign(crypto.Keccak256(raw), k.private)
	if err != nil {
		return nil, fmt.Errorf("signing a price observation: %w", err)
	}
	sig[64] += 27
	s.Observation.Raw = hex.EncodeToString(raw)
	s.Observation.Signature = hex.EncodeToString(sig)
	if _, err := oracle.ParseSigned(s.Bytes()); err != nil {
		return nil, err
	}
	return s, nil
}
