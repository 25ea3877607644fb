package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Offer is an edition as an operator, or a URL, gives it.
type Offer struct {
	Issuer  did.DID // who must have signed it
	Doc     []byte
	Source  string // URL it was fetched from; "": a file
	Refresh bool   // not by an operator: only for a listing that is in use
	Despite bool   // use it, though there is evidence against its issuer
}

// Take keeps an edition, if it passes the rollback gate:
//
//	1 VerifyPeerDirectory holds, and it is not issued in the future
//	2 a refresh is of a listing that is kept and was not removed, from the same
//	  source
//	3 it contradicts nothing that is kept: if it does, both are kept as
//	  evidence, and the directory is used no more
//	4 its sequence is not below the highest that was seen, removed or not
//	5 a directory with evidence is used again only if an operator says to know
//	  that, and never with an older edition
//	6 at most MaxListings are in use
//
// The highest that was seen again is no error.
func (l *Listings) Take(ctx context.Context, o Offer) (ListingView, error) {
	doc, env, err := VerifyPeerDirectory(o.Doc, o.Issuer) // 1
	if err != nil {
		return ListingView{}, err
	}
	now := l.now()
	if doc.IssuedAt > now+ClockSkewSeconds { // 1
		return ListingView{}, fmt.Errorf("%w: it is issued at %d, now is %d", ErrPeerDirectory, doc.IssuedAt, now)
	}
	var next *edition
	var refused error
	err = l.db.Update(ctx, func(tx store.Tx) error {
		next = &edition{Listing: Listing{Issuer: o.Issuer}, doc: doc, env: env}
		have, err := load(tx, prefixListing+o.Issuer.String(), &next.Listing)
		if err != nil {
			return err
		}
		held := &edition{Listing: next.Listing}
		if have {
			if err := held.read(tx); err != nil {
				return err
			}
		}
		if o.Refresh && (!have || held.Removed || held.Source != o.Source) { // 2
			return fmt.Errorf("%w: %s is not fetched from %.120s any more", ErrNoListing, o.Issuer, o.Source)
		}
		if !have || held.Removed {
			if err := l.room(o.Issuer); err != nil { // 6
				return err
			}
		}
		if refused, err = next.pass(tx, held, o, now); err != nil {
			return err
		}
		return l.keep(tx, next)
	})
	if err != nil {
		return ListingView{}, err
	}
	return next.view(now), refused
}

// pass is the gate, rules 3 to 5 of Take. It makes e, which has the held row
// and what was offered, what is kept from now on, and says why it is not what
// was offered. The highest sequence is kept also where it is not used.
func (e *edition) pass(tx store.Tx, held *edition, o Offer, now int64) (refused, err error) {
	older, fork := false, false
	if held.doc != nil {
		older, fork = e.doc.Sequence < held.doc.Sequence, contradict(held, e)
	}
	if fork { // 3
		if err := keepFork(tx, o.Issuer, held.env, e.env); err != nil {
			return nil, err
		}
	}
	switch {
	case fork && (older || !o.Despite): // 3
		refused = fmt.Errorf("%w: %s signed %d and %d; chio-node federate directory evidence exports both",
			ErrDirectoryFork, o.Issuer, held.doc.Sequence, e.doc.Sequence)
	case older: // 4
		refused = fmt.Errorf("%w: %s offers edition %d, and %d was seen", ErrDirectoryRollback, o.Issuer, e.doc.Sequence, held.doc.Sequence)
	case held.Forked && !o.Despite: // 5
		refused = fmt.Errorf("%w: there is evidence against %s", ErrDirectoryFork, o.Issuer)
	}
	if older {
		e.OlderOffered = e.doc.Sequence
		e.doc, e.env = held.doc, held.env
	}
	switch {
	case refused == nil:
		e.Source, e.Forked, e.Removed, e.Failures = o.Source, false, false, 0
		if o.Source != "" {
			e.FetchedAt = now
		}
	default:
		e.Forked = e.Forked || fork
		if o.Source != "" {
			e.Failures++
		}
		if fork && !older && e.doc.Sequence == held.doc.Sequence {
			e.doc, e.env = held.doc, held.env
		}
	}
	if id := e.env.ID(); e.SHA256 != id {
		e.Sequence, e.SHA256, e.TakenAt = e.doc.Sequence, id, now
	}
	return refused, nil
}

