package federation

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// HelloSchema is the domain of a hello's signatures and the schema of its
// messages.
const HelloSchema = "chio.hello.v1"

// The reasons a hello is refused.
var (
	// ErrHello: a message is malformed, out of order, or does not verify.
	ErrHello = errors.New("hello refused")
	// ErrWrongDID: the node at the address is not who was named.
	ErrWrongDID = errors.New("peer is not who was named")
	// ErrReplay: the nonce was used before, or the message is our own.
	ErrReplay = errors.New("hello replayed")
	// ErrHelloExpired: the transcript's end has passed, or is too far away.
	ErrHelloExpired = errors.New("hello expired: check both clocks")
)

const (
	// helloSeconds is how long a transcript may be signed and counted.
	helloSeconds = 60
	// ClockSkewSeconds is how far two honest clocks may be apart.
	ClockSkewSeconds = 300
	// nonceBytes is the entropy of a nonce; on the wire 64 hex characters.
	nonceBytes = 32
)

// The role bytes of the two confirmations: a signature made in one role never
// counts in the other.
const (
	roleInitiator = "initiator"
	roleResponder = "responder"
)

// offer is the first message of each side: who it claims to be and with which
// keys. Addresses are hints and are not part of the transcript.
type offer struct {
	Schema      string         `json:"schema"`
	DID         did.DID        `json:"did"`
	To          did.DID        `json:"to,omitempty"` // whom the initiator named, if anybody
	Nonce       string         `json:"nonce"`
	Transport   *wire.Envelope `json:"transport_binding"`
	Kernel      *wire.Envelope `json:"kernel_binding"`
	Attestation *wire.Digest   `json:"attestation,omitempty"` // the newest written for the other side
	Addresses   []string       `json:"addresses,omitempty"`
	Expires     int64          `json:"expires,omitzero"` // responder only: end of the transcript
	At          int64          `json:"at"`               // unix seconds by the sender's clock; says how far two clocks are apart
}

// confirm is the second message of each side.
type confirm struct {
	Schema    string         `json:"schema"`
	Signature wire.Signature `json:"signature"`
}

// transcript is T: what both sides saw. Peer ids come from the connection and
// never from a message, so a relay in the middle makes two transcripts.
type transcript struct {
	Protocol  string `json:"protocol"`
	Initiator party  `json:"initiator"`
	Responder party  `json:"responder"`
	Expires   int64  `json:"expires"` // unix seconds
}

type party struct {
	DID         did.DID      `json:"did"`
	PeerID      p2p.PeerID   `json:"peer_id"`
	Nonce       string       `json:"nonce"`
	Transport   wire.Digest  `json:"transport_binding"`
	Kernel      wire.Digest  `json:"kernel_binding"`
	Attestation *wire.Digest `json:"attestation,omitempty"`
}

// signingInput is domain ‖ 0x00 ‖ role ‖ 0x00 ‖ JCS(T).
func (t *transcript) signingInput(role string) ([]byte, error) {
	body, err := wire.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode the hello transcript: %w", err)
	}
	return wire.SigningInput(HelloSchema, wire.SigningInput(role, body)), nil
}

// sign makes one side's confirmation.
func (t *transcript) sign(role string, org wire.Signer) ([]byte, error) {
	input, err := t.signingInput(role)
	if err != nil {
		return nil, err
	}
	sig, err := org.Sign(input)
	if err != nil {
		return nil, fmt.Errorf("sign the hello: %w", err)
	}
	return wire.Marshal(confirm{Schema: HelloSchema, Signature: sig})
}

// verify checks the other side's confirmation over our own transcript.
func (t *transcript) verify(role string, doc []byte) error {
	var c confirm
	if err := wire.UnmarshalCanonical(doc, &c, wire.DocumentLimits); err != nil {
		return fmt.Errorf("%w: %w", ErrHello, err)
	}
	if c.Schema != HelloSchema {
		return fmt.Errorf("%w: %w: %.80q", ErrHello, wire.ErrSchema, c.Schema)
	}
	signer := t.Responder.DID
	if role == roleInitiator {
		signer = t.Initiator.DID
	}
	input, err := t.signingInput(role)
	if err != nil {
		return err
	}
	if err := signer.Key().Verify(input, c.Signature); err != nil {
		return fmt.Errorf("%w: the %s's confirmation: %w", ErrHello, role, err)
	}
	return nil
}

