package passport

import (
	"fmt"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// ppm is a whole in parts per million, in which scores are given.
const ppm = 1_000_000

// Reputation is what the issuer computed of the agent from receipts: scores in
// parts per million, and by what receipts somebody with the logs can compute
// them again. A score that is nil is not known.
type Reputation struct {
	CompositePPM  *uint64              `json:"compositePpm,omitempty"`
	ConfidencePPM uint64               `json:"confidencePpm"`
	Metrics       Metrics              `json:"metrics"`
	Receipts      uint64               `json:"receipts"`
	ActiveDays    uint64               `json:"activeDays"`
	SelfIssued    uint64               `json:"selfIssuedReceipts"` // of the issuer's own kernel
	Evidence      []ReputationEvidence `json:"evidence"`
	ComputedAt    int64                `json:"computedAt"` // unix seconds
}

// Metrics are the metrics that are known. Boundary pressure is the share of
// calls that were denied, so that less is better; in all others more is.
type Metrics struct {
	BoundaryPressure    *uint64 `json:"boundaryPressurePpm,omitempty"`
	ResourceStewardship *uint64 `json:"resourceStewardshipPpm,omitempty"`
	LeastPrivilege      *uint64 `json:"leastPrivilegePpm,omitempty"`
	HistoryDepth        *uint64 `json:"historyDepthPpm,omitempty"`
	ToolDiversity       *uint64 `json:"toolDiversityPpm,omitempty"`
	DelegationHygiene   *uint64 `json:"delegationHygienePpm,omitempty"`
	Reliability         *uint64 `json:"reliabilityPpm,omitempty"`
	IncidentCorrelation *uint64 `json:"incidentCorrelationPpm,omitempty"`
}

// ReputationEvidence names receipts of one log: which log, as it was at a
// size, and which of its entries were counted.
type ReputationEvidence struct {
	LogID      string      `json:"logId"`
	TreeSize   uint64      `json:"treeSize"`
	Root       wire.Digest `json:"rootSha256"`
	Receipts   uint64      `json:"receipts"`
	FirstIndex uint64      `json:"firstIndex"`
	LastIndex  uint64      `json:"lastIndex"`
	Indexes    wire.Digest `json:"indexesSha256"` // of the indexes counted
}

// maxEvidence bounds the logs a reputation names.
const maxEvidence = 64

// boundaryPressure is the metric of which a policy names the most.
const boundaryPressure = "boundary_pressure"

// metricNames are the metrics by the names a policy uses, in their order.
var metricNames = [...]string{"composite", boundaryPressure, "resource_stewardship", "least_privilege", "history_depth",
	"tool_diversity", "delegation_hygiene", "reliability", "incident_correlation"}

// Metric is the place of a metric by its name in a policy, such as
// "least_privilege"; nil if a passport has no such metric.
func (m *Metrics) Metric(name string) **uint64 {
	switch name {
	case boundaryPressure:
		return &m.BoundaryPressure
	case "resource_stewardship":
		return &m.ResourceStewardship
	case "least_privilege":
		return &m.LeastPrivilege
	case "history_depth":
		return &m.HistoryDepth
	case "tool_diversity":
		return &m.ToolDiversity
	case "delegation_hygiene":
		return &m.DelegationHygiene
	case "reliability":
		return &m.Reliability
	case "incident_correlation":
		return &m.IncidentCorrelation
	}
	return nil
}

// metric is a score by its name in a policy; nil if it is not known.
func (r *Reputation) metric(name string) *uint64 {
	if name == "composite" {
		return r.CompositePPM
	}
	if place := r.Metrics.Metric(name); place != nil {
		return *place
	}
	return nil
}

// Check applies the rules of a reputation, nil being none:
//
//	R1 no score is over a million, and it was computed at some time
//	R2 a composite rests on receipts
//	R3 no more days or self-issued receipts than receipts
//	R4 at most 64 logs, each named with a root and a size, none twice, and
//	  their receipts add up
func (r *Reputation) Check() error {
	if r == nil {
		return nil
	}
	if r.ComputedAt <= 0 || r.ConfidencePPM > ppm { // R1
		return fmt.Errorf("%w: reputation: computed at %d with confidence %d", vc.ErrMalformed, r.ComputedAt, r.ConfidencePPM)
	}
	for _, name := range metricNames {
		if v := r.metric(name); v != nil && *v > ppm { // R1
			return fmt.Errorf("%w: reputation: %s is %d, limit %d", vc.ErrMalformed, name, *v, ppm)
		}
	}
	if r.CompositePPM != nil && r.Receipts == 0 { // R2
		return fmt.Errorf("%w: reputation: a composite without receipts", vc.ErrMalformed)
	}
	if r.ActiveDays > r.Receipts || r.SelfIssued > r.Receipts { // R3
		return fmt.Errorf("%w: reputation: %d days and %d self-issued of %d receipts", vc.ErrMalformed, r.ActiveDays, r.SelfIssued, r.Receipts)
	}
	return r.checkEvidence() // R4
}

func (r *Reputation) checkEvidence() error {
	if len(r.Evidence) > maxEvidence {
		return fmt.Errorf("%w: reputation: evidence of %d logs, limit %d", vc.ErrMalformed, len(r.Evidence), maxEvidence)
	}
	left := r.Receipts
	seen := make(map[string]bool, len(r.Evidence))
	for i := range r.Evidence {
		e := &r.Evidence[i]
		if !isText(e.LogID, 2*maxName) || seen[e.LogID] || e.Root.IsZero() || e.FirstIndex > e.LastIndex || e.LastIndex > e.TreeSize {
			return fmt.Errorf("%w: reputation: evidence of log %.60q is not whole, or there twice", vc.ErrMalformed, e.LogID)
		}
		if e.Receipts > left || e.Receipts > 0 && (e.LastIndex >= e.TreeSize || e.Receipts-1 > e.LastIndex-e.FirstIndex) {
			return fmt.Errorf("%w: reputation: %d receipts between %d and %d of log %.60q", vc.ErrMalformed, e.Receipts, e.FirstIndex, e.LastIndex, e.LogID)
		}
		seen[e.LogID] = true
		left -= e.Receipts
	}
	if left != 0 {
		return fmt.Errorf("%w: reputation: %d receipts are in no log", vc.ErrMalformed, left)
	}
	return nil
}
