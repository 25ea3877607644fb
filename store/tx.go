package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// tx is one closure's view: its own overlay above its group's, above the group
// under way, above the last committed state.
type tx struct {
	layers
	own   *overlay
	err   error // first misuse; fails the closure even if it returns nil
	after []func()
}

func newTx(below layers) *tx {
	own := newOverlay()
	return &tx{layers: layers{top: append([]*overlay{own}, below.top...), base: below.base}, own: own}
}

func (t *tx) Set(key string, value []byte) {
	if len(value) > MaxValueBytes {
		t.fail(fmt.Errorf("%w: value of %.80q has %d bytes, limit %d", ErrTooBig, key, len(value), MaxValueBytes))
		return
	}
	t.put(key, append([]byte{}, value...))
}

func (t *tx) Delete(key string) { t.put(key, nil) }

func (t *tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

func (t *tx) Next(counter string) (uint64, error) {
	n, err := ReadCounter(t, counter)
	if err != nil {
		return 0, err
	}
	if n == math.MaxUint64 {
		return 0, fmt.Errorf("counter %.80q is exhausted", counter)
	}
	t.put(counter, binary.BigEndian.AppendUint64(nil, n+1))
	return n + 1, t.err
}

func (t *tx) put(key string, value []byte) {
	if err := checkKey(key); err != nil {
		t.fail(err)
		return
	}
	t.own.put(key, value)
	if t.own.bytes > MaxOverlayBytes {
		t.fail(fmt.Errorf("%w: over %d bytes; write in several transactions", ErrTooBig, MaxOverlayBytes))
	}
}

func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

func checkKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrKey)
	case len(key) > MaxKeyBytes:
		return fmt.Errorf("%w: %d bytes, limit %d", ErrKey, len(key), MaxKeyBytes)
	case key[0] == reserved:
		return fmt.Errorf("%w: %.80q begins with %q, which is the store's own", ErrKey, key, reserved)
	}
	return nil
}

// ReadCounter returns the last value Next gave out for the counter, 0 if none.
// The counter is an ordinary row of eight big-endian bytes under its name.
func ReadCounter(r Reader, counter string) (uint64, error) {
	b, err := r.Get(counter)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read counter %.80q: %w", counter, err)
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: counter %.80q holds %d bytes, want 8", ErrCorrupt, counter, len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}
