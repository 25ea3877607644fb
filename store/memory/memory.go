package memory

import (
	"errors"
	"fmt"
	"sync"

	"github.com/backbay-labs/chio-node/store"
)

// New returns an engine over an empty backend.
func New() *store.Engine {
	e, err := store.Open(store.Config{Backend: NewBackend()})
	if err != nil {
		panic("memory: an empty store does not open: " + err.Error())
	}
	return e
}

// Backend is the rows alone, for callers that build their own engine.
type Backend struct {
	mu     sync.Mutex
	root   *node
	closed bool
}

// NewBackend returns an empty backend.
func NewBackend() *Backend { return &Backend{} }

var errClosed = errors.New("memory store is closed")

// Snapshot returns the current tree.
func (b *Backend) Snapshot() (store.Snapshot, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	return snapshot{b.root}, nil
}

// Apply builds the next tree and swaps it in.
func (b *Backend) Apply(writes []store.Write) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	root := b.root
	for _, w := range writes {
		if w.Delete {
			root = remove(root, w.Key)
		} else {
			root = set(root, w.Key, append([]byte{}, w.Value...))
		}
	}
	b.root = root
	return nil
}

// Close drops the rows. Open snapshots stay readable.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.root, b.closed = nil, true
	return nil
}

type snapshot struct{ root *node }

func (s snapshot) Get(key string) ([]byte, error) {
	n := find(s.root, key)
	if n == nil {
		return nil, fmt.Errorf("%w: %.80q", store.ErrNotFound, key)
	}
	return append([]byte{}, n.value...), nil
}

func (s snapshot) Scan(prefix, after string, fn func(string, []byte) error) error {
	err := walk(s.root, prefix, after, fn)
	if errors.Is(err, store.ErrStop) {
		return nil
	}
	return err
}

func (s snapshot) Close() {}
