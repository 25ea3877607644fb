package log_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

var errRead = errors.New("the disk does not answer")

// failing fails at its n-th read, and from then on.
type failing struct {
	store.Tx
	left int
}

func (f *failing) fails() bool {
	f.left--
	return f.left < 0
}

func (f *failing) Get(key string) ([]byte, error) {
	if f.fails() {
		return nil, errRead
	}
	return f.Tx.Get(key)
}

func (f *failing) Scan(prefix, after string, fn func(string, []byte) error) error {
	if f.fails() {
		return errRead
	}
	return f.Tx.Scan(prefix, after, func(key string, value []byte) error {
		if f.fails() {
			return errRead
		}
		return fn(key, value)
	})
}

// TestI5_EveryReadErrorIsReported: whichever read of an operation fails, the
// operation fails with it; none answers from what it could not read.
func TestI5_EveryReadErrorIsReported(t *testing.T) {
	signer, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db := open(t)
	update(t, db, func(tx store.Tx) error {
		_, err := log.Init(tx, zeros{})
		return err
	})
	fill(t, db, 70)
	archive(t, db, 3)
	archive(t, db, 4)
	visit := func(uint64, []byte) error { return nil }
	for name, op := range map[string]func(store.Tx) error{
		"init":         func(tx store.Tx) error { _, err := log.Init(tx, zeros{}); return err },
		"append":       func(tx store.Tx) error { _, err := log.Append(tx, "new", leafBytes(70)); return err },
		"append again": func(tx store.Tx) error { _, err := log.Append(tx, "r9", leafBytes(9)); return err },
		"append filed": func(tx store.Tx) error { _, err := log.Append(tx, "r1", leafBytes(1)); return err },
		"leaf":         func(tx store.Tx) error { _, err := log.Leaf(tx, 30); return err },
		"no leaf":      func(tx store.Tx) error { _, err := log.Leaf(tx, 99); return is(err, log.ErrRange) },
		"filed leaf":   func(tx store.Tx) error { _, err := log.Leaf(tx, 2); return is(err, log.ErrArchived) },
		"leaf hash":    func(tx store.Tx) error { _, err := log.LeafHash(tx, 2); return err },
		"by id":        func(tx store.Tx) error { _, _, err := log.ByID(tx, "r20"); return err },
		"filed id":     func(tx store.Tx) error { _, err := log.ArchivedID(tx, 2); return err },
		"segment":      func(tx store.Tx) error { _, err := log.SegmentOf(tx, 2); return err },
		"archived":     func(tx store.Tx) error { _, err := log.Archived(tx); return err },
		"archive": func(tx store.Tx) error {
			return log.Archive(tx, log.Segment{First: 7, Count: 2, File: "f"}, [][]byte{leafBytes(7), leafBytes(8)})
		},
		"scan":        func(tx store.Tx) error { return log.Scan(tx, 60, visit) },
		"newest":      func(tx store.Tx) error { return log.ScanNewest(tx, 0, visit) },
		"root":        func(tx store.Tx) error { _, err := log.Root(tx, 37); return err },
		"root now":    func(tx store.Tx) error { _, err := log.Root(tx, 70); return err },
		"inclusion":   func(tx store.Tx) error { _, err := log.InclusionProof(tx, 1, 37); return err },
		"consistency": func(tx store.Tx) error { _, err := log.ConsistencyProof(tx, 13, 70); return err },
		"head":        func(tx store.Tx) error { _, err := log.HeadNote(tx); return err },
		"sign":        func(tx store.Tx) error { _, _, err := log.SignHead(tx, signer); return err },
		"select":      func(tx store.Tx) error { _, err := log.Select(tx, log.Filter{}, 50, 99, ignore); return err },
		"scan end": func(tx store.Tx) error {
			return log.ScanNewest(tx, 0, func(uint64, []byte) error { return store.ErrStop })
		},
		"indexed": func(tx store.Tx) error { _, err := log.Indexed(tx); return err },
		"verify":  func(tx store.Tx) error { _, err := log.Verify(tx); return err },
	} {
		t.Run(name, func(t *testing.T) {
			for n := 0; ; n++ {
				var got error
				reads := 0
				_ = db.Update(t.Context(), func(tx store.Tx) error { // rolled back: got is what counts
					f := &failing{Tx: tx, left: n}
					got = op(f)
					reads = n - f.left
					return errRead
				})
				if reads <= n {
					if got != nil {
						t.Fatalf("without a fault: %v", got)
					}
					if n == 0 {
						t.Fatal("it reads nothing")
					}
					return
				}
				if !errors.Is(got, errRead) {
					t.Fatalf("read %d failed: %v", n, got)
				}
			}
		})
	}
}

func ignore(log.Card) error { return nil }

