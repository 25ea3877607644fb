package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func (a *app) receiptExportCmd() *cobra.Command {
	var f filterFlags
	var out, trust string
	c := &cobra.Command{Use: "export [ID…]", Short: "a bundle of receipts with inclusion proofs, and the trust set to verify it",
		Long: "The receipts named, else those that pass the filters, else all that are not archived.",
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := f.parse(a.Now())
			if err != nil {
				return err
			}
			if len(args) > 0 && filter != (node.ReceiptFilter{}) {
				return usageProblem("name receipts or filter them, not both", "")
			}
			var b node.ReceiptBundle
			if err := a.call(cmd.Context(), "receipt/export", node.ExportReceipts{IDs: args, ReceiptFilter: filter}, &b); err != nil {
				return err
			}
			if err := writeFile(out, b.Bundle); err != nil {
				return err
			}
			if err := writeFile(trust, b.Trust); err != nil {
				return err
			}
			return a.print(map[string]any{"bundle": out, "trust": trust, "archived": b.Archived}, func(w io.Writer) {
				fmt.Fprintf(w, "bundle  %s\ntrust   %s\n", out, trust)
				if b.Archived > 0 {
					fmt.Fprintf(a.Stderr, "%d receipt(s) are in archive files, which are bundles already, and were left out\n", b.Archived)
				}
				fmt.Fprintf(a.Stderr, "hint: verify it anywhere: chio-verify bundle %s --trust %s\n", out, trust)
			})
		}}
	f.add(c, true)
	c.Flags().StringVar(&out, "out", "bundle.json", "file for the bundle")
	c.Flags().StringVar(&trust, "trust-out", "trust.json", "file for the trust set")
	return c
}

func (a *app) receiptConsistencyCmd() *cobra.Command {
	var req node.ConsistencyRequest
	var out, oldOut, newOut, trust string
	c := &cobra.Command{Use: "consistency --from N", Short: "prove that the log only grew since it had N receipts",
		Long: "Writes the proof, the head of N receipts and the present one (or that of --to) for chio-verify consistency.\n" +
			"Whoever kept a head of N receipts uses that instead of ours.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var res node.ConsistencyAnswer
			if err := a.call(cmd.Context(), "receipt/consistency", req, &res); err != nil {
				return err
			}
			for _, f := range []struct {
				name string
				doc  []byte
			}{{out, res.Proof}, {oldOut, []byte(res.Old)}, {newOut, []byte(res.New)}, {trust, res.Trust}} {
				if err := writeFile(f.name, f.doc); err != nil {
					return err
				}
			}
			answer := map[string]any{"from": res.From, "to": res.To, "proof": out, "old": oldOut, "new": newOut, "trust": trust}
			return a.print(answer, func(w io.Writer) {
				fmt.Fprintf(w, "old    %s (%d receipts)\nnew    %s (%d receipts)\nproof  %s\ntrust  %s\n", oldOut, res.From, newOut, res.To, out, trust)
				fmt.Fprintf(a.Stderr, "hint: chio-verify consistency %s %s %s --trust %s\n", oldOut, newOut, out, trust)
			})
		}}
	c.Flags().Uint64Var(&req.From, "from", 0, "size of the older log")
	c.Flags().Uint64Var(&req.To, "to", 0, "size of the newer log (default: now)")
	c.Flags().StringVar(&out, "out", "consistency.json", "file for the proof")
	c.Flags().StringVar(&oldOut, "old-out", "old.checkpoint", "file for the older head")
	c.Flags().StringVar(&newOut, "new-out", "new.checkpoint", "file for the newer head")
	c.Flags().StringVar(&trust, "trust-out", "trust.json", "file for the trust set")
	_ = c.MarkFlagRequired("from") // the flag exists: it is defined above
	return c
}

func (a *app) receiptArchiveCmd() *cobra.Command {
	var before, out string
	var keep uint64
	c := &cobra.Command{Use: "archive --out DIR (--before TIME | --keep N)", Short: "move old receipts to files that verify by themselves",
		Long: "Moves the oldest receipts to bundle files in DIR, which are read back and verified before anything leaves\n" +
			"the log. Every proof goes on as before; show, explain and export read from the files where they are.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			byTime, byCount := cmd.Flags().Changed("before"), cmd.Flags().Changed("keep")
			if byTime == byCount {
				return usageProblem("say which receipts: --before TIME or --keep N", "chio-node receipt archive --keep 100000 --out DIR keeps the newest 100,000")
			}
			var req node.ArchiveReceipts
			if byCount {
				req.Keep = &keep
			} else if req.Before, err = parseTime(before, a.Now()); err != nil {
				return usageProblem("--before: "+err.Error(), "write a date (2026-01-31), a time, unix seconds, or an age (720h)")
			}
			if req.Dir, err = filepath.Abs(out); err != nil {
				return err
			}
			var res node.ArchivedReceipts
			if err := a.call(cmd.Context(), "receipt/archive", req, &res); err != nil {
				return err
			}
			return a.print(res, func(w io.Writer) {
				fmt.Fprintf(w, "moved    %d receipt(s) to %d file(s) in %s\narchived %d in all\n", res.Receipts, len(res.Files), res.Dir, res.Archived)
				if res.Refreshed > 0 {
					fmt.Fprintf(w, "renewed  %d older file(s): the kernel key had changed\n", res.Refreshed)
				}
				if res.Held != "" {
					fmt.Fprintf(a.Stderr, "kept back: %s\n", res.Held)
				}
				if len(res.Files) > 0 {
					fmt.Fprintf(a.Stderr, "hint: chio-verify bundle %s --trust %s\n", res.Files[0], filepath.Join(res.Dir, "trust.json"))
				}
			})
		}}
	c.Flags().StringVar(&before, "before", "", "receipts older than that: a date, a time, unix seconds, or an age (720h)")
	c.Flags().Uint64Var(&keep, "keep", 0, "all but the newest N")
	c.Flags().StringVar(&out, "out", "", "folder for the files")
	_ = c.MarkFlagRequired("out") // the flag exists: it is defined above
	return c
}
