package ledger_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/wire"
)

// FuzzRecord: what the decoder accepts encodes to the same bytes, so the chain
// over records has one reading.
func FuzzRecord(f *testing.F) {
	f.Add(wire.MustMarshal(ledger.Record{Schema: ledger.Schema, Sequence: 1, Posting: owed(1, 100)}))
	f.Fuzz(func(t *testing.T, row []byte) {
		rec, err := ledger.DecodeRecord(row)
		if err != nil {
			return
		}
		if again := wire.MustMarshal(rec); !bytes.Equal(again, row) {
			t.Fatalf("accepted\n%s\nencodes as\n%s", row, again)
		}
	})
}
