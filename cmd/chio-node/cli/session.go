package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) sessionCmd() *cobra.Command {
	c := &cobra.Command{Use: "session", Short: "what each agent's session did, as a hash chain that receipts carry"}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "the sessions since the node started, the newest first", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				var list node.SessionList
				if err := a.call(cmd.Context(), "session/list", node.Empty{}, &list); err != nil {
					return err
				}
				return a.print(list, func(w io.Writer) { showSessions(w, &list) })
			}},
		&cobra.Command{Use: "show AGENT SESSION", Short: "the calls of one session and the chain over them", Args: cobra.ExactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				var s node.SessionShown
				if err := a.call(cmd.Context(), "session/show", node.SessionRequest{Agent: args[0], Session: args[1]}, &s); err != nil {
					return err
				}
				return a.print(s, func(w io.Writer) { showSession(w, &s) })
			}})
	return c
}

func showSessions(w io.Writer, list *node.SessionList) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range list.Sessions {
		name := s.Agent
		if name == "" {
			name = s.Caller
		}
		fmt.Fprintf(t, "%s\t%s\t%d call(s), %d denied\tlast %s\n", name, s.Session, s.Calls, s.Denied, clock(s.LastAt))
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	if len(list.Sessions) == 0 {
		fmt.Fprintln(w, "no session since the node started")
	}
	if list.Dropped > 0 {
		fmt.Fprintf(w, "%d older session(s) were dropped to bound memory\n", list.Dropped)
	}
}

func showSession(w io.Writer, s *node.SessionShown) {
	fmt.Fprintf(w, "session  %s  %s\ncalls    %d, %d denied, %d bytes in, %d bytes out\nhead     %d  %s\n", s.Session, s.Caller, s.Calls, s.Denied,
		s.BytesIn, s.BytesOut, s.Sequence, s.Head)
	if s.Restarted {
		fmt.Fprintln(w, "an earlier life of this session may have been forgotten")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range s.Entries {
		fmt.Fprintf(t, "%d\t%s\t%s %s\t%s\t%s\t%s\n", e.Number, clock(e.At), e.Server, e.Tool, e.Ended, e.Code, e.ReceiptID)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

func clock(unix int64) string {
	if unix == 0 {
		return "-"
	}
	return time.Unix(unix, 0).UTC().Format(time.RFC3339)
}
