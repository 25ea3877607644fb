package store_test

import (
	"bytes"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
)

// TestRunningSumIsTheSumOfTheRows: whatever the history, the digest kept by
// adding and subtracting equals the digest of what is there.
func TestRunningSumIsTheSumOfTheRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBackend()
		e := open(t, b, "")
		model := map[string]string{}
		for range rapid.IntRange(1, 12).Draw(rt, "transactions") {
			must(t, e.Update(ctx, func(tx store.Tx) error {
				for range rapid.IntRange(0, 4).Draw(rt, "writes") {
					k := rapid.StringMatching(`[a-d]{1,2}`).Draw(rt, "key")
					if rapid.Bool().Draw(rt, "delete") {
						tx.Delete(k)
						delete(model, k)
						continue
					}
					v := rapid.StringN(0, 3, 6).Draw(rt, "value")
					tx.Set(k, []byte(v))
					model[k] = v
				}
				return nil
			}))
		}
		must(t, e.Close())
		r, err := store.Check(store.Config{Backend: b})
		if err != nil || r.Rows != uint64(len(model)) || r.RowsSum != store.SumRows(model) {
			rt.Fatalf("report %+v, %v; model has %d rows", r, err, len(model))
		}
	})
}

func TestSumTellsKeyFromValue(t *testing.T) {
	if store.SumRows(map[string]string{"ab": "c"}) == store.SumRows(map[string]string{"a": "bc"}) {
		t.Error("moving a byte from key to value is not seen")
	}
	if e := memory.New(); e.Report().Rows != 0 {
		t.Error("an empty store has rows")
	}
}

func FuzzHeadSlot(f *testing.F) {
	path := f.TempDir() + "/HEAD"
	e, err := store.Open(store.Config{Backend: newBackend(), HeadPath: path})
	if err != nil {
		f.Fatal(err)
	}
	if err := e.Close(); err != nil {
		f.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file[:len(file)/2])
	f.Add([]byte("CHIOHD1\n\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, slot []byte) {
		body, _, err := store.DecodeSlot(slot)
		if err != nil {
			return
		}
		again, err := store.EncodeSlot(body)
		if err != nil {
			t.Fatalf("an accepted slot does not encode: %v", err)
		}
		if back, _, err := store.DecodeSlot(again); err != nil || !bytes.Equal(back, body) {
			t.Fatalf("slot does not come back: %v", err)
		}
	})
}
