package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
)

func (a *app) settleReleaseCmd() *cobra.Command {
	var req node.ReleaseRequest
	c := &cobra.Command{Use: "release CHANNEL", Short: "let a halted channel pay again, now that chain and ledger agree",
		Long: "A channel is halted when its chain and the ledger differ, and stays so until somebody has looked. While they\n" +
			"differ it is not released, and both figures are named.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Channel = args[0]
			var done node.Empty
			if err := a.call(cmd.Context(), "settle/release", req, &done); err != nil {
				return err
			}
			return a.print(done, func(w io.Writer) { fmt.Fprintf(w, "channel %s pays again\n", req.Channel) })
		}}
	c.Flags().StringVar(&req.Reason, "reason", "", "what was found out; it is kept")
	_ = c.MarkFlagRequired("reason") // the flag exists: it is defined above
	return c
}

// paymentsFinding is doctor's line about payments that stand still.
func paymentsFinding(r store.Reader) finding {
	t, err := settlement.ReadTotals(r)
	if err != nil {
		return bad("payments", err, "what is owed cannot be relied on; nothing is paid", restoreHint)
	}
	if len(t.Problems) > 0 {
		return wrong("payments", "nothing is paid there until somebody has looked", "chio-node settle status, then settle release or settle run",
			"%s", strings.Join(t.Problems, "; "))
	}
	return fine("payments", "no channel is halted, nothing is undelivered")
}
