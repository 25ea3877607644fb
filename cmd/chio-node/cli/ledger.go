package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) ledgerCmd() *cobra.Command {
	c := &cobra.Command{Use: "ledger", Short: "the books: accounts, balances, postings, their proof and their export"}
	c.AddCommand(a.ledgerAccountsCmd(), a.ledgerBalanceCmd(), a.ledgerPostingsCmd(), a.ledgerVerifyCmd(), a.ledgerExportCmd())
	return c
}

func (a *app) ledgerAccountsCmd() *cobra.Command {
	var req node.ListAccounts
	c := &cobra.Command{Use: "accounts", Short: "every account in use, with its balance", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.Limit < 1 || req.Limit > ledger.MaxPage {
				return usageProblem(fmt.Sprintf("--limit is from 1 to %d", ledger.MaxPage), "")
			}
			var list node.LedgerAccounts
			if err := a.call(cmd.Context(), "ledger/accounts", req, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				showAccounts(w, list.Accounts)
				if list.Next != "" {
					fmt.Fprintf(a.Stderr, "hint: there are more: --after %s\n", list.Next)
				}
			})
		}}
	c.Flags().StringVar(&req.After, "after", "", "go on where a page ended")
	c.Flags().IntVar(&req.Limit, "limit", 200, "how many")
	return c
}

func (a *app) ledgerBalanceCmd() *cobra.Command {
	return &cobra.Command{Use: "balance ACCOUNT", Short: "one account in every currency it was used in", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var list node.LedgerAccounts
			if err := a.call(cmd.Context(), "ledger/balance", node.ByID{ID: args[0]}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) { showAccounts(w, list.Accounts) })
		}}
}

