package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) approveCmd() *cobra.Command {
	c := &cobra.Command{Use: "approve", Short: "approve or deny calls that wait for a person",
		Long: "A call that needs approval waits: it ran nothing and took no budget. After grant, the agent sends the same call\n" +
			"again with its call id. An approver outside this node signs with a key of its own: keygen, sign, respond."}
	c.AddCommand(a.approveListCmd(), a.approveShowCmd(), a.approveGrantCmd(), a.approveDenyCmd(), a.approveRespondCmd(), a.approveBatchCmd(),
		a.approveKeygenCmd(), a.approveSignCmd())
	return c
}

func (a *app) approveListCmd() *cobra.Command {
	var all bool
	c := &cobra.Command{Use: "list", Short: "the calls that wait, oldest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l node.ApprovalList
			if err := a.call(cmd.Context(), "approve/list", node.ListApprovals{All: all}, &l); err != nil {
				return err
			}
			return a.print(l, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, q := range l.Approvals {
					fmt.Fprintf(t, "%s\t%s\t%s\t%s %s\t%d of %d\tuntil %s\n", q.ApprovalID, q.State, agentOf(&q), plain(q.Ask.Server), plain(q.Ask.Tool),
						approvedBy(&q), q.Needed, clock(q.Deadline()))
				}
				_ = t.Flush() // standard output is gone: nobody to tell
				if len(l.Approvals) == 0 {
					fmt.Fprintln(a.Stderr, "nothing waits for approval")
				}
			})
		}}
	c.Flags().BoolVar(&all, "all", false, "also those that ended, while they are remembered")
	return c
}

func agentOf(q *node.ApprovalInfo) string {
	if q.Agent != "" {
		return q.Agent
	}
	return q.Ask.Subject.String()
}

func approvedBy(q *node.ApprovalInfo) (n int) {
	for _, v := range q.Votes {
		if v.Decision == approval.Approved {
			n++
		}
	}
	return n
}

func (a *app) approveShowCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "show ID", Short: "what a call wants to do, and who has said what", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var q node.ApprovalInfo
			if err := a.call(cmd.Context(), "approve/show", node.ByID{ID: args[0]}, &q); err != nil {
				return err
			}
			if out != "" {
				if err := writeFile(out, q.Notice); err != nil {
					return err
				}
			}
			return a.print(q, func(w io.Writer) {
				showAsk(w, &q)
				if out != "" {
					fmt.Fprintf(a.Stderr, "notice written to %s: an approver signs it with chio-node approve sign\n", out)
				}
			})
		}}
	c.Flags().StringVar(&out, "out", "", "write the notice that an external approver signs to this file")
	return c
}

// plain escapes what a terminal would not show as it is: an agent's words must
// not redraw the page on which somebody decides about them.
func plain[T ~string | ~[]byte](words T) string {
	var b strings.Builder
	for _, r := range string(words) {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

func showAsk(w io.Writer, q *node.ApprovalInfo) {
	ask := &q.Ask
	fmt.Fprintf(w, "approval    %s  %s\nagent       %s  %s\ncall        %s %s  (call id %s)\narguments   %s\n", q.ApprovalID, q.State,
		ask.Subject, q.Agent, plain(ask.Server), plain(ask.Tool), ask.CallID, plain(ask.Parameters))
	fmt.Fprintf(w, "because     %s: %s\n", plain(ask.Guard), plain(ask.Reason))
	if ask.Purpose != "" {
		fmt.Fprintf(w, "purpose     %q (the agent's words)\n", ask.Purpose)
	}
	if ask.Amount != nil {
		fmt.Fprintf(w, "costs       at most %s\n", wire.DefaultCurrencies().Format(*ask.Amount))
	}
	if ask.PeerDID != "" {
		fmt.Fprintf(w, "peer        %s\n", plain(ask.PeerDID))
	}
	fmt.Fprintf(w, "asked       %s, expires %s\napprovers   %d of %d\n", clock(q.AskedAt), clock(q.Deadline()), approvedBy(q), q.Needed)
	for _, v := range q.Votes {
		fmt.Fprintf(w, "  %s  %s  %s\n", v.Decision, v.Approver, plain(v.Reason))
	}
	if q.ReceiptID != "" {
		fmt.Fprintf(w, "receipt     %s\n", q.ReceiptID)
	}
}

func (a *app) approveGrantCmd() *cobra.Command {
	var req node.DecideApproval
	c := &cobra.Command{Use: "grant ID", Short: "approve a call, in the operator's name", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.ID = args[0]
			return a.decide(cmd, "approve/grant", req)
		}}
	c.Flags().StringVar(&req.Reason, "reason", "", "what the record says about it")
	c.Flags().Int64Var(&req.TTLSeconds, "ttl-seconds", 0, "how long the approval may be used (default 600, at most 3600)")
	return c
}

func (a *app) approveDenyCmd() *cobra.Command {
	var req node.DecideApproval
	c := &cobra.Command{Use: "deny ID", Short: "deny a call, in the operator's name; it ends at once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.ID = args[0]
			return a.decide(cmd, "approve/deny", req)
		}}
	c.Flags().StringVar(&req.Reason, "reason", "", "what the receipt says about it")
	return c
}

func (a *app) approveRespondCmd() *cobra.Command {
	return &cobra.Command{Use: "respond FILE", Short: "hand in a decision that an approver signed", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read the decision: %w", err)
			}
			return a.decide(cmd, "approve/respond", node.RespondApproval{Token: doc})
		}}
}

func (a *app) decide(cmd *cobra.Command, op string, req any) error {
	var s node.ApprovalState
	if err := a.call(cmd.Context(), op, req, &s); err != nil {
		return err
	}
	return a.print(s, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s\n", s.ApprovalID, s.State)
		switch {
		case s.State == approval.Ready:
			fmt.Fprintf(a.Stderr, "the call may be sent again until %s\n", clock(s.ExpiresAt))
		case s.State == approval.Waiting:
			fmt.Fprintln(a.Stderr, "more approvers are needed")
		case s.ReceiptID != "":
			fmt.Fprintf(a.Stderr, "receipt %s\n", s.ReceiptID)
		}
	})
}
