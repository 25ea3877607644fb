package node

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// TestReputationInAPassport: a passport says of an agent exactly what a signed
// summary of the same moment says, metric by metric and log by log.
func TestReputationInAPassport(t *testing.T) {
	o, _ := livedHome(t, newHome(t))
	n := openNode(t, o)
	s := do[ReputationFile](t, n, "reputation/export", ExportReputation{Agent: "local"}).Summary
	issued := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "local", FromReceipts: true})
	p := passport.VerifyFile(issued.File, vc.Gate{Now: n.now()}).Passport
	if p == nil || p.Subject.Reputation == nil {
		t.Fatalf("%+v", p)
	}
	r := p.Subject.Reputation
	if err := r.Check(); err != nil || r.CompositePPM == nil || *r.CompositePPM != *s.CompositePPM || r.ConfidencePPM != s.ConfidencePPM ||
		r.Receipts != s.Receipts || r.ActiveDays != s.ActiveDays || r.SelfIssued != s.SelfIssued || r.ComputedAt != s.ComputedAt {
		t.Errorf("%v: %+v, summary %+v", err, r, s)
	}
	known := 0
	for _, m := range []*uint64{r.Metrics.BoundaryPressure, r.Metrics.ResourceStewardship, r.Metrics.LeastPrivilege, r.Metrics.HistoryDepth,
		r.Metrics.ToolDiversity, r.Metrics.DelegationHygiene, r.Metrics.Reliability, r.Metrics.IncidentCorrelation} {
		if m != nil {
			known++
		}
	}
	if known != len(s.Metrics) {
		t.Errorf("%d metrics, the summary knows %d", known, len(s.Metrics))
	}
	for _, m := range s.Metrics {
		if v := *r.Metrics.Metric(string(m.Metric)); v == nil || *v != m.ValuePPM {
			t.Errorf("%s: %v, the summary says %d", m.Metric, v, m.ValuePPM)
		}
	}
	if len(r.Evidence) != len(s.Logs) || r.Evidence[0] != (passport.ReputationEvidence{LogID: s.Logs[0].LogID, TreeSize: s.Logs[0].TreeSize, Root: s.Logs[0].RootSHA256,
		Receipts: s.Logs[0].Receipts, FirstIndex: s.Logs[0].FirstIndex, LastIndex: s.Logs[0].LastIndex, Indexes: s.Logs[0].IndexesSHA256}) {
		t.Errorf("%+v, summary %+v", r.Evidence, s.Logs)
	}

	again := do[IssuedPassport](t, n, "passport/supersede", SupersedePassport{Issue: IssuePassport{Agent: "local"}})
	if p := passport.VerifyFile(again.File, vc.Gate{Now: n.now()}).Passport; p.Subject.Reputation != nil {
		t.Error("a reputation nobody asked for")
	}
	again = do[IssuedPassport](t, n, "passport/supersede", SupersedePassport{Issue: IssuePassport{Agent: "local", FromReceipts: true}})
	if p := passport.VerifyFile(again.File, vc.Gate{Now: n.now()}).Passport; p.Subject.Reputation == nil || p.Subject.Reputation.Receipts != s.Receipts {
		t.Errorf("%+v", p.Subject.Reputation)
	}
}

// TestReputationOfANewAgent: without history there is nothing but the counts.
func TestReputationOfANewAgent(t *testing.T) {
	n := openNode(t, newHome(t))
	issued := do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "fresh", FromReceipts: true})
	r := passport.VerifyFile(issued.File, vc.Gate{Now: n.now()}).Passport.Subject.Reputation
	if r == nil || r.CompositePPM != nil || r.Receipts != 0 || r.Metrics.Reliability != nil {
		t.Errorf("%+v", r)
	}
	_, err := n.issuePassport(context.Background(), IssuePassport{Agent: "fresh", FromReceipts: true, Reputation: r})
	if p := new(Problem); !errors.As(err, &p) || p.Exit != ExitUsage {
		t.Errorf("two reputations: %v", err)
	}
}

func TestReputationForPassportRefuses(t *testing.T) {
	value := uint64(reputation.PPM + 1)
	logs := []reputation.LogEvidence{{LogID: "l", RootSHA256: wire.Hash(nil)}}
	for name, s := range map[string]*reputation.Statement{
		"a metric without a word": {ComputedAt: 1, Metrics: []reputation.Reading{{Metric: "charm"}}, Logs: logs},
		"a score over one":        {ComputedAt: 1, CompositePPM: &value, Logs: logs},
		"receipts in no log":      {ComputedAt: 1, Receipts: 1, Logs: logs},
		"a log without a root":    {ComputedAt: 1, Logs: []reputation.LogEvidence{{LogID: "l"}}},
	} {
		if _, err := reputationForPassport(s); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := reputationForPassport(&reputation.Statement{ComputedAt: 1, Logs: logs}); err != nil {
		t.Error(err)
	}
}
