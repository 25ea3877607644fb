package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of what is known of organisations that ended.
const (
	prefixEnded      = "f/dx/"  // DID → Ended
	prefixEndedOrder = "f/dxn/" // the order in which they became known → DID
	prefixEndedRead  = "f/dxr/" // peer → how far we have read its list
	prefixEndedTold  = "f/dxt/" // peer → "": it holds our own record
	counterEnded     = "f/dxc"
)

// MaxEnded bounds the deactivation records kept of organisations that we have
// nothing to do with, for our peers to read.
const MaxEnded = 10_000

var (
	// ErrDeactivated: this organisation has ended, and agrees to nothing more.
	ErrDeactivated = errors.New("this organisation is deactivated")
	// ErrPeerDeactivated: the peer's organisation has ended, for ever.
	ErrPeerDeactivated = errors.New("peer's organisation is deactivated")
)

// Ended is an organisation that ended: the record that says so, and another
// one if it signed two. Either ends it; both together show that whoever has
// its key does not keep to one word.
type Ended struct {
	Record *wire.Envelope `json:"record"`
	Other  *wire.Envelope `json:"other,omitempty"`
	SeenAt int64          `json:"seen_at"` // unix seconds, of the first

	body *did.Deactivation
}

// Body is the verified content of the first record.
func (e *Ended) Body() did.Deactivation { return *e.body }

// Deactivated tells when an organisation ended, by its own word (unix
// seconds), if it is known to have. It reads memory only.
func (d *Directory) Deactivated(id did.DID) (at int64, ok bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e := d.ended[id]
	if e == nil {
		return 0, false
	}
	return e.body.At, true
}

func (d *Directory) countEnded() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.ended)
}

// Deactivation is what is known of an organisation that ended.
func (d *Directory) Deactivation(id did.DID) (Ended, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if e := d.ended[id]; e != nil {
		return *e, true
	}
	return Ended{}, false
}

// Deactivations are all of them, in the order in which they became known.
func (d *Directory) Deactivations() ([]Ended, error) {
	var out []Ended
	err := d.db.View(func(r store.Reader) error {
		return r.Scan(prefixEndedOrder, "", func(_ string, id []byte) error {
			if e, ok := d.Deactivation(did.DID(id)); ok {
				out = append(out, e)
			}
			return nil
		})
	})
	return out, err
}

// FileDeactivation keeps a deactivation record in a transaction of the caller
// and ends the peer it is of, if it is one. fresh reports that the node did not
// know it.
//
//	1 the record passes did.VerifyDeactivation for the organisation it names
//	2 the first record of an organisation stays the one in force
//	3 a second, different one is kept beside it; any further changes nothing
func (d *Directory) FileDeactivation(tx store.Tx, env *wire.Envelope, now int64) (fresh bool, id did.DID, err error) {
	if id, err = did.NamedDID(env); err != nil { // 1
		return false, "", fmt.Errorf("%w: %w", did.ErrDeactivation, err)
	}
	body, err := did.VerifyDeactivation(env, id) // 1
	if err != nil {
		return false, id, err
	}
	e, err := readEnded(tx, id)
	switch {
	case err != nil:
		return false, id, err
	case e == nil:
		e = &Ended{Record: env, SeenAt: now, body: body}
		if err := d.endPeer(tx, body); err != nil {
			return false, id, err
		}
		n, err := tx.Next(counterEnded)
		if err != nil {
			return false, id, err
		}
		tx.Set(orderKey(n), []byte(id))
	case e.Record.ID() == env.ID(), e.Other != nil: // 2, 3
		return false, id, nil
	default: // 3
		e.Other = env
	}
	row, err := wire.Marshal(e)
	if err != nil {
		return false, id, err
	}
	tx.Set(prefixEnded+id.String(), row)
	tx.AfterCommit(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ended[id] = e
	})
	return true, id, nil
}

// endPeer puts the record of a peer in its last state.
func (d *Directory) endPeer(tx store.Tx, body *did.Deactivation) error {
	reason := fmt.Sprintf("at %d: %s", body.At, body.Reason)
	if body.Successor != "" {
		reason += "; it names " + body.Successor.String() + " as its successor"
	}
	return d.change(tx, body.DID, func(_ store.Tx, rec *Record) error {
		if rec.State == Unknown {
			return nil
		}
		rec.Reason = reason
		if rec.State == Revoked {
			return nil
		}
		return rec.move(Deactivated, cause{ByPeer, reason})
	})
}

func readEnded(r store.Reader, id did.DID) (*Ended, error) {
	row, err := r.Get(prefixEnded + id.String())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeEnded(id, row)
}

func decodeEnded(id did.DID, row []byte) (*Ended, error) {
	var e Ended
	err := wire.UnmarshalCanonical(row, &e, wire.DocumentLimits)
	if err == nil {
		e.body, err = did.VerifyDeactivation(e.Record, id)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: deactivation of %s: %w", store.ErrCorrupt, id, err)
	}
	return &e, nil
}

// openEnded reads the deactivations; a row that does not verify is corruption,
// not a pardon.
func (d *Directory) openEnded(r store.Reader) error {
	return r.Scan(prefixEnded, "", func(key string, row []byte) error {
		id, err := did.Parse(key[len(prefixEnded):])
		if err != nil {
			return fmt.Errorf("%w: row %.120q: %w", store.ErrCorrupt, key, err)
		}
		d.ended[id], err = decodeEnded(id, row)
		return err
	})
}

// Deactivate keeps a deactivation record, by whatever way it came. fresh
// reports that it was not known. ErrTooMany: it is of nobody we have to do
// with, and MaxEnded are kept.
func (s *Service) Deactivate(ctx context.Context, env *wire.Envelope) (fresh bool, id did.DID, err error) {
	if id, err = did.NamedDID(env); err != nil {
		return false, "", fmt.Errorf("%w: %w", did.ErrDeactivation, err)
	}
	if !s.concerns(id) && s.cfg.Directory.countEnded() >= MaxEnded {
		return false, id, fmt.Errorf("%w: %d deactivated organisations are known", ErrTooMany, MaxEnded)
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if fresh, id, err = s.cfg.Directory.FileDeactivation(tx, env, s.cfg.Now()); err != nil || !fresh || s.cfg.Ended == nil {
			return err
		}
		return s.cfg.Ended(tx, id)
	})
	if err != nil || !fresh {
		return false, id, err
	}
	s.cfg.Log.Warn("an organisation is deactivated", "did", id.String())
	s.spread()
	return true, id, nil
}

// alive refuses to agree to anything more once this organisation has ended.
func (s *Service) alive() error {
	if at, ended := s.cfg.Directory.Deactivated(s.did); ended {
		return fmt.Errorf("%w: since %d", ErrDeactivated, at)
	}
	return nil
}

func orderKey(n uint64) string { return prefixEndedOrder + ordered(n) }
