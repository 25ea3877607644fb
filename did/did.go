package did

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// prefix is the method prefix; the rest is 64 lowercase hex characters.
const prefix = "did:chio:"

// Length is the length of every did:chio in characters.
const Length = len(prefix) + 2*len(wire.PublicKey{})

// ErrDID refuses a text that is not a did:chio in its one spelling.
var ErrDID = errors.New("not a did:chio")

// DID is "did:chio:" and the 64 lowercase hex characters of an Ed25519 key.
// The zero value names nobody. Upper-case hex is refused, so two spellings of
// one party cannot pass as two parties.
type DID string

// Parse is the door for a DID that arrives as text. It wraps ErrDID, and
// wire.ErrWeakKey for a key no honest party can have.
func Parse(s string) (DID, error) {
	hex, ok := strings.CutPrefix(s, prefix)
	if !ok || len(s) != Length {
		return "", fmt.Errorf("%w: %.100q: write did:chio: and 64 lowercase hex characters", ErrDID, s)
	}
	if _, err := wire.ParsePublicKey(hex); err != nil {
		return "", fmt.Errorf("%w: %.100q: %w", ErrDID, s, err)
	}
	return DID(s), nil
}

// FromKey names the holder of a key.
func FromKey(k wire.PublicKey) DID { return DID(prefix + k.String()) }

// Key returns the key the DID is made of; for a DID that did not come through
// Parse it may be the zero key, under which nothing verifies.
func (d DID) Key() wire.PublicKey {
	hex, ok := strings.CutPrefix(string(d), prefix)
	if !ok {
		return wire.PublicKey{}
	}
	k, err := wire.ParsePublicKey(hex)
	if err != nil {
		return wire.PublicKey{}
	}
	return k
}

func (d DID) String() string { return string(d) }

// Short is the last eight characters, what a person reads aloud to confirm a
// peer. It is a prompt, never an identifier.
func (d DID) Short() string { return string(d[max(0, len(d)-8):]) }

// KeyID is the DID URL of the one verification method.
func (d DID) KeyID() string { return string(d) + "#key-1" }

// UnmarshalText parses, so that a decoded artifact never holds a malformed DID.
func (d *DID) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
