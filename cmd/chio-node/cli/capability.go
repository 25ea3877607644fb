package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) capabilityCmd() *cobra.Command {
	c := &cobra.Command{Use: "capability", Short: "issue, request, pass on, inspect and revoke capabilities"}
	c.AddCommand(a.capabilityIssueCmd(), a.capabilityRequestCmd(), a.capabilityListCmd(), a.capabilityInspectCmd(), a.capabilityTreeCmd(),
		a.capabilityAttenuateCmd(), a.capabilityRevokeCmd(), a.capabilityKeygenCmd())
	return c
}

func (a *app) capabilityInspectCmd() *cobra.Command {
	return &cobra.Command{Use: "inspect ID", Short: "a capability, its chain and what is left of it", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var info node.CapabilityInfo
			if err := a.call(cmd.Context(), "capability/inspect", node.ByID{ID: args[0]}, &info); err != nil {
				return err
			}
			return a.print(info, func(w io.Writer) { a.showCapability(w, &info) })
		}}
}

func (a *app) capabilityRevokeCmd() *cobra.Command {
	var req node.RevokeCapability
	c := &cobra.Command{Use: "revoke ID", Short: "revoke a capability and everything below it, effective at once",
		Long: "Every chain that contains the token ends with it, whoever derived the rest. --subtree also names each\n" +
			"descendant issued here in the same epoch, for parties that look at tokens one by one.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var r node.RevokedCapability
			req.ID = args[0]
			if err := a.call(cmd.Context(), "capability/revoke", req, &r); err != nil {
				return err
			}
			return a.print(r, func(w io.Writer) {
				fmt.Fprintf(w, "revoked %s in epoch %d\n", r.ID, r.Epoch)
				if req.Subtree {
					fmt.Fprintf(w, "and %d descendant(s) issued here\n", len(r.Descendants)+r.Unnamed)
				}
				for _, id := range r.Descendants {
					fmt.Fprintln(w, "  "+id)
				}
			})
		}}
	c.Flags().BoolVar(&req.Subtree, "subtree", false, "name the descendants issued here too")
	return c
}

func (a *app) capabilityTreeCmd() *cobra.Command {
	return &cobra.Command{Use: "tree ID", Short: "a capability, what it hangs on, and what was issued below it here", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var tree node.CapabilityTree
			if err := a.call(cmd.Context(), "capability/tree", node.ByID{ID: args[0]}, &tree); err != nil {
				return err
			}
			return a.print(tree, func(w io.Writer) {
				for _, t := range tree.Tokens {
					state := capabilityState(&node.CapabilityInfo{Revoked: t.Revoked, ExpiresAt: t.ExpiresAt}, a.Now())
					name := t.Agent
					if name == "" {
						name = t.Subject.String()
					}
					fmt.Fprintf(w, "%s%s  %s  %s\n", strings.Repeat("  ", t.Depth), t.ID, state, name)
				}
				fmt.Fprintf(w, "%d descendant(s) issued here\n", tree.Descendants)
			})
		}}
}

// amount parses "0.03 USD"; "" is no limit.
func amount(s string) (*wire.MonetaryAmount, error) {
	if s == "" {
		return nil, nil
	}
	m, err := wire.DefaultCurrencies().Parse(s)
	if err != nil {
		return nil, &node.Problem{Code: "CHIO-USAGE", Message: err.Error(), Hint: `write an amount as "0.03 USD"`, Exit: node.ExitUsage}
	}
	return &m, nil
}

func (a *app) capabilityListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "the capabilities this node issued", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list struct {
				Capabilities []node.CapabilityInfo `json:"capabilities"`
			}
			if err := a.call(cmd.Context(), "capability/list", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, c := range list.Capabilities {
					fmt.Fprintf(t, "%s\t%s\t%s\tuntil %s\n", c.ID, c.Agent, capabilityState(&c, a.Now()), time.Unix(c.ExpiresAt, 0).UTC().Format(time.RFC3339))
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func capabilityState(c *node.CapabilityInfo, now time.Time) string {
	switch {
	case c.Revoked:
		return "revoked"
	case c.ExpiresAt <= now.Unix():
		return "expired"
	default:
		return "active"
	}
}

func (a *app) showCapability(w io.Writer, c *node.CapabilityInfo) {
	currencies := wire.DefaultCurrencies()
	fmt.Fprintf(w, "capability  %s  %s\nsubject     %s  %s\nexpires     %s\nchain       %d token(s)\n", c.ID, capabilityState(c, a.Now()),
		c.Subject, c.Agent, time.Unix(c.ExpiresAt, 0).UTC().Format(time.RFC3339), len(c.Chain))
	for _, b := range c.Budgets {
		fmt.Fprintf(w, "grant %d     %s: %d call(s)", b.Grant, b.Tool, b.Invocations)
		if b.Currency != "" {
			fmt.Fprintf(w, ", spent %s", currencies.Format(wire.MonetaryAmount{Units: b.Spent, Currency: b.Currency}))
		}
		if b.Total > 0 {
			fmt.Fprintf(w, " of %s", currencies.Format(wire.MonetaryAmount{Units: b.Total, Currency: b.Currency}))
		}
		fmt.Fprintln(w)
	}
}
