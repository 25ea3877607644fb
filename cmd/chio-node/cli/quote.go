package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

// quoteCmd shows what calls cost at peers before they are made.
func (a *app) quoteCmd() *cobra.Command {
	c := &cobra.Command{Use: "quote", Short: "what calls cost at peers, in their currency and in the one that pays",
		Long: "A price is part of the terms that a peer signed, and fixed by the treaty: it is not negotiated per call. The call itself\n" +
			"accepts it: your kernel signs the price as the most that may be charged, and names the price round."}
	c.AddCommand(&cobra.Command{Use: "list [DID]", Short: "the prices in force at one peer, or at all", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var q node.QuoteRequest
			if len(args) == 1 {
				q.DID = args[0]
			}
			return a.quotes(cmd, q)
		}},
		&cobra.Command{Use: "request DID SERVER TOOL", Short: "exchange with a peer, then say what one tool costs there now", Args: cobra.ExactArgs(3),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.quotes(cmd, node.QuoteRequest{DID: args[0], Server: args[1], Tool: args[2], Fresh: true})
			}})
	return c
}

func (a *app) quotes(cmd *cobra.Command, q node.QuoteRequest) error {
	var list node.QuoteList
	if err := a.call(cmd.Context(), "quote/list", q, &list); err != nil {
		return err
	}
	return a.print(list, func(w io.Writer) { showQuotes(w, &list) })
}

func showQuotes(w io.Writer, list *node.QuoteList) {
	if len(list.Quotes) == 0 {
		fmt.Fprintln(w, "no tools of peers: chio-node federate list")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TOOL\tPRICE\tRESERVED AT MOST\tPAID\tUNTIL\t")
	for _, q := range list.Quotes {
		cost := price(q.Price)
		if q.Price == nil {
			cost = "free"
		}
		fmt.Fprintf(t, "%s/%s/%s\t%s\t%s\t%s\t%s\t%s\n", q.Peer, q.Server, q.Tool, cost, price(q.Reserve), price(q.Settles),
			time.Unix(q.ValidUntil, 0).UTC().Format(time.RFC3339), q.Problem)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	fmt.Fprintln(w, "amounts are minor units; a call accepts its price")
}
