package store

import (
	"context"
	"errors"
)

// The errors a caller can act on.
var (
	// ErrNotFound: the key has no value.
	ErrNotFound = errors.New("key not found")
	// ErrStop ends a Scan early without an error.
	ErrStop = errors.New("stop scanning")
	// ErrNotReady: a commit failed or the store is closed; nothing is accepted
	// until the store is opened again.
	ErrNotReady = errors.New("store is not ready")
	// ErrInUse: another process has the store open.
	ErrInUse = errors.New("store is in use by another process")
	// ErrCorrupt: start-up found rows below the last acknowledged head missing,
	// altered, or rolled back.
	ErrCorrupt = errors.New("store is corrupt")
	// ErrFull: too little disk space is left; nothing was written.
	ErrFull = errors.New("disk is full")
	// ErrTooBig: one closure wrote more than MaxOverlayBytes, or one value more
	// than MaxValueBytes.
	ErrTooBig = errors.New("transaction is too big")
	// ErrKey: a key is empty, over MaxKeyBytes, or reserved.
	ErrKey = errors.New("not a valid key")
	// ErrPanic: a closure panicked; the error text holds the value.
	ErrPanic = errors.New("transaction panicked")
)

// Reader reads one consistent state.
type Reader interface {
	// Get returns the value of key, or ErrNotFound. The slice is the caller's.
	Get(key string) ([]byte, error)
	// Scan calls fn for every key with the prefix that is greater than after
	// ("" for all), in ascending byte order, until fn returns an error.
	// ErrStop ends the scan with nil. The slice is valid during the call only.
	Scan(prefix, after string, fn func(key string, value []byte) error) error
}

// Tx reads its own writes and everything committed or batched before it.
type Tx interface {
	Reader
	Set(key string, value []byte)
	Delete(key string)
	// Next increments the named counter and returns the new value; the first
	// is 1. Counters are dense: an aborted closure takes no number.
	Next(counter string) (uint64, error)
	// AfterCommit runs fn once the writes are on disk and before Update
	// returns: the place to advance in-memory state. Closures of later groups
	// may have run by then, so what a closure decides on must be in rows; memory
	// may only be behind. fn must be quick and must not call the store.
	AfterCommit(fn func())
}

// DB is what the rest of the node sees.
type DB interface {
	View(fn func(Reader) error) error
	// Update runs fn in the committer. ctx bounds only the wait for a place in
	// the queue: once fn has run its outcome is reported.
	Update(ctx context.Context, fn func(Tx) error) error
}
