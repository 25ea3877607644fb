package keys

import (
	"context"
	"sort"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/store"
)

// rows is a store.DB small enough to be read at a glance: one lock, and a
// closure that fails leaves nothing behind.
type rows struct {
	mu sync.Mutex
	m  map[string][]byte
	n  map[string]uint64
}

func newRows() *rows { return &rows{m: map[string][]byte{}, n: map[string]uint64{}} }

type rowsTx struct {
	m     map[string][]byte
	n     map[string]uint64
	after *[]func()
}

func (r *rows) View(fn func(store.Reader) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fn(rowsTx{m: r.m})
}

func (r *rows) Update(_ context.Context, fn func(store.Tx) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	tx := rowsTx{map[string][]byte{}, map[string]uint64{}, new([]func())}
	for k, v := range r.m {
		tx.m[k] = v
	}
	for k, v := range r.n {
		tx.n[k] = v
	}
	if err := fn(tx); err != nil {
		return err
	}
	r.m, r.n = tx.m, tx.n
	for _, fn := range *tx.after {
		fn()
	}
	return nil
}

func (t rowsTx) Get(key string) ([]byte, error) {
	v, ok := t.m[key]
	if !ok {
		return nil, store.ErrNotFound
	}
	return append([]byte(nil), v...), nil
}

func (t rowsTx) Scan(prefix, after string, fn func(string, []byte) error) error {
	var keys []string
	for k := range t.m {
		if strings.HasPrefix(k, prefix) && k > after {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		if err := fn(k, t.m[k]); err != nil {
			return err
		}
	}
	return nil
}

func (t rowsTx) Set(key string, value []byte) { t.m[key] = value }
func (t rowsTx) Delete(key string)            { delete(t.m, key) }
func (t rowsTx) AfterCommit(fn func())        { *t.after = append(*t.after, fn) }
func (t rowsTx) Next(counter string) (uint64, error) {
	t.n[counter]++
	return t.n[counter], nil
}
