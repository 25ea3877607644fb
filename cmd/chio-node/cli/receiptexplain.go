package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) receiptExplainCmd() *cobra.Command {
	return &cobra.Command{Use: "explain ID", Short: "who, allowed by what, at what cost, with what outcome, and what to do",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var e node.Explanation
			if err := a.call(cmd.Context(), "receipt/explain", node.ByID{ID: args[0]}, &e); err != nil {
				return err
			}
			return a.print(e, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				explainOutcome(t, &e)
				explainWho(t, &e.Who)
				explainAllowed(t, &e.Allowed, e.Who.AgentKey != "")
				explainCost(t, e.Cost)
				explainRecord(t, &e)
				_ = t.Flush() // standard output is gone: nobody to tell
			})
		}}
}

// line prints one fact under its heading; an empty value prints nothing.
func line(w io.Writer, name, format string, args ...any) {
	if value := fmt.Sprintf(format, args...); strings.TrimSpace(value) != "" {
		fmt.Fprintf(w, "%s\t%s\n", name, value)
	}
}

func explainOutcome(w io.Writer, e *node.Explanation) {
	o := &e.Outcome
	line(w, "call", "%s/%s at %s", e.Server, e.Tool, moment(e.Time))
	line(w, "outcome", "%s", o.Verdict)
	if o.Advisory {
		line(w, "", "%s: it was observed, nothing was authorised by it", o.Kind)
		if would := o.WouldBe; would != nil {
			line(w, "  would be", "%s by %s", would.Verdict, would.Guard)
			line(w, "  by the rule", "%s", would.Rule)
			line(w, "  code", "%s", would.Code)
		}
	}
	line(w, "  why", "%s", o.Reason)
	if o.Step > 0 {
		line(w, "  decided at", "step %d, %s", o.Step, o.StepName)
	}
	line(w, "  by", "%s", o.Guard)
	line(w, "  rule", "%s", o.Details)
	line(w, "  policy side", "%s", sides[o.Side])
	line(w, "  fix", "%s", o.Fix)
	line(w, "  approval", "%s", o.ApprovalID)
}

// sides says whose policy decided.
var sides = map[string]string{"": "", "local": "this node's own policy", "own_terms": "the treaty: what this organisation's terms allow",
	"peer_terms": "the treaty: what the peer's terms allow", "treaty": "the treaty's caps"}

func explainWho(w io.Writer, who *node.ExplainedWho) {
	if who.AgentKey == "" {
		line(w, "who", "unknown: the call ended before anybody's authority was verified")
		return
	}
	line(w, "who", "%s", strings.TrimSpace(who.Agent+" "+who.AgentDID))
	line(w, "  for", "%s", who.OnBehalfOf)
	if who.Human {
		line(w, "  human", "a person asked for it")
	}
	switch who.Proof {
	case "agent":
		line(w, "  proof", "signed by the agent itself")
	case "custodial":
		line(w, "  proof", "signed by this node with the agent's key, which it keeps")
	}
	line(w, "  passport", "%s", who.PassportID)
}

func explainAllowed(w io.Writer, b *node.ExplainedAllowed, verified bool) {
	switch {
	case b.CapabilityID == "":
		line(w, "allowed by", "nothing: no capability was presented")
	case !verified:
		line(w, "presented", "capability %s, not verified", b.CapabilityID)
	default:
		line(w, "allowed by", "capability %s, delegation depth %d", b.CapabilityID, b.Depth)
	}
	for i, t := range b.Chain {
		line(w, fmt.Sprintf("  token %d", i), "%s by %s… to %s…, until %s", t.ID, t.Issuer.String()[:16], t.Subject.String()[:16], moment(t.ExpiresAt))
	}
	if b.GrantIndex != nil {
		line(w, "  grant", "%d", *b.GrantIndex)
	}
	if g := b.Grant; g != nil {
		ops := make([]string, len(g.Operations))
		for i, op := range g.Operations {
			ops[i] = string(op)
		}
		line(w, "  of", "%s/%s: %s", g.ServerID, g.ToolName, strings.Join(ops, ", "))
		for _, c := range g.Constraints {
			line(w, "  constraint", "%s %s", c.Type, c.Value)
		}
	}
	for _, p := range []struct {
		name string
		hash *wire.Digest
	}{{"  policy", b.PolicyLocal}, {"  peer's terms", b.PolicyPeer}, {"  treaty terms", b.PolicyTreaty}} {
		if p.hash != nil {
			line(w, p.name, "%s", p.hash)
		}
	}
	for _, ev := range b.Evidence {
		verdict := "passed"
		if !ev.Verdict {
			verdict = "did not pass"
		}
		line(w, "  guard", "%s %s %s", ev.GuardName, verdict, ev.Details)
	}
}

func explainCost(w io.Writer, c *node.ExplainedCost) {
	if c == nil {
		line(w, "cost", "none: the tool has no price")
		return
	}
	amount := func(units uint64) string {
		return wire.DefaultCurrencies().Format(wire.MonetaryAmount{Units: units, Currency: c.Currency})
	}
	line(w, "cost", "%s charged", amount(c.Charged))
	if c.Attempted != nil {
		line(w, "  attempted", "%s at most", amount(*c.Attempted))
	}
	if c.Remaining != nil && c.Total != nil {
		line(w, "  budget", "%s left of %s", amount(*c.Remaining), amount(*c.Total))
	}
	if c.Settlement != "not_applicable" {
		line(w, "  settlement", "%s", c.Settlement)
	}
	if c.PriceRound != nil {
		line(w, "  price round", "%s", c.PriceRound)
	}
}

func explainRecord(w io.Writer, e *node.Explanation) {
	if p := e.Peer; p != nil {
		line(w, "peer", "%s; this node was the %s", p.DID, p.Role)
		line(w, "  treaty", "%s", p.Treaty)
		line(w, "  its receipt", "%s %s", p.ReceiptID, p.Verdict)
	}
	line(w, "recorded", "%s", e.Recorded.Parameters)
	line(w, "  redaction", "%s; the arguments hash to %s", e.Recorded.Redaction, e.Recorded.ArgsSHA256)
	line(w, "log", "entry %d of %d in %s", e.Log.Index, e.Log.Size, e.Log.ID)
	line(w, "  leaf", "%s", e.Log.LeafHash)
	line(w, "  signed by", "kernel %s", e.Log.KernelKey)
	if e.Log.Head > 0 {
		line(w, "  witnessed", "under the head of %d entries, by %s", e.Log.Head, strings.Join(e.Log.Witnesses, ", "))
	} else {
		line(w, "  witnessed", "not yet by anybody else")
	}
	line(w, "  archived", "%s", e.Log.Archived)
	line(w, "receipt", "%s", e.ID)
}

func moment(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
