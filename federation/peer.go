package federation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// State says how far a relationship with another organisation has come.
type State string

// The states of a peer. Unknown peers have no record. Stale is never stored:
// Record.At derives it from age, and a hello alone brings it back.
const (
	Unknown       State = "unknown"       // never completed a hello
	Authenticated State = "authenticated" // hello completed, nothing agreed
	PendingPeer   State = "pending_peer"  // a treaty is signed by one side
	Active        State = "active"        // a treaty is signed by both
	Stale         State = "stale"         // active, but the hello is too old
	Frozen        State = "frozen"        // equivocation or dispute; operator only
	Revoked       State = "revoked"       // for ever
	Deactivated   State = "deactivated"   // its organisation ended; for ever
	Terminated    State = "terminated"    // ended; a new hello starts again
)

// transitions lists what a stored state may become, besides itself.
var transitions = map[State][]State{
	Unknown:       {Authenticated},
	Authenticated: {PendingPeer, Active, Frozen, Revoked, Terminated, Deactivated},
	PendingPeer:   {Authenticated, Active, Frozen, Revoked, Terminated, Deactivated},
	Active:        {Frozen, Revoked, Terminated, Deactivated},
	Frozen:        {Authenticated, PendingPeer, Active, Revoked, Terminated, Deactivated},
	Revoked:       {},
	Deactivated:   {},
	Terminated:    {Authenticated, Revoked, Deactivated},
}

// The reasons a peer is refused.
var (
	ErrTransition  = errors.New("peer cannot change to that state")
	ErrUnknownPeer = errors.New("unknown peer: run federate with its address first")
	ErrNotActive   = errors.New("peer has no treaty in force")
	ErrPeerStale   = errors.New("peer must say hello again")
	ErrPeerFrozen  = errors.New("peer is frozen: an operator must resolve it")
	ErrPeerRevoked = errors.New("peer is revoked")
	ErrPeerBinding = errors.New("peer's key binding is not acceptable")
	ErrTooMany     = errors.New("too many peers: forget some")
)

// The ages after which trust in a peer must be renewed.
const (
	// HelloTTLSeconds is how long one hello carries a relationship.
	HelloTTLSeconds = 12 * 3600
	// HelloRenewSeconds is when the next one should be made: three quarters.
	HelloRenewSeconds = HelloTTLSeconds * 3 / 4
	// MaxPeers bounds the directory.
	MaxPeers = 10_000
	// maxAddresses and maxHint bound the dialling hints kept of one peer.
	maxAddresses = 8
	maxHint      = 256
)

// Record is what this node durably knows about one peer.
type Record struct {
	DID          did.DID        `json:"did"`
	State        State          `json:"state"`
	Reason       string         `json:"reason,omitempty"` // why frozen, revoked, terminated
	PeerID       p2p.PeerID     `json:"peer_id"`
	Kernel       wire.PublicKey `json:"kernel_key"`
	Transport    *wire.Envelope `json:"transport_binding"`
	KernelBound  *wire.Envelope `json:"kernel_binding"`
	TransportSeq uint64         `json:"transport_sequence"`
	KernelSeq    uint64         `json:"kernel_sequence"`
	BoundUntil   int64          `json:"bound_until"`                 // the earlier end of the two bindings
	HelloAt      int64          `json:"hello_at"`                    // unix seconds of the last hello
	ClockSkew    int64          `json:"clock_skew_seconds,omitzero"` // how far its clock was ahead of ours then
	OwnPeerID    p2p.PeerID     `json:"own_peer_id,omitempty"`       // as whom we said it
	Addresses    []string       `json:"addresses,omitempty"`
	Ours         *wire.Digest   `json:"our_attestation,omitempty"`  // the newest we wrote for it
	Theirs       *wire.Digest   `json:"peer_attestation,omitempty"` // the newest it wrote for us
	Announced    *wire.Digest   `json:"announced,omitempty"`        // the newest it said it wrote
	Treaty       *wire.Digest   `json:"treaty,omitempty"`           // in force, signed by both
	Last         *wire.Digest   `json:"last_treaty,omitempty"`      // ended; the next one names it
	Proposal     *wire.Digest   `json:"proposal,omitempty"`         // signed by one side
	ProposedBy   did.DID        `json:"proposed_by,omitempty"`
	Declined     *wire.Digest   `json:"declined,omitempty"`   // proposal of its that our operator declined last
	Refused      bool           `json:"refused,omitzero"`     // our operator left or declined and has signed nothing since
	Resolution   *wire.Digest   `json:"resolution,omitempty"` // about the evidence against it or us, proposed last
	Resolved     bool           `json:"resolved,omitzero"`    // both have signed it
	Changes      uint64         `json:"changes,omitzero"`     // entries of its history so far
	Untold       int            `json:"untold,omitzero"`      // notices that have not reached it
	ToldAt       int64          `json:"told_at,omitzero"`     // time in our newest notice to it
	HeededAt     int64          `json:"heeded_at,omitzero"`   // time in its newest notice that was taken
	Passport     *Shown         `json:"passport,omitempty"`   // that it showed last, if one is asked for

	happened []Change // in the transaction under way
}

// become changes the stored state along the table.
func (r *Record) become(to State) error {
	if r.State == to {
		return nil
	}
	if !slices.Contains(transitions[r.State], to) {
		return fmt.Errorf("%w: %s is %s, not %s", ErrTransition, r.DID, r.State, to)
	}
	r.State = to
	return nil
}

// At is the state at a time: an active peer whose hello or binding has aged is
// stale, whatever is stored.
func (r *Record) At(now int64) State {
	if r.State == Active && (now-r.HelloAt >= HelloTTLSeconds || now >= r.BoundUntil) {
		return Stale
	}
	return r.State
}

// RenewalDue reports whether the next hello should be made now.
func (r *Record) RenewalDue(now int64) bool {
	return r.State == Active && (now-r.HelloAt >= HelloRenewSeconds || now >= r.BoundUntil)
}

// latest is the treaty that the next one must name as its previous.
func (r *Record) latest() *wire.Digest {
	if r.Treaty != nil {
		return r.Treaty
	}
	return r.Last
}

// usable explains why a peer cannot take part in anything beyond hello.
func (r *Record) usable() error {
	switch r.State {
	case Frozen:
		return fmt.Errorf("%w: %s: %s", ErrPeerFrozen, r.DID, r.Reason)
	case Revoked:
		return fmt.Errorf("%w: %s: %s", ErrPeerRevoked, r.DID, r.Reason)
	case Deactivated:
		return fmt.Errorf("%w: %s: %s", ErrPeerDeactivated, r.DID, r.Reason)
	case Terminated:
		return fmt.Errorf("%w: %s: the relationship was terminated: %s", ErrNotActive, r.DID, r.Reason)
	}
	return nil
}

// inForce explains why no call may pass under the peer's treaty.
func (r *Record) inForce(now int64) error {
	if err := r.usable(); err != nil {
		return err
	}
	switch r.At(now) {
	case Active:
		return nil
	case Stale:
		return fmt.Errorf("%w: %s: the last hello was %d seconds ago", ErrPeerStale, r.DID, now-r.HelloAt)
	default:
		return fmt.Errorf("%w: %s is %s", ErrNotActive, r.DID, r.State)
	}
}
