package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/backbay-labs/chio-node/store"
)

// Closures run while the group before them is being written, and see what it
// wrote; nobody is told anything before it is on disk.
func TestClosuresRunDuringACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		e := open(t, b, "")
		gate := make(chan struct{})
		b.mu.Lock()
		b.gate = gate
		b.mu.Unlock()
		var told sync.Map
		var saw string
		run := func(name string, fn func(store.Tx) error) {
			go func() { told.Store(name, e.Update(context.Background(), fn)) }()
			synctest.Wait()
		}
		run("first", put("a", "1"))
		run("second", func(tx store.Tx) error {
			v, err := tx.Get("a")
			saw = string(v)
			tx.Set("b", v)
			return err
		})
		if saw != "1" {
			t.Fatalf("the second closure saw %q while the first was being written", saw)
		}
		run("reader", func(tx store.Tx) error { _, err := tx.Get("b"); return err })
		must(t, e.View(func(r store.Reader) error {
			if _, err := r.Get("a"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a view sees what is not on disk: %v", err)
			}
			return nil
		}))
		for _, name := range []string{"first", "second", "reader"} {
			if _, early := told.Load(name); early {
				t.Errorf("%s was told before its commit", name)
			}
		}
		close(gate)
		synctest.Wait()
		for _, name := range []string{"first", "second", "reader"} {
			if err, ok := told.Load(name); !ok || err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, e.View(func(r store.Reader) error { _, err := r.Get("b"); return err }))
		must(t, e.Close())
	})
}

// If a commit fails, what was built on it fails too, and reaches no disk.
func TestI2_NothingSurvivesTheGroupItWasBuiltOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		e := open(t, b, "")
		gate := make(chan struct{})
		b.mu.Lock()
		b.gate, b.failNext = gate, errors.New("disk on fire")
		b.mu.Unlock()
		errs := make([]error, 3)
		called := false
		for i := range errs {
			go func() {
				errs[i] = e.Update(context.Background(), func(tx store.Tx) error {
					tx.Set(fmt.Sprint(i), []byte("x"))
					tx.AfterCommit(func() { called = true })
					return nil
				})
			}()
			synctest.Wait()
		}
		close(gate)
		synctest.Wait()
		for i, err := range errs {
			if !errors.Is(err, store.ErrNotReady) {
				t.Errorf("closure %d: %v, want ErrNotReady", i, err)
			}
		}
		if called || b.count() != 1 {
			t.Errorf("callback ran: %t, transactions tried: %d", called, b.count())
		}
		must(t, e.Close())
	})
}

// A view keeps its state while commits go on around it.
func TestViewKeepsItsState(t *testing.T) {
	e := open(t, newBackend(), "")
	must(t, e.Update(context.Background(), put("k", "0")))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				_ = e.View(func(r store.Reader) error {
					first, err := r.Get("k")
					if err != nil {
						t.Error(err)
					}
					again, _ := r.Get("k")
					if string(first) != string(again) {
						t.Errorf("a view saw %s and then %s", first, again)
					}
					return nil
				})
			}
		})
	}
	for i := range 100 {
		must(t, e.Update(context.Background(), put("k", fmt.Sprint(i))))
	}
	wg.Wait()
	must(t, e.Close())
}
