package log

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The errors a caller can act on.
var (
	// ErrCorrupt: the log's rows contradict each other; see chio-node doctor.
	ErrCorrupt = errors.New("receipt log is corrupt")
	// ErrConflict: another receipt with this id is in the log.
	ErrConflict = errors.New("another receipt with this id is in the log")
	// ErrRange: the log has never had that size or index.
	ErrRange = errors.New("outside the receipt log")
)

const (
	keyMeta  = "r/meta"
	keyHead  = "r/head"
	leafRows = "r/l/"
	idRows   = "r/id/"
	nodeRows = "r/n/"
)

// originPrefix opens every log id; the id is the origin line of checkpoints.
const originPrefix = "chio-log/"

// Init returns the log's id, drawing it from rand the first time.
func Init(tx store.Tx, rand io.Reader) (string, error) {
	id, err := ID(tx)
	if !errors.Is(err, store.ErrNotFound) {
		return id, err
	}
	var b [16]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("read randomness for the log id: %w", err)
	}
	id = originPrefix + hex.EncodeToString(b[:])
	tx.Set(keyMeta, []byte(id))
	return id, nil
}

// ID returns the log's id, which is also the origin of its checkpoints, or
// store.ErrNotFound before Init.
func ID(r store.Reader) (string, error) {
	b, err := r.Get(keyMeta)
	return string(b), err
}

// Append adds one receipt and returns its index. A receipt that is already in
// the log, byte for byte, is not added again: its index is returned, because
// two identical denials within one second are one statement.
func Append(tx store.Tx, receiptID string, leaf []byte) (uint64, error) {
	if receiptID == "" || len(leaf) == 0 {
		return 0, errors.New("append to the receipt log: the receipt or its id is empty")
	}
	hash := receipt.LeafHash(leaf)
	switch index, err := indexOf(tx, receiptID); {
	case err == nil:
		return index, checkSame(tx, index, hash, receiptID)
	case !errors.Is(err, store.ErrNotFound):
		return 0, err
	}
	f, err := readHead(tx)
	if err != nil {
		return 0, err
	}
	index := f.size
	for _, n := range f.push(hash) {
		tx.Set(nodeKey(n.level, n.index), n.hash[:])
	}
	tx.Set(leafKey(index), leaf)
	tx.Set(idRows+receiptID, strconv.AppendUint(nil, index, 10))
	tx.Set(keyHead, f.encode())
	return index, indexLeaf(tx, index, leaf)
}

// checkSame refuses a second receipt under an id that is taken.
func checkSame(r store.Reader, index uint64, hash wire.Digest, receiptID string) error {
	have, err := LeafHash(r, index)
	if err != nil {
		return fmt.Errorf("%w: receipt %.80s: %w", ErrCorrupt, receiptID, err)
	}
	if have != hash {
		return fmt.Errorf("%w: %.80s", ErrConflict, receiptID)
	}
	return nil
}

// Size is the number of receipts in the log.
func Size(r store.Reader) (uint64, error) {
	f, err := readHead(r)
	return f.size, err
}

// Leaf returns the receipt at index, ErrArchived if it is in a file, or
// ErrRange.
func Leaf(r store.Reader, index uint64) ([]byte, error) {
	b, err := r.Get(leafKey(index))
	if !errors.Is(err, store.ErrNotFound) {
		return b, err
	}
	switch _, err := r.Get(archivedKey(index)); {
	case err == nil:
		return nil, fmt.Errorf("%w: index %d", ErrArchived, index)
	case errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("%w: index %d", ErrRange, index)
	default:
		return nil, err
	}
}

// ByID returns the index and the bytes of a receipt, or store.ErrNotFound. Of
// an archived receipt it returns the index and ErrArchived.
func ByID(r store.Reader, receiptID string) (uint64, []byte, error) {
	index, err := indexOf(r, receiptID)
	if err != nil {
		return 0, nil, err
	}
	leaf, err := Leaf(r, index)
	if errors.Is(err, ErrArchived) {
		return index, nil, fmt.Errorf("receipt %.80s: %w", receiptID, err)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("%w: receipt %.80s: %w", ErrCorrupt, receiptID, err)
	}
	return index, leaf, nil
}

func indexOf(r store.Reader, receiptID string) (uint64, error) {
	b, err := r.Get(idRows + receiptID)
	if err != nil {
		return 0, err
	}
	index, err := strconv.ParseUint(string(b), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: index row of %.80s: %w", ErrCorrupt, receiptID, err)
	}
	return index, nil
}

// Scan calls fn for every receipt from index from on that is not archived,
// oldest first, until fn returns an error; store.ErrStop ends it with nil.
func Scan(r store.Reader, from uint64, fn func(index uint64, leaf []byte) error) error {
	after := ""
	if from > 0 {
		after = leafKey(from - 1)
	}
	return r.Scan(leafRows, after, func(key string, leaf []byte) error {
		index, err := strconv.ParseUint(key[len(leafRows):], 10, 64)
		if err != nil {
			return fmt.Errorf("%w: key %.80q", ErrCorrupt, key)
		}
		return fn(index, leaf)
	})
}

// ScanNewest calls fn for every receipt below index before (0 means from the
// end), newest first down to the archived ones, until fn returns an error;
// store.ErrStop ends it with nil.
func ScanNewest(r store.Reader, before uint64, fn func(index uint64, leaf []byte) error) error {
	size, err := Size(r)
	if err != nil {
		return err
	}
	if before == 0 || before > size {
		before = size
	}
	for index := before; index > 0; index-- {
		leaf, err := Leaf(r, index-1)
		if errors.Is(err, ErrArchived) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		if err := fn(index-1, leaf); err != nil {
			if errors.Is(err, store.ErrStop) {
				return nil
			}
			return err
		}
	}
	return nil
}

func readHead(r store.Reader) (frontier, error) {
	b, err := r.Get(keyHead)
	if errors.Is(err, store.ErrNotFound) {
		return frontier{}, nil
	}
	if err != nil {
		return frontier{}, err
	}
	return decodeFrontier(b)
}

func leafKey(index uint64) string { return string(appendPadded([]byte(leafRows), index)) }

func nodeKey(level int, index uint64) string {
	b := append([]byte(nodeRows), byte('0'+level/10), byte('0'+level%10), '/')
	return string(appendPadded(b, index))
}

// appendPadded appends index as twenty digits, so that byte order is order.
func appendPadded(b []byte, index uint64) []byte {
	var digits [20]byte
	s := strconv.AppendUint(digits[:0], index, 10)
	for range 20 - len(s) {
		b = append(b, '0')
	}
	return append(b, s...)
}
