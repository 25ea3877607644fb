package cli

import (
	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

// disputeCmd is what the paying side says of a receipt, and what became of it:
// the verbs of federate disputes under the names of money.
func (a *app) disputeCmd() *cobra.Command {
	c := &cobra.Command{Use: "dispute", Short: "receipts of a peer that we do not owe, and what both sides can prove"}
	open := a.disputesObjectCmd()
	open.Use = "open DID CALL --reason REASON"
	c.AddCommand(&cobra.Command{Use: "list [DID]", Short: "disputes with one peer, or with all", Args: cobra.MaximumNArgs(1), RunE: a.listDisputes},
		open, a.disputeResolveCmd(), a.disputesShowCmd(), a.disputesExportCmd())
	return c
}

func (a *app) disputeResolveCmd() *cobra.Command {
	var withdraw bool
	c := &cobra.Command{Use: "resolve DID CALL --withdraw", Short: "end a dispute of ours: sign for the call after all",
		Long: "The charge counts from then on, at both sides, and the next statement pays it. Only who opened a dispute ends it; until\n" +
			"then what is disputed is in no statement and stays owed.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !withdraw {
				return usageProblem("say how it ends", "--withdraw signs for the call after all; nothing else ends a dispute")
			}
			return a.objected(cmd, "federate/withdraw", node.ObjectRequest{DID: args[0], CallID: args[1]})
		}}
	c.Flags().BoolVar(&withdraw, "withdraw", false, "sign for the call after all")
	return c
}