// introduced is an offer whose claims were checked, except that the organisation
// itself is present: that is what the confirmation proves.
type introduced struct {
	offer     *offer
	peer      p2p.Peer
	transport *did.Binding
	kernel    *did.Binding
	skew      int64 // seconds that its clock is ahead of ours
}

func (i *introduced) party() party {
	return party{
		DID: i.offer.DID, PeerID: i.peer.ID, Nonce: i.offer.Nonce,
		Transport: i.offer.Transport.ID(), Kernel: i.offer.Kernel.ID(), Attestation: i.offer.Attestation,
	}
}

// introduce checks the other side's offer:
//
//	1 strict canonical JSON of this schema
//	2 a nonce of the right form, not our own
//	3 a DID that is not ours; the one we named, if we named one
//	4 the transport binding is the DID's, current, and for the peer id that the
//	  connection proved
//	5 the kernel binding is the DID's, current, and for another key
//	6 hints within their bounds
//	7 its clock no further from ours than ClockSkewSeconds
func introduce(doc []byte, self *offer, named did.DID, from p2p.Peer, now int64) (*introduced, error) {
	var o offer
	if err := wire.UnmarshalCanonical(doc, &o, wire.DocumentLimits); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrHello, err)
	}
	if o.Schema != HelloSchema { // 1
		return nil, fmt.Errorf("%w: %w: %.80q", ErrHello, wire.ErrSchema, o.Schema)
	}
	if err := checkNonce(o.Nonce); err != nil { // 2
		return nil, err
	}
	if o.DID == self.DID || o.Nonce == self.Nonce { // 2, 3
		return nil, fmt.Errorf("%w: the message is our own, reflected", ErrReplay)
	}
	if named != "" && o.DID != named { // 3
		return nil, fmt.Errorf("%w: named %s, found %s", ErrWrongDID, named, o.DID)
	}
	transport, err := did.VerifyBinding(o.Transport, o.DID, did.RoleTransport, now, nil) // 4
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeerBinding, err)
	}
	if transport.PeerID != string(from.ID) { // 4
		return nil, fmt.Errorf("%w: binding is for %s, connected to %s", ErrPeerBinding, transport.PeerID, from.ID)
	}
	kernel, err := did.VerifyBinding(o.Kernel, o.DID, did.RoleKernel, now, nil) // 5
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPeerBinding, err)
	}
	if kernel.Key == transport.Key { // 5
		return nil, fmt.Errorf("%w: one key serves as transport and kernel key", ErrPeerBinding)
	}
	if err := checkHints(o.Addresses); err != nil { // 6
		return nil, err
	}
	if o.At < now-ClockSkewSeconds || o.At > now+ClockSkewSeconds { // 7
		return nil, fmt.Errorf("%w: its clock says %d, ours %d", ErrHelloExpired, o.At, now)
	}
	return &introduced{offer: &o, peer: from, transport: transport, kernel: kernel, skew: o.At - now}, nil
}

// checkHints bounds the addresses a peer says it can be found at; each must
// name a place and a peer id.
func checkHints(addresses []string) error {
	if len(addresses) > maxAddresses {
		return fmt.Errorf("%w: %d addresses, limit %d", ErrHello, len(addresses), maxAddresses)
	}
	for _, a := range addresses {
		if len(a) > maxHint {
			return fmt.Errorf("%w: an address of %d characters", ErrHello, len(a))
		}
		if _, err := p2p.ParseAddress(a); err != nil {
			return fmt.Errorf("%w: %w", ErrHello, err)
		}
	}
	return nil
}

// checkExpiry bounds the transcript's end as the responder proposed it.
func checkExpiry(expires, now int64) error {
	if expires <= now-ClockSkewSeconds || expires > now+helloSeconds+ClockSkewSeconds {
		return fmt.Errorf("%w: ends at %d, now %d", ErrHelloExpired, expires, now)
	}
	return nil
}

func newNonce(rand io.Reader) (string, error) {
	var b [nonceBytes]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("read randomness for a nonce: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

func checkNonce(s string) error {
	if _, err := wire.ParseDigest(s); err != nil { // 64 lowercase hex characters
		return fmt.Errorf("%w: nonce: %w", ErrHello, err)
	}
	return nil
}
