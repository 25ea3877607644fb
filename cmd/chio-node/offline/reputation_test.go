package offline_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/wire"
)

// reputationFile is a summary of one organisation about an agent.
func reputationFile(t testing.TB, org byte, edit func(*reputation.Statement)) []byte {
	t.Helper()
	composite := uint64(700_000)
	s := &reputation.Statement{Schema: reputation.SummarySchema, Issuer: didOf(t, org), Subject: didOf(t, 60), ComputedAt: now, ExpiresAt: now + 30*day,
		ParamsSHA256: reputation.DefaultParams().Digest(), CompositePPM: &composite, ConfidencePPM: 400_000,
		Metrics:  []reputation.Reading{{Metric: reputation.BoundaryPressure, ValuePPM: 20_000}, {Metric: reputation.HistoryDepth, ValuePPM: 500_000}},
		Receipts: 400, ActiveDays: 20, SelfIssued: 400, FirstAt: now - 25*day, LastAt: now,
		Logs: []reputation.LogEvidence{{LogID: "chio-log/1", TreeSize: 500, RootSHA256: wire.Hash([]byte("root")), Receipts: 400, FirstIndex: 3, LastIndex: 499,
			IndexesSHA256: wire.Hash([]byte("indexes"))}}}
	if edit != nil {
		edit(s)
	}
	env, err := wire.Seal(reputation.SummarySchema, s, key(t, org))
	if err != nil {
		t.Fatal(err)
	}
	return env.Bytes()
}

func TestReputationWindow(t *testing.T) {
	doc := reputationFile(t, 7, nil)
	for at, window := range map[int64]string{now - 1: "not_yet_valid", now: "current", now + 30*day: "expired"} {
		f := offline.File("x.json", doc, offline.Options{At: at, Trust: trusting(t, 7)})
		if !f.Valid || !*f.SignerTrusted || !bytes.Contains(f.Detail, []byte(`"window":"`+window+`"`)) {
			t.Errorf("at %d: %+v", at, f)
		}
	}
}
