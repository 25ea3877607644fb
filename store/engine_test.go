package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// backend is a memory backend that survives Close, counts its transactions,
// and fails on request.
type backend struct {
	*memory.Backend
	mu       sync.Mutex
	applies  int
	failNext error
	gate     chan struct{} // if set, Apply waits for it
}

func newBackend() *backend { return &backend{Backend: memory.NewBackend()} }

func (b *backend) Apply(w []store.Write) error {
	b.mu.Lock()
	gate, fail := b.gate, b.failNext
	b.applies++
	b.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if fail != nil {
		return fail
	}
	return b.Backend.Apply(w)
}

func (b *backend) Close() error { return nil }

func (b *backend) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.applies
}

func open(t *testing.T, b store.Backend, head string) *store.Engine {
	t.Helper()
	e, err := store.Open(store.Config{Backend: b, HeadPath: head})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return e
}

func put(key, value string) func(store.Tx) error {
	return func(tx store.Tx) error { tx.Set(key, []byte(value)); return nil }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func signer(t *testing.T, seed byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	must(t, err)
	return k
}

func headPath(t *testing.T) string { return filepath.Join(t.TempDir(), "HEAD") }

var ctx = context.Background()

func TestFailedCommitFailsItsWaitersAndLatches(t *testing.T) {
	disk := errors.New("disk on fire")
	b := newBackend()
	e := open(t, b, "")
	must(t, e.Update(ctx, put("a", "1")))
	b.mu.Lock()
	b.failNext = disk
	b.mu.Unlock()
	err := e.Update(ctx, func(tx store.Tx) error {
		tx.AfterCommit(func() { t.Error("memory advanced past the disk") })
		tx.Set("a", []byte("2"))
		return nil
	})
	if !errors.Is(err, store.ErrNotReady) || !errors.Is(err, disk) {
		t.Errorf("failed commit: %v", err)
	}
	b.mu.Lock()
	b.failNext = nil
	b.mu.Unlock()
	if err := e.Update(ctx, put("a", "3")); !errors.Is(err, store.ErrNotReady) || !errors.Is(err, disk) {
		t.Errorf("after a failed commit: %v", err)
	}
	if !errors.Is(e.Ready(), store.ErrNotReady) {
		t.Error("still ready")
	}
	must(t, e.View(func(r store.Reader) error {
		v, err := r.Get("a")
		if string(v) != "1" {
			t.Errorf("a is %q", v)
		}
		return err
	}))
	must(t, e.Close())
}

func TestQueuedClosuresShareOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		b.gate = make(chan struct{})
		e := open(t, b, "")
		var wg sync.WaitGroup
		wg.Go(func() { must(t, e.Update(ctx, put("first", "v"))) })
		synctest.Wait() // the committer is inside the first Apply
		for i := range 300 {
			wg.Go(func() { must(t, e.Update(ctx, put(fmt.Sprint(i), "v"))) })
		}
		synctest.Wait() // all are queued
		close(b.gate)
		wg.Wait()
		if got := b.count(); got != 3 { // 1, then 256, then 44
			t.Errorf("%d transactions, want 3", got)
		}
		must(t, e.Close())
	})
}

func TestWritesThatChangeNothingCommitNothing(t *testing.T) {
	b := newBackend()
	e := open(t, b, "")
	must(t, e.Update(ctx, put("a", "1")))
	must(t, e.Update(ctx, put("a", "1")))
	must(t, e.Update(ctx, func(tx store.Tx) error { tx.Delete("never"); return nil }))
	must(t, e.Update(ctx, func(store.Tx) error { return nil }))
	if b.count() != 1 {
		t.Errorf("%d transactions, want 1", b.count())
	}
	must(t, e.Close())
}

func TestHeadsOnceSignedStaySigned(t *testing.T) {
	b, path, key := newBackend(), headPath(t), signer(t, 1)
	e := open(t, b, path)
	must(t, e.Update(ctx, put("sealed key", "1"))) // init: nothing to sign with yet
	must(t, e.SetHead(nil, key))
	must(t, e.Update(ctx, put("a", "1")))
	must(t, e.Close())

	e = open(t, b, path)
	if err := e.Update(ctx, put("a", "2")); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("update before SetHead: %v", err)
	}
	if err := e.VerifyHead(signer(t, 2).Public()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("foreign key: %v", err)
	}
	if err := e.VerifyHead(); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("no key: %v", err)
	}
	must(t, e.VerifyHead(key.Public()))
	must(t, e.SetHead(nil, key))
	must(t, e.Update(ctx, put("a", "2")))
	must(t, e.Close())

	// The head of an unsigned twin does not pass for the signed one.
	twin, twinPath := newBackend(), headPath(t)
	u := open(t, twin, twinPath)
	must(t, u.Update(ctx, put("sealed key", "1")))
	must(t, u.Update(ctx, put("a", "1")))
	must(t, u.Update(ctx, put("a", "2")))
	must(t, u.Close())
	unsigned, err := os.ReadFile(twinPath)
	must(t, err)
	must(t, os.WriteFile(path, unsigned, 0o600))
	if _, err := store.Open(store.Config{Backend: b, HeadPath: path}); !errors.Is(err, store.ErrCorrupt) ||
		!strings.Contains(err.Error(), "not signed") {
		t.Errorf("unsigned head: %v", err)
	}
}

