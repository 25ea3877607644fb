package badger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	badgerdb "github.com/dgraph-io/badger/v4"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

const rowsWritten = 200

func key(i int) string { return fmt.Sprintf("r/%06d", i) }

// filled makes a store of rowsWritten transactions and returns its directory
// as a crash leaves it: copied while open, so the rows are in badger's log.
func filled(t *testing.T) string {
	t.Helper()
	live := t.TempDir()
	e := open(t, live)
	for i := range rowsWritten {
		put(t, e, key(i), strings.Repeat(fmt.Sprintf("value %d ", i), 40))
	}
	crashed := copyDir(t, live)
	shut(t, e)
	return crashed
}

func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		size, used := int64(len(b)), bytes.TrimRight(b, "\x00") // badger's files are mostly holes
		if err := os.WriteFile(filepath.Join(to, rel), used, 0o600); err != nil {
			return err
		}
		return os.Truncate(filepath.Join(to, rel), size)
	})
	if err != nil {
		t.Fatalf("copy: %v", err)
	}
	return to
}

// one returns the newest file of a kind that holds the marker.
func one(t *testing.T, dir, pattern, marker string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "rows", pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, []byte(marker)) {
			return name
		}
	}
	t.Fatalf("no %s holds %q", pattern, marker)
	return ""
}

// at returns where the marker is in the file.
func at(t *testing.T, name, marker string) int64 {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(b, []byte(marker))
	if i < 0 {
		t.Fatalf("%s does not hold %q", name, marker)
	}
	return int64(i)
}

func flip(t *testing.T, name string, offset int64) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	_, err = f.ReadAt(b, offset)
	if err == nil {
		b[0] ^= 0x10
		_, err = f.WriteAt(b, offset)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func wantCorrupt(t *testing.T, dir, says string) {
	t.Helper()
	e, err := badger.Open(dir, badger.Options{})
	if err == nil {
		shut(t, e)
		t.Fatal("a damaged store opened")
	}
	if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), says) {
		t.Errorf("open says %v, want %q", err, says)
	}
	if _, err := badger.Inspect(dir, badger.Options{}, unread); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("check says %v", err)
	}
}

func TestCrashCopyIsComplete(t *testing.T) {
	dir := filled(t)
	report, err := badger.Inspect(dir, badger.Options{}, unread)
	if err != nil || report.Rows != rowsWritten || report.Sequence != rowsWritten || report.HeadSequence != rowsWritten {
		t.Fatalf("report %+v, %v", report, err)
	}
	e := open(t, dir)
	defer shut(t, e)
	put(t, e, "after", "v")
}

func TestI11_TruncatedLogIsRefused(t *testing.T) {
	for _, share := range []int64{0, 1, 2} { // nothing left, a third, two thirds
		dir := filled(t)
		log := one(t, dir, "*.mem", key(rowsWritten-1))
		last := at(t, log, key(rowsWritten-1))
		if err := os.Truncate(log, last*share/3); err != nil {
			t.Fatal(err)
		}
		if share == 0 {
			wantCorrupt(t, dir, "")
			continue
		}
		wantCorrupt(t, dir, "rolled back by")
	}
}

func TestI11_TornLastTransactionIsRolledBackByOne(t *testing.T) {
	dir := filled(t)
	log := one(t, dir, "*.mem", key(rowsWritten-1))
	if err := os.Truncate(log, at(t, log, key(rowsWritten-1))+20); err != nil {
		t.Fatal(err)
	}
	wantCorrupt(t, dir, "rolled back by 1 transactions: rows at 199, head at 200")
}

func TestI11_FlippedBitInLogIsRefused(t *testing.T) {
	for _, i := range []int{0, 1, rowsWritten / 2, rowsWritten - 1} {
		dir := filled(t)
		log := one(t, dir, "*.mem", key(i))
		flip(t, log, at(t, log, key(i))+30)
		wantCorrupt(t, dir, "rolled back")
	}
}

