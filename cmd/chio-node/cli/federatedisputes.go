package cli

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) federateDisputesCmd() *cobra.Command {
	c := &cobra.Command{Use: "disputes [DID]", Short: "what the two sides of a call disagree on, and who can prove what",
		Long: "Without a verb it lists them. CALL is a call id, or the id of either side's receipt for it.",
		Args: cobra.MaximumNArgs(1), RunE: a.listDisputes}
	c.AddCommand(&cobra.Command{Use: "list [DID]", Short: "disputes with one peer, or with all", Args: cobra.MaximumNArgs(1), RunE: a.listDisputes},
		a.disputesShowCmd(), a.disputesExportCmd(), a.disputesObjectCmd(), a.disputesWithdrawCmd())
	return c
}

func (a *app) listDisputes(cmd *cobra.Command, args []string) error {
	var q node.DisputesRequest
	if len(args) == 1 {
		q.DID = args[0]
	}
	var list node.DisputeList
	if err := a.call(cmd.Context(), "federate/disputes", q, &list); err != nil {
		return err
	}
	return a.print(list, func(w io.Writer) { showDisputes(w, &list) })
}

func showDisputes(w io.Writer, list *node.DisputeList) {
	if len(list.Peers) == 0 {
		fmt.Fprintln(w, "no disputes")
	}
	for _, p := range list.Peers {
		fmt.Fprintln(w, p.DID)
		t := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
		for _, d := range p.List {
			state := d.Reason
			if d.State != "" {
				state += " (" + d.State + ")"
			}
			detail := d.Detail
			if d.NewerTerms {
				detail += "; it has newer terms"
			}
			at := ""
			if d.At > 0 {
				at = time.Unix(d.At, 0).UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", at, d.Kind, d.CallID, price(d.Charge), state, detail)
		}
		_ = t.Flush() // standard output is gone: nobody to tell
		if p.Truncated {
			fmt.Fprintln(w, "  and more of a kind than are listed")
		}
		if p.OwnDenials > 0 {
			fmt.Fprintf(w, "  attested allow, denied by its own policy: %d calls\n", p.OwnDenials)
		}
		if p.OtherDenials > 0 {
			fmt.Fprintf(w, "  denied for another reason: %d calls\n", p.OtherDenials)
		}
	}
}

func price(m *wire.MonetaryAmount) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%d %s", m.Units, m.Currency)
}

func (a *app) disputesShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show DID CALL", Short: "what both sides' documents of one call prove", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var d node.DisputeAnswer
			if err := a.call(cmd.Context(), "federate/dispute", node.DisputeRequest{DID: args[0], CallID: args[1]}, &d); err != nil {
				return err
			}
			return a.print(d.Report, func(w io.Writer) { showDispute(w, d.Report) })
		}}
}

func showDispute(w io.Writer, r *federation.DisputeReport) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	row("call", r.CallID)
	row("origin", r.Origin.String())
	row("host", r.Host.String())
	row("origin says", r.OriginVerdict)
	row("host says", r.HostVerdict)
	row("bound by", r.BoundBy)
	row("jointly", r.Joint)
	row("charge", price(r.Charge))
	row("maximum", price(r.MaxCharge))
	if r.Objection != "" {
		row("objection", r.Objection+", "+r.Standing)
	}
	row("answer", r.Answer)
	row("statement", r.Statement)
	row("terms allow it", r.Attested)
	row("against", r.Against.String())
	_ = t.Flush() // standard output is gone: nobody to tell
	fmt.Fprintln(w, r.Conclusion)
}

func (a *app) disputesExportCmd() *cobra.Command {
	var out, arguments string
	c := &cobra.Command{Use: "export DID CALL --out FILE", Short: "one file with everything both sides signed about a call",
		Long: "Anybody who knows both kernels judges the file offline: chio-node verify FILE --trust trust.json\n" +
			"(chio-node export writes the trust file). The file shows receipts and terms, and the call's arguments\n" +
			"only with --args: they are needed to recompute a denial by the treaty's terms.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := node.DisputeRequest{DID: args[0], CallID: args[1]}
			if arguments != "" {
				doc, err := a.read(arguments)
				if err != nil {
					return err
				}
				if q.Arguments, err = wire.Canonicalize(doc, wire.ForeignLimits); err != nil {
					return usageProblem("--args: "+err.Error(), "the file holds the call's arguments as JSON")
				}
			}
			var d node.DisputeAnswer
			if err := a.call(cmd.Context(), "federate/dispute", q, &d); err != nil {
				return err
			}
			if err := os.WriteFile(out, []byte(d.File), 0o644); err != nil {
				return fmt.Errorf("write the dispute: %w", err)
			}
			return a.print(d.Report, func(w io.Writer) { showDispute(w, d.Report) })
		}}
	c.Flags().StringVar(&out, "out", "", "write the file here")
	c.Flags().StringVar(&arguments, "args", "", "file with the call's arguments, to be shown in it")
	_ = c.MarkFlagRequired("out") // the flag is defined above
	return c
}

func (a *app) disputesObjectCmd() *cobra.Command {
	var reason string
	c := &cobra.Command{Use: "object DID CALL --reason REASON", Short: "sign an objection to a peer's receipt for a call of yours",
		Long: "What the receipt makes you owe is disputed from then on, at both sides, and is in no statement. It stays owed.\n" +
			"REASON is not_requested, args_mismatch, result_mismatch, charge_above_maximum or verdict_disagreement.\n" +
			"What your own documents do not bear out is not signed. A receipt that both have signed for is not objected to.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.objected(cmd, "federate/object", node.ObjectRequest{DID: args[0], CallID: args[1], Reason: reason})
		}}
	c.Flags().StringVar(&reason, "reason", "", "what is wrong with the receipt")
	_ = c.MarkFlagRequired("reason") // the flag is defined above
	return c
}

func (a *app) disputesWithdrawCmd() *cobra.Command {
	return &cobra.Command{Use: "withdraw DID CALL", Short: "sign for a call after all: the objection ends, and the charge counts",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.objected(cmd, "federate/withdraw", node.ObjectRequest{DID: args[0], CallID: args[1]})
		}}
}

func (a *app) objected(cmd *cobra.Command, op string, q any) error {
	var o node.ObjectAnswer
	if err := a.call(cmd.Context(), op, q, &o); err != nil {
		return err
	}
	return a.print(o, func(w io.Writer) {
		told := "the peer has it"
		switch answered := o.State == "waived" || o.State == "rejected"; {
		case !o.Told && (answered || o.State == "open"):
			told = "the peer gets it when it is reached"
		case o.State != "open" && !answered:
			told = "receipt " + o.ReceiptID
		}
		fmt.Fprintf(w, "%s %s: %s\n", o.Reason, o.State, told)
	})
}
