package log_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

func update(t testing.TB, db store.DB, fn func(store.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, db store.DB, fn func(store.Reader) error) {
	t.Helper()
	if err := db.View(fn); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) *store.Engine {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func leafBytes(i int) []byte { return fmt.Appendf(nil, `{"id":"r%d","n":%d}`, i, i) }

func fill(t testing.TB, db store.DB, n int) {
	t.Helper()
	const batch = 1000
	for from := 0; from < n; from += batch {
		update(t, db, func(tx store.Tx) error {
			for i := from; i < min(n, from+batch); i++ {
				if _, err := log.Append(tx, fmt.Sprintf("r%d", i), leafBytes(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// reference is RFC 6962 §2.1 word for word.
func reference(leaves [][]byte) wire.Digest {
	switch n := len(leaves); n {
	case 0:
		return wire.Hash(nil)
	case 1:
		return receipt.LeafHash(leaves[0])
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		return receipt.NodeHash(reference(leaves[:k]), reference(leaves[k:]))
	}
}

func TestRootMatchesTheRecursiveDefinition(t *testing.T) {
	const n = 70
	db := open(t)
	fill(t, db, n)
	var leaves [][]byte
	view(t, db, func(r store.Reader) error {
		for size := range uint64(n + 1) {
			got, err := log.Root(r, size)
			if err != nil {
				return err
			}
			if want := reference(leaves); got != want {
				t.Fatalf("root of %d leaves: got %s, want %s", size, got, want)
			}
			leaves = append(leaves, leafBytes(int(size)))
		}
		return nil
	})
}

func TestEveryInclusionProofVerifies(t *testing.T) {
	const n = 40
	db := open(t)
	fill(t, db, n)
	view(t, db, func(r store.Reader) error {
		for size := uint64(1); size <= n; size++ {
			root, err := log.Root(r, size)
			if err != nil {
				return err
			}
			for index := range size {
				path, err := log.InclusionProof(r, index, size)
				if err != nil {
					return err
				}
				leaf, err := log.Leaf(r, index)
				if err != nil {
					return err
				}
				if err := receipt.VerifyInclusion(receipt.LeafHash(leaf), index, size, path, root); err != nil {
					t.Fatalf("leaf %d of %d: %v", index, size, err)
				}
			}
		}
		return nil
	})
}

// Every later head is consistent with every earlier one, by proof, and a head
// of another history is not.
func TestI6_LaterHeadsAreConsistentWithEarlier(t *testing.T) {
	const n = 40
	db := open(t)
	var heads []log.Head
	for i := range n {
		update(t, db, func(tx store.Tx) error {
			_, err := log.Append(tx, fmt.Sprintf("r%d", i), leafBytes(i))
			return err
		})
		view(t, db, func(r store.Reader) error {
			head, err := log.HeadNote(r)
			heads = append(heads, head)
			return err
		})
	}
	view(t, db, func(r store.Reader) error {
		for i, older := range heads {
			for _, newer := range heads[i:] {
				path, err := log.ConsistencyProof(r, older.Size, newer.Size)
				if err != nil {
					return err
				}
				if err := receipt.VerifyConsistency(older.Size, newer.Size, older.Root, newer.Root, path); err != nil {
					t.Fatalf("%d to %d: %v", older.Size, newer.Size, err)
				}
				forged := older.Root
				forged[0] ^= 1
				if receipt.VerifyConsistency(older.Size, newer.Size, forged, newer.Root, path) == nil {
					t.Fatalf("%d to %d: a forged older root verified", older.Size, newer.Size)
				}
			}
		}
		return nil
	})
}

func TestI6_RandomSizesAreConsistent(t *testing.T) {
	const n = 1500
	db := open(t)
	fill(t, db, n)
	rapid.Check(t, func(t *rapid.T) {
		to := rapid.Uint64Range(1, n).Draw(t, "to")
		from := rapid.Uint64Range(0, to).Draw(t, "from")
		index := rapid.Uint64Range(0, to-1).Draw(t, "index")
		err := db.View(func(r store.Reader) error {
			oldRoot, err := log.Root(r, from)
			if err != nil {
				return err
			}
			newRoot, err := log.Root(r, to)
			if err != nil {
				return err
			}
			path, err := log.ConsistencyProof(r, from, to)
			if err != nil {
				return err
			}
			if err := receipt.VerifyConsistency(from, to, oldRoot, newRoot, path); err != nil {
				return err
			}
			if path, err = log.InclusionProof(r, index, to); err != nil {
				return err
			}
			return receipt.VerifyInclusion(receipt.LeafHash(leafBytes(int(index))), index, to, path, newRoot)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAppendTakesOneReceiptOnce(t *testing.T) {
	db := open(t)
	fill(t, db, 3)
	update(t, db, func(tx store.Tx) error {
		index, err := log.Append(tx, "r1", leafBytes(1))
		if err != nil || index != 1 {
			t.Fatalf("the same receipt again: index %d, %v; want 1", index, err)
		}
		if _, err := log.Append(tx, "r1", []byte(`{"other":true}`)); !errors.Is(err, log.ErrConflict) {
			t.Fatalf("another receipt under a taken id: %v, want ErrConflict", err)
		}
		if _, err := log.Append(tx, "", []byte("{}")); err == nil {
			t.Fatal("an empty id was accepted")
		}
		return nil
	})
	view(t, db, func(r store.Reader) error {
		if size, err := log.Size(r); err != nil || size != 3 {
			t.Fatalf("size %d, %v; want 3", size, err)
		}
		return nil
	})
}

func TestDroppedClosureLeavesNoTrace(t *testing.T) {
	db := open(t)
	fill(t, db, 5)
	abort := errors.New("abort")
	err := db.Update(context.Background(), func(tx store.Tx) error {
		if _, err := log.Append(tx, "lost", []byte(`{"lost":1}`)); err != nil {
			return err
		}
		return abort
	})
	if !errors.Is(err, abort) {
		t.Fatalf("got %v, want the closure's error", err)
	}
	fillFrom := func(tx store.Tx) error {
		index, err := log.Append(tx, "r5", leafBytes(5))
		if index != 5 {
			t.Fatalf("index %d after an aborted append, want 5", index)
		}
		return err
	}
	update(t, db, fillFrom)
	view(t, db, func(r store.Reader) error {
		_, err := log.Verify(r)
		return err
	})
}

func TestScanBothWays(t *testing.T) {
	db := open(t)
	fill(t, db, 12)
	view(t, db, func(r store.Reader) error {
		var up, down []uint64
		collect := func(to *[]uint64, limit int) func(uint64, []byte) error {
			return func(index uint64, leaf []byte) error {
				if !bytes.Equal(leaf, leafBytes(int(index))) {
					t.Fatalf("leaf %d is %s", index, leaf)
				}
				if *to = append(*to, index); len(*to) == limit {
					return store.ErrStop
				}
				return nil
			}
		}
		if err := log.Scan(r, 9, collect(&up, 100)); err != nil {
			return err
		}
		if err := log.ScanNewest(r, 4, collect(&down, 3)); err != nil {
			return err
		}
		if fmt.Sprint(up, down) != "[9 10 11] [3 2 1]" {
			t.Fatalf("got %v and %v", up, down)
		}
		return nil
	})
}

func TestRangeErrors(t *testing.T) {
	db := open(t)
	fill(t, db, 4)
	view(t, db, func(r store.Reader) error {
		_, e1 := log.Root(r, 5)
		_, e2 := log.InclusionProof(r, 4, 4)
		_, e3 := log.InclusionProof(r, 0, 5)
		_, e4 := log.ConsistencyProof(r, 3, 2)
		_, e5 := log.ConsistencyProof(r, 3, 9)
		_, e6 := log.Leaf(r, 4)
		for i, err := range []error{e1, e2, e3, e4, e5, e6} {
			if !errors.Is(err, log.ErrRange) {
				t.Errorf("case %d: %v, want ErrRange", i+1, err)
			}
		}
		return nil
	})
}

func TestVerifyNoticesEveryAlteredRow(t *testing.T) {
	const n = 11
	keys := []string{}
	reference := open(t)
	fill(t, reference, n)
	view(t, reference, func(r store.Reader) error {
		return r.Scan("r/", "", func(key string, _ []byte) error {
			keys = append(keys, key)
			return nil
		})
	})
	for _, key := range keys {
		for _, how := range []string{"flip", "delete"} {
			db := open(t)
			fill(t, db, n)
			update(t, db, func(tx store.Tx) error {
				value, err := tx.Get(key)
				if err != nil {
					return err
				}
				if how == "delete" {
					tx.Delete(key)
					return nil
				}
				value[len(value)-1] ^= 0x40
				tx.Set(key, value)
				return nil
			})
			view(t, db, func(r store.Reader) error {
				_, err := log.Verify(r)
				if how == "delete" && strings.HasPrefix(key, "r/x/") {
					if err != nil { // an index that ends early is built again
						t.Errorf("delete %s: %v", key, err)
					}
					return nil
				}
				if !errors.Is(err, log.ErrCorrupt) {
					t.Errorf("%s %s: %v, want ErrCorrupt", how, key, err)
				}
				return nil
			})
		}
	}
}

func TestSignedHeadVerifies(t *testing.T) {
	db := open(t)
	signer, err := wire.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var origin string
	update(t, db, func(tx store.Tx) error {
		if origin, err = log.Init(tx, rand.Reader); err != nil {
			return err
		}
		again, err := log.Init(tx, rand.Reader)
		if again != origin {
			t.Fatalf("the log id changed from %s to %s", origin, again)
		}
		return err
	})
	fill(t, db, 7)
	view(t, db, func(r store.Reader) error {
		note, head, err := log.SignHead(r, signer)
		if err != nil {
			return err
		}
		cp, err := receipt.VerifyCheckpoint(note, origin, signer.Public())
		if err != nil || cp.Size != 7 || cp.Root != head.Root {
			t.Fatalf("checkpoint %+v, %v", cp, err)
		}
		return nil
	})
}

// Appending costs about one inner node row.
func TestAppendWritesOneNodeRowOnAverage(t *testing.T) {
	const n = 1024
	db := open(t)
	fill(t, db, n)
	rows := 0
	view(t, db, func(r store.Reader) error {
		return r.Scan("r/n/", "", func(string, []byte) error { rows++; return nil })
	})
	if rows != n-1 {
		t.Fatalf("%d inner node rows for %d receipts, want %d", rows, n, n-1)
	}
}

func FuzzHeadRow(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0}, 8))
	f.Add(append([]byte{0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, row []byte) {
		if again, err := log.ReencodeHead(row); err == nil && !bytes.Equal(again, row) {
			t.Fatalf("%x decodes and encodes to %x", row, again)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	db := open(b)
	leaf := bytes.Repeat([]byte("x"), 1500)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		update(b, db, func(tx store.Tx) error {
			_, err := log.Append(tx, fmt.Sprintf("%064d", i), leaf)
			return err
		})
		i++
	}
}

// TestLargestReceiptFitsARow: whatever can be signed or accepted of a peer can
// be stored, alone and within a record that quotes it. A row that did not fit
// would be found out when the call is closed, and stop the node.
func TestLargestReceiptFitsARow(t *testing.T) {
	const quoting = 64 << 10
	if room := store.MaxValueBytes - receipt.Limits().Bytes; room < quoting {
		t.Errorf("a receipt of the largest size leaves %d bytes of a row, want %d", room, quoting)
	}
	update(t, open(t), func(tx store.Tx) error {
		_, err := log.Append(tx, "largest", bytes.Repeat([]byte{'x'}, receipt.Limits().Bytes))
		return err
	})
}
