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
		open, a.disputeAnswerCmd(), a.disputeResolveCmd(), a.disputesShowCmd(), a.disputesExportCmd())
	return c
}

func (a *app) disputeAnswerCmd() *cobra.Command {
	q := node.AnswerRequest{}
	var reject bool
	c := &cobra.Command{Use: "answer DID CALL {--waive | --reject --statement TEXT}", Short: "answer a peer's objection to a receipt of yours, signed",
		Long: "--waive gives the charge up: at both sides nothing is owed for the call any more, and it counts against no credit. It cannot\n" +
			"be taken back. --reject stands by the receipt and says why; the charge stays disputed until the peer withdraws its\n" +
			"objection, or you waive. dispute export shows the answer to anybody.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if q.Waive == reject {
				return usageProblem("say what the answer is", "either --waive, or --reject --statement TEXT")
			}
			if reject && q.Statement == "" {
				return usageProblem("a rejection says why", "--reject --statement TEXT")
			}
			q.DID, q.CallID = args[0], args[1]
			return a.objected(cmd, "federate/answer", q)
		}}
	c.Flags().BoolVar(&q.Waive, "waive", false, "give the charge up")
	c.Flags().BoolVar(&reject, "reject", false, "stand by the receipt")
	c.Flags().StringVar(&q.Statement, "statement", "", "what to say with it, at most 2000 bytes")
	return c
}

func (a *app) disputeResolveCmd() *cobra.Command {
	var withdraw bool
	c := &cobra.Command{Use: "resolve DID CALL --withdraw", Short: "end a dispute of ours: sign for the call after all",
		Long: "The charge counts from then on, at both sides, and the next statement pays it. Who opened a dispute ends it so, and the\n" +
			"other side by dispute answer --waive; until then what is disputed is in no statement and stays owed.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !withdraw {
				return usageProblem("say how it ends", "--withdraw signs for the call after all; the other side gives the charge up with dispute answer --waive")
			}
			return a.objected(cmd, "federate/withdraw", node.ObjectRequest{DID: args[0], CallID: args[1]})
		}}
	c.Flags().BoolVar(&withdraw, "withdraw", false, "sign for the call after all")
	return c
}
