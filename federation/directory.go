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
)

// Directory is the durable list of peers, with a copy in memory for the
// questions asked on every connection and every call. Open it before the p2p
// host: the host asks it who is known.
type Directory struct {
	db store.DB

	mu      sync.RWMutex // guards the copies; rows are the truth
	records map[did.DID]*Record
	owners  map[p2p.PeerID]did.DID
	ended   map[did.DID]*Ended // peers or not
}

// OpenDirectory reads the peers from the store.
func OpenDirectory(db store.DB) (*Directory, error) {
	d := &Directory{db: db, records: make(map[did.DID]*Record), owners: make(map[p2p.PeerID]did.DID), ended: make(map[did.DID]*Ended)}
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
	return d.db.Update(ctx, func(tx store.Tx) error {
		rec, err := readRecord(tx, id)
		if err != nil {
			return err
		}
		if rec.State == Unknown && d.full() {
			return fmt.Errorf("%w: %d", ErrTooMany, MaxPeers)
		}
		if err := fn(tx, rec); err != nil {
			return err
		}
		if rec.State == Unknown {
			return nil
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
	})
}

func (d *Directory) full() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.records) >= MaxPeers
}

// readRecord reads a peer's row, or starts an Unknown record.
func readRecord(r store.Reader, id did.DID) (*Record, error) {
	row, err := r.Get(prefixPeer + id.String())
	if errors.Is(err, store.ErrNotFound) {
		return &Record{DID: id, State: Unknown}, nil
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

// Freeze stops everything with a peer until an operator resolves it: the
// answer to equivocation and to a dispute.
func (d *Directory) Freeze(ctx context.Context, id did.DID, reason string) error {
	return d.end(ctx, id, Frozen, reason)
}

// Revoke ends a relationship for ever.
func (d *Directory) Revoke(ctx context.Context, id did.DID, reason string) error {
	return d.end(ctx, id, Revoked, reason)
}

// Terminate ends a relationship; a later hello and treaty may start another.
func (d *Directory) Terminate(ctx context.Context, id did.DID, reason string) error {
	return d.end(ctx, id, Terminated, reason)
}

func (d *Directory) end(ctx context.Context, id did.DID, to State, reason string) error {
	return d.update(ctx, id, func(_ store.Tx, rec *Record) error {
		if rec.State == Unknown {
			return fmt.Errorf("%w: %s", ErrUnknownPeer, id)
		}
		if err := rec.become(to); err != nil {
			return err
		}
		rec.Reason = reason
		if to == Terminated {
			rec.Last, rec.Treaty, rec.Proposal, rec.ProposedBy = rec.latest(), nil, nil, ""
		}
		return nil
	})
}

// Resume lifts a freeze: the operator's decision.
func (d *Directory) Resume(ctx context.Context, id did.DID) error {
	return d.update(ctx, id, func(_ store.Tx, rec *Record) error {
		if rec.State != Frozen {
			return fmt.Errorf("%w: %s is %s, not frozen", ErrTransition, id, rec.State)
		}
		rec.Reason = ""
		switch {
		case rec.Treaty != nil:
			return rec.become(Active)
		case rec.Proposal != nil:
			return rec.become(PendingPeer)
		}
		return rec.become(Authenticated)
	})
}
