package ledger_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/wire"
)

// books is a ledger of n obligations, every third one paid in another currency.
func books(t *testing.T, n int) store.DB {
	t.Helper()
	db := memory.New()
	t.Cleanup(func() { _ = db.Close() })
	err := db.Update(t.Context(), func(tx store.Tx) error {
		for i := range n {
			code := []string{"USD", "USDC", "JPY"}[i%3]
			p := ledger.Posting{ID: wire.Hash([]byte(strconv.Itoa(i))), At: int64(1_790_000_000 + 3600*(i%7)), Memo: fmt.Sprintf("call %d", i),
				Entries: []ledger.Entry{
					{Account: ledger.Expense, Debit: uint64(i)*7919 + 1, Currency: code},
					{Account: ledger.Payable(fmt.Sprintf("did:chio:z%d", i%5)), Credit: uint64(i)*7919 + 1, Currency: code},
				}}
			if _, err := ledger.Post(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func view(t *testing.T, db store.DB, fn func(store.Reader) error) {
	t.Helper()
	if err := db.View(fn); err != nil {
		t.Fatal(err)
	}
}

// Pages of any size put together are the whole list, each row once.
func TestPagesAreTheWhole(t *testing.T) {
	db := books(t, 50)
	view(t, db, func(r store.Reader) error {
		all, next, err := ledger.Accounts(r, "", 0)
		if err != nil || next != "" || len(all) != 3+15 {
			t.Fatalf("%d accounts, next %q, %v", len(all), next, err)
		}
		for size := 1; size <= len(all)+1; size++ {
			var got []ledger.AccountBalance
			for after := ""; ; {
				page, next, err := ledger.Accounts(r, after, size)
				if err != nil || len(page) > size {
					t.Fatalf("page of %d: %d rows, %v", size, len(page), err)
				}
				if got = append(got, page...); next == "" {
					break
				}
				after = next
			}
			if fmt.Sprint(got) != fmt.Sprint(all) {
				t.Fatalf("pages of %d: %v", size, got)
			}
		}
		for size := 1; size < 20; size += 3 {
			var got []uint64
			q := ledger.Query{Limit: size, Account: ledger.Payable("did:chio:z3"), Since: 1_790_003_600, Until: 1_790_014_400, Through: 43}
			for {
				page, next, err := q.Page(r)
				if err != nil {
					return err
				}
				for _, rec := range page {
					got = append(got, rec.Sequence)
				}
				if next == 0 {
					break
				}
				q.After = next
			}
			var want []uint64
			for i := range 43 {
				if i%5 == 3 && i%7 >= 1 && i%7 < 4 {
					want = append(want, uint64(i+1))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("pages of %d: %v, want %v", size, got, want)
			}
			n := uint64(0)
			for q = (ledger.Query{Limit: size}); ; {
				page, next, err := q.Page(r)
				if err != nil {
					return err
				}
				for _, rec := range page {
					if n++; rec.Sequence != n {
						t.Fatalf("pages of %d: posting %d comes as number %d", size, rec.Sequence, n)
					}
				}
				if q.After = next; next == 0 {
					break
				}
			}
			if n != 50 {
				t.Fatalf("pages of %d hold %d postings", size, n)
			}
		}
		return nil
	})
}

func TestPagesRefuse(t *testing.T) {
	view(t, books(t, 1), func(r store.Reader) error {
		for _, after := range []string{"usd/expense", "USD/nonsense", "USD", "/"} {
			if _, _, err := ledger.Accounts(r, after, 1); err == nil {
				t.Errorf("a page after %q", after)
			}
		}
		if _, _, err := (ledger.Query{Account: "nonsense"}).Page(r); !errors.Is(err, ledger.ErrAccount) {
			t.Errorf("postings of nonsense: %v", err)
		}
		if _, err := ledger.BalancesOf(r, "nonsense"); !errors.Is(err, ledger.ErrAccount) {
			t.Errorf("balances of nonsense: %v", err)
		}
		return nil
	})
}

func export(t *testing.T, db store.DB, format string) string {
	t.Helper()
	var out bytes.Buffer
	view(t, db, func(r store.Reader) error {
		accounts, _, err := ledger.Accounts(r, "", 0)
		if err != nil {
			return err
		}
		x, err := ledger.NewExporter(&out, format, wire.DefaultCurrencies(), []string{"JPY", "USD", "USDC"})
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, a := range accounts {
			if !seen[a.Account] {
				seen[a.Account] = true
				if err := x.Account(a.Account); err != nil {
					return err
				}
			}
		}
		return errors.Join(ledger.Scan(r, 0, x.Write), x.Close())
	})
	return out.String()
}

// The lines of a CSV, added up, are the balances: in minor units and as text.
func TestI8_SumOfTheExportIsTheBalances(t *testing.T) {
	db := books(t, 200)
	lines, err := csv.NewReader(strings.NewReader(export(t, db, ledger.FormatCSV))).ReadAll()
	if err != nil || len(lines) != 401 || fmt.Sprint(lines[0]) != fmt.Sprint(ledger.Columns()) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	currencies := wire.DefaultCurrencies()
	type key struct{ account, currency string }
	sums := map[key]ledger.Balance{}
	for _, l := range lines[1:] {
		k := key{l[4], l[5]}
		b := sums[k]
		for _, side := range []struct {
			text, minor string
			into        *uint64
		}{{l[6], l[8], &b.Debits}, {l[7], l[9], &b.Credits}} {
			if side.text == "" && side.minor == "" {
				continue
			}
			a, err := currencies.Parse(side.text + " " + l[5])
			if err != nil || strconv.FormatUint(a.Units, 10) != side.minor {
				t.Fatalf("line %q: %v", l, err)
			}
			*side.into += a.Units
		}
		sums[k] = b
	}
	view(t, db, func(r store.Reader) error {
		all, _, err := ledger.Accounts(r, "", 0)
		if len(all) != len(sums) {
			t.Errorf("%d accounts exported, %d in use", len(sums), len(all))
		}
		for _, a := range all {
			if sums[key{a.Account, a.Currency}] != a.Balance {
				t.Errorf("%s %s: exported %v, balance %v", a.Account, a.Currency, sums[key{a.Account, a.Currency}], a.Balance)
			}
		}
		return err
	})
}

// The journal's text, pinned, and its sums read back as the balances.
func TestI8_SumOfTheJournalIsTheBalances(t *testing.T) {
	db := books(t, 100)
	text := export(t, db, ledger.FormatHledger)
	for _, want := range []string{
		"commodity 1000. JPY\ncommodity 1000.00 USD\ncommodity 1000.000000 USDC\naccount expense  ; type:X\n",
		"\n2026-09-21 (" + wire.Hash([]byte("1")).String() + ") call 1\n    expense  0.007920 USDC\n    payable:did:chio:z1  -0.007920 USDC\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%.900s", want, text)
		}
	}
	sums := map[string]int64{}
	currencies := wire.DefaultCurrencies()
	for _, l := range strings.Split(text, "\n") {
		account, amount, ok := strings.Cut(strings.TrimPrefix(l, "    "), "  ")
		if !strings.HasPrefix(l, "    ") || !ok {
			continue
		}
		a, err := currencies.Parse(strings.TrimPrefix(amount, "-"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(amount, "-") {
			sums[account+" "+a.Currency] -= int64(a.Units)
		} else {
			sums[account+" "+a.Currency] += int64(a.Units)
		}
	}
	view(t, db, func(r store.Reader) error {
		all, _, err := ledger.Accounts(r, "", 0)
		for _, a := range all {
			if want := int64(a.Balance.Debits) - int64(a.Balance.Credits); sums[a.Account+" "+a.Currency] != want {
				t.Errorf("%s %s: journal %d, balance %d", a.Account, a.Currency, sums[a.Account+" "+a.Currency], want)
			}
		}
		return err
	})
	readByHledger(t, text)
}

// readByHledger has the program the format is named after judge the journal,
// on a machine that has it.
func readByHledger(t *testing.T, text string) {
	t.Helper()
	path, err := exec.LookPath("hledger")
	if err != nil {
		return
	}
	cmd := exec.CommandContext(t.Context(), path, "-f", "-", "check", "-s")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("hledger: %v\n%s", err, out)
	}
}

// A memo that a peer had a say in is neither a formula nor a second line.
func TestExportedMemosAreInert(t *testing.T) {
	for memo, want := range map[string]struct{ cell, line string }{
		"call 1":            {"call 1", "call 1"},
		"=1+cmd|' /C calc'": {"'=1+cmd|' /C calc'", "=1+cmd ' /C calc'"},
		"+1":                {"'+1", "+1"},
		"-1":                {"'-1", "-1"},
		"@SUM(A1)":          {"'@SUM(A1)", "@SUM(A1)"},
		"\t=1":              {"'\t=1", " =1"},
		"＝1":                {"'＝1", "＝1"},
		"a\n2026-01-01 b":   {"a\n2026-01-01 b", "a 2026-01-01 b"},
		"a ; b":             {"a ; b", "a   b"},
		`say "x", y`:        {`say "x", y`, `say "x", y`},
		"":                  {"", ""},
	} {
		p := owed(1, 100)
		p.Memo = memo
		for format, check := range map[string]func(string) bool{
			ledger.FormatCSV: func(out string) bool {
				lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
				return err == nil && len(lines) == 3 && lines[1][10] == want.cell
			},
			ledger.FormatHledger: func(out string) bool {
				return strings.Contains(out, ") "+want.line+"\n") && strings.Count(out, "\n20") == 1
			},
		} {
			var out bytes.Buffer
			x, err := ledger.NewExporter(&out, format, wire.DefaultCurrencies(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(x.Write(ledger.Record{Sequence: 1, Posting: p}), x.Close()); err != nil || !check(out.String()) {
				t.Errorf("%q as %s: %v\n%s", memo, format, err, out.String())
			}
		}
	}
}

// A currency whose scale is not known is not exported as if it had one.
func TestExportRefusesAnUnknownScale(t *testing.T) {
	p := owed(1, 100)
	for i := range p.Entries {
		p.Entries[i].Currency = "XXX"
	}
	var out bytes.Buffer
	x, err := ledger.NewExporter(&out, ledger.FormatCSV, wire.DefaultCurrencies(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Write(ledger.Record{Sequence: 1, Posting: p}); !errors.Is(err, wire.ErrCurrency) {
		t.Errorf("a line in XXX: %v", err)
	}
	if _, err := ledger.NewExporter(&out, ledger.FormatHledger, wire.DefaultCurrencies(), []string{"XXX"}); !errors.Is(err, wire.ErrCurrency) {
		t.Errorf("a commodity XXX: %v", err)
	}
	if _, err := ledger.NewExporter(&out, "xls", wire.DefaultCurrencies(), nil); err == nil {
		t.Error("a format xls")
	}
}
