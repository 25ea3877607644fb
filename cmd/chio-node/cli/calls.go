package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) callCmd() *cobra.Command {
	var agent string
	c := &cobra.Command{Use: "call SERVER TOOL ARGUMENTS", Short: "call a tool as an agent, here or at a peer",
		Long: "SERVER is a server of this node, or did:chio:…/name for a peer's; ARGUMENTS is one JSON object.\n" +
			"A denied call prints why, with its receipt, and exits 3.",
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := wireObject(args[2]); err != nil {
				return &node.Problem{Code: "CHIO-USAGE", Message: "arguments: " + err.Error(), Exit: node.ExitUsage,
					Hint: `write them as one JSON object, as '{"path":"a.txt"}'`}
			}
			var res node.CallAnswer
			req := node.CallRequest{Agent: agent, Server: args[0], Tool: args[1], Arguments: wire.Raw(args[2])}
			if err := a.call(cmd.Context(), "call", req, &res); err != nil {
				return err
			}
			if err := a.print(res, func(w io.Writer) { a.showCall(w, &res) }); err != nil {
				return err
			}
			if res.Verdict != "allow" {
				return exit(node.ExitDenied)
			}
			return nil
		}}
	c.Flags().StringVar(&agent, "agent", "local", "the agent that calls")
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
		if res.Fix != "" {
			fmt.Fprintf(a.Stderr, "hint: %s\n", res.Fix)
		}
	}
	fmt.Fprintf(a.Stderr, "receipt %s\n", res.ReceiptID)
	if res.PeerReceiptID != "" {
		fmt.Fprintf(a.Stderr, "peer's receipt %s\n", res.PeerReceiptID)
	}
}

func (a *app) receiptCmd() *cobra.Command {
	c := &cobra.Command{Use: "receipt", Short: "list, show, export and verify receipts"}
	var limit int
	list := &cobra.Command{Use: "list", Short: "receipts, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l node.ReceiptList
			if err := a.call(cmd.Context(), "receipt/list", node.ListReceipts{Limit: limit}, &l); err != nil {
				return err
			}
			return a.print(l, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, r := range l.Receipts {
					fmt.Fprintf(t, "%d\t%s\t%s\t%s/%s\t%s\t%s\n", r.Index, time.Unix(r.Time, 0).UTC().Format(time.RFC3339), r.Verdict, r.Server, r.Tool, r.Code, r.ID)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
	list.Flags().IntVar(&limit, "limit", 50, "how many")
	show := &cobra.Command{Use: "show ID", Short: "one receipt, as it was signed", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var row node.ReceiptRow
			if err := a.call(cmd.Context(), "receipt/show", node.ByID{ID: args[0]}, &row); err != nil {
				return err
			}
			return a.print(row, func(w io.Writer) { fmt.Fprintf(w, "%s", row.Receipt) }) // exactly what was signed
		}}
	c.AddCommand(list, show, a.receiptExportCmd(), a.receiptVerifyCmd())
	return c
}

func (a *app) receiptExportCmd() *cobra.Command {
	var out, trust string
	c := &cobra.Command{Use: "export [ID…]", Short: "a bundle of receipts with inclusion proofs, and the trust set to verify it",
		RunE: func(cmd *cobra.Command, args []string) error {
			var b node.ReceiptBundle
			if err := a.call(cmd.Context(), "receipt/export", node.ExportReceipts{IDs: args}, &b); err != nil {
				return err
			}
			if err := writeFile(out, b.Bundle); err != nil {
				return err
			}
			if err := writeFile(trust, b.Trust); err != nil {
				return err
			}
			return a.print(map[string]string{"bundle": out, "trust": trust}, func(w io.Writer) {
				fmt.Fprintf(w, "bundle  %s\ntrust   %s\n", out, trust)
				fmt.Fprintf(a.Stderr, "hint: verify it anywhere: chio-verify bundle %s --trust %s\n", out, trust)
			})
		}}
	c.Flags().StringVar(&out, "out", "bundle.json", "file for the bundle")
	c.Flags().StringVar(&trust, "trust-out", "trust.json", "file for the trust set")
	return c
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