func showAccounts(w io.Writer, accounts []node.LedgerAccount) {
	if len(accounts) == 0 {
		fmt.Fprintln(w, "nothing was posted")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range accounts {
		b := &accounts[i]
		side, units := "debit", b.Debits-b.Credits
		if b.Credits > b.Debits {
			side, units = "credit", b.Credits-b.Debits
		}
		if units == 0 {
			side = "even"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", b.Account, ledgerAmount(units, b), side)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

// ledgerAmount prints a balance in the scale that the node knows.
func ledgerAmount(units uint64, b *node.LedgerAccount) string {
	if b.Decimals == nil {
		return fmt.Sprintf("%d minor units of %s", units, b.Currency)
	}
	return wire.Currencies{b.Currency: *b.Decimals}.Format(wire.MonetaryAmount{Units: units, Currency: b.Currency})
}

// momentFlags are --since and --until.
type momentFlags struct{ since, until string }

func (m *momentFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&m.since, "since", "", "only from then on: a date (2026-01-31), a time (RFC 3339), unix seconds, or an age (90m, 24h)")
	c.Flags().StringVar(&m.until, "until", "", "only from before then")
}

func (m *momentFlags) parse(now time.Time, since, until *int64) error {
	for _, f := range []struct {
		name, text string
		into       *int64
	}{{"since", m.since, since}, {"until", m.until, until}} {
		if f.text == "" {
			continue
		}
		var err error
		if *f.into, err = parseTime(f.text, now); err != nil {
			return usageProblem("--"+f.name+": "+err.Error(), "write a date (2026-01-31), a time (2026-01-31T15:04:05Z), unix seconds, or an age (90m)")
		}
	}
	return nil
}

func (a *app) ledgerPostingsCmd() *cobra.Command {
	var req node.ListPostings
	var when momentFlags
	c := &cobra.Command{Use: "txns", Short: "postings, oldest first",
		Long: "Postings in the order they were made. --since and --until compare the time of what caused a posting, which\n" +
			"may be earlier than the posting itself.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.Limit < 1 {
				return usageProblem("--limit must be positive", "")
			}
			if err := when.parse(a.Now(), &req.Since, &req.Until); err != nil {
				return err
			}
			all := node.LedgerPostings{Postings: []ledger.Record{}}
			want := req.Limit
			c, done, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			more, err := postings(cmd.Context(), c, req, func(page *node.LedgerPostings) int {
				all.Total, all.Head = page.Total, page.Head
				all.Postings = append(all.Postings, page.Postings...)
				return want - len(all.Postings)
			})
			if err = errors.Join(err, done()); err != nil {
				return err
			}
			all.Next = more
			return a.print(all, func(w io.Writer) {
				for i := range all.Postings {
					showPosting(w, &all.Postings[i])
				}
				if more > 0 {
					fmt.Fprintf(a.Stderr, "hint: there may be more: --after %d\n", more)
				}
			})
		}}
	c.Flags().StringVar(&req.Account, "account", "", "only those that touch this account")
	c.Flags().IntVar(&req.Limit, "limit", 50, "how many")
	c.Flags().Uint64Var(&req.After, "after", 0, "only those after this sequence number: where a page ended")
	when.add(c)
	return c
}

// postings asks for page after page until none is left, or page says that no
// more are wanted; next goes on after that.
func postings(ctx context.Context, c caller, req node.ListPostings, page func(*node.LedgerPostings) (left int)) (next uint64, err error) {
	for {
		req.Limit = min(req.Limit, postingsPerRequest)
		var list node.LedgerPostings
		if err := callOn(ctx, c, "ledger/txns", req, &list); err != nil {
			return 0, err
		}
		left := page(&list)
		if list.Next == 0 || left <= 0 {
			return list.Next, nil
		}
		req.After, req.Limit = list.Next, left
	}
}

// postingsPerRequest keeps an answer well inside what one may hold.
const postingsPerRequest = 500

func showPosting(w io.Writer, rec *ledger.Record) {
	fmt.Fprintf(w, "%d  %s  %s\n", rec.Sequence, time.Unix(rec.Posting.At, 0).UTC().Format(time.RFC3339), rec.Posting.Memo)
	currencies := wire.DefaultCurrencies()
	for _, e := range rec.Posting.Entries {
		side, units := "debit ", e.Debit
		if e.Credit > 0 {
			side, units = "credit", e.Credit
		}
		b := node.LedgerAccount{Currency: e.Currency}
		if d, ok := currencies[e.Currency]; ok {
			b.Decimals = &d
		}
		fmt.Fprintf(w, "  %s  %s  %s\n", side, ledgerAmount(units, &b), e.Account)
	}
}

func (a *app) ledgerVerifyCmd() *cobra.Command {
	return &cobra.Command{Use: "verify", Short: "replay every posting and hold the books against what happened",
		Long: "Debits equal credits in every currency, the chain of digests has no gap, the balances are what the postings\n" +
			"add up to, every obligation, statement, deposit and redemption has its posting, and every posting its fact.\n" +
			"Whatever differs is named, and the exit code is 4.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var v node.LedgerVerdict
			if err := a.call(cmd.Context(), "ledger/verify", node.Empty{}, &v); err != nil {
				return err
			}
			err := a.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "%d posting(s), %d account(s), %d fact(s)\n", v.Sequence, v.Accounts, v.Facts)
				for _, t := range v.Totals {
					fmt.Fprintf(w, "  %s: debits %d = credits %d minor units\n", t.Currency, t.Debits, t.Credits)
				}
				fmt.Fprintf(w, "head  %s\n", v.Head)
				for _, d := range v.Differences {
					fmt.Fprintf(w, "differs: %s\n", d)
				}
			})
			if err == nil && len(v.Differences) > 0 {
				return exit(node.ExitUnverifiable)
			}
			return err
		}}
}

// LedgerExport is what an export holds. Through and Head name the last posting
// that could be in it.
type LedgerExport struct {
	Format   string      `json:"format"`
	File     string      `json:"file"`
	Postings uint64      `json:"postings"`
	Entries  uint64      `json:"entries"`
	Through  uint64      `json:"through"`
	Head     wire.Digest `json:"head"`
}

