package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-256 value; on the wire 64 lowercase hex characters.
type Digest [sha256.Size]byte

// Hash returns the SHA-256 of b.
func Hash(b []byte) Digest { return sha256.Sum256(b) }

// DigestOf returns the SHA-256 of the canonical form of v: the id of an
// artifact, the hash of a policy, the binding of an argument list.
func DigestOf(v any) (Digest, error) {
	b, err := Marshal(v)
	if err != nil {
		return Digest{}, err
	}
	return Hash(b), nil
}

// ParseDigest is the only door for a digest that arrives as text.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if err := decodeHex(d[:], s); err != nil {
		return Digest{}, fmt.Errorf("digest: %w", err)
	}
	return d, nil
}

func (d Digest) String() string               { return hex.EncodeToString(d[:]) }
func (d Digest) IsZero() bool                 { return d == Digest{} }
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText parses 64 lowercase hex characters.
func (d *Digest) UnmarshalText(b []byte) error {
	v, err := ParseDigest(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// decodeHex fills dst from exactly len(dst)*2 lowercase hex characters. Upper
// case is refused so that a key has one spelling.
func decodeHex(dst []byte, s string) error {
	if len(s) != 2*len(dst) {
		return fmt.Errorf("want %d hex characters, got %d", 2*len(dst), len(s))
	}
	for i := range len(s) {
		if c := s[i]; c < '0' || c > '9' && c < 'a' || c > 'f' {
			return fmt.Errorf("character %d is not lowercase hex", i)
		}
	}
	_, err := hex.Decode(dst, []byte(s))
	return err
}
