package wire

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// PublicKey is an Ed25519 key; on the wire 64 lowercase hex characters.
type PublicKey [ed25519.PublicKeySize]byte

// Signature is an Ed25519 signature; on the wire 128 lowercase hex characters.
type Signature [ed25519.SignatureSize]byte

// ErrWeakKey refuses keys that the standard library accepts although one
// signature under them verifies for many messages (small order) or that have a
// second spelling (non-canonical).
var ErrWeakKey = errors.New("public key is of small order or not canonical")

// ErrBadSignature means the signature does not verify under the key.
var ErrBadSignature = errors.New("signature does not verify")

// Signer signs with one Ed25519 key. Implementations keep the private half to
// themselves; an error means no signature was made.
type Signer interface {
	Public() PublicKey
	Sign(message []byte) (Signature, error)
}

// ParsePublicKey is the door for a key that arrives as text.
func ParsePublicKey(s string) (PublicKey, error) {
	var k PublicKey
	if err := decodeHex(k[:], s); err != nil {
		return PublicKey{}, fmt.Errorf("public key: %w", err)
	}
	return k, k.Check()
}

// Check refuses weak keys (ErrWeakKey).
func (k PublicKey) Check() error {
	y := k
	y[31] &= 0x7f
	if !belowFieldPrime(y) || smallOrder[y] {
		return ErrWeakKey
	}
	return nil
}

// Verify checks sig over message with the standard library's rules, the only
// authority on accept and reject in this project.
func (k PublicKey) Verify(message []byte, sig Signature) error {
	if !ed25519.Verify(k[:], message, sig[:]) {
		return ErrBadSignature
	}
	return nil
}

func (k PublicKey) String() string               { return hex.EncodeToString(k[:]) }
func (k PublicKey) IsZero() bool                 { return k == PublicKey{} }
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText parses and checks a key.
func (k *PublicKey) UnmarshalText(b []byte) error {
	v, err := ParsePublicKey(string(b))
	if err != nil {
		return err
	}
	*k = v
	return nil
}

// ParseSignature is the door for a signature that arrives as text.
func ParseSignature(s string) (Signature, error) {
	var v Signature
	if err := decodeHex(v[:], s); err != nil {
		return Signature{}, fmt.Errorf("signature: %w", err)
	}
	return v, nil
}

func (s Signature) String() string               { return hex.EncodeToString(s[:]) }
func (s Signature) IsZero() bool                 { return s == Signature{} }
func (s Signature) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText parses 128 lowercase hex characters.
func (s *Signature) UnmarshalText(b []byte) error {
	v, err := ParseSignature(string(b))
	if err != nil {
		return err
	}
	*s = v
	return nil
}

// Key is an Ed25519 private key held in memory: the kernel, transport and
// agent keys, which are on the hot path. It never prints.
type Key struct {
	private ed25519.PrivateKey
	public  PublicKey
}

// GenerateKey draws a key from rand.
func GenerateKey(rand io.Reader) (*Key, error) {
	var seed [ed25519.SeedSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return nil, fmt.Errorf("read randomness for a key: %w", err)
	}
	return KeyFromSeed(seed[:])
}

// KeyFromSeed builds the key of a 32-byte RFC 8032 seed.
func KeyFromSeed(seed []byte) (*Key, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("seed has %d bytes, want %d", len(seed), ed25519.SeedSize)
	}
	k := &Key{private: ed25519.NewKeyFromSeed(seed)}
	copy(k.public[:], k.private[ed25519.SeedSize:])
	return k, nil
}

func (k *Key) Public() PublicKey { return k.public }

// Sign never fails for an in-memory key.
func (k *Key) Sign(message []byte) (Signature, error) {
	var s Signature
	copy(s[:], ed25519.Sign(k.private, message))
	return s, nil
}

// Seed returns a copy of the 32-byte seed, for sealing only.
func (k *Key) Seed() []byte { return append([]byte(nil), k.private.Seed()...) }

func (k *Key) String() string { return "ed25519:" + k.public.String() }

// GoString keeps the private half out of %#v.
func (k *Key) GoString() string { return k.String() }

// belowFieldPrime reports y < 2^255-19, y little-endian with the sign bit off:
// only nineteen values are not, and all have bytes 1 to 30 set and 0x7f on top.
func belowFieldPrime(y PublicKey) bool {
	if y[31] != 0x7f || y[0] < 0xed {
		return true
	}
	for _, b := range y[1:31] {
		if b != 0xff {
			return true
		}
	}
	return false
}

// smallOrder holds the y coordinates (sign bit off) of the eight points of
// small order on edwards25519 (RFC 7748 §6.1 lists their Montgomery images).
var smallOrder = func() map[PublicKey]bool {
	set := make(map[PublicKey]bool, 5)
	for _, s := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"0100000000000000000000000000000000000000000000000000000000000000", // order 1
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
	} {
		var k PublicKey
		if _, err := hex.Decode(k[:], []byte(s)); err != nil {
			panic(err)
		}
		set[k] = true
	}
	return set
}()
