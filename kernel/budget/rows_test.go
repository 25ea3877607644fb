package budget_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/store"
)

// kinds are the rows by the second segment of their keys.
var kinds = map[byte]int{'g': budget.AccountRow, 'f': budget.AccountRow, 'h': budget.HoldRow, 'n': budget.NodeRow, 'w': budget.BucketRow}

// FuzzRows: what decodes is spelled the one way it is written.
func FuzzRows(f *testing.F) {
	db := open(f)
	tree := newTree(f, rolling(60, 10), budget.NodeConfig{ID: "day", Window: budget.Daily, MaxInvocations: calls(9)})
	family := request(kernel.GrantCap{MaxTotalCost: usd(1000)})
	family.MaxFamily = count(5)
	if err := (call{id: "c", charge: usd(300), token: &family}).hold(db, tree); err != nil {
		f.Fatal(err)
	}
	if err := db.View(func(r store.Reader) error {
		return r.Scan("b/", "", func(key string, value []byte) error {
			f.Add(byte(kinds[key[2]]), append([]byte(nil), value...))
			return nil
		})
	}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind byte, row []byte) {
		again, old, err := budget.Reencode(int(kind%budget.RowKinds), row)
		if err == nil && !old && !bytes.Equal(again, row) {
			t.Fatalf("%x decodes and encodes to %x", row, again)
		}
	})
}

