package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) capabilityCmd() *cobra.Command {
	c := &cobra.Command{Use: "capability", Short: "issue, inspect and revoke capabilities"}
	c.AddCommand(a.capabilityIssueCmd(), a.capabilityListCmd(),
		&cobra.Command{Use: "inspect ID", Short: "a capability, its chain and what is left of it", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				var info node.CapabilityInfo
				if err := a.call(cmd.Context(), "capability/inspect", node.ByID{ID: args[0]}, &info); err != nil {
					return err
				}
				return a.print(info, func(w io.Writer) { a.showCapability(w, &info) })
			}},
		&cobra.Command{Use: "revoke ID", Short: "revoke a capability, effective at once", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				var r node.Revoked
				if err := a.call(cmd.Context(), "capability/revoke", node.ByID{ID: args[0]}, &r); err != nil {
					return err
				}
				return a.print(r, func(w io.Writer) { fmt.Fprintf(w, "revoked %s in epoch %d\n", r.ID, r.Epoch) })
			}})
	return c
}

func (a *app) capabilityIssueCmd() *cobra.Command {
	var req node.IssueCapability
	var maxInvocations uint32
	var perCall, total string
	var pathPrefixes []string
	c := &cobra.Command{Use: "issue --agent NAME --server NAME --tool NAME", Short: "give an agent a capability on a server, ours or a peer's", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if maxInvocations > 0 {
				req.MaxInvocations = &maxInvocations
			}
			if req.MaxPerCall, err = amount(perCall); err != nil {
				return err
			}
			if req.MaxTotal, err = amount(total); err != nil {
				return err
			}
			for _, p := range pathPrefixes {
				req.Constraints = append(req.Constraints, capability.Constraint{Type: "path_prefix", Value: wire.MustMarshal(p)})
			}
			var info node.CapabilityInfo
			if err := a.call(cmd.Context(), "capability/issue", req, &info); err != nil {
				return err
			}
			return a.print(info, func(w io.Writer) { a.showCapability(w, &info) })
		}}
	f := c.Flags()
	f.StringVar(&req.Agent, "agent", "local", "the agent")
	f.StringVar(&req.Server, "server", "", "server name, or did:chio:…/name for a peer's")
	f.StringSliceVar(&req.Tools, "tool", nil, "tool name or * (repeatable)")
	f.Int64Var(&req.TTLSeconds, "ttl-seconds", 0, "life of the capability (default one day)")
	f.Uint32Var(&maxInvocations, "max-invocations", 0, "calls per tool (default no limit)")
	f.StringVar(&perCall, "max-per-call", "", `most one call may cost, as "0.03 USD"`)
	f.StringVar(&total, "max-total", "", `most all calls of a tool may cost, as "0.50 USD"`)
	f.StringSliceVar(&pathPrefixes, "path-prefix", nil, "paths in the arguments must be inside (repeatable)")
	for _, name := range []string{"server", "tool"} {
		_ = c.MarkFlagRequired(name) // the flags exist: they are defined above
	}
	return c
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
