package p2p

import (
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrPeerID refuses text that is not the identity of an Ed25519 transport key.
var ErrPeerID = errors.New("not the peer id of an ed25519 key")

// maxPeerIDText bounds the text of a peer id before it is decoded.
const maxPeerIDText = 64

// PeerID is the text form (12D3KooW…) of the identity multihash of an Ed25519
// transport key. ParsePeerID and PeerIDOf are its only doors.
type PeerID string

// Peer is the other end of a connection, as the transport authenticated it.
type Peer struct {
	ID      PeerID
	Address string // the remote multiaddr, for people; proves nothing
}

// PeerIDOf returns the peer id of a transport key.
func PeerIDOf(k wire.PublicKey) (PeerID, error) {
	pub, err := crypto.UnmarshalEd25519PublicKey(k[:])
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPeerID, err)
	}
	id, err := peer.IDFromPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPeerID, err)
	}
	return PeerID(id.String()), nil
}

// ParsePeerID reads the base58 text of a peer id.
func ParsePeerID(s string) (PeerID, error) {
	if len(s) > maxPeerIDText {
		return "", fmt.Errorf("%w: %d characters", ErrPeerID, len(s))
	}
	id, err := peer.Decode(s)
	if err != nil {
		return "", fmt.Errorf("%w: %.64q", ErrPeerID, s)
	}
	p := PeerID(id.String())
	if _, err := p.Key(); err != nil {
		return "", err
	}
	return p, nil
}

// Key returns the transport key that the id embeds.
func (p PeerID) Key() (wire.PublicKey, error) {
	id, err := peer.Decode(string(p))
	if err != nil {
		return wire.PublicKey{}, fmt.Errorf("%w: %.64q", ErrPeerID, string(p))
	}
	pub, err := id.ExtractPublicKey()
	if err != nil || pub.Type() != crypto.Ed25519 {
		return wire.PublicKey{}, fmt.Errorf("%w: %.64q", ErrPeerID, string(p))
	}
	raw, err := pub.Raw()
	if err != nil || len(raw) != len(wire.PublicKey{}) {
		return wire.PublicKey{}, fmt.Errorf("%w: %.64q", ErrPeerID, string(p))
	}
	k := wire.PublicKey(raw)
	return k, k.Check()
}

// decode returns libp2p's form of the id.
func (p PeerID) decode() (peer.ID, error) {
	id, err := peer.Decode(string(p))
	if err != nil {
		return "", fmt.Errorf("%w: %.64q", ErrPeerID, string(p))
	}
	return id, nil
}
