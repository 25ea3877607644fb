package badger_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
)

// sizes are the tables of a store by name.
func sizes(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "rows", "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]int64)
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			continue // it was removed since
		}
		out[filepath.Base(name)] = info.Size()
	}
	return out
}

// TestI11_InspectKeepsTables: whoever looks at a copy that links to the tables
// of a store must not have them compacted: badger truncates a table before it
// removes it, and so would empty the store's own.
func TestI11_InspectKeepsTables(t *testing.T) {
	dir := t.TempDir()
	for i := range 8 { // each close writes a table; five are enough for a compaction
		e, err := badger.Open(dir, badger.Options{KeepTables: true})
		if err != nil {
			t.Fatal(err)
		}
		put(t, e, key(i), "v")
		shut(t, e)
	}
	before := sizes(t, dir)
	if len(before) < 8 {
		t.Fatalf("tables %v", before)
	}
	served := copyDir(t, dir) // as a store that is served, which compacts
	began := time.Now()
	e := open(t, served)
	_, err := badger.Inspect(dir, badger.Options{}, func(store.Reader, store.Report) error {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for late := began.Add(time.Minute); sizes(t, served)["000001.sst"] != 0; <-tick.C {
			if time.Now().After(late) {
				t.Fatal("nothing is compacted: this test shows nothing")
			}
		}
		<-time.After(max(time.Second, time.Since(began))) // compactors begin within a second
		return nil
	})
	shut(t, e)
	if err != nil {
		t.Fatal(err)
	}
	after := sizes(t, dir)
	for name, size := range before {
		if after[name] != size {
			t.Errorf("%s had %d bytes and has %d", name, size, after[name])
		}
	}
}