// contradict reports whether two editions of one issuer cannot both be its
// list: two of one sequence, or one that follows the other and names another.
func contradict(a, b *edition) bool {
	if a.doc.Sequence > b.doc.Sequence {
		a, b = b, a
	}
	switch b.doc.Sequence - a.doc.Sequence {
	case 0:
		return a.env.ID() != b.env.ID()
	case 1:
		return *b.doc.Previous != a.env.ID() // rule 3 of VerifyPeerDirectory: it is there
	}
	return false
}

// keepFork keeps the first evidence against an issuer.
func keepFork(tx store.Tx, issuer did.DID, a, b *wire.Envelope) error {
	key := prefixListingFork + issuer.String()
	if _, err := tx.Get(key); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return save(tx, key, DirectoryFork{A: a, B: b})
}

// keep writes a listing, and the copy in memory with it.
func (l *Listings) keep(tx store.Tx, e *edition) error {
	if err := save(tx, prefixListing+e.Issuer.String(), e.Listing); err != nil {
		return err
	}
	tx.Set(prefixListingDoc+e.Issuer.String(), e.env.Bytes())
	tx.AfterCommit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held[e.Issuer] = e
	})
	return nil
}

// room refuses one more listing.
func (l *Listings) room(issuer did.DID) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	used := 0
	for _, e := range l.held {
		if !e.Removed && e.Issuer != issuer {
			used++
		}
	}
	if used >= MaxListings {
		return fmt.Errorf("%w: %d peer directories", ErrTooMany, MaxListings)
	}
	return nil
}

// change writes another row for a listing.
func (l *Listings) change(ctx context.Context, issuer did.DID, fn func(*Listing) error) error {
	return l.db.Update(ctx, func(tx store.Tx) error {
		e := new(edition)
		switch have, err := load(tx, prefixListing+issuer.String(), &e.Listing); {
		case err != nil:
			return err
		case !have:
			return fmt.Errorf("%w: %s", ErrNoListing, issuer)
		}
		if err := e.read(tx); err != nil {
			return err
		}
		if err := fn(&e.Listing); err != nil {
			return err
		}
		return l.keep(tx, e)
	})
}

// Remove stops using a directory. What is known of its editions stays.
func (l *Listings) Remove(ctx context.Context, issuer did.DID) error {
	return l.change(ctx, issuer, func(row *Listing) error {
		if row.Removed {
			return fmt.Errorf("%w: %s was removed", ErrNoListing, issuer)
		}
		row.Removed, row.Source = true, ""
		return nil
	})
}

// Unfetched counts a fetch that brought nothing. What is held is used on, while
// it lasts.
func (l *Listings) Unfetched(ctx context.Context, issuer did.DID) error {
	return l.change(ctx, issuer, func(row *Listing) error {
		row.Failures++
		return nil
	})
}

// Publish signs the next edition of our own list, which counts from now for so
// many seconds.
func (l *Listings) Publish(ctx context.Context, org wire.Signer, entries []DirectoryEntry, seconds int64) (*wire.Envelope, error) {
	issuer := did.FromKey(org.Public())
	var out *wire.Envelope
	err := l.db.Update(ctx, func(tx store.Tx) error {
		next := &edition{Listing: Listing{Issuer: issuer}}
		have, err := load(tx, prefixListing+issuer.String(), &next.Listing)
		if err != nil {
			return err
		}
		now := l.now()
		d := PeerDirectory{Schema: PeerDirectorySchema, Issuer: issuer, Sequence: next.Sequence + 1, IssuedAt: now, Expires: now + seconds, Entries: entries}
		if have {
			d.Previous = new(next.SHA256)
		}
		if next.Forked {
			return fmt.Errorf("%w: a copy of this node published too; add the edition that is to count with --despite-evidence", ErrDirectoryFork)
		}
		if !have || next.Removed {
			if err := l.room(issuer); err != nil {
				return err
			}
		}
		if out, err = wire.Seal(PeerDirectorySchema, d, org); err != nil {
			return err
		}
		if next.doc, next.env, err = VerifyPeerDirectory(out.Bytes(), issuer); err != nil {
			return err
		}
		next.Source, next.Removed, next.Sequence, next.SHA256, next.TakenAt = "", false, d.Sequence, out.ID(), now
		return l.keep(tx, next)
	})
	return out, err
}

// Fork returns the evidence against an issuer, or ErrNoEvidence.
func (l *Listings) Fork(issuer did.DID) (*DirectoryFork, error) {
	var f DirectoryFork
	err := l.db.View(func(r store.Reader) error {
		have, err := load(r, prefixListingFork+issuer.String(), &f)
		if err == nil && !have {
			err = fmt.Errorf("%w: %s", ErrNoEvidence, issuer)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	f.Schema = DirectoryForkSchema // rows have none
	return &f, nil
}
