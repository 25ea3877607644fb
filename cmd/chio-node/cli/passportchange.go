package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc/oidc"
)

// passportChangeCmd is suspend, resume or revoke.
func (a *app) passportChangeCmd(verb, past, short string) *cobra.Command {
	var reason string
	c := &cobra.Command{Use: verb + " ID|AGENT", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req := passportNamed(args[0])
			req.Reason = reason
			var r node.Revoked
			if err := a.call(cmd.Context(), "passport/"+verb, req, &r); err != nil {
				return err
			}
			return a.print(r, func(w io.Writer) { fmt.Fprintf(w, "%s %s in epoch %d\n", past, r.ID, r.Epoch) })
		}}
	c.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return c
}

func (a *app) passportSupersedeCmd() *cobra.Command {
	var f passportFlags
	var agent, reason string
	c := &cobra.Command{Use: "supersede --agent NAME [ID]", Short: "issue a passport in the place of an agent's newest, or of the one named",
		Long: "The new passport says what the flags say: what the old one said is not carried over. The old one counts\n" +
			"no more, here and at every peer, and its record names the new one. Capabilities that rest on the old one\n" +
			"end with it.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			issue, err := f.request(agent)
			if err != nil {
				return err
			}
			req := node.SupersedePassport{Issue: issue, Reason: reason}
			if len(args) == 1 {
				req.ID = args[0]
			}
			p, err := a.issueWith(cmd.Context(), &f.login, "passport/supersede", func(login *oidc.Answer) any {
				req.Issue.Login = login
				return req
			})
			if err != nil {
				return err
			}
			return a.keepPassport(p, f.out)
		}}
	c.Flags().StringVar(&agent, "agent", "", "the agent's name")
	c.Flags().StringVar(&reason, "reason", "", "why, for the record")
	f.add(c)
	_ = c.MarkFlagRequired("agent") // the flag exists: it is defined above
	return c
}
