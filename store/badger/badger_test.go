package badger_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/backbay-labs/chio-node/internal/storetest"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

func open(t testing.TB, dir string) *store.Engine {
	t.Helper()
	e, err := badger.Open(dir, badger.Options{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return e
}

func put(t testing.TB, e *store.Engine, key, value string) {
	t.Helper()
	err := e.Update(context.Background(), func(tx store.Tx) error { tx.Set(key, []byte(value)); return nil })
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func shut(t testing.TB, e *store.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Engine { return open(t, t.TempDir()) })
}

func TestOpenTwiceIsInUse(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	defer shut(t, e)
	if _, err := badger.Open(dir, badger.Options{}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("second open: %v", err)
	}
	if _, err := badger.Inspect(dir, badger.Options{}, unread); !errors.Is(err, store.ErrInUse) {
		t.Errorf("check of an open store: %v", err)
	}
	put(t, e, "still", "serving")
}

func TestCheckCreatesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := badger.Inspect(dir, badger.Options{}, unread); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("check of no store: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("check left something: %v", err)
	}
}

func TestFullDiskRefusesAndLatches(t *testing.T) {
	dir := t.TempDir()
	e, err := badger.Open(dir, badger.Options{MinFreeBytes: 1 << 62})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Update(context.Background(), func(tx store.Tx) error { tx.Set("a", nil); return nil })
	if !errors.Is(err, store.ErrFull) || !errors.Is(err, store.ErrNotReady) || e.Ready() == nil {
		t.Errorf("full disk: %v", err)
	}
	shut(t, e)
	e = open(t, dir) // nothing was written, so nothing is wrong
	put(t, e, "a", "v")
	shut(t, e)
}

func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			e := open(b, b.TempDir())
			defer shut(b, e)
			key, err := wire.KeyFromSeed(make([]byte, 32))
			if err != nil {
				b.Fatal(err)
			}
			if err := e.SetHead(nil, key); err != nil { // as a node does
				b.Fatal(err)
			}
			value := make([]byte, 1024)
			for i := range value {
				value[i] = byte(i * 131)
			}
			var n atomic.Uint64
			done := make(chan struct{})
			b.ResetTimer()
			for range callers {
				go func() {
					defer func() { done <- struct{}{} }()
					for {
						i := n.Add(1)
						if i > uint64(b.N) {
							return
						}
						err := e.Update(context.Background(), func(tx store.Tx) error {
							tx.Set(fmt.Sprintf("r/%016x", i), value)
							return nil
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				}()
			}
			for range callers {
				<-done
			}
		})
	}
}

// unread is for who only wants the report.
func unread(store.Reader, store.Report) error { return nil }
