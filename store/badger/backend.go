package badger

import (
	"errors"
	"fmt"
	"slices"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/backbay-labs/chio-node/store"
)

type backend struct {
	db      *badgerdb.DB
	dir     string
	minFree uint64
}

func (b *backend) Snapshot() (store.Snapshot, error) {
	if b.db.IsClosed() {
		return nil, badgerdb.ErrDBClosed
	}
	return snapshot{b.db.NewTransaction(false)}, nil
}

// Apply commits all writes in one transaction and waits for the disk.
func (b *backend) Apply(writes []store.Write) error {
	if free, known := freeBytes(b.dir); known && free < b.minFree {
		return fmt.Errorf("%w: %d bytes free, %d needed in %s", store.ErrFull, free, b.minFree, b.dir)
	}
	txn := b.db.NewTransaction(true)
	defer txn.Discard()
	for _, w := range writes {
		var err error
		if w.Delete {
			err = txn.Delete([]byte(w.Key))
		} else {
			err = txn.Set([]byte(w.Key), w.Value)
		}
		if err != nil {
			return fmt.Errorf("row %.80q: %w", w.Key, err)
		}
	}
	return txn.Commit()
}

func (b *backend) Close() error { return b.db.Close() }

// Splits divides the rows where badger's tables begin, which spreads a store of
// any size over its tables; it may give a key that no row has.
func (b *backend) Splits() []string {
	var out []string
	for _, t := range b.db.Tables() {
		if key := t.Left; len(key) > versionBytes {
			out = append(out, string(key[:len(key)-versionBytes]))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// versionBytes is the suffix that badger adds to the keys of its tables.
const versionBytes = 8

type snapshot struct{ txn *badgerdb.Txn }

func (s snapshot) Close() { s.txn.Discard() }

func (s snapshot) Get(key string) ([]byte, error) {
	if key == "" {
		return nil, fmt.Errorf("%w: the empty key", store.ErrNotFound)
	}
	item, err := s.txn.Get([]byte(key))
	if errors.Is(err, badgerdb.ErrKeyNotFound) {
		return nil, store.ErrNotFound // most reads of a commit find nothing: no text for each
	}
	if err != nil {
		return nil, fmt.Errorf("read %.80q: %w", key, err)
	}
	v, err := item.ValueCopy(nil)
	if err != nil {
		return nil, fmt.Errorf("read %.80q: %w", key, err)
	}
	return v, nil
}

func (s snapshot) Scan(prefix, after string, fn func(string, []byte) error) error {
	o := badgerdb.DefaultIteratorOptions
	o.Prefix = []byte(prefix)
	o.PrefetchValues = false // values are beside their keys: fetching ahead only costs goroutines
	it := s.txn.NewIterator(o)
	defer it.Close()
	from := prefix
	if after != "" && after >= prefix {
		from = after + "\x00" // the least key above after
	}
	for it.Seek([]byte(from)); it.Valid(); it.Next() {
		item := it.Item()
		err := item.Value(func(v []byte) error { return fn(string(item.Key()), v) })
		if errors.Is(err, store.ErrStop) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
