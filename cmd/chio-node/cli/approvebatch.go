package cli

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) approveBatchCmd() *cobra.Command {
	c := &cobra.Command{Use: "batch", Short: "approve a bounded number of calls in advance"}
	c.AddCommand(a.batchAddCmd(),
		&cobra.Command{Use: "list", Short: "batch approvals and what of them is used", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				var l node.BatchList
				if err := a.call(cmd.Context(), "approve/batch/list", node.Empty{}, &l); err != nil {
					return err
				}
				return a.print(l, func(w io.Writer) {
					t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
					for _, b := range l.Batches {
						fmt.Fprintln(t, a.batchLine(&b))
					}
					_ = t.Flush() // standard output is gone: nobody to tell
				})
			}},
		&cobra.Command{Use: "revoke ID", Short: "end a batch approval, effective at once", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				var b node.BatchInfo
				if err := a.call(cmd.Context(), "approve/batch/revoke", node.ByID{ID: args[0]}, &b); err != nil {
					return err
				}
				return a.print(b, func(w io.Writer) { fmt.Fprintf(w, "revoked %s\n", b.BatchID) })
			}})
	return c
}

func (a *app) batchLine(b *node.BatchInfo) string {
	agent, state := b.Agent, "until "+clock(b.NotAfter)
	if agent == "" {
		agent = b.Subject.String()
	}
	switch now := a.Now().Unix(); {
	case b.RevokedAt != 0:
		state = "revoked"
	case now >= b.NotAfter:
		state = "over"
	}
	used := fmt.Sprintf("%d", b.UsedCalls)
	if b.MaxCalls != nil {
		used += fmt.Sprintf(" of %d", *b.MaxCalls)
	}
	used += " calls"
	if m := b.MaxTotalAmount; m != nil {
		c := wire.DefaultCurrencies()
		used += ", " + c.Format(wire.MonetaryAmount{Units: b.UsedAmount, Currency: m.Currency}) + " of " + c.Format(*m)
	}
	return fmt.Sprintf("%s\t%s\t%s %s\t%s\t%s", b.BatchID, agent, b.ServerPattern, b.ToolPattern, used, state)
}

func (a *app) batchAddCmd() *cobra.Command {
	var req node.AddBatch
	var file, perCall, total string
	var calls uint32
	c := &cobra.Command{Use: "add --agent NAME --tool NAME --max-calls N", Short: "let an agent make some calls without asking each time",
		Long: "Signed with the operator's approver key, or by another approver with --file. At least --max-calls or --max-total\n" +
			"bounds it; calls that cost something need an amount bound. It counts as that approver's vote.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if file != "" {
				if req.File, err = os.ReadFile(file); err != nil {
					return fmt.Errorf("read the batch approval: %w", err)
				}
			}
			if calls > 0 {
				req.MaxCalls = &calls
			}
			if req.MaxPerCall, err = amount(perCall); err != nil {
				return err
			}
			if req.MaxTotal, err = amount(total); err != nil {
				return err
			}
			var b node.BatchInfo
			if err := a.call(cmd.Context(), "approve/batch/add", req, &b); err != nil {
				return err
			}
			return a.print(b, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, a.batchLine(&b))
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
	f := c.Flags()
	f.StringVar(&file, "file", "", "a batch approval that another approver signed")
	f.StringVar(&req.Agent, "agent", "local", "the agent: its name, or the key of a peer's agent in hex")
	f.StringVar(&req.Server, "server", "*", "server: a name, *, or a prefix and *")
	f.StringVar(&req.Tool, "tool", "", "tool: a name, *, or a prefix and *")
	f.Uint32Var(&calls, "max-calls", 0, "how many calls")
	f.StringVar(&perCall, "max-per-call", "", `most one call may cost, as "0.03 USD"`)
	f.StringVar(&total, "max-total", "", `most all of them may cost, as "0.50 USD"`)
	f.StringSliceVar(&req.Guards, "guard", nil, "answer only this guard (repeatable; default any)")
	f.Int64Var(&req.TTLSeconds, "ttl-seconds", 0, "how long it holds (default one day, at most thirty)")
	return c
}
