package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

// federateChangeCmds are what an operator decides about a peer alone.
func (a *app) federateChangeCmds() []*cobra.Command {
	var q node.ChangePeer
	freeze := a.federateChange("freeze DID --reason TEXT", "stop everything with a peer until it is thawed", "federate/freeze", &q,
		"Calls both ways are denied from now on. The treaty stays, and what is owed stays owed.")
	thaw := a.federateChange("thaw DID", "go on with a frozen peer", "federate/thaw", &q,
		"Thaws a peer that an operator or this node froze. If there is proof that its log told two stories, it takes\n"+
			"--despite-evidence: from then on its log counts again if it continues the head that is held.")
	leave := a.federateChange("leave DID --reason TEXT", "end the treaty with a peer", "federate/leave", &q,
		"Calls both ways are denied from now on; the peer learns it when it is refused. What is owed stays owed, and is\n"+
			"settled more easily before. federate begins another treaty, which both sign anew.")
	revoke := a.federateChange("revoke DID --reason TEXT --confirm LAST8", "end every relationship with a peer, for ever", "federate/revoke", &q,
		"As leave, and no hello of it is answered any more. There is no way back.")
	for _, c := range []*cobra.Command{freeze, leave, revoke} {
		c.Flags().StringVar(&q.Reason, "reason", "", "why; it stays with the record")
		_ = c.MarkFlagRequired("reason") // the flag is defined above
	}
	thaw.Flags().BoolVar(&q.DespiteEvidence, "despite-evidence", false, "thaw a peer whose log is proven to have told two stories")
	revoke.Flags().StringVar(&q.Confirm, "confirm", "", "the last eight characters of the DID")
	return []*cobra.Command{freeze, thaw, leave, revoke}
}

func (a *app) federateChange(use, short, op string, q *node.ChangePeer, long string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Long: long, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.DID = args[0]
			var p node.PeerInfo
			if err := a.call(cmd.Context(), op, *q, &p); err != nil {
				return err
			}
			return a.print(p, func(w io.Writer) { fmt.Fprintf(w, "%s  %s\n", p.DID, p.State) })
		}}
}