// What the build before wrote is still read: a call that was open then is
// settled now, and its record forgotten.
func TestRowsOfTheFirstVersion(t *testing.T) {
	ref := "01" + strings.Repeat("00", 31) + "05" + hex.EncodeToString([]byte("cap-1"))
	row := func(state, cost string) []byte {
		b, err := hex.DecodeString("01" + state + "05" + cost + "01" + ref + "00" + "0803555344" + "01" + "1403555344" + "02")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	db := open(t)
	row1, err := hex.DecodeString("01" + "02" + "01" + "03555344" + "10" + "03" + "05" + "00" + "08")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(context.Background(), func(tx store.Tx) error {
		tx.Set("b/g/"+token.Issuer.String()+"/00000/cap-1", row1)
		tx.Set("b/h/open", row("00", "0000"))
		tx.Set("b/h/done", row("01", "0303555344"))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sound(t, db)
	for _, id := range []string{"done", "open"} {
		if err := settle(db, id, kernel.Commit, usd(3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := settle(db, "done", kernel.Commit, usd(4)); !errors.Is(err, budget.ErrSettled) {
		t.Fatalf("settled otherwise: %v", err)
	}
	sound(t, db)
	a := account(t, db, 0)
	if p := a.Purse("USD"); p.Committed != 6 || p.Outstanding != 0 {
		t.Fatalf("%+v", p)
	}
	if err := db.Update(context.Background(), func(tx store.Tx) error {
		return errors.Join(budget.Forget(tx, "done"), budget.Forget(tx, "open"), budget.Forget(tx, "never"))
	}); err != nil {
		t.Fatal(err)
	}
}

// Damaged rows are ErrCorrupt wherever they are met, never a denial and never
// room.
func TestDamagedRowsFailClosed(t *testing.T) {
	tree := newTree(t, rolling(60, 10), budget.NodeConfig{ID: "ever", Window: budget.Total, MaxCost: usd(9)})
	family := request(kernel.GrantCap{})
	family.MaxFamily = count(5)
	key := map[string]string{"grant": "b/g/" + token.Issuer.String() + "/00000/cap-1", "family": "b/f/" + token.Issuer.String() + "/cap-1",
		"holds": "b/h/c1", "node": "b/n/ever", "rolling": "b/n/r"}
	for name, k := range key {
		for _, row := range [][]byte{{}, {0}, {9}, {1, 0xff}, bytes.Repeat([]byte{0x80}, 40), append([]byte{1}, make([]byte, 20)...)} {
			db := open(t)
			if err := (call{id: "c1", charge: usd(1), token: &family}).hold(db, tree); err != nil {
				t.Fatal(err)
			}
			if err := db.Update(context.Background(), func(tx store.Tx) error { tx.Set(k, row); return nil }); err != nil {
				t.Fatal(err)
			}
			var d *kernel.Denial
			err := call{id: "c2", charge: usd(1), token: &family}.hold(db, tree)
			if name == "holds" {
				err = call{id: "c1", charge: usd(1), token: &family}.hold(db, tree)
			}
			if !errors.Is(err, budget.ErrCorrupt) || errors.As(err, &d) {
				t.Errorf("%s %x: hold: %v", name, row, err)
			}
			if err := settle(db, "c1", kernel.Release, nil); !errors.Is(err, budget.ErrCorrupt) {
				t.Errorf("%s %x: settle: %v", name, row, err)
			}
			if (name == "node" || name == "rolling") && db.View(func(r store.Reader) error {
				_, configured := tree.Status(r, now)
				_, orphaned := (*budget.Tree)(nil).Status(r, now)
				if configured == nil || orphaned == nil {
					return nil
				}
				return errors.Join(configured, orphaned)
			}) == nil {
				t.Errorf("%s %x: the status shows it", name, row)
			}
			if problems := audit(t, db); len(problems) == 0 {
				t.Errorf("%s %x: the audit found nothing", name, row)
			}
		}
	}
}

// Rows that encode never writes are refused.
func TestMalformedRows(t *testing.T) {
	purse := "\x03USD\x00\x00\x00\x00\x00"
	long := "\x0dUSDUSDUSDUSDU\x00\x00\x00\x00\x00"
	id := "\xff\x02"
	ref := strings.Repeat("\x00", 32)
	for name, tt := range map[string]struct {
		kind int
		row  string
	}{
		"nine currencies":      {budget.AccountRow, "\x01\x00\x09"},
		"a currency twice":     {budget.AccountRow, "\x01\x00\x02" + purse + purse},
		"a long currency":      {budget.AccountRow, "\x01\x00\x01" + long},
		"money without law":    {budget.AccountRow, "\x01\x00\x01\x03USD\x01\x00\x00\x00\x00"},
		"version to come":      {budget.AccountRow, "\x02\x00\x00"},
		"no holds":             {budget.HoldRow, "\x02\x00\x00\x00\x00\x00\x00\x00"},
		"unknown state":        {budget.HoldRow, "\x02\x04\x00\x00\x00\x00\x00\x01"},
		"a long token id":      {budget.HoldRow, "\x02\x00\x00\x00\x00\x00\x00\x01" + ref + id},
		"old and cut off":      {budget.HoldRow, "\x01\x00\x00\x00\x00\x01"},
		"more paid than held":  {budget.HoldRow, "\x02\x00\x00\x00\x00\x00\x00\x01" + ref + "\x01a\x00\x00\x00\x01\x00\x00\x00"},
		"neither yes nor no":   {budget.HoldRow, "\x02\x00\x00\x00\x00\x00\x00\x01" + ref + "\x01a\x00\x00\x00\x00\x02\x00\x00"},
		"a thousand nodes":     {budget.HoldRow, "\x02\x00\x00\x00\x00\x00\x00\x01" + ref + "\x01a\x00\x00\x00\x00\x00\x00\xe8\x07"},
		"window to come":       {budget.NodeRow, "\x01\x04\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"},
		"never begun":          {budget.NodeRow, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		"node without law":     {budget.NodeRow, "\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01\x03USD\x01\x00\x00\x00\x00"},
		"time without end":     {budget.NodeRow, "\x01\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00\x00\x00\x00"},
		"second with a rest":   {budget.BucketRow, "\x01\x00\x00\x00"},
		"a misspelt number":    {budget.BucketRow, "\x01\x80\x00\x00"},
		"a number without end": {budget.BucketRow, "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"},
	} {
		if _, _, err := budget.Reencode(tt.kind, []byte(tt.row)); !errors.Is(err, budget.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
	for _, row := range []string{"\x01\x00\x00", "\x01\x00\x01" + purse, "\x01\x02\x02\x03CHF\x00\x00\x00\x00\x00\x04USDC\x00\x00\x00\x00\x00"} {
		if again, _, err := budget.Reencode(budget.AccountRow, []byte(row)); err != nil || string(again) != row {
			t.Errorf("%x: %x, %v", row, again, err)
		}
	}
}
