package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement/stripe"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) settleStripeCmd() *cobra.Command {
	c := &cobra.Command{Use: "stripe", Short: "what Stripe said and could not be booked", Args: cobra.NoArgs,
		Long: "Lists events of invoices, refunds and disputes that wait, and for what. They are tried again each minute and with\n" +
			"every new event.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.stripeEvents(cmd, "settle/stripe", node.Empty{}) }}
	c.AddCommand(a.settleStripeTakeCmd(), a.settleStripeDropCmd())
	return c
}

func (a *app) settleStripeTakeCmd() *cobra.Command {
	var units string
	c := &cobra.Command{Use: "take EVENT", Short: "book an event that waits, or a part of it", Args: cobra.ExactArgs(1),
		Long: "For an invoice that holds more than usage, such as tax: --amount is the part that pays statements.",
		RunE: func(cmd *cobra.Command, args []string) error {
			req := node.StripeDecision{Event: args[0]}
			if units != "" {
				var err error
				if req.Amount, err = amount(units); err != nil {
					return err
				}
			}
			return a.stripeEvents(cmd, "settle/stripe/take", req)
		}}
	c.Flags().StringVar(&units, "amount", "", `the part of it, as "0.40 USD" (default all)`)
	return c
}

func (a *app) settleStripeDropCmd() *cobra.Command {
	var req node.StripeDecision
	c := &cobra.Command{Use: "drop EVENT", Short: "take an event off the list without booking it", Args: cobra.ExactArgs(1),
		Long: "For what is no business of the node: a dispute of another customer of the same account. The event is not taken again.",
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Event = args[0]
			return a.stripeEvents(cmd, "settle/stripe/drop", req)
		}}
	c.Flags().StringVar(&req.Reason, "reason", "", "why; it stays with the event")
	_ = c.MarkFlagRequired("reason") // the flag exists: it is defined above
	return c
}

func (a *app) stripeEvents(cmd *cobra.Command, op string, req any) error {
	var res node.StripeEvents
	if err := a.call(cmd.Context(), op, req, &res); err != nil {
		return err
	}
	return a.print(res, func(w io.Writer) {
		if len(res.Events) == 0 {
			fmt.Fprintln(w, "nothing waits")
		}
		for i := range res.Events {
			showStripeEvent(w, &res.Events[i])
		}
	})
}

func showStripeEvent(w io.Writer, entry *stripe.Entry) {
	e := &entry.Event
	fmt.Fprintf(w, "%s  %s of %s: %s\n", e.ID, e.Type, wire.DefaultCurrencies().Format(e.Amount), entry.State)
	if entry.Why != "" {
		fmt.Fprintf(w, "  %s\n", entry.Why)
	}
}