func (a *app) ledgerExportCmd() *cobra.Command {
	var format, out string
	var when momentFlags
	c := &cobra.Command{Use: "export", Short: "the postings for an accountant: CSV, or an hledger journal",
		Long: "Writes the postings made up to now, as CSV (RFC 4180, one line per entry) or as a journal that hledger reads.\n" +
			"docs/ledger.md says what each column means. The file is complete or not there.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != ledger.FormatCSV && format != ledger.FormatHledger {
				return usageProblem(fmt.Sprintf("--format %.20q", format), "csv or hledger")
			}
			var req node.ListPostings
			if err := when.parse(a.Now(), &req.Since, &req.Until); err != nil {
				return err
			}
			done, err := a.exportLedger(cmd.Context(), format, out, req)
			if err != nil {
				return err
			}
			return a.print(done, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %d posting(s), %d entries, through posting %d\n", done.File, done.Postings, done.Entries, done.Through)
			})
		}}
	c.Flags().StringVar(&format, "format", ledger.FormatCSV, "csv or hledger")
	c.Flags().StringVar(&out, "out", "", "file to write")
	when.add(c)
	_ = c.MarkFlagRequired("out") // the flag exists: it is defined above
	return c
}

// exportLedger writes a file next to out and gives it its name at the end.
func (a *app) exportLedger(ctx context.Context, format, out string, req node.ListPostings) (done *LedgerExport, err error) {
	c, disconnect, err := a.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, disconnect()) }()
	f, err := os.CreateTemp(filepath.Dir(out), ".ledger-*")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", out, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	buffered := bufio.NewWriter(f)
	done, err = writeLedger(ctx, c, format, buffered, req)
	if err = errors.Join(err, buffered.Flush(), f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	done.File = out
	return done, os.Rename(f.Name(), out)
}

func writeLedger(ctx context.Context, c caller, format string, w io.Writer, req node.ListPostings) (*LedgerExport, error) {
	done := &LedgerExport{Format: format}
	var probe node.LedgerPostings // what is posted from now on is not in it
	if err := callOn(ctx, c, "ledger/txns", node.ListPostings{Limit: 1}, &probe); err != nil {
		return nil, err
	}
	done.Through, done.Head = probe.Total, probe.Head
	names, currencies, err := ledgerNames(ctx, c)
	if err != nil {
		return nil, err
	}
	x, err := ledger.NewExporter(w, format, currencies, slices.Sorted(maps.Keys(currencies)))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := x.Account(name); err != nil {
			return nil, err
		}
	}
	if probe.Total == 0 {
		return done, x.Close()
	}
	req.Through, req.Limit = probe.Total, postingsPerRequest
	var failed error
	_, err = postings(ctx, c, req, func(page *node.LedgerPostings) int {
		for i := range page.Postings {
			done.Postings++
			done.Entries += uint64(len(page.Postings[i].Posting.Entries))
			if failed = x.Write(page.Postings[i]); failed != nil {
				return 0
			}
		}
		return postingsPerRequest
	})
	return done, errors.Join(err, failed, x.Close())
}

// ledgerNames lists the accounts by name, and the scale of each currency.
func ledgerNames(ctx context.Context, c caller) (names []string, currencies wire.Currencies, err error) {
	currencies = wire.Currencies{}
	for after := ""; ; {
		var list node.LedgerAccounts
		if err := callOn(ctx, c, "ledger/accounts", node.ListAccounts{After: after}, &list); err != nil {
			return nil, nil, err
		}
		for i := range list.Accounts {
			b := &list.Accounts[i]
			names = append(names, b.Account)
			if b.Decimals != nil {
				currencies[b.Currency] = *b.Decimals
			}
		}
		if after = list.Next; after == "" {
			slices.Sort(names)
			return slices.Compact(names), currencies, nil
		}
	}
}
