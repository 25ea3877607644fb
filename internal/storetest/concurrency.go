package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/store"
)

func testScanModel(t *testing.T, e *store.Engine) {
	model := map[string]string{}
	key := rapid.StringMatching(`[ab]/[a-c]{0,3}`)
	rapid.Check(t, func(rt *rapid.T) {
		err := e.Update(context.Background(), func(tx store.Tx) error {
			for range rapid.IntRange(1, 6).Draw(rt, "writes") {
				k := key.Draw(rt, "key")
				if rapid.Bool().Draw(rt, "delete") {
					tx.Delete(k)
					delete(model, k)
					continue
				}
				v := rapid.StringN(0, 4, 8).Draw(rt, "value")
				tx.Set(k, []byte(v))
				model[k] = v
			}
			compare(rt, t, tx, model, key)
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		if err := e.View(func(r store.Reader) error { compare(rt, t, r, model, key); return nil }); err != nil {
			rt.Fatal(err)
		}
	})
}

func compare(rt *rapid.T, t *testing.T, r store.Reader, model map[string]string, key *rapid.Generator[string]) {
	prefix, after := key.Draw(rt, "prefix")[:2], ""
	if rapid.Bool().Draw(rt, "resume") {
		after = key.Draw(rt, "after")
	}
	want := []string{}
	for k, v := range model {
		if strings.HasPrefix(k, prefix) && (after == "" || k > after) {
			want = append(want, k+"="+v)
		}
	}
	sort.Slice(want, func(i, j int) bool { return before(want[i], want[j]) })
	if got := list(t, r, prefix, after); !slices.Equal(got, want) {
		rt.Errorf("scan(%q, %q) is %q, want %q", prefix, after, got, want)
	}
}

// before compares rows by key; "=" is not in any key.
func before(a, b string) bool {
	ka, _, _ := strings.Cut(a, "=")
	kb, _, _ := strings.Cut(b, "=")
	return ka < kb
}

func testAfterCommit(t *testing.T, e *store.Engine) {
	var order []uint64 // written by the committer only
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			var n uint64
			ran := false
			update(t, e, func(tx store.Tx) (err error) {
				n, err = tx.Next("n")
				tx.AfterCommit(func() { order = append(order, n) })
				tx.AfterCommit(func() { ran = true })
				return err
			})
			if !ran {
				t.Error("Update returned before its callback")
			}
		})
	}
	wg.Wait()
	if !slices.IsSorted(order) || len(order) != 64 {
		t.Errorf("callbacks ran as %v", order)
	}
	bare := false
	update(t, e, func(tx store.Tx) error { tx.AfterCommit(func() { bare = true }); return nil })
	if !bare {
		t.Error("a closure without writes lost its callback")
	}
	err := e.Update(context.Background(), func(tx store.Tx) error {
		tx.Set("p", []byte("on disk"))
		tx.AfterCommit(func() { panic("memory is behind") })
		return nil
	})
	if !errors.Is(err, store.ErrNotReady) || !errors.Is(err, store.ErrPanic) {
		t.Errorf("panicking callback: %v", err)
	}
	if err := e.Update(context.Background(), set("q", "v")); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("after a panicking callback: %v", err)
	}
}

func testViewIsolation(t *testing.T, e *store.Engine) {
	update(t, e, set("a", "1", "b", "1"))
	err := e.View(func(r store.Reader) error {
		before, err := r.Get("a")
		if err != nil {
			return err
		}
		update(t, e, set("a", "2", "b", "2", "c", "2"))
		after, err := r.Get("b")
		if string(before) != string(after) {
			t.Errorf("a view saw %s and %s", before, after)
		}
		wantRows(t, list(t, r, "", ""), "a=1", "b=1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func testContext(t *testing.T, e *store.Engine) {
	ctx, cancel := context.WithCancel(context.Background())
	if err := e.Update(ctx, func(tx store.Tx) error {
		cancel() // running already: the outcome counts
		tx.Set("a", []byte("v"))
		return nil
	}); err != nil {
		t.Errorf("cancelled while running: %v", err)
	}
	err := e.Update(ctx, func(store.Tx) error { t.Error("a cancelled closure ran"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before queueing: %v", err)
	}
}

func testClose(t *testing.T, e *store.Engine) {
	const callers = 100
	started, release := make(chan struct{}), make(chan struct{})
	results := make(chan error, callers+1)
	go func() {
		results <- e.Update(context.Background(), func(store.Tx) error {
			close(started)
			<-release
			return nil
		})
	}()
	<-started
	var queued sync.WaitGroup
	for i := range callers {
		queued.Go(func() {
			results <- e.Update(context.Background(), set(fmt.Sprintf("k/%d", i), "v"))
		})
	}
	closed := make(chan error, 1)
	go func() { closed <- e.Close() }()
	close(release)
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	queued.Wait()
	for range callers + 1 {
		if err := <-results; err != nil && !errors.Is(err, store.ErrNotReady) {
			t.Errorf("while closing: %v", err)
		}
	}
	if err := e.Update(context.Background(), set("late", "v")); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("update after close: %v", err)
	}
	if err := e.View(func(store.Reader) error { return nil }); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("view after close: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}
