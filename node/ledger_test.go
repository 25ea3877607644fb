package node

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
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

// A channel that is not there is not resumed; an alarm says whom it is about.
func TestAlarmsAreLogged(t *testing.T) {
	o := newHome(t)
	var out bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&out, nil))
	n := openNode(t, o)
	var p *Problem
	channel := wire.Hash([]byte("channel"))
	if _, err := n.releaseChannel(t.Context(), ReleaseRequest{Channel: channel.String(), Reason: "x"}); !errors.As(err, &p) || p.Code != "CHIO-SETTLE-NOT-HALTED" {
		t.Errorf("resumed: %v", err)
	}
	if err := n.db.Update(t.Context(), func(tx store.Tx) error {
		tx.Set("s/h/gone", []byte(`{"charge":{"currency":"USD","units":3},"peer":"`+n.DID().String()+`"}`))
		tx.Set("s/x/in/"+n.DID().String()+"/USD", []byte(`{"held":3,"unvouchered":4}`))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := n.money.reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.money.alarm(settlement.Alarm{Peer: n.DID(), Channel: channel, Reason: "they differ"})
	n.money.alarm(settlement.Alarm{Peer: n.DID(), Reason: "nobody answers"})
	for _, want := range []string{"channel=" + channel.String(), "they differ", "nobody answers", "call=gone"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	var e exposition
	if err := n.measurePayments(&e); err != nil || !strings.Contains(e.out.String(), `chio_unvouchered_minor{direction="payee",currency="USD"} 4`) ||
		!strings.Contains(e.out.String(), "chio_channels_halted 0\n") {
		t.Errorf("%v\n%s", err, e.out.String())
	}
}
