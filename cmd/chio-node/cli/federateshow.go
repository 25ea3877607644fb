package cli

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/node"
)

func (a *app) federateShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show DID", Short: "what is known of a peer, agreed with it, and owed", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var card node.PeerCard
			if err := a.call(cmd.Context(), "federate/show", node.ShowPeer{DID: args[0]}, &card); err != nil {
				return err
			}
			return a.print(card, func(w io.Writer) { showPeer(w, &card) })
		}}
}

func showPeer(w io.Writer, c *node.PeerCard) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	at := func(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
	row("peer", "%s", c.DID)
	row("state", "%s", c.State)
	if c.Reason != "" {
		row("reason", "%s", c.Reason)
	}
	row("hello", "%s, holds until %s; clock %+d s", at(c.HelloAt), at(c.HelloUntil), c.ClockSkew)
	row("keys", "bound until %s", at(c.BoundUntil))
	for _, l := range c.Listed {
		row("listed", "as %s by %s", cmp.Or(l.Name, "nothing"), l.Issuer)
	}
	if c.Passport != nil {
		row("passport", "%s", passportLine(c.Passport))
	}
	switch {
	case c.Proposed:
		row("treaty", "%s, revision %d, proposed: not signed by both", c.Treaty, c.Revision)
	case c.Treaty != nil:
		row("treaty", "%s, revision %d, until %s", c.Treaty, c.Revision, at(c.Expires))
	}
	row("its log", "%d receipts held as head, %d heard; %d of our peers listen", c.HeadSize, c.HeardSize, c.Listeners)
	if c.ShrunkFrom != 0 {
		row("", "it was longer once: %d receipts", c.ShrunkFrom)
	}
	if c.Equivocated {
		row("", "it signed two heads of one size: chio-node federate evidence %s", c.DID)
	}
	row("our log", "%d receipts cosigned by it", c.Witnessed)
	row("receipts", "%d of it held, %d calls filed; %d wait for a signature, %d too long, %d disputed", c.Foreign, c.Joint,
		c.Unjoined.Pending+c.Unjoined.Overdue, c.Unjoined.Overdue, c.Unjoined.Disputed)
	if c.EpochAt != 0 {
		row("revocations", "epoch of %d s ago", c.EpochAge)
	}
	for _, tool := range c.Offered {
		asked := "free"
		if tool.Price != nil {
			asked = price(tool.Price)
		}
		row("offers", "%s/%s, %s", tool.Server, tool.Tool, asked)
	}
	for _, m := range c.Money {
		if m.Gross != nil {
			row("owed", "as %s: %s for %d receipts, %s", m.Direction, price(m.Gross), m.Receipts, m.State)
		}
	}
	for _, h := range c.History {
		row("history", "%s", historyLine(h))
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	if len(c.Lines) > 0 {
		fmt.Fprintln(w)
		showTerms(w, c.Lines)
	}
}

// passportLine says what passport a peer has shown, and whether it counts.
func passportLine(p *node.PeerPassport) string {
	what := "none"
	if p.Issuer != "" {
		what = fmt.Sprintf("as %s, %s, by %s", p.Name, p.AutonomyTier, p.Issuer)
	}
	if !p.Counts {
		return what + "; does not count: " + p.Reason
	}
	return what + "; counts until " + time.Unix(p.Until, 0).UTC().Format(time.RFC3339)
}

func (a *app) federateLogCmd() *cobra.Command {
	return &cobra.Command{Use: "log DID", Short: "what became of a peer, when, why and by whom", Args: cobra.ExactArgs(1),
		Long: "By operator: you decided. By peer: it signed something. By protocol: a rule of this node. The last 256 of each are kept.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var h node.PeerHistory
			if err := a.call(cmd.Context(), "federate/log", node.ShowPeer{DID: args[0]}, &h); err != nil {
				return err
			}
			return a.print(h, func(w io.Writer) { showHistory(w, h.Changes) })
		}}
}

func showHistory(w io.Writer, changes []federation.Change) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range changes {
		fmt.Fprintln(t, historyLine(c))
	}
	_ = t.Flush() // standard output is gone: nobody to tell
}

func historyLine(c federation.Change) string {
	state := string(c.To)
	if c.From != c.To {
		state = string(c.From) + " → " + state
	}
	return fmt.Sprintf("%s\t%s\tby %s\t%s", time.Unix(c.At, 0).UTC().Format(time.RFC3339), state, c.By, c.Reason)
}
