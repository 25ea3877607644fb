package cli

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) receiptCmd() *cobra.Command {
	c := &cobra.Command{Use: "receipt", Short: "list, watch, explain, export, archive and verify receipts"}
	show := &cobra.Command{Use: "show ID", Short: "one receipt, as it was signed", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var row node.ReceiptRow
			if err := a.call(cmd.Context(), "receipt/show", node.ByID{ID: args[0]}, &row); err != nil {
				return err
			}
			if row.Archived != "" && !a.json {
				fmt.Fprintf(a.Stderr, "read from %s\n", row.Archived)
			}
			return a.print(row, func(w io.Writer) { fmt.Fprintf(w, "%s", row.Receipt) }) // exactly what was signed
		}}
	c.AddCommand(a.receiptListCmd(), a.receiptWatchCmd(), show, a.receiptExplainCmd(), a.receiptExportCmd(), a.receiptConsistencyCmd(),
		a.receiptArchiveCmd(), a.receiptVerifyCmd())
	return c
}

// filterFlags are the flags that say which receipts are meant.
type filterFlags struct {
	f                node.ReceiptFilter
	since, until     string
	minCost, maxCost string
	observed         bool
}

func (f *filterFlags) add(c *cobra.Command, times bool) {
	c.Flags().StringVar(&f.f.Agent, "agent", "", "only of this agent: name, DID or key")
	c.Flags().StringVar(&f.f.Server, "server", "", "only of this server")
	c.Flags().StringVar(&f.f.Tool, "tool", "", "only of this tool")
	c.Flags().StringVar(&f.f.Outcome, "outcome", "", "only with this outcome: allow, deny, cancelled, incomplete, pending_approval, …")
	c.Flags().BoolVar(&f.observed, "observed", false, "only calls that a guard in observe mode would not have allowed (outcome evaluated)")
	c.MarkFlagsMutuallyExclusive("observed", "outcome")
	c.Flags().StringVar(&f.f.Capability, "capability", "", "only under this capability id")
	c.Flags().StringVar(&f.minCost, "min-cost", "", `only that cost at least this, as "0.05 USD"`)
	c.Flags().StringVar(&f.maxCost, "max-cost", "", `only that cost at most this`)
	if times {
		c.Flags().StringVar(&f.since, "since", "", "only from then on: a date (2026-01-31), a time (RFC 3339), unix seconds, or an age (90m, 24h)")
		c.Flags().StringVar(&f.until, "until", "", "only from before then")
	}
}

// parse turns the flags into a filter; now is what ages are counted from.
func (f *filterFlags) parse(now time.Time) (out node.ReceiptFilter, err error) {
	out = f.f
	if f.observed {
		out.Outcome = receipt.Evaluated
	}
	for _, t := range []struct {
		name, text string
		into       *int64
	}{{"since", f.since, &out.Since}, {"until", f.until, &out.Until}} {
		if t.text == "" {
			continue
		}
		if *t.into, err = parseTime(t.text, now); err != nil {
			return out, usageProblem("--"+t.name+": "+err.Error(), "write a date (2026-01-31), a time (2026-01-31T15:04:05Z), unix seconds, or an age (90m)")
		}
	}
	for _, m := range []struct {
		name, text string
		into       **wire.MonetaryAmount
	}{{"min-cost", f.minCost, &out.MinCost}, {"max-cost", f.maxCost, &out.MaxCost}} {
		if m.text == "" {
			continue
		}
		amount, err := wire.DefaultCurrencies().Parse(m.text)
		if err != nil {
			return out, usageProblem("--"+m.name+": "+err.Error(), `write an amount as "0.05 USD"`)
		}
		*m.into = &amount
	}
	return out, nil
}

// parseTime reads a moment the way people write one; the answer is unix seconds
// and positive.
func parseTime(s string, now time.Time) (int64, error) {
	at := int64(0)
	if age, err := time.ParseDuration(s); err == nil && age >= 0 {
		at = now.Add(-age).Unix()
	} else if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		at = n
	} else if t, err := time.Parse(time.RFC3339, s); err == nil {
		at = t.Unix()
	} else if t, err := time.Parse(time.DateOnly, s); err == nil {
		at = t.Unix()
	} else {
		return 0, fmt.Errorf("%.60q is no time", s)
	}
	if at <= 0 {
		return 0, fmt.Errorf("%.60q is before 1970", s)
	}
	return at, nil
}

func (a *app) receiptListCmd() *cobra.Command {
	var f filterFlags
	var req node.ListReceipts
	c := &cobra.Command{Use: "list", Short: "receipts, newest first",
		Long: "Receipts that pass all the filters given, newest first. With --json, next_cursor goes on where a page\nends (--cursor), also while the log grows.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if req.Limit < 1 {
				return usageProblem("--limit must be positive", "")
			}
			if req.ReceiptFilter, err = f.parse(a.Now()); err != nil {
				return err
			}
			l, err := a.listPages(cmd, req)
			if err != nil {
				return err
			}
			return a.print(l, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for i := range l.Receipts {
					writeRow(t, &l.Receipts[i])
				}
				_ = t.Flush() // standard output is gone: nobody to tell
				if l.NextCursor != "" && len(l.Receipts) >= req.Limit {
					fmt.Fprintf(a.Stderr, "hint: there may be more: --limit N, or --cursor %s\n", l.NextCursor)
				}
			})
		}}
	f.add(c, true)
	c.Flags().IntVar(&req.Limit, "limit", 50, "how many")
	c.Flags().StringVar(&req.Cursor, "cursor", "", "go on where a page ended")
	return c
}

// listPages asks for pages until there are as many receipts as wanted.
func (a *app) listPages(cmd *cobra.Command, req node.ListReceipts) (*node.ReceiptList, error) {
	all := &node.ReceiptList{Receipts: []node.ReceiptRow{}}
	for want := req.Limit; ; {
		req.Limit = want - len(all.Receipts)
		var l node.ReceiptList
		if err := a.call(cmd.Context(), "receipt/list", req, &l); err != nil {
			return nil, err
		}
		all.Receipts = append(all.Receipts, l.Receipts...)
		all.Total, all.NextCursor = l.Total, l.NextCursor
		if l.NextCursor == "" || len(all.Receipts) >= want {
			return all, nil
		}
		req.Cursor = l.NextCursor
	}
}

// writeRow is one receipt on one line.
func writeRow(w io.Writer, r *node.ReceiptRow) {
	agent := r.Agent
	if agent == "" && r.AgentKey != "" {
		agent = r.AgentKey[:min(16, len(r.AgentKey))]
	}
	if agent == "" {
		agent = "-"
	}
	note := r.Code
	if r.Charged > 0 {
		note = wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: r.Charged, Currency: r.Currency})
	}
	if o := r.Observed; o != nil {
		note = fmt.Sprintf("would be %s by %s (%s)", o.Verdict, o.Guard, firstOf(o.Rule, o.Code))
	}
	if r.Archived != "" {
		note = "archived"
	}
	fmt.Fprintf(w, "%d\t%s\t%s\t%s/%s\t%s\t%s\t%s\n", r.Index, time.Unix(r.Time, 0).UTC().Format(time.RFC3339), r.Verdict, r.Server, r.Tool, agent, note, r.ID)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
