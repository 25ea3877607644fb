package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// federateChangeCmds are what an operator decides about a peer alone.
func (a *app) federateChangeCmds() []*cobra.Command {
	var q node.ChangePeer
	freeze := a.federateChange("freeze DID --reason TEXT", "stop everything with a peer until it is thawed", "federate/freeze", &q,
		"Calls both ways are denied from now on. The treaty stays, and what is owed stays owed. The peer is not told.")
	thaw := a.federateChange("thaw DID", "go on with a frozen peer", "federate/thaw", &q,
		"Thaws a peer that an operator or this node froze. If there is proof that its log told two stories, it takes a\n"+
			"resolution that both signed (federate resolve), or --despite-evidence: you decide alone, and the history says so.\n"+
			"From then on its log counts again if it continues the head that is held.")
	leave := a.federateChange("leave DID --reason TEXT", "end the treaty with a peer", "federate/leave", &q,
		"Calls both ways are denied from now on. The peer is told --code by a signed notice, now or when it is reached again;\n"+
			"--reason stays here. What is owed stays owed, and is settled more easily before. federate begins another treaty,\n"+
			"which both sign anew.")
	revoke := a.federateChange("revoke DID --reason TEXT --confirm LAST8", "end every relationship with a peer, for ever", "federate/revoke", &q,
		"Calls both ways are denied, and no hello of it is answered any more. It is not told. There is no way back.")
	for _, c := range []*cobra.Command{freeze, leave, revoke} {
		c.Flags().StringVar(&q.Reason, "reason", "", "why; it stays with the record")
		_ = c.MarkFlagRequired("reason") // the flag is defined above
	}
	thaw.Flags().BoolVar(&q.DespiteEvidence, "despite-evidence", false, "thaw a peer whose log is proven to have told two stories")
	leave.Flags().StringVar(&q.Code, "code", "unspecified", "what the peer is told: "+strings.Join(federation.EndCodes, ", "))
	revoke.Flags().StringVar(&q.Confirm, "confirm", "", "the last eight characters of the DID")
	return []*cobra.Command{freeze, thaw, leave, revoke, a.federateDeclineCmd(), a.federateResolveCmd(), a.federateForgetCmd()}
}

func (a *app) federateForgetCmd() *cobra.Command {
	return &cobra.Command{Use: "forget DID", Short: "remove a peer with which there never was a treaty", Args: cobra.ExactArgs(1),
		Long: "Its history, terms written for it, and that a proposal was declined go too; if it says hello again it is a stranger.\n" +
			"A peer stays while a proposal or a notice waits, and for ever if there was a treaty: receipts name it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var gone node.ForgottenPeer
			if err := a.call(cmd.Context(), "federate/forget", node.ShowPeer{DID: args[0]}, &gone); err != nil {
				return err
			}
			return a.print(gone, func(w io.Writer) { fmt.Fprintf(w, "%s  forgotten\n", gone.DID) })
		}}
}

func (a *app) federateChange(use, short, op string, q *node.ChangePeer, long string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Long: long, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.DID = args[0]
			var p node.PeerInfo
			if err := a.call(cmd.Context(), op, *q, &p); err != nil {
				return err
			}
			return a.print(p, func(w io.Writer) { a.showState(w, &p) })
		}}
}

// showState is the answer to a decision about a peer.
func (a *app) showState(w io.Writer, p *node.PeerInfo) {
	fmt.Fprintf(w, "%s  %s\n", p.DID, p.State)
	if p.Untold > 0 {
		fmt.Fprintln(a.Stderr, "hint: the peer could not be told; it is tried again until it is reached")
	}
}

func (a *app) federateDeclineCmd() *cobra.Command {
	var reason string
	c := &cobra.Command{Use: "decline DID HASH --reason TEXT", Short: "refuse the treaty a peer proposed", Args: cobra.ExactArgs(2),
		Long: "The peer is told the reason by a signed notice, now or when it is reached again. A treaty in force stays in force.\n" +
			"The same proposal is refused from then on; propose it with federate to have it after all.",
		RunE: func(cmd *cobra.Command, args []string) error {
			hash, err := proposalHash(args[1])
			if err != nil {
				return err
			}
			var p node.PeerInfo
			if err := a.call(cmd.Context(), "federate/decline", node.DeclineTreaty{DID: args[0], Proposal: hash, Reason: reason}, &p); err != nil {
				return err
			}
			return a.print(p, func(w io.Writer) { a.showState(w, &p) })
		}}
	c.Flags().StringVar(&reason, "reason", "", "why; the peer is told")
	_ = c.MarkFlagRequired("reason") // the flag is defined above
	return c
}

func (a *app) federateResolveCmd() *cobra.Command {
	var statement, accept string
	c := &cobra.Command{Use: "resolve DID --statement TEXT | --accept HASH", Short: "say together with a peer what evidence against it means", Args: cobra.ExactArgs(1),
		Long: "The side that froze the other proposes a statement; the other sees it with federate list and accepts its hash. Signed by\n" +
			"both, it lets federate thaw go on. The evidence stays what it is, and anybody may still be shown it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			q := node.ResolvePeer{DID: args[0], Statement: statement}
			if accept != "" {
				hash, err := wire.ParseDigest(accept)
				if err != nil {
					return usageProblem(err.Error(), "chio-node federate list shows the hash")
				}
				q.Accept = &hash
			}
			var p node.PeerInfo
			if err := a.call(cmd.Context(), "federate/resolve", q, &p); err != nil {
				return err
			}
			return a.print(p, func(w io.Writer) { a.showState(w, &p) })
		}}
	c.Flags().StringVar(&statement, "statement", "", "what happened, in one line; the peer signs it too")
	c.Flags().StringVar(&accept, "accept", "", "sign the statement with this hash, that the peer proposed")
	return c
}
