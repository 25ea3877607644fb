package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The store keys.
const (
	postingPrefix = "l/e/"
	idPrefix      = "l/i/"
	balancePrefix = "l/b/"
	totalPrefix   = "l/t/"
	counterKey    = "l/n"
)

func postingKey(sequence uint64) string          { return fmt.Sprintf("%s%020d", postingPrefix, sequence) }
func idKey(id wire.Digest) string                { return idPrefix + id.String() }
func balanceKey(currency, account string) string { return balancePrefix + currency + "/" + account }

// Outcome says where a posting is.
type Outcome struct {
	Sequence uint64
	Replay   bool // it was there already; nothing changed
}

// Post writes a posting in the caller's transaction. A replay of what is there
// is no error and changes nothing; see the package's errors for what is.
func Post(tx store.Tx, p Posting) (Outcome, error) {
	if err := p.Check(); err != nil {
		return Outcome{}, err
	}
	switch have, err := Get(tx, p.ID); {
	case err == nil && have.Posting.same(p):
		return Outcome{Sequence: have.Sequence, Replay: true}, nil
	case err == nil:
		return Outcome{}, fmt.Errorf("%w: %s is posting %d", ErrConflict, p.ID, have.Sequence)
	case !errors.Is(err, store.ErrNotFound):
		return Outcome{}, err
	}
	_, previous, err := Head(tx)
	if err != nil {
		return Outcome{}, err
	}
	if err := applyEntries(tx, p.Entries); err != nil {
		return Outcome{}, err
	}
	sequence, err := tx.Next(counterKey)
	if err != nil {
		return Outcome{}, fmt.Errorf("number a posting: %w", err)
	}
	row, err := wire.Marshal(Record{Schema: Schema, Sequence: sequence, Previous: previous, Posting: p})
	if err != nil {
		return Outcome{}, fmt.Errorf("encode a posting: %w", err)
	}
	tx.Set(postingKey(sequence), row)
	tx.Set(idKey(p.ID), binary.BigEndian.AppendUint64(nil, sequence))
	return Outcome{Sequence: sequence}, nil
}

// Get returns the posting with an id, or store.ErrNotFound.
func Get(r store.Reader, id wire.Digest) (Record, error) {
	sequence, err := sequenceOf(r, id)
	if err != nil {
		return Record{}, err
	}
	row, err := r.Get(postingKey(sequence))
	if errors.Is(err, store.ErrNotFound) {
		return Record{}, fmt.Errorf("%w: posting %d is missing", ErrInconsistent, sequence)
	}
	if err != nil {
		return Record{}, fmt.Errorf("read posting %d: %w", sequence, err)
	}
	return decodeRecord(row)
}

func sequenceOf(r store.Reader, id wire.Digest) (uint64, error) {
	b, err := r.Get(idKey(id))
	if err != nil {
		return 0, fmt.Errorf("find posting %s: %w", id, err)
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: index of %s holds %d bytes", ErrInconsistent, id, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}

func decodeRecord(row []byte) (Record, error) {
	var rec Record
	if err := wire.UnmarshalCanonical(row, &rec, wire.DocumentLimits); err != nil {
		return Record{}, fmt.Errorf("%w: posting: %w", ErrInconsistent, err)
	}
	if rec.Schema != Schema {
		return Record{}, fmt.Errorf("%w: posting has schema %.40q", ErrInconsistent, rec.Schema)
	}
	if again, err := wire.Marshal(rec); err != nil || !bytes.Equal(again, row) {
		return Record{}, fmt.Errorf("%w: posting lacks a member", ErrInconsistent)
	}
	return rec, nil
}

// Sequence returns the number of postings.
func Sequence(r store.Reader) (uint64, error) { return store.ReadCounter(r, counterKey) }

// Head returns the number of postings and the digest of the last, zero if
// there is none. The digest commits to every posting before it.
func Head(r store.Reader) (uint64, wire.Digest, error) {
	n, err := Sequence(r)
	if err != nil || n == 0 {
		return 0, wire.Digest{}, err
	}
	row, err := r.Get(postingKey(n))
	if err != nil {
		return 0, wire.Digest{}, fmt.Errorf("%w: posting %d: %w", ErrInconsistent, n, err)
	}
	return n, wire.Hash(row), nil
}

// Scan calls fn for every posting after a sequence number, in order, until fn
// returns an error; store.ErrStop ends it without one.
func Scan(r store.Reader, after uint64, fn func(Record) error) error {
	return r.Scan(postingPrefix, postingKey(after), func(_ string, row []byte) error {
		rec, err := decodeRecord(row)
		if err != nil {
			return err
		}
		return fn(rec)
	})
}