func TestI11_FlippedBitInTableIsRefused(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	for i := range rowsWritten {
		put(t, e, key(i), fmt.Sprintf("%x", wire.Hash([]byte(key(i)))))
	}
	shut(t, e) // flushes the log to a table
	tables, err := filepath.Glob(filepath.Join(dir, "rows", "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	table, err := os.Stat(tables[0])
	if err != nil {
		t.Fatal(err)
	}
	// Rows, index and its checksum, all but the last word: doc.go says why.
	for offset := int64(40); offset < table.Size()-4; offset += table.Size() / 12 {
		damaged := copyDir(t, dir)
		flip(t, filepath.Join(damaged, "rows", filepath.Base(tables[0])), offset)
		wantCorrupt(t, damaged, "")
	}
}

func TestI11_RolledBackRowsUnderNewerHeadAreRefused(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	put(t, e, "a", "1")
	put(t, e, "b", "1")
	old := copyDir(t, dir)
	for i := range 5 {
		put(t, e, key(i), "v")
	}
	shut(t, e)
	head, err := os.ReadFile(filepath.Join(dir, badger.HeadName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, badger.HeadName), head, 0o600); err != nil {
		t.Fatal(err)
	}
	wantCorrupt(t, old, "rolled back by 5 transactions: rows at 2, head at 7")

	// And the other way round: new rows under the old head.
	mixed := copyDir(t, dir)
	if err := os.WriteFile(filepath.Join(mixed, badger.HeadName), oldHead(t), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCorrupt(t, mixed, "the head file is rolled back: rows at transaction 7, head at 0")
}

// oldHead is the head file of a store nothing was written to.
func oldHead(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	shut(t, open(t, dir))
	b, err := os.ReadFile(filepath.Join(dir, badger.HeadName))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestI11_RowsChangedBehindTheEngineAreRefused(t *testing.T) {
	changes := map[string]func(*badgerdb.Txn) error{
		"deleted row": func(x *badgerdb.Txn) error { return x.Delete([]byte(key(7))) },
		"altered row": func(x *badgerdb.Txn) error { return x.Set([]byte(key(7)), []byte("other")) },
		"added row":   func(x *badgerdb.Txn) error { return x.Set([]byte("r/extra"), []byte("v")) },
		"lost chain":  func(x *badgerdb.Txn) error { return x.Delete([]byte("!head")) },
		"broken chain": func(x *badgerdb.Txn) error {
			return x.Set([]byte("!head"), []byte(`{"sequence":1}`))
		},
	}
	crashed := filled(t)
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			dir := copyDir(t, crashed)
			db, err := badgerdb.Open(badgerdb.DefaultOptions(filepath.Join(dir, "rows")).WithLogger(nil).WithMemTableSize(16 << 20))
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Update(change); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			wantCorrupt(t, dir, "")
		})
	}
}

func TestI11_HeadFile(t *testing.T) {
	crashed := filled(t)
	head := func(dir string) string { return filepath.Join(dir, badger.HeadName) }
	t.Run("missing", func(t *testing.T) {
		dir := copyDir(t, crashed)
		if err := os.Remove(head(dir)); err != nil {
			t.Fatal(err)
		}
		wantCorrupt(t, dir, "head file is missing and the store has 200 rows")
	})
	t.Run("truncated", func(t *testing.T) {
		dir := copyDir(t, crashed)
		if err := os.Truncate(head(dir), 5000); err != nil {
			t.Fatal(err)
		}
		wantCorrupt(t, dir, "no slot of the head file is readable")
	})
	t.Run("both slots torn", func(t *testing.T) {
		dir := copyDir(t, crashed)
		flip(t, head(dir), 100)
		flip(t, head(dir), 4096+100)
		wantCorrupt(t, dir, "no slot")
	})
	for slot := range int64(2) {
		t.Run(fmt.Sprintf("slot %d torn", slot), func(t *testing.T) {
			dir := copyDir(t, crashed)
			flip(t, head(dir), slot*4096+100)
			e := open(t, dir)
			if r := e.Report(); !r.TornSlot || r.HeadSequence < rowsWritten-1 {
				t.Errorf("report %+v", r)
			}
			put(t, e, "after", "v")
			put(t, e, "after", "w") // both slots are good again
			shut(t, e)
			e = open(t, dir)
			if r := e.Report(); r.TornSlot || r.HeadBehind || r.Sequence != rowsWritten+2 {
				t.Errorf("report after repair %+v", r)
			}
			shut(t, e)
		})
	}
	t.Run("rows gone under a head", func(t *testing.T) {
		dir := copyDir(t, crashed)
		if err := os.RemoveAll(filepath.Join(dir, "rows")); err != nil {
			t.Fatal(err)
		}
		e, err := badger.Open(dir, badger.Options{})
		if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "rolled back by 200") {
			t.Fatalf("opened %v, %v", e, err)
		}
	})
}

func TestMissingManifestIsCorrupt(t *testing.T) {
	dir := filled(t)
	if err := os.WriteFile(filepath.Join(dir, "rows", "MANIFEST"), []byte("not a manifest"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCorrupt(t, dir, "badger cannot read")
}

func TestSignedHeadSurvivesReopen(t *testing.T) {
	dir := t.TempDir()
	signer, err := wire.KeyFromSeed(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, dir)
	if err := e.VerifyHead(signer.Public()); err != nil {
		t.Fatalf("nothing is signed yet: %v", err)
	}
	source := func(r store.Reader) (store.HeadNote, error) {
		n, err := store.ReadCounter(r, "r/n")
		return store.HeadNote{LogSize: n}, err
	}
	if err := e.SetHead(source, signer); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := e.Update(context.Background(), func(tx store.Tx) error { _, err := tx.Next("r/n"); return err }); err != nil {
			t.Fatal(err)
		}
	}
	shut(t, e)
	e = open(t, dir)
	defer shut(t, e)
	if r := e.Report(); r.SignedBy != signer.Public() || r.Head.LogSize != 3 {
		t.Errorf("report %+v", r)
	}
	if err := e.VerifyHead(signer.Public()); err != nil {
		t.Error(err)
	}
}
