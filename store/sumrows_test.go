package store_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/store"
)

// splitting is a backend that says where it may be divided.
type splitting struct {
	store.Backend
	splits []string
	fail   func(key string) error
}

func (s *splitting) Splits() []string { return s.splits }

func (s *splitting) Snapshot() (store.Snapshot, error) {
	inner, err := s.Backend.Snapshot()
	return failingSnapshot{inner, s.fail}, err
}

type failingSnapshot struct {
	store.Snapshot
	fail func(key string) error
}

func (f failingSnapshot) Scan(prefix, after string, fn func(string, []byte) error) error {
	return f.Snapshot.Scan(prefix, after, func(key string, value []byte) error {
		if f.fail != nil {
			if err := f.fail(key); err != nil {
				return err
			}
		}
		return fn(key, value)
	})
}

// TestRowsAreSummedInAnyParts: wherever a backend says it may be divided, every
// row is counted and hashed exactly once.
func TestRowsAreSummedInAnyParts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBackend()
		e := open(t, b, "")
		model := map[string]string{}
		must(t, e.Update(ctx, func(tx store.Tx) error {
			for k := range rapid.MapOfN(rapid.StringMatching(`[a-e]{1,3}`), rapid.Bool(), 1, 40).Draw(rt, "rows") {
				tx.Set(k, []byte("of "+k))
				model[k] = "of " + k
			}
			return nil
		}))
		splits := rapid.SliceOf(rapid.StringMatching(`[!a-f]{0,3}`)).Draw(rt, "splits") // in any order: only ascending ones count
		report, err := store.Check(store.Config{Backend: &splitting{Backend: b, splits: splits}})
		if err != nil || report.Rows != uint64(len(model)) || report.RowsSum != store.SumRows(model) {
			rt.Fatalf("%d rows, want %d; digest %s; %v", report.Rows, len(model), report.RowsSum, err)
		}
	})
}

// TestI11_AFaultInAnyPartIsReported: an error or a panic in one part of the rows
// is that of the whole check.
func TestI11_AFaultInAnyPartIsReported(t *testing.T) {
	b := newBackend()
	e := open(t, b, "")
	must(t, e.Update(ctx, func(tx store.Tx) error {
		for _, k := range []string{"a", "b", "c", "d"} {
			tx.Set(k, []byte(k))
		}
		return nil
	}))
	broken := errors.New("the disk does not answer")
	for _, at := range []string{"a", "b", "d"} {
		s := &splitting{Backend: b, splits: []string{"b", "c"}}
		s.fail = func(key string) error {
			if key == at {
				return broken
			}
			return nil
		}
		if _, err := store.Check(store.Config{Backend: s}); !errors.Is(err, broken) {
			t.Errorf("an error at %s: %v", at, err)
		}
		s.fail = func(key string) error {
			if key == at {
				return store.ErrStop // what a damaged block looks like to an iterator
			}
			return nil
		}
		if _, err := store.Check(store.Config{Backend: s}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("rows that end at %s: %v", at, err)
		}
		s.fail = func(key string) error {
			if key == at {
				panic("damaged")
			}
			return nil
		}
		if _, err := store.Check(store.Config{Backend: s}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("a panic at %s: %v", at, err)
		}
	}
}
