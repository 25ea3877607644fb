package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) federateCheckCmd() *cobra.Command {
	var here bool
	c := &cobra.Command{Use: "check SERVER TOOL [ARGUMENTS]", Short: "what both sides' terms would say of a call, without making it",
		Long: "SERVER is did:chio:…/name, and ARGUMENTS one JSON object, as for call. Asks what a call asks: the treaty in force, this\n" +
			"node's policy, both sides' terms, the treaty's caps; each says its own verdict. Asks nobody else: the peer's own policy\n" +
			"is not known here, and capabilities, budgets, credit and stops are not looked at. Exits 3 unless all allow.",
		Args: cobra.RangeArgs(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			req := node.CheckPeer{Server: args[0], Tool: args[1], Arguments: wire.Raw("{}"), Here: here}
			if len(args) == 3 {
				if err := wireObject(args[2]); err != nil {
					return usageProblem("arguments: "+err.Error(), `write them as one JSON object, as '{"path":"a.txt"}'`)
				}
				req.Arguments = wire.Raw(args[2])
			}
			var res node.PeerCheck
			if err := a.call(cmd.Context(), "federate/check", req, &res); err != nil {
				return err
			}
			if err := a.print(res, func(w io.Writer) { showCheck(w, &res) }); err != nil {
				return err
			}
			if res.Verdict != "allow" {
				return exit(node.ExitDenied)
			}
			return nil
		}}
	c.Flags().BoolVar(&here, "here", false, "a call of the peer's agent at this node's server of that name")
	return c
}

func showCheck(w io.Writer, c *node.PeerCheck) {
	fmt.Fprintln(w, c.Verdict)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range c.Lines {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", l.Verdict, l.Side, l.Guard, l.Code, l.Reason)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}
