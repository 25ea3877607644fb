package federation

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
)

// TestArchivedReceiptsAreStillServed: a host that moved its receipts to files
// goes on giving them to the party that they name; one that cannot read the
// file any more says so instead of another receipt.
func TestArchivedReceiptsAreStillServed(t *testing.T) {
	a, b := federated(t)
	for range 3 {
		if out := a.call(b); out.Verdict != kernel.Allow {
			t.Fatalf("%+v", out.Denial)
		}
	}
	rec := b.record(a.org)
	var kept [][]byte
	err := b.db.Update(t.Context(), func(tx store.Tx) error {
		err := log.Scan(tx, 0, func(_ uint64, leaf []byte) error {
			kept = append(kept, append([]byte(nil), leaf...))
			return nil
		})
		return errors.Join(err, log.Archive(tx, log.Segment{Count: uint64(len(kept)), File: "file"}, kept))
	})
	if err != nil {
		t.Fatal(err)
	}
	size := uint64(len(kept))
	if _, err := b.exchange.serveReceipts(rec, &syncRequest{Size: size}); !errors.Is(err, log.ErrArchived) {
		t.Fatalf("without the files: %v", err)
	}
	b.exchange.cfg.Archived = func(_ store.Reader, index uint64) ([]byte, error) { return kept[index], nil }
	page, err := b.exchange.serveReceipts(rec, &syncRequest{Size: size})
	if err != nil || len(page.Receipts) != 3 {
		t.Fatalf("%d receipts, %v", len(page.Receipts), err)
	}
	id := a.joints(b)[0].ReceiptID
	one, err := b.exchange.serveReceipt(rec, &syncRequest{ReceiptID: id, Size: size})
	if err != nil || len(one.Receipts) != 1 {
		t.Fatalf("one receipt: %v", err)
	}
	if _, own, err := b.exchange.hosted(a.org.did(), id); err != nil || string(own) != string(one.Receipts[0].Receipt) {
		t.Errorf("the receipt to be cosigned: %s, %v", own, err)
	}
}
