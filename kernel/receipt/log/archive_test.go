package log_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// archive moves the next n receipts to a file that is not there.
func archive(t testing.TB, db store.DB, n int) {
	t.Helper()
	update(t, db, func(tx store.Tx) error {
		first, err := log.Archived(tx)
		if err != nil {
			return err
		}
		s := log.Segment{First: first, Count: uint64(n), File: fmt.Sprint("file ", first), ArchivedAt: 1}
		return log.Archive(tx, s, leavesFrom(t, tx, first, n))
	})
}

func leavesFrom(t testing.TB, r store.Reader, first uint64, n int) (leaves [][]byte) {
	t.Helper()
	for i := range n {
		leaf, err := log.Leaf(r, first+uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	return leaves
}

// TestI6_ArchivingChangesNoProof: every root, inclusion proof and consistency
// proof of a log is byte for byte the same after its beginning was archived,
// and the log verifies and grows.
func TestI6_ArchivingChangesNoProof(t *testing.T) {
	const n = 75
	db := open(t)
	fill(t, db, n)
	before := everyProof(t, db, n)
	for _, count := range []int{1, 30, 10, 34} { // the last one up to the newest
		archive(t, db, count)
		if got := everyProof(t, db, n); !bytes.Equal(got, before) {
			t.Fatal("a proof changed")
		}
		view(t, db, func(r store.Reader) error {
			head, err := log.Verify(r)
			if head.Size != n {
				t.Fatalf("verified %d receipts, %v", head.Size, err)
			}
			return err
		})
	}
	appendFacts(t, db, facts{id: "next"})
	view(t, db, func(r store.Reader) error {
		_, err := log.Verify(r)
		return err
	})
}

func everyProof(t testing.TB, db store.DB, n uint64) (out []byte) {
	t.Helper()
	view(t, db, func(r store.Reader) error {
		for size := range n + 1 {
			root, err := log.Root(r, size)
			if err != nil {
				return err
			}
			out = fmt.Appendf(out, "%d %s\n", size, root)
			for i := range size {
				in, err := log.InclusionProof(r, i, size)
				if err != nil {
					return err
				}
				grown, err := log.ConsistencyProof(r, i, size)
				if err != nil {
					return err
				}
				hash, err := log.LeafHash(r, i)
				if err != nil {
					return err
				}
				if err := receipt.VerifyInclusion(hash, i, size, in, root); err != nil {
					return err
				}
				out = fmt.Appendf(out, "%s %v %v\n", hash, in, grown)
			}
		}
		return nil
	})
	return out
}

// TestArchivedReceiptsAreFound: by id, by index, by filter; not as bytes.
func TestArchivedReceiptsAreFound(t *testing.T) {
	db := open(t)
	fill(t, db, 40)
	archive(t, db, 5)
	archive(t, db, 30)
	view(t, db, func(r store.Reader) error {
		if index, leaf, err := log.ByID(r, "r7"); index != 7 || leaf != nil || !errors.Is(err, log.ErrArchived) {
			t.Errorf("by id: %d %s %v", index, leaf, err)
		}
		if _, err := log.Leaf(r, 34); !errors.Is(err, log.ErrArchived) {
			t.Errorf("by index: %v", err)
		}
		for index, file := range map[uint64]string{0: "file 0", 4: "file 0", 5: "file 5", 34: "file 5"} {
			if s, err := log.SegmentOf(r, index); err != nil || s.File != file {
				t.Errorf("segment of %d: %+v, %v", index, s, err)
			}
		}
		for _, index := range []uint64{35, 40, 1 << 40} {
			if _, err := log.SegmentOf(r, index); !errors.Is(err, log.ErrRange) {
				t.Errorf("segment of %d: %v", index, err)
			}
		}
		if id, err := log.ArchivedID(r, 3); id != "r3" || err != nil {
			t.Errorf("id %q, %v", id, err)
		}
		seen := 0
		if _, err := log.Select(r, log.Filter{}, 0, 100, func(log.Card) error { seen++; return nil }); err != nil || seen != 40 {
			t.Errorf("the index has %d receipts, %v", seen, err)
		}
		var up, down int
		if err := log.Scan(r, 0, func(uint64, []byte) error { up++; return nil }); err != nil {
			return err
		}
		if err := log.ScanNewest(r, 0, func(uint64, []byte) error { down++; return nil }); err != nil {
			return err
		}
		if up != 5 || down != 5 {
			t.Errorf("scans saw %d and %d receipts, want the 5 that are here", up, down)
		}
		return nil
	})
	update(t, db, func(tx store.Tx) error { // the same receipt again, and another under its id
		if index, err := log.Append(tx, "r3", leafBytes(3)); index != 3 || err != nil {
			t.Errorf("the same receipt again: %d, %v", index, err)
		}
		if _, err := log.Append(tx, "r3", leafBytes(4)); !errors.Is(err, log.ErrConflict) {
			t.Errorf("another receipt under the id of an archived one: %v", err)
		}
		return nil
	})
}

func TestArchiveRefuses(t *testing.T) {
	db := open(t)
	fill(t, db, 40)
	archive(t, db, 4)
	attempt := func(s log.Segment, change func(store.Tx, [][]byte) [][]byte) error {
		return db.Update(context.Background(), func(tx store.Tx) error {
			var leaves [][]byte
			for i := range s.Count {
				leaf, err := log.Leaf(tx, s.First+i)
				if err != nil {
					leaf = leafBytes(int(s.First + i))
				}
				leaves = append(leaves, leaf)
			}
			if change != nil {
				leaves = change(tx, leaves)
			}
			return log.Archive(tx, s, leaves)
		})
	}
	for name, c := range map[string]struct {
		s      log.Segment
		change func(store.Tx, [][]byte) [][]byte
		want   error
	}{
		"a gap":           {log.Segment{First: 5, Count: 2}, nil, log.ErrSegment},
		"again":           {log.Segment{First: 0, Count: 4}, nil, log.ErrSegment},
		"nothing":         {log.Segment{First: 4}, nil, log.ErrSegment},
		"too many":        {log.Segment{First: 4, Count: log.MaxSegment + 1}, nil, log.ErrSegment},
		"fewer than said": {log.Segment{First: 4, Count: 3}, func(_ store.Tx, l [][]byte) [][]byte { return l[:2] }, log.ErrSegment},
		"other bytes":     {log.Segment{First: 4, Count: 3}, func(_ store.Tx, l [][]byte) [][]byte { l[1] = leafBytes(0); return l }, log.ErrSegment},
		"beyond the log":  {log.Segment{First: 4, Count: 37}, nil, log.ErrNotIndexed},
		"no index": {log.Segment{First: 4, Count: 3}, func(tx store.Tx, l [][]byte) [][]byte {
			tx.Delete("r/x/ffffffffffffffff")
			tx.Delete("r/x/fffffffffffffffe")
			return l
		}, log.ErrNotIndexed},
		"a leaf that is no object": {log.Segment{First: 4, Count: 1}, func(tx store.Tx, _ [][]byte) [][]byte {
			tx.Set("r/l/00000000000000000004", []byte("text"))
			return [][]byte{[]byte("text")}
		}, log.ErrCorrupt},
	} {
		if err := attempt(c.s, c.change); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	view(t, db, func(r store.Reader) error {
		if n, err := log.Archived(r); n != 4 || err != nil {
			t.Errorf("%d archived, %v", n, err)
		}
		_, err := log.Verify(r)
		return err
	})
}

// TestVerifyNoticesEveryAlteredRowOfAnArchivedLog is its namesake, for a log
// whose beginning is in files.
func TestVerifyNoticesEveryAlteredRowOfAnArchivedLog(t *testing.T) {
	build := func() *store.Engine {
		db := open(t)
		fill(t, db, 11)
		archive(t, db, 3)
		archive(t, db, 4)
		return db
	}
	var keys []string
	view(t, build(), func(r store.Reader) error {
		return r.Scan("r/", "", func(key string, _ []byte) error {
			keys = append(keys, key)
			return nil
		})
	})
	for _, key := range keys {
		for _, how := range []string{"flip", "delete", "cut"} {
			if how == "delete" && key[:4] == "r/x/" {
				continue // an index that ends early is built again
			}
			db := build()
			update(t, db, func(tx store.Tx) error {
				value, err := tx.Get(key)
				switch how {
				case "delete":
					tx.Delete(key)
				case "cut":
					tx.Set(key, value[:min(len(value)-1, 20)])
				default:
					value[len(value)-1] ^= 0x40
					tx.Set(key, value)
				}
				return err
			})
			view(t, db, func(r store.Reader) error {
				if _, err := log.Verify(r); !errors.Is(err, log.ErrCorrupt) {
					t.Errorf("%s %s: %v, want ErrCorrupt", how, key, err)
				}
				return nil
			})
		}
	}
	for name, change := range map[string]func(store.Tx){
		"a leaf that is archived too": func(tx store.Tx) { tx.Set("r/l/00000000000000000002", leafBytes(2)) },
		"odd archive key":             func(tx store.Tx) { tx.Set("r/a/x", bytes.Repeat([]byte{'x'}, 40)) },
		"odd segment key":             func(tx store.Tx) { tx.Set("r/s/x", []byte("{}")) },
		"segment under another key": func(tx store.Tx) {
			tx.Set("r/s/fffffffffffffff0", wire.MustMarshal(log.Segment{First: 3, Count: 4}))
		},
	} {
		db := build()
		update(t, db, func(tx store.Tx) error { change(tx); return nil })
		view(t, db, func(r store.Reader) error {
			if _, err := log.Verify(r); !errors.Is(err, log.ErrCorrupt) {
				t.Errorf("%s: %v, want ErrCorrupt", name, err)
			}
			return nil
		})
	}
}

func TestRefileNamesTheSameReceipts(t *testing.T) {
	db := open(t)
	fill(t, db, 20)
	archive(t, db, 5)
	archive(t, db, 5)
	for _, c := range []struct {
		s    log.Segment
		want error
	}{
		{log.Segment{First: 5, Count: 5, File: "elsewhere"}, nil},
		{log.Segment{First: 5, Count: 4}, log.ErrSegment},
		{log.Segment{First: 6, Count: 4}, log.ErrSegment},
		{log.Segment{First: 10, Count: 4}, log.ErrRange},
	} {
		err := db.Update(context.Background(), func(tx store.Tx) error { return log.Refile(tx, c.s) })
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.s, err, c.want)
		}
	}
	view(t, db, func(r store.Reader) error {
		if s, err := log.SegmentOf(r, 7); err != nil || s.File != "elsewhere" {
			t.Errorf("%+v, %v", s, err)
		}
		_, err := log.Verify(r)
		return err
	})
}
