package node

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// passportReputation is what this node's receipts say of an agent now, as its
// passport says it: what others told us is not in it, and below the minimum
// history there is no composite.
func (n *Node) passportReputation(ctx context.Context, key wire.PublicKey) (*passport.Reputation, error) {
	card, err := n.reputationOf(ctx, key, false)
	if err != nil {
		return nil, err
	}
	s, err := card.Statement(defaultSummarySeconds)
	if err != nil {
		return nil, err
	}
	return reputationForPassport(s)
}

// reputationForPassport spells a statement as a passport does. It names neither
// issuer nor subject nor an end: the passport does.
func reputationForPassport(s *reputation.Statement) (*passport.Reputation, error) {
	out := &passport.Reputation{CompositePPM: s.CompositePPM, ConfidencePPM: s.ConfidencePPM, Receipts: s.Receipts, ActiveDays: s.ActiveDays,
		SelfIssued: s.SelfIssued, Evidence: make([]passport.ReputationEvidence, 0, len(s.Logs)), ComputedAt: s.ComputedAt}
	for i := range s.Metrics {
		place := out.Metrics.Metric(string(s.Metrics[i].Metric))
		if place == nil {
			return nil, fmt.Errorf("a passport has no word for the metric %.40q", s.Metrics[i].Metric)
		}
		*place = &s.Metrics[i].ValuePPM
	}
	for i := range s.Logs {
		l := &s.Logs[i]
		out.Evidence = append(out.Evidence, passport.ReputationEvidence{LogID: l.LogID, TreeSize: l.TreeSize, Root: l.RootSHA256,
			Receipts: l.Receipts, FirstIndex: l.FirstIndex, LastIndex: l.LastIndex, Indexes: l.IndexesSHA256})
	}
	return out, out.Check()
}
