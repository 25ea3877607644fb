package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/backbay-labs/chio-node/store"
)

func testMisuse(t *testing.T, e *store.Engine) {
	for name, fn := range map[string]func(store.Tx) error{
		"empty key":    set("", "v"),
		"reserved key": set("!head", "v"),
		"long key":     set(strings.Repeat("k", store.MaxKeyBytes+1), "v"),
		"reserved counter": func(tx store.Tx) error {
			_, _ = tx.Next("!count") // even a caller who drops the error is stopped
			return nil
		},
	} {
		err := e.Update(context.Background(), func(tx store.Tx) error {
			tx.Set("ok", []byte("v"))
			return fn(tx)
		})
		if !errors.Is(err, store.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if get(t, e, "ok") != "<none>" {
		t.Error("a refused closure left a row")
	}
	update(t, e, set(strings.Repeat("k", store.MaxKeyBytes), "v"))
	update(t, e, func(tx store.Tx) error {
		tx.Set("c", []byte("not a counter"))
		if _, err := tx.Next("c"); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("counter over a foreign row: %v", err)
		}
		return nil
	})
}

func testLimits(t *testing.T, e *store.Engine) {
	big := make([]byte, store.MaxValueBytes)
	update(t, e, func(tx store.Tx) error { tx.Set("big", big); return nil })
	if got := get(t, e, "big"); len(got) != len(big) {
		t.Errorf("big value came back with %d bytes", len(got))
	}
	for name, fn := range map[string]func(store.Tx) error{
		"value":   func(tx store.Tx) error { tx.Set("v", make([]byte, store.MaxValueBytes+1)); return nil },
		"overlay": func(tx store.Tx) error { tx.Set("1", big); tx.Set("2", big); tx.Set("3", big); return nil },
	} {
		if err := e.Update(context.Background(), fn); !errors.Is(err, store.ErrTooBig) {
			t.Errorf("%s over its limit: %v", name, err)
		}
	}
	// As many of the smallest rows as one closure may write still commit at once.
	update(t, e, func(tx store.Tx) error {
		for i := range 15000 {
			tx.Set(fmt.Sprintf("s/%05d", i), nil)
		}
		return nil
	})
	// Closures that together exceed a group are split, not lost.
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			update(t, e, func(tx store.Tx) error { tx.Set(fmt.Sprintf("g/%02d", i), big); return nil })
		})
	}
	wg.Wait()
	for i := range 12 {
		if got := get(t, e, fmt.Sprintf("g/%02d", i)); len(got) != len(big) {
			t.Errorf("row %d has %d bytes", i, len(got))
		}
	}
}

func testDenseCounters(t *testing.T, e *store.Engine) {
	const callers, each = 64, 20
	seen := make([]atomic.Bool, callers*each+1)
	var kept atomic.Uint64
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				var n uint64
				err := e.Update(context.Background(), func(tx store.Tx) (err error) {
					n, err = tx.Next("c/n")
					if (c+i)%3 == 0 {
						return errors.New("abort")
					}
					return err
				})
				if err == nil && (n == 0 || seen[n].Swap(true)) {
					t.Errorf("number %d given twice", n)
				}
				if err == nil {
					kept.Add(1)
				}
			}
		})
	}
	wg.Wait()
	for n := uint64(1); n <= kept.Load(); n++ {
		if !seen[n].Load() {
			t.Errorf("number %d is missing of %d", n, kept.Load())
		}
	}
	if err := e.View(func(r store.Reader) error {
		n, err := store.ReadCounter(r, "c/n")
		if n != kept.Load() {
			t.Errorf("counter stands at %d, want %d", n, kept.Load())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func testWriters(t *testing.T, e *store.Engine) {
	const callers, each = 64, 25
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				update(t, e, func(tx store.Tx) error {
					sum, err := tx.Get("sum")
					if err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
					var n uint64
					if len(sum) == 8 {
						n = binary.BigEndian.Uint64(sum)
					}
					tx.Set("sum", binary.BigEndian.AppendUint64(nil, n+1))
					tx.Set(fmt.Sprintf("w/%02d/%02d", c, i), []byte("v"))
					return nil
				})
			}
		})
	}
	wg.Wait()
	if err := e.View(func(r store.Reader) error {
		sum, err := r.Get("sum")
		if err != nil {
			return err
		}
		if n := binary.BigEndian.Uint64(sum); n != callers*each {
			t.Errorf("read-modify-write counted %d, want %d", n, callers*each)
		}
		if n := len(list(t, r, "w/", "")); n != callers*each {
			t.Errorf("%d rows, want %d", n, callers*each)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
