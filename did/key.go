package did

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Kind names the curve of a public key, as JOSE does.
type Kind string

// The kinds of key that are understood.
const (
	KindEd25519   Kind = "Ed25519"
	KindX25519    Kind = "X25519" // key agreement only
	KindP256      Kind = "P-256"
	KindSecp256k1 Kind = "secp256k1"
)

// The reasons a verification method is refused.
var (
	ErrMethod  = errors.New("verification method is not understood")
	ErrPurpose = errors.New("verification method is not listed for the purpose")
)

// Key is a public key of one of the kinds. Its constructors are the only door;
// the zero Key is of no kind and verifies nothing. Keys are comparable.
type Key struct {
	kind Kind
	raw  string // 32 bytes, or a compressed point of 33
}

// Kind is the curve, "" for the zero Key.
func (k Key) Kind() Kind { return k.kind }

// Bytes are the 32 bytes of an Edwards or Montgomery key, or the 33 of a
// compressed point.
func (k Key) Bytes() []byte { return []byte(k.raw) }

// Ed25519 returns the key if it is of that kind.
func (k Key) Ed25519() (wire.PublicKey, bool) {
	if k.kind != KindEd25519 || len(k.raw) != len(wire.PublicKey{}) {
		return wire.PublicKey{}, false
	}
	return wire.PublicKey([]byte(k.raw)), true
}

// selfCertified splits did:chio:…#key-1 or did:key:z6Mk…#z6Mk….
func selfCertified(url string) (base string, id DID, err error) {
	base, fragment, ok := strings.Cut(url, "#")
	if !ok {
		return "", "", fmt.Errorf("%w: %.140q has no fragment", ErrMethod, url)
	}
	if id, err = Parse(base); err == nil && url == id.KeyID() {
		return base, id, nil
	}
	if id, err = FromDIDKey(base); err == nil && fragment == id.Multibase() {
		return base, id, nil
	}
	return "", "", fmt.Errorf("%w: %.140q is neither did:chio:…#key-1 nor did:key:z6Mk…#z6Mk…", ErrMethod, url)
}

func errPurpose(url string, p Purpose) error {
	return fmt.Errorf("%w: %.140q for %.40q", ErrPurpose, url, p)
}
