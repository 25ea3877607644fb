package cli

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
)

func rfc3339(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

func (a *app) didDeactivateCmd() *cobra.Command {
	var req node.DeactivateRequest
	var out, record string
	c := &cobra.Command{Use: "deactivate --reason TEXT --confirm LAST8", Short: "end this organisation, for ever",
		Long: "The record is signed with the organisation key and cannot be taken back. From then on the node issues nothing and\n" +
			"denies every call; all it issued is revoked, peers are told, and only reads are answered. Settle what is open first.\n" +
			"With --successor DID this drafts the record; the successor's operator runs did countersign FILE, and\n" +
			"--record FILE --confirm LAST8 puts it in force. LAST8 is the end of this node's DID: chio-node status shows it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if record != "" {
				env, err := a.readEnvelope(record)
				if err != nil {
					return err
				}
				req.Record = env
			}
			var d node.DeactivationInfo
			if err := a.call(cmd.Context(), "did/deactivate", req, &d); err != nil {
				return err
			}
			if err := writeFile(out, d.Record.Bytes()); err != nil {
				return err
			}
			return a.print(d, func(w io.Writer) { a.showDeactivation(w, &d, out) })
		}}
	c.Flags().StringVar(&req.Reason, "reason", "", "why; everybody can read it")
	c.Flags().StringVar(&req.Successor, "successor", "", "did:chio of the organisation that goes on; drafts the record")
	c.Flags().StringVar(&record, "record", "", "a draft that the successor has countersigned")
	c.Flags().StringVar(&req.Confirm, "confirm", "", "the last eight characters of this node's DID")
	c.Flags().StringVar(&out, "out", "deactivation.json", "file for the record")
	return c
}

func (a *app) showDeactivation(w io.Writer, d *node.DeactivationInfo, path string) {
	fmt.Fprintf(w, "did      %s\nrecord   %s\nfile     %s\n", d.DID, d.RecordID, path)
	if d.Draft {
		fmt.Fprintf(a.Stderr, "hint: nothing was changed; the successor signs it with chio-node did countersign %s\n", path)
		return
	}
	fmt.Fprintf(w, "ended    %s\ntold     %d peers\n", rfc3339(d.At), d.Told)
	if d.Untold != "" {
		fmt.Fprintf(a.Stderr, "hint: not every peer has the record yet: %s\n", d.Untold)
	}
}

func (a *app) didCountersignCmd() *cobra.Command {
	return &cobra.Command{Use: "countersign FILE", Short: "agree to be the successor of an organisation that ends", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			env, err := a.readEnvelope(args[0])
			if err != nil {
				return err
			}
			var d node.DeactivationInfo
			if err := a.call(cmd.Context(), "did/countersign", node.DeactivateRequest{Record: env}, &d); err != nil {
				return err
			}
			if err := writeFile(args[0], d.Record.Bytes()); err != nil {
				return err
			}
			return a.print(d, func(w io.Writer) {
				fmt.Fprintf(w, "signed   %s\nends     %s\n", args[0], d.DID)
				fmt.Fprintf(a.Stderr, "hint: send it back; it is put in force with chio-node did deactivate --record %s --confirm LAST8\n", args[0])
			})
		}}
}

func (a *app) didReceiveCmd() *cobra.Command {
	return &cobra.Command{Use: "receive FILE", Short: "take an organisation's deactivation record that came as a file", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			env, err := a.readEnvelope(args[0])
			if err != nil {
				return err
			}
			var d node.DeactivationInfo
			if err := a.call(cmd.Context(), "did/receive", node.DeactivateRequest{Record: env}, &d); err != nil {
				return err
			}
			return a.print(d, func(w io.Writer) {
				fmt.Fprintf(w, "did      %s\nended    %s\nreason   %s\n", d.DID, rfc3339(d.At), d.Reason)
			})
		}}
}

func (a *app) didDeactivationsCmd() *cobra.Command {
	return &cobra.Command{Use: "deactivations", Short: "organisations that are known to have ended", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var l node.DeactivationList
			if err := a.call(cmd.Context(), "did/deactivations", node.Empty{}, &l); err != nil {
				return err
			}
			return a.print(l, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, d := range l.Deactivations {
					note := d.Reason
					if d.Successor != "" {
						note += "; successor " + d.Successor
					}
					if d.Equivocation != nil {
						note += "; it signed two different records"
					}
					fmt.Fprintf(t, "%s\t%s\t%s\n", d.DID, rfc3339(d.At), note)
				}
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}
