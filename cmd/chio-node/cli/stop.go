package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) stopCmd() *cobra.Command {
	var req node.StopRequest
	c := &cobra.Command{Use: "stop --reason TEXT", Short: "emergency stop: deny every call, or those of one agent, server or peer",
		Long: "Without --agent, --server or --peer the whole node is stopped. It stays up, answers operators, and denies every call\n" +
			"with a receipt that names who stopped it, when and why. It is effective at once: calls under way are not dispatched,\n" +
			"dispatched ones are cancelled, and a result that still arrives is withheld. It survives restarts; undo it with resume.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var info node.StopInfo
			if err := a.call(cmd.Context(), "stop/set", req, &info); err != nil {
				return err
			}
			return a.print(info, func(w io.Writer) {
				fmt.Fprintf(w, "stopped %s\n", stopName(&info))
				fmt.Fprintf(a.Stderr, "hint: undo it with chio-node resume%s\n", stopFlag(&info))
			})
		}}
	stopTargetFlags(c, &req)
	c.Flags().StringVar(&req.Reason, "reason", "", "why: every receipt shows it")
	c.Flags().StringVar(&req.By, "by", "", "who says so (default operator)")
	c.AddCommand(&cobra.Command{Use: "list", Short: "what is stopped, by whom, since when and why", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list node.StopList
			if err := a.call(cmd.Context(), "stop/list", node.Empty{}, &list); err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, s := range list.Stops {
					fmt.Fprintf(t, "%s\tby %s\tsince %s\t%s\n", stopName(&s), s.By, time.Unix(s.At, 0).UTC().Format(time.RFC3339), s.Reason)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
				if len(list.Stops) == 0 {
					fmt.Fprintln(w, "nothing is stopped")
				}
			})
		}})
	return c
}

func (a *app) resumeCmd() *cobra.Command {
	var req node.StopRequest
	c := &cobra.Command{Use: "resume", Short: "undo a stop of the node, or of one agent, server or peer", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var info node.StopInfo
			if err := a.call(cmd.Context(), "stop/clear", req, &info); err != nil {
				return err
			}
			return a.print(info, func(w io.Writer) { fmt.Fprintf(w, "resumed %s\n", stopName(&info)) })
		}}
	stopTargetFlags(c, &req)
	return c
}

func stopTargetFlags(c *cobra.Command, req *node.StopRequest) {
	c.Flags().StringVar(&req.Agent, "agent", "", "one agent: its name, or any agent's key")
	c.Flags().StringVar(&req.Server, "server", "", "one server, as calls address it")
	c.Flags().StringVar(&req.Peer, "peer", "", "one organisation: did:chio:…")
	c.MarkFlagsMutuallyExclusive("agent", "server", "peer")
}

func stopName(s *node.StopInfo) string {
	switch {
	case s.Kind == "node":
		return "the node"
	case s.Name != "":
		return s.Kind + " " + s.Name
	}
	return s.Kind + " " + s.Target
}

func stopFlag(s *node.StopInfo) string {
	if s.Kind == "node" {
		return ""
	}
	return " --" + stopName(s)
}