func TestHeadKeyRotates(t *testing.T) {
	b, path, first, second := newBackend(), headPath(t), signer(t, 1), signer(t, 2)
	e := open(t, b, path)
	must(t, e.SetHead(nil, first))
	must(t, e.Update(ctx, put("a", "1")))
	must(t, e.SetHead(nil, second))
	must(t, e.Close())
	e = open(t, b, path)
	must(t, e.VerifyHead(second.Public(), first.Public()))
	must(t, e.SetHead(nil, second))
	must(t, e.Update(ctx, put("a", "2")))
	must(t, e.Close())
	e = open(t, b, path)
	if err := e.VerifyHead(first.Public()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("retired key: %v", err)
	}
	must(t, e.VerifyHead(second.Public()))
	must(t, e.Close())
}

// TestCrashBetweenCommitAndHead restores the head file of the transaction
// before, which is what the crash leaves.
func TestCrashBetweenCommitAndHead(t *testing.T) {
	for _, signed := range []bool{false, true} {
		b, path, key := newBackend(), headPath(t), signer(t, 1)
		e := open(t, b, path)
		if signed {
			must(t, e.SetHead(nil, key))
		}
		must(t, e.Update(ctx, put("a", "1")))
		before, err := os.ReadFile(path)
		must(t, err)
		must(t, e.Update(ctx, put("a", "2")))
		must(t, e.Close())
		must(t, os.WriteFile(path, before, 0o600))

		e = open(t, b, path)
		if r := e.Report(); !r.HeadBehind || r.Sequence != 2 || r.HeadSequence != 1 {
			t.Errorf("report %+v", r)
		}
		must(t, e.VerifyHead(key.Public()))
		if signed {
			must(t, e.SetHead(nil, key))
		}
		must(t, e.Close())
		e = open(t, b, path)
		if r := e.Report(); r.HeadBehind || r.HeadSequence != 2 {
			t.Errorf("signed %v: the head was not completed: %+v", signed, r)
		}
		must(t, e.Close())
	}
}

func TestI11_HeadTwoBehindIsRefused(t *testing.T) {
	b, path := newBackend(), headPath(t)
	e := open(t, b, path)
	before, err := os.ReadFile(path)
	must(t, err)
	must(t, e.Update(ctx, put("a", "1")))
	must(t, e.Update(ctx, put("a", "2")))
	must(t, e.Close())
	must(t, os.WriteFile(path, before, 0o600))
	if _, err := store.Open(store.Config{Backend: b, HeadPath: path}); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("open: %v", err)
	}
}

func TestHeadSourceReadsTheStateItDescribes(t *testing.T) {
	b, path, key := newBackend(), headPath(t), signer(t, 1)
	e := open(t, b, path)
	broken := false
	source := func(r store.Reader) (store.HeadNote, error) {
		if broken {
			panic("no note")
		}
		n, err := store.ReadCounter(r, "r/n")
		return store.HeadNote{LogSize: n, LogRoot: wire.Hash([]byte{byte(n)}), LedgerSequence: n + 1}, err
	}
	must(t, e.SetHead(source, key))
	must(t, e.Update(ctx, func(tx store.Tx) error { _, err := tx.Next("r/n"); return err }))
	report, err := store.Check(store.Config{Backend: b, HeadPath: path})
	must(t, err)
	if want := (store.HeadNote{LogSize: 1, LogRoot: wire.Hash([]byte{1}), LedgerSequence: 2}); report.Head != want || report.SignedBy != key.Public() {
		t.Errorf("head %+v, want %+v", report, want)
	}
	broken = true
	if err := e.Update(ctx, put("a", "1")); !errors.Is(err, store.ErrPanic) || !errors.Is(err, store.ErrNotReady) {
		t.Errorf("broken source: %v", err)
	}
	if report, err = store.Check(store.Config{Backend: b, HeadPath: path}); err != nil || report.Sequence != 1 {
		t.Errorf("rows went ahead without a head: %+v, %v", report, err)
	}
	must(t, e.Close())
}

func TestFailedHeadWriteLatches(t *testing.T) {
	b, path := newBackend(), headPath(t)
	e := open(t, b, path)
	must(t, e.Update(ctx, put("a", "1")))
	must(t, store.CloseHeadFile(e))
	if err := e.Update(ctx, put("a", "2")); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("lost head: %v", err)
	}
	if err := e.Update(ctx, put("a", "3")); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("after a lost head: %v", err)
	}
	_ = e.Close() // the file is closed already
	e = open(t, b, path)
	if r := e.Report(); !r.HeadBehind {
		t.Errorf("report %+v", r)
	}
	must(t, e.Close())
}