func is(err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestI5_BuildingTheIndexReportsEveryReadError is the same for BuildIndex, which
// takes the store itself.
func TestI5_BuildingTheIndexReportsEveryReadError(t *testing.T) {
	for _, n := range []int{40, 64} {
		db := open(t)
		fill(t, db, n)
		for left := 0; ; left++ {
			update(t, db, func(tx store.Tx) error { tx.Delete("r/x/fffffffffffffffe"); return nil })
			f := &faultyDB{DB: db, left: left}
			added, err := log.BuildIndex(t.Context(), f)
			if err == nil {
				if added != uint64(n-32) || left < 5 {
					t.Errorf("after %d reads: added %d", left, added)
				}
				break
			}
			if !errors.Is(err, errRead) {
				t.Fatalf("read %d failed: %v", left, err)
			}
		}
		update(t, db, func(tx store.Tx) error {
			tx.Delete("r/x/fffffffffffffffe")
			tx.Delete("r/l/00000000000000000035")
			return nil
		})
		if _, err := log.BuildIndex(t.Context(), db); !errors.Is(err, log.ErrCorrupt) {
			t.Errorf("a missing leaf: %v", err)
		}
		update(t, db, func(tx store.Tx) error {
			for i := 35; i < n; i++ {
				tx.Delete("r/l/000000000000000000" + string([]byte{byte('0' + i/10), byte('0' + i%10)}))
			}
			return nil
		})
		if _, err := log.BuildIndex(t.Context(), db); !errors.Is(err, log.ErrCorrupt) {
			t.Errorf("missing leaves at the end: %v", err)
		}
	}
}

type faultyDB struct {
	store.DB
	left int
}

func (f *faultyDB) Update(_ context.Context, fn func(store.Tx) error) error {
	return f.DB.Update(context.Background(), func(tx store.Tx) error {
		faulty := &failing{Tx: tx, left: f.left}
		err := fn(faulty)
		f.left = faulty.left
		return err
	})
}

// TestI5_RowsOfAnotherShape: rows that Verify would refuse make each operation
// that meets them fail too.
func TestI5_RowsOfAnotherShape(t *testing.T) {
	visit := func(uint64, []byte) error { return nil }
	for name, c := range map[string]struct {
		key, value string
		op         func(store.Tx) error
	}{
		"leaf key":     {"r/l/x", "x", func(tx store.Tx) error { return log.Scan(tx, 0, visit) }},
		"id row":       {"r/id/r5", "x", func(tx store.Tx) error { _, _, err := log.ByID(tx, "r5"); return err }},
		"id of none":   {"r/id/r5", "99", func(tx store.Tx) error { _, _, err := log.ByID(tx, "r5"); return err }},
		"same id":      {"r/id/r5", "99", func(tx store.Tx) error { _, err := log.Append(tx, "r5", leafBytes(5)); return err }},
		"head row":     {"r/head", "x", func(tx store.Tx) error { return log.ScanNewest(tx, 0, visit) }},
		"node row":     {"r/n/03/00000000000000000000", "x", func(tx store.Tx) error { _, err := log.Root(tx, 8); return err }},
		"archived row": {"r/a/00000000000000000001", "x", func(tx store.Tx) error { _, err := log.LeafHash(tx, 1); return err }},
		"segment row":  {"r/s/ffffffffffffffff", "x", func(tx store.Tx) error { _, err := log.Archived(tx); return err }},
		"index key":    {"r/x/0", "x", func(tx store.Tx) error { _, err := log.Indexed(tx); return err }},
		"index row":    {"r/x/fffffffffffffffe", "x", func(tx store.Tx) error { _, err := log.Indexed(tx); return err }},
		"older row":    {"r/x/ffffffffffffffff", "x", func(tx store.Tx) error { _, err := log.Select(tx, log.Filter{}, 0, 99, ignore); return err }},
		"cut word":     {"r/x/fffffffffffffffe", "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00" + cut + "\x40", func(tx store.Tx) error { _, err := log.Indexed(tx); return err }},
		"empty digest": {"r/x/fffffffffffffffe", "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00" + cut + "\xff" + cut, func(tx store.Tx) error { _, err := log.Indexed(tx); return err }},
	} {
		db := open(t)
		fill(t, db, 40)
		archive(t, db, 3)
		err := db.Update(t.Context(), func(tx store.Tx) error {
			tx.Set(c.key, []byte(c.value))
			return c.op(tx)
		})
		if !errors.Is(err, log.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

const cut = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" // agent and capability

// TestLeavesThatAreNoReceipts: they are logged and proven like any other, and
// pass no filter.
func TestLeavesThatAreNoReceipts(t *testing.T) {
	db := open(t)
	update(t, db, func(tx store.Tx) error {
		for _, leaf := range []string{"text", `{"id":"r1","decision":{"verdict":"allow"}}`, "more text"} {
			if _, err := log.Append(tx, "id of "+leaf, []byte(leaf)); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, db, func(r store.Reader) error {
		for want, f := range map[int]log.Filter{3: {}, 1: {Outcome: receipt.Allow}, 0: {Outcome: receipt.Deny}} {
			n := 0
			_, err := log.Select(r, f, 0, 100, func(log.Card) error { n++; return nil })
			if n != want || err != nil {
				t.Errorf("%+v: %d receipts, %v", f, n, err)
			}
		}
		return nil
	})
}
