package log

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Old receipts may be moved to files. The row of a leaf then gives way to its
// hash and its id, so that the tree, every proof and every lookup by id go on
// as before; only the bytes are elsewhere. What is archived is always the
// beginning of the log, in segments of whole files.
//
//	r/a/<index>   hash of the leaf (32 bytes), then the receipt id
//	r/s/<first>   the segment that begins at first, keyed by its complement
const (
	archivedRows = "r/a/"
	segmentRows  = "r/s/"
)

// MaxSegment bounds the receipts of one segment, so that one transaction can
// replace their rows.
const MaxSegment = 2048

// The errors of archived receipts.
var (
	// ErrArchived: the receipt is in a file; see SegmentOf.
	ErrArchived = errors.New("the receipt was archived")
	// ErrSegment: these leaves are not the next ones to archive.
	ErrSegment = errors.New("not the next segment of the receipt log")
	// ErrNotIndexed: the log was begun without an index.
	ErrNotIndexed = errors.New("the receipt log is not indexed yet")
)

// Segment is a file that holds the receipts [First, First+Count).
type Segment struct {
	First      uint64         `json:"first"`
	Count      uint64         `json:"count"`
	File       string         `json:"file"` // as it was written; an operator may have moved it
	SHA256     wire.Digest    `json:"sha256"`
	Bytes      uint64         `json:"bytes"`
	KernelKey  wire.PublicKey `json:"kernel_key,omitzero"` // signed the head in the file
	ArchivedAt int64          `json:"archived_at"`         // unix seconds
}

func segmentKey(first uint64) string {
	return segmentRows + blockKey(first)[len(blockRows):]
}

// Archived is how many receipts, from the first on, are in files.
func Archived(r store.Reader) (n uint64, err error) {
	err = Segments(r, func(s Segment) error {
		n = s.First + s.Count
		return store.ErrStop
	})
	return n, err
}

// Segments lists the archive files, newest first.
func Segments(r store.Reader, fn func(Segment) error) error { return segmentsFrom(r, "", fn) }

func segmentsFrom(r store.Reader, after string, fn func(Segment) error) error {
	return r.Scan(segmentRows, after, func(key string, row []byte) error {
		var s Segment
		if err := wire.UnmarshalCanonical(row, &s, wire.DocumentLimits); err != nil {
			return fmt.Errorf("%w: row %.80s: %w", ErrCorrupt, key, err)
		}
		if segmentKey(s.First) != key || s.Count == 0 || s.Count > MaxSegment {
			return fmt.Errorf("%w: row %.80s names another segment", ErrCorrupt, key)
		}
		return fn(s)
	})
}

// SegmentOf finds the file that holds the receipt at index, or ErrRange.
func SegmentOf(r store.Reader, index uint64) (s Segment, err error) {
	found := false
	err = segmentsFrom(r, segmentKey(index+1), func(have Segment) error { // the next key is that of the greatest First ≤ index
		s, found = have, index-have.First < have.Count
		return store.ErrStop
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: index %d is in no archive file", ErrRange, index)
	}
	return s, err
}

// Archive records that the leaves are in the segment's file and lets go of
// their rows. The caller has written the file, made it durable, and read it
// back: leaves is what it holds. Nothing changes unless
//
//	1 the segment begins where the archive ends, and is of leaves' length
//	2 the index covers them, because it cannot be built from hashes
//	3 each leaf is byte for byte the one in the log
func Archive(tx store.Tx, s Segment, leaves [][]byte) error {
	next, err := Archived(tx)
	if err != nil {
		return err
	}
	if s.First != next || s.Count != uint64(len(leaves)) || s.Count == 0 || s.Count > MaxSegment { // 1
		return fmt.Errorf("%w: %d receipts from %d, want 1 to %d from %d", ErrSegment, s.Count, s.First, MaxSegment, next)
	}
	if indexed, err := Indexed(tx); err != nil || indexed < s.First+s.Count { // 2
		return errors.Join(err, fmt.Errorf("%w: %d receipts", ErrNotIndexed, indexed))
	}
	for i, leaf := range leaves {
		index := s.First + uint64(i)
		have, err := Leaf(tx, index)
		if err != nil {
			return err
		}
		if string(have) != string(leaf) { // 3
			return fmt.Errorf("%w: receipt %d of the file is not the one in the log", ErrSegment, index)
		}
		b, err := receipt.Peek(leaf)
		if err != nil {
			return fmt.Errorf("%w: leaf %d: %w", ErrCorrupt, index, err)
		}
		hash := receipt.LeafHash(leaf)
		tx.Set(archivedKey(index), append(hash[:], b.ID...))
		tx.Delete(leafKey(index))
	}
	return putSegment(tx, s)
}

// Refile records that a segment's file was written anew: the same receipts,
// under another name or another head.
func Refile(tx store.Tx, s Segment) error {
	have, err := SegmentOf(tx, s.First)
	if err != nil {
		return err
	}
	if have.First != s.First || have.Count != s.Count {
		return fmt.Errorf("%w: %d receipts from %d, the archive has %d from %d", ErrSegment, s.Count, s.First, have.Count, have.First)
	}
	return putSegment(tx, s)
}

func putSegment(tx store.Tx, s Segment) error {
	row, err := wire.Marshal(s)
	if err != nil {
		return fmt.Errorf("record archive segment: %w", err)
	}
	tx.Set(segmentKey(s.First), row)
	return nil
}

func archivedKey(index uint64) string { return string(appendPadded([]byte(archivedRows), index)) }

// archivedLeaf is the hash and the id of an archived receipt, or
// store.ErrNotFound.
func archivedLeaf(r store.Reader, index uint64) (hash wire.Digest, id string, err error) {
	b, err := r.Get(archivedKey(index))
	if err != nil {
		return hash, "", err
	}
	return splitArchived(index, b)
}

func splitArchived(index uint64, row []byte) (hash wire.Digest, id string, err error) {
	if len(row) <= len(hash) {
		return hash, "", fmt.Errorf("%w: archived leaf %d has %d bytes", ErrCorrupt, index, len(row))
	}
	return wire.Digest(row[:len(hash)]), string(row[len(hash):]), nil
}

// LeafHash is the tree's hash of the receipt at index, archived or not, or
// ErrRange.
func LeafHash(r store.Reader, index uint64) (wire.Digest, error) {
	leaf, err := Leaf(r, index)
	if err == nil {
		return receipt.LeafHash(leaf), nil
	}
	if !errors.Is(err, ErrArchived) {
		return wire.Digest{}, err
	}
	hash, _, err := archivedLeaf(r, index)
	return hash, err
}

// ArchivedID is the id of the archived receipt at index.
func ArchivedID(r store.Reader, index uint64) (string, error) {
	_, id, err := archivedLeaf(r, index)
	return id, err
}

// scanArchived visits the hashes of the archived leaves, oldest first.
func scanArchived(r store.Reader, fn func(index uint64, hash wire.Digest, id string) error) error {
	return r.Scan(archivedRows, "", func(key string, row []byte) error {
		index, err := strconv.ParseUint(key[len(archivedRows):], 10, 64)
		if err != nil {
			return fmt.Errorf("%w: key %.80q", ErrCorrupt, key)
		}
		hash, id, err := splitArchived(index, row)
		if err != nil {
			return err
		}
		return fn(index, hash, id)
	})
}
