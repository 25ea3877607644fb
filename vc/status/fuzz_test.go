package status_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
)

// FuzzStateRow: whatever the row of a list holds, it is refused or serves; no
// list is signed that does not open.
func FuzzStateRow(f *testing.F) {
	seed := database(f)
	allocate(f, seed, lists(f, nil), kind(vc.PurposeRevocation), 2)
	f.Add(dump(f, seed)["v/status/0"])
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, row []byte) {
		db, l := database(t), lists(t, nil)
		allocate(t, db, l, kind(vc.PurposeRevocation), 2)
		update(t, db, func(tx store.Tx) error { tx.Set("v/status/0", row); return nil })
		var doc []byte
		err := db.Update(ctx, func(tx store.Tx) (err error) {
			if _, _, err := l.Allocate(tx, kind(vc.PurposeRevocation)); err != nil {
				return err
			}
			doc, err = l.Document(tx, 0, t0)
			return err
		})
		if errors.Is(err, store.ErrPanic) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		if _, err := vc.OpenStatusList(doc, orgDID(t)); err != nil {
			t.Fatalf("signed, and does not open: %v", err)
		}
	})
}
