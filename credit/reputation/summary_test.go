package reputation_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/wire"
)

func TestSummaryForAPassport(t *testing.T) {
	k := keys(t)
	s := k.statement(t, nil)
	doc := wire.MustMarshal(s.Summary())
	got, err := reputation.ParseSummary(doc)
	if err != nil {
		t.Fatal(err)
	}
	if again := wire.MustMarshal(got); !bytes.Equal(doc, again) {
		t.Fatalf("%s\n%s", doc, again)
	}
	for _, want := range []string{`"compositePpm":`, `"boundaryPressurePpm":0`, `"reliabilityPpm":1000000`, `"logId":"globex"`, `"treeSize":5`,
		`"rootSha256":"`, `"indexesSha256":"`, `"computedAt":1800000000`, `"selfIssuedReceipts":0`, `"activeDays":3`} {
		if !bytes.Contains(doc, []byte(want)) {
			t.Errorf("no %s in %s", want, doc)
		}
	}
	if bytes.Contains(doc, []byte("leastPrivilege")) {
		t.Error("an unknown metric is named")
	}
	if *got.CompositePPM != *s.CompositePPM || len(got.Evidence) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestSummaryRules(t *testing.T) {
	k := keys(t)
	for name, edit := range map[string]func(*reputation.Summary){
		"a composite over one":       func(s *reputation.Summary) { s.CompositePPM = ptr(uint64(ppm + 1)) },
		"a confidence over one":      func(s *reputation.Summary) { s.ConfidencePPM = ppm + 1 },
		"a metric over one":          func(s *reputation.Summary) { s.Metrics.IncidentCorrelation = ptr(uint64(ppm + 1)) },
		"another metric over one":    func(s *reputation.Summary) { s.Metrics.BoundaryPressure = ptr(uint64(ppm + 1)) },
		"before 1970":                func(s *reputation.Summary) { s.ComputedAt = -1 },
		"a composite of no receipts": func(s *reputation.Summary) { s.Receipts, s.ActiveDays, s.Evidence[0].Receipts = 0, 0, 0 },
		"a composite of no history":  func(s *reputation.Summary) { s.Metrics.HistoryDepth = nil },
		"more days than receipts":    func(s *reputation.Summary) { s.ActiveDays = 6 },
		"more self-issued than all":  func(s *reputation.Summary) { s.SelfIssued = 6 },
		"no evidence":                func(s *reputation.Summary) { s.Evidence = nil },
		"evidence that does not add": func(s *reputation.Summary) { s.Evidence[0].Receipts = 4 },
		"too much evidence":          func(s *reputation.Summary) { s.Evidence = make([]reputation.SummaryEvidence, 17) },
	} {
		s := k.statement(t, nil).Summary()
		if edit(s); !errors.Is(s.Check(), reputation.ErrSummary) {
			t.Errorf("%s is accepted", name)
		}
		if _, err := reputation.ParseSummary(wire.MustMarshal(s)); !errors.Is(err, reputation.ErrSummary) {
			t.Errorf("%s is parsed", name)
		}
	}
	for _, doc := range []string{``, `{}`, `{"compositePpm":0.5}`, `{"composite_ppm":1}`} {
		if _, err := reputation.ParseSummary([]byte(doc)); !errors.Is(err, reputation.ErrSummary) {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

func FuzzSummary(f *testing.F) {
	k := keys(f)
	f.Add([]byte(wire.MustMarshal(k.statement(f, nil).Summary())))
	f.Fuzz(func(t *testing.T, doc []byte) {
		s, err := reputation.ParseSummary(doc)
		if err != nil {
			return
		}
		again, err := reputation.ParseSummary(wire.MustMarshal(s))
		if err != nil || !bytes.Equal(wire.MustMarshal(again), wire.MustMarshal(s)) {
			t.Fatalf("%s: %v", doc, err)
		}
	})
}

func FuzzStatement(f *testing.F) {
	k := keys(f)
	f.Add(seal(f, k.statement(f, nil), k.globex))
	f.Fuzz(func(t *testing.T, doc []byte) {
		s, env, err := reputation.Verify(doc)
		if err == nil && (s.Check() != nil || !bytes.Equal(env.Bytes(), doc)) {
			t.Fatalf("%s", doc)
		}
		if err != nil && !errors.Is(err, reputation.ErrSummary) {
			t.Fatal(err)
		}
	})
}
