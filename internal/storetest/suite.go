package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/backbay-labs/chio-node/store"
)

// Run asks the whole contract of the engines that open makes. Each call of
// open gives an empty store that the test closes.
func Run(t *testing.T, open func(t *testing.T) *store.Engine) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *store.Engine)
	}{
		{"get, set, delete", testRows},
		{"a closure reads its own writes", testOwnWrites},
		{"scan merges and stops", testScan},
		{"scan agrees with a sorted map", testScanModel},
		{"an error drops only its closure", testErrorIsolation},
		{"a panic drops only its closure", testPanicIsolation},
		{"misuse fails the closure", testMisuse},
		{"limits of value and overlay", testLimits},
		{"counters are dense under aborts", testDenseCounters},
		{"64 writers lose nothing", testWriters},
		{"callbacks run in order before Update returns", testAfterCommit},
		{"a view sees one state", testViewIsolation},
		{"context bounds the wait for a place only", testContext},
		{"close drains and then refuses", testClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t)
			defer func() {
				if err := e.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			c.test(t, e)
		})
	}
}

func update(t *testing.T, db store.DB, fn func(store.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func set(pairs ...string) func(store.Tx) error {
	return func(tx store.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			tx.Set(pairs[i], []byte(pairs[i+1]))
		}
		return nil
	}
}

func get(t *testing.T, db store.DB, key string) string {
	t.Helper()
	value := "<none>"
	err := db.View(func(r store.Reader) error {
		b, err := r.Get(key)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		value = string(b)
		return err
	})
	if err != nil {
		t.Fatalf("get %s: %v", key, err)
	}
	return value
}

func list(t *testing.T, r store.Reader, prefix, after string) []string {
	t.Helper()
	out := []string{}
	err := r.Scan(prefix, after, func(k string, v []byte) error {
		out = append(out, k+"="+string(v))
		return nil
	})
	if err != nil {
		t.Errorf("scan: %v", err)
	}
	return out
}

func wantRows(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

func testRows(t *testing.T, e *store.Engine) {
	update(t, e, set("a/1", "one", "a/2", "", "a/3", "three"))
	update(t, e, func(tx store.Tx) error {
		tx.Delete("a/3")
		tx.Delete("a/never")
		return nil
	})
	for key, want := range map[string]string{"a/1": "one", "a/2": "", "a/3": "<none>", "!head": "<none>", "": "<none>"} {
		if got := get(t, e, key); got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
	err := e.View(func(r store.Reader) error {
		b, err := r.Get("a/1")
		if err == nil {
			b[0] = 'X' // the slice is the caller's
		}
		wantRows(t, list(t, r, "", ""), "a/1=one", "a/2=")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func testOwnWrites(t *testing.T, e *store.Engine) {
	update(t, e, set("k/1", "old", "k/2", "old"))
	value := []byte("new")
	update(t, e, func(tx store.Tx) error {
		tx.Set("k/1", value)
		value[0] = 'X' // the store took a copy
		tx.Delete("k/2")
		tx.Set("k/3", []byte("three"))
		wantRows(t, list(t, tx, "k/", ""), "k/1=new", "k/3=three")
		if _, err := tx.Get("k/2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted row: %v", err)
		}
		return nil
	})
	if got := get(t, e, "k/1"); got != "new" {
		t.Errorf("k/1 is %q", got)
	}
}

func testScan(t *testing.T, e *store.Engine) {
	update(t, e, set("a", "0", "p/1", "1", "p/2", "2", "p/4", "4", "q", "9"))
	errFrom := errors.New("from the callback")
	update(t, e, func(tx store.Tx) error {
		tx.Set("p/3", []byte("3"))
		tx.Set("p/0", []byte("0"))
		tx.Delete("p/4")
		wantRows(t, list(t, tx, "p/", ""), "p/0=0", "p/1=1", "p/2=2", "p/3=3")
		wantRows(t, list(t, tx, "p/", "p/1"), "p/2=2", "p/3=3")
		wantRows(t, list(t, tx, "p/", "p/3"))
		for _, stop := range []string{"p/0", "p/2", "p/3"} {
			last, seen := "", func(key string) error {
				if key == stop {
					return store.ErrStop
				}
				return nil
			}
			err := tx.Scan("p/", "", func(k string, _ []byte) error { last = k; return seen(k) })
			if err != nil || last != stop {
				t.Errorf("stop at %s: stopped at %s with %v", stop, last, err)
			}
		}
		for _, at := range []string{"p/0", "p/1"} {
			err := tx.Scan("p/", "", func(k string, _ []byte) error {
				if k == at {
					return fmt.Errorf("wrapped: %w", errFrom)
				}
				return nil
			})
			if !errors.Is(err, errFrom) {
				t.Errorf("scan hid the callback's error: %v", err)
			}
		}
		return nil
	})
}

func testErrorIsolation(t *testing.T, e *store.Engine) {
	refused := errors.New("refused")
	err := e.Update(context.Background(), func(tx store.Tx) error {
		tx.Set("x/1", []byte("lost"))
		tx.AfterCommit(func() { t.Error("a failed closure's callback ran") })
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	update(t, e, set("x/2", "kept"))
	if get(t, e, "x/1") != "<none>" || get(t, e, "x/2") != "kept" {
		t.Error("an error leaked into another closure")
	}
}

func testPanicIsolation(t *testing.T, e *store.Engine) {
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := e.Update(context.Background(), func(tx store.Tx) error {
				tx.Set(fmt.Sprintf("x/%02d", i), []byte("v"))
				if i%2 == 1 {
					panic(fmt.Sprintf("closure %d", i))
				}
				return nil
			})
			if i%2 == 1 && !errors.Is(err, store.ErrPanic) || i%2 == 0 && err != nil {
				t.Errorf("closure %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if err := e.View(func(r store.Reader) error {
		if n := len(list(t, r, "x/", "")); n != 20 {
			t.Errorf("%d rows, want 20", n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := e.Ready(); err != nil {
		t.Errorf("a panic latched the store: %v", err)
	}
}
