package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// ErrKept: a peer is not forgotten, because what is kept of it is still needed.
var ErrKept = errors.New("peer cannot be forgotten")

// forgettable says why a peer must stay in the directory:
//
//	1 nothing is under way or suspended with it: it is authenticated, or
//	  terminated
//	2 there was never a treaty with it, so there are no calls, receipts, money
//	  or disputes either, and no notice of it that must not count twice
//	3 no proposal waits, and no notice that it has not been told
//	4 there is no evidence against it
func (r *Record) forgettable(s store.Reader) error {
	switch {
	case r.State == Unknown:
		return fmt.Errorf("%w: %s", ErrUnknownPeer, r.DID)
	case r.State != Authenticated && r.State != Terminated: // 1
		return fmt.Errorf("%w: %s is %s", ErrKept, r.DID, r.State)
	case r.Treaty != nil || r.Last != nil || r.HeededAt > 0: // 2
		return fmt.Errorf("%w: there was a treaty with %s, or a notice of one; receipts and what is owed name it", ErrKept, r.DID)
	case r.Proposal != nil: // 3
		return fmt.Errorf("%w: a proposal of or to %s waits", ErrKept, r.DID)
	case r.Untold > 0: // 3
		return fmt.Errorf("%w: %s has not been told everything yet", ErrKept, r.DID)
	}
	_, err := s.Get(prefixFork + r.DID.String())
	if err == nil { // 4
		return fmt.Errorf("%w: there is evidence against %s", ErrKept, r.DID)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// plain reports whether a peer said hello, and nothing came of it.
func (r *Record) plain() bool {
	return r.State == Authenticated && r.Ours == nil && r.Theirs == nil && !r.Refused && r.Declined == nil && r.ToldAt == 0
}

// stranger reports whether a peer is plain, forgettable, and nobody whom the
// operator wrote terms for.
func (r *Record) stranger(s store.Reader) (bool, error) {
	if !r.plain() {
		return false, nil
	}
	if err := r.forgettable(s); err != nil {
		if errors.Is(err, ErrKept) {
			err = nil
		}
		return false, err
	}
	_, err := s.Get(prefixTerms + r.DID.String())
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// Forget removes a peer with whom there never was a treaty, and what was
// written for it, and declined. Its next hello is that of a stranger. Nonces
// stay: they end by themselves, and no old hello is said again.
func (d *Directory) Forget(ctx context.Context, id did.DID) error {
	return d.db.Update(ctx, func(tx store.Tx) error {
		rec, err := readRecord(tx, id)
		if err != nil {
			return err
		}
		if err := rec.forgettable(tx); err != nil {
			return err
		}
		return d.drop(tx, rec)
	})
}

// drop deletes a peer's rows. Which attestation was the last that we wrote for
// it stays: the peer takes none that does not follow that.
func (d *Directory) drop(tx store.Tx, rec *Record) error {
	for _, prefix := range [...]string{prefixPeer, prefixTerms, prefixEndedRead} {
		tx.Delete(prefix + rec.DID.String())
	}
	tx.Delete(prefixTransport + string(rec.PeerID))
	if rec.Theirs != nil {
		tx.Delete(prefixAttestation + rec.Theirs.String())
	}
	if rec.Ours != nil {
		if err := save(tx, prefixLastOurs+rec.DID.String(), rec.Ours); err != nil {
			return err
		}
	}
	if err := tx.Scan(prefixHistory+rec.DID.String()+"/", "", func(key string, _ []byte) error {
		tx.Delete(key)
		return nil
	}); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.records, rec.DID)
		if d.owners[rec.PeerID] == rec.DID {
			delete(d.owners, rec.PeerID)
		}
	})
	return nil
}

// maxRoomTries bounds the strangers that are looked at for one newcomer.
const maxRoomTries = 16

// makeRoom drops the stranger whose hello is the oldest, so that who came first
// does not keep everybody else out. Nobody else is dropped: ErrTooMany.
func (d *Directory) makeRoom(tx store.Tx) error {
	tried := make(map[did.DID]bool)
	for range maxRoomTries {
		id := d.oldestStranger(tried)
		if id == "" {
			break
		}
		tried[id] = true
		rec, err := readRecord(tx, id)
		if err != nil {
			return err
		}
		switch stranger, err := rec.stranger(tx); {
		case err != nil:
			return err
		case stranger:
			return d.drop(tx, rec)
		}
	}
	return fmt.Errorf("%w: %d", ErrTooMany, d.limit)
}

// oldestStranger looks in memory; the row decides.
func (d *Directory) oldestStranger(but map[did.DID]bool) (oldest did.DID) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for id, rec := range d.records {
		if !rec.plain() || but[id] {
			continue
		}
		if o := d.records[oldest]; o == nil || rec.HelloAt < o.HelloAt || rec.HelloAt == o.HelloAt && id < oldest {
			oldest = id
		}
	}
	return oldest
}
