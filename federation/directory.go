package federation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of this package.
const (
	prefixPeer        = "f/peer/"  // DID → Record
	prefixTransport   = "f/pid/"   // transport peer id → DID
	prefixAttestation = "f/att/"   // SHA-256 → envelope, ours and theirs
	prefixTreaty      = "f/tre/"   // SHA-256 → envelope, by one or both signed
	prefixNonce       = "f/nonce/" // DID/nonce → expiry
	prefixNonceExpiry = "f/nx/"    // expiry/DID/nonce → ""
	prefixHistory     = "f/hist/"  // DID/number → Change
	prefixLastOurs    = "f/own/"   // DID of a peer that was forgotten → the newest attestation we wrote for it
)

// Directory is the durable list of peers, with a copy in memory for the
// questions asked on every connection and every call. Open it before the p2p
// host: the host asks it who is known.
type Directory struct {
	db  store.DB
	now func() int64 // unix seconds, for the history

	limit int // MaxPeers

	mu      sync.RWMutex // guards the copies; rows are the truth
	records map[did.DID]*Record
	owners  map[p2p.PeerID]did.DID
	ended   map[did.DID]*Ended // peers or not
}

// OpenDirectory reads the peers from the store. now dates their histories, in
// unix seconds.
func OpenDirectory(db store.DB, now func() int64) (*Directory, error) {
	d := &Directory{db: db, now: now, limit: MaxPeers, records: make(map[did.DID]*Record), owners: make(map[p2p.PeerID]did.DID), ended: make(map[did.DID]*Ended)}
	err := db.View(func(r store.Reader) error {
		if err := d.openEnded(r); err != nil {
			return err
		}
		return r.Scan(prefixPeer, "", func(key string, value []byte) error {
			var rec Record
			if err := wire.UnmarshalCanonical(value, &rec, wire.DocumentLimits); err != nil {
				return fmt.Errorf("row %s: %w", key, err)
			}
			if _, known := transitions[rec.State]; !known || key != prefixPeer+rec.DID.String() {
				return fmt.Errorf("row %s: %w: peer %s in state %.20q", key, store.ErrCorrupt, rec.DID, rec.State)
			}
			d.remember(&rec)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the peer directory: %w", err)
	}
	return d, nil
}

// remember replaces a peer in memory; d.mu is held or d is not shared yet.
func (d *Directory) remember(rec *Record) {
	if old := d.records[rec.DID]; old != nil && d.owners[old.PeerID] == old.DID {
		delete(d.owners, old.PeerID)
	}
	d.records[rec.DID] = rec
	if rec.State != Revoked && rec.State != Terminated && rec.State != Deactivated {
		d.owners[rec.PeerID] = rec.DID
	}
}

// Knows reports whether a transport identity belongs to a peer that may reach
// more than hello. It is what p2p.Config.Allow wants.
func (d *Directory) Knows(id p2p.PeerID) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, ok := d.owners[id]
	return ok
}

// Peer returns a copy of a peer's record, or ErrUnknownPeer.
func (d *Directory) Peer(id did.DID) (Record, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if rec := d.records[id]; rec != nil {
		return *rec, nil
	}
	return Record{}, fmt.Errorf("%w: %s", ErrUnknownPeer, id)
}

// ByTransport returns the peer that owns a transport identity: how a stream's
// authenticated end becomes an organisation.
func (d *Directory) ByTransport(id p2p.PeerID) (Record, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if rec := d.records[d.owners[id]]; rec != nil {
		return *rec, nil
	}
	return Record{}, fmt.Errorf("%w: transport %s", ErrUnknownPeer, id)
}

// List returns every peer in the order of their DIDs.
func (d *Directory) List() []Record {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]Record, 0, len(d.records))
	for _, id := range slices.Sorted(maps.Keys(d.records)) {
		out = append(out, *d.records[id])
	}
	return out
}

// update changes one peer's record, and whatever else fn writes, in one
// transaction. fn gets a record in state Unknown for a new peer.
func (d *Directory) update(ctx context.Context, id did.DID, fn func(store.Tx, *Record) error) error {
	return d.db.Update(ctx, func(tx store.Tx) error { return d.change(tx, id, fn) })
}

// change is update in a transaction of the caller. A record that fn leaves
// Unknown is not written.
func (d *Directory) change(tx store.Tx, id did.DID, fn func(store.Tx, *Record) error) error {
	rec, err := readRecord(tx, id)
	if err != nil {
		return err
	}
	fresh := rec.State == Unknown
	if err := fn(tx, rec); err != nil {
		return err
	}
	if rec.State == Unknown {
		return nil
	}
	if fresh && d.full() {
		if err := d.makeRoom(tx); err != nil {
			return err
		}
	}
	if err := d.writeHistory(tx, rec); err != nil {
		return err
	}
	row, err := wire.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode peer %s: %w", id, err)
	}
	tx.Set(prefixPeer+id.String(), row)
	tx.AfterCommit(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.remember(rec)
	})
	return nil
}

func (d *Directory) full() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.records) >= d.limit
}

// readRecord reads a peer's row, or starts an Unknown record.
func readRecord(r store.Reader, id did.DID) (*Record, error) {
	row, err := r.Get(prefixPeer + id.String())
	if errors.Is(err, store.ErrNotFound) {
		rec := &Record{DID: id, State: Unknown}
		_, err := load(r, prefixLastOurs+id.String(), &rec.Ours)
		return rec, err
	}
	if err != nil {
		return nil, fmt.Errorf("read peer %s: %w", id, err)
	}
	var rec Record
	if err := wire.UnmarshalCanonical(row, &rec, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("read peer %s: %w", id, err)
	}
	return &rec, nil
}
