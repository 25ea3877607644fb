package authority

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxEpochSkew is how far in the future a peer's epoch may be dated, in
// seconds.
const maxEpochSkew = 60

// OutOfOrderError: the epoch does not follow the newest one held. If Got is
// above Have+1, ask the peer for the epochs after Have; below, it is behind.
type OutOfOrderError struct {
	Peer      did.DID
	Have, Got uint64
}

func (e *OutOfOrderError) Error() string {
	if e.Got <= e.Have {
		return fmt.Sprintf("revocation epoch %d of %s is older than epoch %d, which is held", e.Got, e.Peer, e.Have)
	}
	return fmt.Sprintf("revocation epoch %d of %s does not follow epoch %d: ask the peer for the epochs after %d", e.Got, e.Peer, e.Have, e.Have)
}

// EquivocationError: the peer signed two different histories. Both epochs are
// its own signed words against it.
type EquivocationError struct {
	Peer          did.DID
	Held, Offered *wire.Envelope
}

func (e *EquivocationError) Error() string {
	return fmt.Sprintf("%s signed two revocation histories: its calls are denied until that is resolved", e.Peer)
}

// evidence is an EquivocationError in a row.
type evidence struct {
	Held    *wire.Envelope `json:"held"`
	Offered *wire.Envelope `json:"offered"`
}

// ErrEpochTime: the epoch is dated in the future or before its predecessor.
var ErrEpochTime = errors.New("revocation epoch has an impossible time")

// ErrEpochTree: count or root do not follow from the entries.
var ErrEpochTree = errors.New("revocation epoch's count or root does not match its entries")

// ApplyForeign takes a peer's epoch into account:
//
//	1 openEpoch's rules, against the peer's DID and kernel key
//	2 an epoch already held, byte for byte, changes nothing if it is the newest
//	3 another body under a number already held is equivocation
//	4 the number follows the newest held, else *OutOfOrderError
//	5 previous is the id of the newest held, else equivocation
//	6 issued_at is not before the newest held's nor more than 60 s after now
//	7 count and root follow from the entries
//
// On *EquivocationError the evidence is written into tx: the caller must let
// the transaction commit (Receive does) and treat the peer as frozen.
func (v *Revocations) ApplyForeign(tx store.Tx, env *wire.Envelope, peerKernel wire.PublicKey, peer did.DID, now int64) error {
	if peer == v.cfg.DID {
		return fmt.Errorf("%w: this is our own history", ErrNotIssuer)
	}
	body, err := openEpoch(env, peer, peerKernel) // 1
	if err != nil {
		return err
	}
	rows, state := peerRows+peer.String()+"/", peerStates+peer.String()
	h, err := readHistory(tx, state)
	if err != nil {
		return err
	}
	if body.Epoch <= h.Epoch { // 2, 3
		held, err := epochAt(tx, rows, body.Epoch)
		switch {
		case err != nil:
			return err
		case held.ID() != env.ID():
			return v.freeze(tx, peer, held, env)
		case body.Epoch == h.Epoch:
			return nil
		}
		return &OutOfOrderError{Peer: peer, Have: h.Epoch, Got: body.Epoch}
	}
	if body.Epoch != h.Epoch+1 { // 4
		return &OutOfOrderError{Peer: peer, Have: h.Epoch, Got: body.Epoch}
	}
	if h.Epoch > 0 && *body.Previous != h.ID { // 5; openEpoch rule 3 makes it non-nil
		held, err := epochAt(tx, rows, h.Epoch)
		if err != nil {
			return err
		}
		return v.freeze(tx, peer, held, env)
	}
	if body.IssuedAt < h.IssuedAt || body.IssuedAt > now+maxEpochSkew { // 6
		return fmt.Errorf("%w: %d after %d, now %d", ErrEpochTime, body.IssuedAt, h.IssuedAt, now)
	}
	if after := h.with(body.Entries); after.Count != body.Count || after.root() != body.Root { // 7
		return fmt.Errorf("%w: epoch %d of %s", ErrEpochTree, body.Epoch, peer)
	}
	if err := storeEpoch(tx, rows, state, &h, body, env); err != nil {
		return err
	}
	tx.AfterCommit(func() { v.advance(body, peer) })
	return nil
}

// Receive is ApplyForeign in a transaction of its own that keeps the evidence
// of an equivocation.
func (v *Revocations) Receive(ctx context.Context, db store.DB, env *wire.Envelope, peerKernel wire.PublicKey, peer did.DID, now int64) error {
	var fork *EquivocationError
	err := db.Update(ctx, func(tx store.Tx) error {
		err := v.ApplyForeign(tx, env, peerKernel, peer, now)
		if errors.As(err, &fork) {
			return nil
		}
		return err
	})
	if err == nil && fork != nil {
		return fork
	}
	return err
}

// freeze keeps the first evidence against a peer.
func (v *Revocations) freeze(tx store.Tx, peer did.DID, held, offered *wire.Envelope) error {
	key := evidenceRows + peer.String()
	_, err := tx.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		var row []byte // two epochs: it may be larger than one document
		if row, err = wire.Marshal(evidence{Held: held, Offered: offered}); err == nil {
			tx.Set(key, row)
		}
	}
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { v.markForked(peer) })
	return &EquivocationError{Peer: peer, Held: held, Offered: offered}
}

// Evidence returns the two histories a peer signed, or ErrUnknown.
func Evidence(r store.Reader, peer did.DID) (*EquivocationError, error) {
	b, err := r.Get(evidenceRows + peer.String())
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("evidence against %s: %w", peer, ErrUnknown)
	}
	if err != nil {
		return nil, err
	}
	var e evidence
	if err := wire.UnmarshalCanonical(b, &e, wire.BundleLimits); err != nil || e.Held == nil || e.Offered == nil {
		return nil, fmt.Errorf("%w: evidence against %s", ErrCorrupt, peer)
	}
	return &EquivocationError{Peer: peer, Held: e.Held, Offered: e.Offered}, nil
}
