package did

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/multiformats/go-multibase"

	"github.com/backbay-labs/chio-node/wire"
)

// The reasons another spelling of a key is refused.
var (
	ErrMultibase = errors.New("not an Ed25519 multikey in base58btc")
	ErrDIDKey    = errors.New("not a did:key")
	ErrPeerID    = errors.New("not an Ed25519 peer id")
)

// maxEncoded bounds base58 input before it is decoded: decoding is quadratic.
const maxEncoded = 128

var (
	// multikeyHeader is the multicodec ed25519-pub (0xed) as a varint.
	multikeyHeader = []byte{0xed, 0x01}
	// peerHeader is an identity multihash (0x00) of 36 bytes (0x24) over the
	// libp2p protobuf key: type (0x08) Ed25519 (0x01), data (0x12) of 32 bytes.
	peerHeader = []byte{0x00, 0x24, 0x08, 0x01, 0x12, 0x20}
)

// Multibase is the Multikey form, z6Mk….
func (d DID) Multibase() string {
	k := d.Key()
	return encode58(append(bytes.Clone(multikeyHeader), k[:]...))
}

// DIDKey is the did:key of the same key, did:key:z6Mk….
func (d DID) DIDKey() string { return didKeyPrefix + d.Multibase() }

// PeerID is the text of the libp2p peer id of the same key, 12D3KooW….
func (d DID) PeerID() string {
	k := d.Key()
	return encode58(append(bytes.Clone(peerHeader), k[:]...))[1:] // no multibase letter
}

// FromMultibase parses the Multikey form.
func FromMultibase(s string) (DID, error) { return from58(s, multikeyHeader, ErrMultibase) }

// FromDIDKey parses did:key:z6Mk…, without a fragment.
func FromDIDKey(s string) (DID, error) {
	mb, ok := strings.CutPrefix(s, didKeyPrefix)
	if !ok {
		return "", fmt.Errorf("%w: %.100q: write did:key:z6Mk…", ErrDIDKey, s)
	}
	d, err := FromMultibase(mb)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrDIDKey, err)
	}
	return d, nil
}

// FromPeerID parses the base58btc text of an Ed25519 peer id. The CID form
// (bafz…) is refused: one spelling.
func FromPeerID(s string) (DID, error) { return from58("z"+s, peerHeader, ErrPeerID) }

const didKeyPrefix = "did:key:"

// from58 decodes base58btc and insists on the header, on the exact length, and
// that encoding gives the same text again.
func from58(s string, header []byte, cause error) (DID, error) {
	if len(s) < 2 || len(s) > maxEncoded || s[0] != 'z' {
		return "", fmt.Errorf("%w: %.140q", cause, s)
	}
	_, raw, err := multibase.Decode(s)
	if err != nil {
		return "", fmt.Errorf("%w: %.140q: %w", cause, s, err)
	}
	key, ok := bytes.CutPrefix(raw, header)
	if !ok || len(key) != len(wire.PublicKey{}) || encode58(raw) != s {
		return "", fmt.Errorf("%w: %.140q is another kind of key", cause, s)
	}
	k := wire.PublicKey(key)
	if err := k.Check(); err != nil {
		return "", fmt.Errorf("%w: %.140q: %w", cause, s, err)
	}
	return FromKey(k), nil
}

func encode58(b []byte) string {
	s, err := multibase.Encode(multibase.Base58BTC, b)
	if err != nil {
		panic("did: base58btc is not available: " + err.Error())
	}
	return s
}
