package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// x402Cmd shows payments per HTTP call; the configuration says what is sold and
// bought.
func (a *app) x402Cmd() *cobra.Command {
	c := &cobra.Command{Use: "x402", Short: "payments per HTTP call: what was sold, what was bought"}
	c.AddCommand(
		a.x402ListCmd("sales", "calls of our tools that somebody paid for over HTTP 402", "payer"),
		a.x402ListCmd("purchases", "calls of others' resources that were paid for over HTTP 402", "payee"),
		a.x402ChannelsCmd())
	return c
}

func (a *app) x402ChannelsCmd() *cobra.Command {
	return &cobra.Command{Use: "channels", Short: "deposits of others that pay for our calls, and what of them is not claimed", Args: cobra.NoArgs,
		Long: "Channels of the x402 scheme batch-settlement. docs/x402.md says when they are claimed from.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.X402Channels
			if err := a.call(cmd.Context(), "x402/channels", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				if len(list.Channels) == 0 {
					fmt.Fprintln(w, "no channels")
					return
				}
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for i := range list.Channels {
					c := &list.Channels[i]
					amount := func(units uint64) string {
						return wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: units, Currency: c.Currency})
					}
					lost := ""
					if c.Lost > 0 {
						lost = "lost " + amount(c.Lost)
					}
					fmt.Fprintf(t, "%s\tpayer %s\tcharged %s\tunclaimed %s\t%s\n", c.Channel, c.Payer, amount(c.Charged), amount(c.Unclaimed), lost)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) x402ListCmd(name, short, party string) *cobra.Command {
	var req node.ListX402
	c := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs,
		Long: "In the order of network, token, account and nonce. docs/x402.md says what each state means.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.Limit < 1 || req.Limit > node.MaxX402Page {
				return usageProblem(fmt.Sprintf("--limit is from 1 to %d", node.MaxX402Page), "")
			}
			var list node.X402Entries
			if err := a.call(cmd.Context(), "x402/"+name, req, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				if len(list.Entries) == 0 {
					fmt.Fprintf(w, "no %s\n", name)
					return
				}
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for i := range list.Entries {
					e := &list.Entries[i]
					paid := wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: e.Amount, Currency: e.Currency})
					fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\n", e.State, paid, party, e.Party, e.Tx, e.Reason)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
				if list.Next != "" {
					fmt.Fprintf(a.Stderr, "hint: there are more: --after %s\n", list.Next)
				}
			})
		}}
	c.Flags().StringVar(&req.After, "after", "", "go on where a page ended")
	c.Flags().IntVar(&req.Limit, "limit", 200, "how many")
	return c
}
