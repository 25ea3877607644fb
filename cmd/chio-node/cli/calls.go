package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) callCmd() *cobra.Command {
	var agent, session, onBehalfOf string
	var human bool
	var hold waiting
	c := &cobra.Command{Use: "call SERVER TOOL ARGUMENTS", Short: "call a tool as an agent, here or at a peer",
		Long: "SERVER is a server of this node, or did:chio:…/name for a peer's; ARGUMENTS is one JSON object.\n" +
			"A denied call prints why, with its receipt, and exits 3; so does one that waits for approval.",
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := wireObject(args[2]); err != nil {
				return &node.Problem{Code: "CHIO-USAGE", Message: "arguments: " + err.Error(), Exit: node.ExitUsage,
					Hint: `write them as one JSON object, as '{"path":"a.txt"}'`}
			}
			req := node.CallRequest{Agent: agent, Server: args[0], Tool: args[1], Arguments: wire.Raw(args[2]), Session: session,
				OnBehalfOf: onBehalfOf, Human: human}
			if err := hold.fill(&req); err != nil {
				return err
			}
			res, err := a.mediated(cmd.Context(), req, &hold)
			if err != nil {
				return err
			}
			if err := a.print(res, func(w io.Writer) { a.showCall(w, res) }); err != nil {
				return err
			}
			if res.Verdict != "allow" {
				return exit(node.ExitDenied)
			}
			return nil
		}}
	c.Flags().StringVar(&agent, "agent", "local", "the agent that calls")
	c.Flags().StringVar(&session, "session", "", "the session this call belongs to")
	c.Flags().StringVar(&onBehalfOf, "on-behalf-of", "", "whom the agent acts for, as you vouch")
	c.Flags().BoolVar(&human, "human", false, "a person makes this call, as you vouch")
	hold.flags(c)
	return c
}

func wireObject(s string) error {
	doc, err := wire.Canonicalize([]byte(s), wire.ForeignLimits)
	if err == nil && doc[0] != '{' {
		return wire.ErrField
	}
	return err
}

func (a *app) showCall(w io.Writer, res *node.CallAnswer) {
	if res.Verdict == "allow" {
		printJSON(w, res.Content)
		if res.Currency != "" {
			fmt.Fprintf(a.Stderr, "charged %s\n", wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: res.Charged, Currency: res.Currency}))
		}
	} else {
		fmt.Fprintf(a.Stderr, "%s: %s: %s\n", res.Ended, res.Code, res.Reason)
		if res.Fix != "" && res.ApprovalID == "" {
			fmt.Fprintf(a.Stderr, "hint: %s\n", res.Fix)
		}
		a.showPending(res)
	}
	fmt.Fprintf(a.Stderr, "receipt %s\n", res.ReceiptID)
	if res.PeerReceiptID != "" {
		fmt.Fprintf(a.Stderr, "peer's receipt %s\n", res.PeerReceiptID)
	}
}

func (a *app) exportCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "export --out DIR", Short: "everything a third party needs to verify this node", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var f node.Files
			if err := a.call(cmd.Context(), "export", node.Empty{}, &f); err != nil {
				return err
			}
			names := make([]string, 0, len(f.Files))
			for name, content := range f.Files {
				if err := writeFile(filepath.Join(out, filepath.Base(name)), content); err != nil {
					return err
				}
				names = append(names, name)
			}
			return a.print(map[string]any{"dir": out, "files": names}, func(w io.Writer) {
				for _, name := range names {
					fmt.Fprintf(w, "%s\n", filepath.Join(out, name))
				}
			})
		}}
	c.Flags().StringVar(&out, "out", "", "folder to write to")
	_ = c.MarkFlagRequired("out") // the flag exists: it is defined above
	return c
}
