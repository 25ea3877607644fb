package node

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The books answer for one home: what is asked for wrongly, what was posted
// without a fact, and a row that does not read.
func TestLedgerSaysWhatDiffers(t *testing.T) {
	n := openNode(t, newHome(t))
	ctx := context.Background()
	var p *Problem
	if _, err := n.ledgerBalance(ctx, ByID{ID: "nonsense"}); !errors.As(err, &p) || p.Code != "CHIO-LEDGER-ACCOUNT" || p.Exit != ExitUsage {
		t.Errorf("an account nonsense: %v", err)
	}
	update := func(fn func(store.Tx) error) {
		t.Helper()
		if err := n.db.Update(ctx, fn); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx store.Tx) error {
		_, err := ledger.Post(tx, ledger.Posting{ID: wire.Hash([]byte("1")), At: n.now(), Memo: "mine", Entries: []ledger.Entry{
			{Account: ledger.USDC, Debit: 5, Currency: "USDC"}, {Account: ledger.Revenue, Credit: 5, Currency: "USDC"}}})
		return err
	})
	v, err := n.verifyLedger(ctx, Empty{})
	if err != nil || len(v.Differences) != 1 || !strings.Contains(v.Differences[0], `"mine", has no fact`) || v.Totals[0].Debits != 5 {
		t.Errorf("a posting without a fact: %+v, %v", v, err)
	}
	update(func(tx store.Tx) error { tx.Set("l/e/00000000000000000001", []byte("{}")); return nil })
	if v, err = n.verifyLedger(ctx, Empty{}); err != nil || len(v.Differences) != 1 || !strings.Contains(v.Differences[0], "inconsistent") {
		t.Errorf("a damaged posting: %+v, %v", v, err)
	}
	if _, err := n.ledgerPostings(ctx, ListPostings{}); !errors.As(err, &p) || p.Code != "CHIO-LEDGER-INCONSISTENT" || p.Exit != ExitUnverifiable {
		t.Errorf("postings of which one is damaged: %v", err)
	}
}
