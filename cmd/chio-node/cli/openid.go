package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) openidCmd() *cobra.Command {
	c := &cobra.Command{Use: "openid", Short: "issue and ask for passports by OpenID, for wallets of others"}
	c.AddCommand(a.openidOfferCmd(), a.openidOffersCmd(), a.openidWithdrawCmd(), a.openidRequestCmd(), a.openidResultCmd())
	return c
}

func (a *app) openidOfferCmd() *cobra.Command {
	var f passportFlags
	var req node.OfferPassport
	var agent string
	var byValue bool
	c := &cobra.Command{Use: "offer --agent NAME", Short: "offer a passport to an agent whose key is in a wallet of others", Args: cobra.NoArgs,
		Long: "Prints the offer for the wallet (OpenID4VCI 1.0). Who brings it first is given the passport, about the key it\n" +
			"proves; with --tx-code only together with the code, which you send another way. All --format are forms of one\n" +
			"passport. The offer is printed once and kept nowhere. The node must run with vc_api.openid4vci.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			issue, err := f.request(agent)
			if err != nil {
				return err
			}
			req.Issue = issue
			var o node.OfferedPassport
			if err := a.call(cmd.Context(), "openid/offer", req, &o); err != nil {
				return err
			}
			return a.print(o, func(w io.Writer) {
				uri := o.URI
				if byValue {
					uri = o.ValueURI
				}
				fmt.Fprintf(w, "offer    %s\nuntil    %s\nfor      %s\n", o.ID, o.ExpiresAt, uri)
				if o.TxCode != "" {
					fmt.Fprintf(w, "tx code  %s\n", o.TxCode)
				}
			})
		}}
	c.Flags().StringVar(&agent, "agent", "", "the agent's name")
	c.Flags().StringSliceVar(&req.Formats, "format", nil, "ldp_vc, vc+jwt or dc+sd-jwt (repeatable; default ldp_vc)")
	c.Flags().BoolVar(&req.TxCode, "tx-code", false, "ask the wallet's user for a code of six digits")
	c.Flags().Int64Var(&req.TTLSeconds, "offer-ttl-seconds", 0, "how long the offer can be used (default 15 minutes)")
	c.Flags().BoolVar(&byValue, "by-value", false, "print the whole offer instead of where it is fetched")
	f.addContent(c)
	_ = c.MarkFlagRequired("agent") // the flag exists: it is defined above
	return c
}

func (a *app) openidOffersCmd() *cobra.Command {
	return &cobra.Command{Use: "offers", Short: "the offers to wallets, and what became of each", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.OfferList
			if err := a.call(cmd.Context(), "openid/offers", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, o := range list.Offers {
					fmt.Fprintf(t, "%s\t%s\t%s\tuntil %s\t%s\t%s\n", o.Agent, o.Status, o.ID, o.ExpiresAt, strings.Join(o.Formats, ","), o.Passport)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) openidWithdrawCmd() *cobra.Command {
	return &cobra.Command{Use: "withdraw ID", Short: "end an offer that no wallet has collected", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var o node.OfferInfo
			if err := a.call(cmd.Context(), "openid/withdraw", node.OfferRequest{ID: args[0]}, &o); err != nil {
				return err
			}
			return a.print(o, func(w io.Writer) { fmt.Fprintf(w, "withdrew %s\n", o.ID) })
		}}
}
