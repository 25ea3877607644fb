package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// settlePaymentCmds are the verbs for payments without a channel.
func (a *app) settlePaymentCmds() []*cobra.Command {
	return []*cobra.Command{a.settlePaymentsCmd(), a.settlePaidCmd(), a.settleConfirmCmd(), a.settleRejectCmd(), a.settleReturnCmd(),
		a.settleStripeCmd(), a.settleReceiptsCmd()}
}

func (a *app) settlePaymentsCmd() *cobra.Command {
	var req node.ListPayments
	c := &cobra.Command{Use: "payments [PEER]", Short: "statements that are paid without a channel, and how each stands", Args: cobra.MaximumNArgs(1),
		Long: "Lists what is not settled, with what the payer has stated and the payee has not answered; --all lists everything.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				req.Peer = args[0]
			}
			return a.payment(cmd, "settle/payments", req)
		}}
	c.Flags().BoolVar(&req.All, "all", false, "settled ones, too")
	return c
}

func (a *app) settlePaidCmd() *cobra.Command {
	var req node.PaymentRequest
	var units, when string
	c := &cobra.Command{Use: "paid STATEMENT", Short: "say that a statement was paid outside, as its payer", Args: cobra.ExactArgs(1),
		Long: "STATEMENT is one that settle run left as awaiting_payment, or of which a part is unpaid. The payee is told, and nothing\n" +
			"counts as paid until its operator confirms it. Said again, with the same reference, it is only sent again.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if when != "" {
				at, err := time.Parse(time.RFC3339, when)
				if err != nil {
					return usageProblem("--paid-at: "+err.Error(), "write it as 2026-11-23T10:00:00Z")
				}
				req.PaidAt = at.Unix()
			}
			return a.decidePayment(cmd, "settle/paid", &req, args[0], units)
		}}
	c.Flags().StringVar(&req.Reference, "reference", "", "what the payee will find at its bank: 1 to 128 printable characters")
	c.Flags().StringVar(&units, "amount", "", `what was paid, as "0.40 USD" (default all that is left)`)
	c.Flags().StringVar(&when, "paid-at", "", "when, RFC 3339 (default now)")
	_ = c.MarkFlagRequired("reference") // the flag exists: it is defined above
	return c
}

func (a *app) settleConfirmCmd() *cobra.Command {
	var req node.PaymentRequest
	var units string
	c := &cobra.Command{Use: "confirm STATEMENT", Short: "say that a stated payment has come, as its payee", Args: cobra.ExactArgs(1),
		Long: "From then on it counts, at both sides: in the ledgers, and as credit of the payer. For a statement billed by Stripe it\n" +
			"says that Stripe has counted a report whose answer was lost.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.decidePayment(cmd, "settle/confirm", &req, args[0], units)
		}}
	c.Flags().StringVar(&units, "amount", "", `what has come, if it is less than was stated, as "0.40 USD"`)
	return c
}

func (a *app) settleRejectCmd() *cobra.Command {
	var req node.PaymentRequest
	c := &cobra.Command{Use: "reject STATEMENT", Short: "say that a stated payment has not come, as its payee", Args: cobra.ExactArgs(1),
		Long: "What is owed stays owed, and the payer may state another payment. For a statement billed by Stripe it says that Stripe\n" +
			"has not counted a report whose answer was lost.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.decidePayment(cmd, "settle/reject", &req, args[0], "")
		}}
	c.Flags().StringVar(&req.Reason, "reason", "", "why; the payer reads it")
	_ = c.MarkFlagRequired("reason") // the flag exists: it is defined above
	return c
}

func (a *app) settleReturnCmd() *cobra.Command {
	var req node.PaymentRequest
	var units string
	c := &cobra.Command{Use: "return STATEMENT", Short: "say that a payment outside went back, as its payee", Args: cobra.ExactArgs(1),
		Long: "The amount is owed again, and counts against the payer's credit. Said again, with the same reference, it changes nothing.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.decidePayment(cmd, "settle/return", &req, args[0], units)
		}}
	f := c.Flags()
	f.StringVar(&req.Reason, "reason", "", "why; the payer reads it")
	f.StringVar(&req.Kind, "kind", settlement.MoveRefund, "refund (we gave it back), reversal (the bank took it back) or chargeback (the payer's bank did)")
	f.StringVar(&req.Of, "of", "", "reference of the payment that went back (default the newest)")
	f.StringVar(&req.Reference, "reference", "", "what names the movement at the bank (default made of kind and payment)")
	f.StringVar(&units, "amount", "", `how much, as "0.40 USD" (default all that is left of the payment)`)
	_ = c.MarkFlagRequired("reason") // the flag exists: it is defined above
	return c
}

func (a *app) decidePayment(cmd *cobra.Command, op string, req *node.PaymentRequest, statement, units string) (err error) {
	if req.Statement, err = wire.ParseDigest(statement); err != nil {
		return usageProblem("statement: "+err.Error(), "chio-node settle payments --all lists the ids")
	}
	if req.Amount, err = amount(units); err != nil {
		return err
	}
	return a.payment(cmd, op, req)
}

func (a *app) payment(cmd *cobra.Command, op string, req any) error {
	var res node.Payments
	if err := a.call(cmd.Context(), op, req, &res); err != nil {
		return err
	}
	err := a.print(res, func(w io.Writer) {
		if len(res.Payments) == 0 {
			fmt.Fprintln(w, "nothing is paid without a channel, or everything is settled")
		}
		for i := range res.Payments {
			showPayment(w, &res.Payments[i])
		}
		if res.Problem != "" {
			fmt.Fprintf(w, "recorded; the peer was not told and will be: %s\n", res.Problem)
		}
	})
	if err == nil && res.Problem != "" {
		return exit(node.ExitFailure)
	}
	return err
}

func showPayment(w io.Writer, p *settlement.Paid) {
	money := func(units uint64) string {
		return wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: units, Currency: p.Currency})
	}
	as := "payer"
	if p.Side == settlement.In {
		as = "payee"
	}
	fmt.Fprintf(w, "%s\n  by %s with %s as %s: %s, %s of %s\n", p.Statement, p.Rail, p.Peer, as, p.State, money(p.Captured-p.Returned), money(p.Authorized))
	if p.Returned > 0 {
		fmt.Fprintf(w, "  %s went back\n", money(p.Returned))
	}
	if p.Claimed > 0 {
		fmt.Fprintf(w, "  %s stated under %q waits for the payee: settle confirm or settle reject\n", money(p.Claimed), p.Reference)
	}
	if p.Reason != "" {
		fmt.Fprintf(w, "  %s\n", p.Reason)
	}
}
