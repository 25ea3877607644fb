package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// contractCmd shows the contracts that agents may call; the configuration says
// which.
func (a *app) contractCmd() *cobra.Command {
	c := &cobra.Command{Use: "contract", Short: "functions of smart contracts as tools: which there are, what was called"}
	c.AddCommand(a.contractToolsCmd(), a.contractCallsCmd())
	return c
}

func (a *app) contractToolsCmd() *cobra.Command {
	return &cobra.Command{Use: "tools", Short: "the functions of contracts that are tools, with what a call may cost", Args: cobra.NoArgs,
		Long: "--json adds the JSON schema of each tool's arguments. docs/contract-tools.md says how to set one up.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.ContractTools
			if err := a.call(cmd.Context(), "contract/tools", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				if len(list.Tools) == 0 {
					fmt.Fprintln(w, "no contract tools")
					return
				}
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for i := range list.Tools {
					f := &list.Tools[i]
					cost := "up to " + f.MaxPrice
					switch {
					case f.View:
						cost = "view, free"
					case f.MaxPrice == "":
						cost = "gas only"
					}
					fmt.Fprintf(t, "%s/%s\t%s\t%s %s\t%s\t%s\n", f.Server, f.Tool, cost, f.Network, f.Contract, f.Function, f.Description)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

func (a *app) contractCallsCmd() *cobra.Command {
	var req node.ListX402
	c := &cobra.Command{Use: "calls", Short: "calls of contracts, with what each spent and how far it has come", Args: cobra.NoArgs,
		Long: "In the order of chain, account and hash of the call. docs/contract-tools.md says what each state means.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.Limit < 1 || req.Limit > node.MaxX402Page {
				return usageProblem(fmt.Sprintf("--limit is from 1 to %d", node.MaxX402Page), "")
			}
			var list node.ContractCalls
			if err := a.call(cmd.Context(), "contract/calls", req, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				if len(list.Calls) == 0 {
					fmt.Fprintln(w, "no contract calls")
					return
				}
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for i := range list.Calls {
					showContractCall(t, &list.Calls[i])
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

func showContractCall(w io.Writer, e *node.ContractCallInfo) {
	state := string(e.State)
	if e.Reverted {
		state += ", reverted"
	}
	if e.Granted {
		state += ", allowance open"
	}
	tx := "-"
	if !e.Tx.IsZero() {
		tx = "0x" + e.Tx.String()
	}
	spent := wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: e.Spent, Currency: "USDC"})
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", state, spent, e.To, tx, e.ID, e.Reason)
}
