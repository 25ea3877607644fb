package journal_test

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
)

func TestSpendRefusesAnIdThatNeverRan(t *testing.T) {
	const id = "018f0000-0000-7000-8000-000000000001"
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	err := db.Update(context.Background(), func(tx store.Tx) error {
		for _, bad := range []error{journal.Spend(tx, "x", journal.Done{ReceiptID: "r"}), journal.Spend(tx, id, journal.Done{}),
			journal.Spend(tx, id, journal.Done{ReceiptID: "r", ExpiresAt: -1})} {
			if bad == nil {
				t.Error("spent without an id, a receipt or an expiry")
			}
		}
		if err := journal.Spend(tx, id, journal.Done{ReceiptID: "first", ExpiresAt: 9}); err != nil {
			return err
		}
		if err := journal.Spend(tx, id, journal.Done{ReceiptID: "second", ExpiresAt: 99}); err != nil {
			return err
		}
		var d *kernel.Denial
		if err := journal.Fresh(tx, id); !errors.As(err, &d) || d.Code != kernel.CodeDuplicateCall {
			t.Errorf("a spent id: %v", err)
		}
		done, err := journal.Ended(tx, id)
		if err != nil || done.ReceiptID != "first" || done.ExpiresAt != 9 {
			t.Errorf("got %+v, %v", done, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
