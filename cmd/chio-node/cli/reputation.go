package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/node"
)

func (a *app) reputationCmd() *cobra.Command {
	c := &cobra.Command{Use: "reputation", Short: "what signed receipts say of an agent: show, explain, export, import, imports, activate, forget"}
	c.AddCommand(a.reputationShowCmd(), a.reputationExplainCmd(), a.reputationExportCmd(), a.reputationImportCmd(),
		a.reputationImportsCmd(), a.reputationActivateCmd(), a.reputationForgetCmd())
	return c
}

func (a *app) reputationShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show AGENT", Short: "an agent's scorecard",
		Long: "AGENT is a name known here, a DID, or a key in hex. Scores are parts per million (ppm). Only receipts count that\n" +
			"verify, that record a decision, and that the agent is proven to have asked for. Below the minimum history there\n" +
			"are metrics and no composite.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			card, err := a.scorecard(cmd, args[0])
			if err != nil {
				return err
			}
			return a.print(card, func(w io.Writer) { showCard(w, card) })
		}}
}

func (a *app) reputationExplainCmd() *cobra.Command {
	return &cobra.Command{Use: "explain AGENT", Short: "how each metric came, which receipts move it, what would raise it",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			card, err := a.scorecard(cmd, args[0])
			if err != nil {
				return err
			}
			return a.print(card, func(w io.Writer) {
				showCard(w, card)
				explainCard(w, card)
			})
		}}
}

func (a *app) scorecard(cmd *cobra.Command, agent string) (*reputation.Card, error) {
	var card reputation.Card
	return &card, a.call(cmd.Context(), "reputation/show", node.ReputationRequest{Agent: agent}, &card)
}

func (a *app) reputationExportCmd() *cobra.Command {
	var req node.ExportReputation
	var out string
	c := &cobra.Command{Use: "export AGENT --out FILE", Short: "sign what our receipts say of an agent, for others",
		Long: "The summary is signed with the organisation's key and names the receipts it rests on by log, tree and digest.\n" +
			"What others said is not in it. Without the minimum history it has metrics and no composite.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Agent = args[0]
			var f node.ReputationFile
			if err := a.call(cmd.Context(), "reputation/export", req, &f); err != nil {
				return err
			}
			if err := writeFile(out, f.File); err != nil {
				return err
			}
			return a.print(struct {
				ID      string                `json:"id"`
				Path    string                `json:"path"`
				Summary *reputation.Statement `json:"summary"`
			}{f.ID.String(), out, f.Summary}, func(w io.Writer) {
				fmt.Fprintf(w, "agent      %s\ncomposite  %s\nreceipts   %d\nfile       %s\n", f.Summary.Subject, score(f.Summary.CompositePPM), f.Summary.Receipts, out)
			})
		}}
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().Int64Var(&req.TTLSeconds, "ttl-seconds", 0, "life of the summary (default 30 days, at most 90)")
	_ = c.MarkFlagRequired("out") // the flag exists: it is defined above
	return c
}

func (a *app) reputationImportCmd() *cobra.Command {
	return &cobra.Command{Use: "import FILE", Short: "keep a peer's summary, to be shown",
		Long: "FILE is a summary by an organisation with which there is an active treaty. It counts for nothing until it is\n" +
			"activated (reputation activate).",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			doc, err := a.read(args[0])
			if err != nil {
				return err
			}
			var in node.ImportedReputation
			if err := a.call(cmd.Context(), "reputation/import", node.ImportReputation{File: doc}, &in); err != nil {
				return err
			}
			return a.print(in, func(w io.Writer) {
				fmt.Fprintf(w, "imported   %s\nof         %s\nagent      %s\ncomposite  %s\n", in.ID, in.Summary.Issuer, in.Summary.Subject, score(in.Summary.CompositePPM))
			})
		}}
}

// score prints parts per million with three places; unknown is no number.
func score(ppm *uint64) string {
	if ppm == nil {
		return "-"
	}
	return fmt.Sprintf("%d.%03d", *ppm/reputation.PPM, *ppm%reputation.PPM/1000)
}

func showCard(w io.Writer, c *reputation.Card) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "agent\t%s\ncomposite\t%s\n", c.Subject, compositeLine(c))
	for i := range c.Metrics {
		m := &c.Metrics[i]
		value := score(m.ValuePPM)
		if m.ValuePPM == nil {
			value = "unknown"
		}
		fmt.Fprintf(t, "%s\t%s\tweight %s\n", strings.ReplaceAll(string(m.Metric), "_", " "), value, score(&m.EffectivePPM))
	}
	e := &c.Evidence
	fmt.Fprintf(t, "receipts\t%d\t%d by its own organisation, on %d days\n", e.Receipts, e.SelfIssued, c.Gate.ActiveDays)
	for _, in := range c.Imports {
		fmt.Fprintf(t, "import\t%s\tby %s\n", score(&in.CompositePPM), in.Issuer)
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

func compositeLine(c *reputation.Card) string {
	g := &c.Gate
	if c.CompositePPM == nil {
		return fmt.Sprintf("none: %d of %d receipts, %d of %d active days, %d of %d distinct calls",
			g.Receipts, g.MinReceipts, g.ActiveDays, g.MinActiveDays, g.DistinctCalls, g.MinDistinctCalls)
	}
	return fmt.Sprintf("%s (at most %s with this history)", score(c.CompositePPM), score(&c.CeilingPPM))
}

func explainCard(w io.Writer, c *reputation.Card) {
	for i := range c.Metrics {
		m := &c.Metrics[i]
		fmt.Fprintf(w, "\n%s: %s\n", strings.ReplaceAll(string(m.Metric), "_", " "), m.Why)
		for _, r := range m.Movers {
			fmt.Fprintf(w, "  moved by %s of %s, %s of it\n", r.ReceiptID, time.Unix(r.At, 0).UTC().Format(time.RFC3339), score(&r.EffectPPM))
		}
		if m.Advice != "" {
			fmt.Fprintf(w, "  to raise it: %s\n", m.Advice)
		}
	}
	fmt.Fprintln(w)
	for _, l := range c.Evidence.Logs {
		fmt.Fprintf(w, "counted %d receipt(s) of %s at size %d\n", l.Receipts, l.LogID, l.TreeSize)
	}
	for _, why := range slices.Sorted(maps.Keys(c.Evidence.Uncounted)) {
		fmt.Fprintf(w, "left out %d: %s\n", c.Evidence.Uncounted[why], strings.ReplaceAll(string(why), "_", " "))
	}
}
