package reputation

import (
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// Summary is what a passport's credentialSubject says of an agent's reputation,
// spelled as credentials are: the passport's issuer signs it with the rest. An
// unknown metric is absent, and so is the composite below the minimum history.
type Summary struct {
	CompositePPM  *uint64           `json:"compositePpm,omitempty"`
	ConfidencePPM uint64            `json:"confidencePpm"`
	Metrics       SummaryMetrics    `json:"metrics"`
	Receipts      uint64            `json:"receipts"`
	ActiveDays    uint64            `json:"activeDays"`
	SelfIssued    uint64            `json:"selfIssuedReceipts"`
	Evidence      []SummaryEvidence `json:"evidence"`
	ComputedAt    int64             `json:"computedAt"` // unix seconds
}

// SummaryMetrics are the metrics that are known.
type SummaryMetrics struct {
	BoundaryPressure    *uint64 `json:"boundaryPressurePpm,omitempty"`
	ResourceStewardship *uint64 `json:"resourceStewardshipPpm,omitempty"`
	LeastPrivilege      *uint64 `json:"leastPrivilegePpm,omitempty"`
	HistoryDepth        *uint64 `json:"historyDepthPpm,omitempty"`
	ToolDiversity       *uint64 `json:"toolDiversityPpm,omitempty"`
	DelegationHygiene   *uint64 `json:"delegationHygienePpm,omitempty"`
	Reliability         *uint64 `json:"reliabilityPpm,omitempty"`
	IncidentCorrelation *uint64 `json:"incidentCorrelationPpm,omitempty"`
}

// SummaryEvidence names the receipts of one log; see LogEvidence.
type SummaryEvidence struct {
	LogID         string      `json:"logId"`
	TreeSize      uint64      `json:"treeSize"`
	RootSHA256    wire.Digest `json:"rootSha256"`
	Receipts      uint64      `json:"receipts"`
	FirstIndex    uint64      `json:"firstIndex"`
	LastIndex     uint64      `json:"lastIndex"`
	IndexesSHA256 wire.Digest `json:"indexesSha256"`
}

// Summary is the same for a passport. It names neither issuer nor subject:
// the passport does.
func (s *Statement) Summary() *Summary {
	out := &Summary{CompositePPM: s.CompositePPM, ConfidencePPM: s.ConfidencePPM, Receipts: s.Receipts, ActiveDays: s.ActiveDays,
		SelfIssued: s.SelfIssued, Evidence: []SummaryEvidence{}, ComputedAt: s.ComputedAt}
	for i := range s.Metrics {
		value := s.Metrics[i].ValuePPM
		*out.Metrics.field(s.Metrics[i].Metric) = &value
	}
	for i := range s.Logs {
		out.Evidence = append(out.Evidence, SummaryEvidence(s.Logs[i]))
	}
	return out
}

// field is the place of a metric.
func (m *SummaryMetrics) field(name Metric) **uint64 {
	switch name {
	case BoundaryPressure:
		return &m.BoundaryPressure
	case ResourceStewardship:
		return &m.ResourceStewardship
	case LeastPrivilege:
		return &m.LeastPrivilege
	case HistoryDepth:
		return &m.HistoryDepth
	case ToolDiversity:
		return &m.ToolDiversity
	case DelegationHygiene:
		return &m.DelegationHygiene
	case Reliability:
		return &m.Reliability
	}
	return &m.IncidentCorrelation
}

// ParseSummary reads a summary and checks it.
func ParseSummary(doc []byte) (*Summary, error) {
	var s Summary
	if err := wire.Unmarshal(doc, &s, wire.DocumentLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSummary, err)
	}
	return &s, s.Check()
}

// Check applies rules 3 and 5 to 7 of Statement.Check to a summary.
func (s *Summary) Check() error {
	if s.ComputedAt < 0 || s.ConfidencePPM > PPM || s.CompositePPM != nil && *s.CompositePPM > PPM { // 3
		return fmt.Errorf("%w: computed at %d, or a score is over %d", ErrSummary, s.ComputedAt, PPM)
	}
	for _, w := range weights {
		if v := *s.Metrics.field(w.metric); v != nil && *v > PPM { // 3
			return fmt.Errorf("%w: %s of %d is over %d", ErrSummary, w.metric, *v, PPM)
		}
	}
	if s.CompositePPM != nil && (s.Receipts == 0 || s.ActiveDays == 0 || s.Metrics.HistoryDepth == nil) { // 5
		return fmt.Errorf("%w: a composite without receipts", ErrSummary)
	}
	if s.SelfIssued > s.Receipts || s.ActiveDays > s.Receipts || s.Receipts > MaxLogSize*MaxSources { // 7
		return fmt.Errorf("%w: %d receipts, %d self-issued, on %d days", ErrSummary, s.Receipts, s.SelfIssued, s.ActiveDays)
	}
	if len(s.Evidence) > MaxSources { // 6
		return fmt.Errorf("%w: %d logs, want 1 to %d", ErrSummary, len(s.Evidence), MaxSources)
	}
	logs := make([]LogEvidence, 0, len(s.Evidence))
	for i := range s.Evidence {
		logs = append(logs, LogEvidence(s.Evidence[i]))
	}
	return checkLogs(logs, s.Receipts) // 6
}
