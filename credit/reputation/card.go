package reputation

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// Card is what the receipts say of one agent.
type Card struct {
	Subject      did.DID     `json:"subject"`
	Issuer       did.DID     `json:"issuer"` // who computed it
	ComputedAt   int64       `json:"computed_at"`
	ParamsSHA256 wire.Digest `json:"params_sha256"`
	// CompositePPM is absent below the minimum history.
	CompositePPM *uint64 `json:"composite_ppm,omitempty"`
	// RawPPM is the weighted mean of the known metrics, before history held it
	// down and imports moved it; absent as the composite is.
	RawPPM        *uint64   `json:"raw_ppm,omitempty"`
	ConfidencePPM uint64    `json:"confidence_ppm"` // how much history there is of a full one
	CeilingPPM    uint64    `json:"ceiling_ppm"`    // the most a composite can be with it
	Gate          Gate      `json:"gate"`
	Metrics       []Measure `json:"metrics"`
	Evidence      Evidence  `json:"evidence"`
	Imports       []Counted `json:"imports,omitempty"`
}

// Gate is the minimum history.
type Gate struct {
	Open             bool   `json:"open"`
	Receipts         uint64 `json:"receipts"`
	MinReceipts      uint64 `json:"min_receipts"`
	ActiveDays       uint64 `json:"active_days"`
	MinActiveDays    uint64 `json:"min_active_days"`
	DistinctCalls    uint64 `json:"distinct_calls"` // 4096: that many or more
	MinDistinctCalls uint64 `json:"min_distinct_calls"`
}

// Measure is one metric.
type Measure struct {
	Metric   Metric  `json:"metric"`
	ValuePPM *uint64 `json:"value_ppm,omitempty"` // absent: unknown
	// MeritPPM is what enters the composite: of boundary_pressure one minus it.
	MeritPPM  *uint64 `json:"merit_ppm,omitempty"`
	WeightPPM uint64  `json:"weight_ppm"`
	// EffectivePPM is the weight among the metrics that are known.
	EffectivePPM uint64  `json:"effective_weight_ppm"`
	Why          string  `json:"why"`
	Movers       []Mover `json:"movers,omitempty"`
	Advice       string  `json:"advice,omitempty"`
}

// Evidence names what was counted, so that whoever has the logs can count
// again.
type Evidence struct {
	Receipts   uint64            `json:"receipts"` // all that count, whoever's
	SelfIssued uint64            `json:"self_issued_receipts"`
	FirstAt    int64             `json:"first_at,omitzero"` // of our own
	LastAt     int64             `json:"last_at,omitzero"`
	Logs       []LogEvidence     `json:"logs"`
	Issuers    []IssuerEvidence  `json:"issuers"`
	Uncounted  map[Reason]uint64 `json:"uncounted,omitempty"`
}

// LogEvidence names the receipts of one log that count: the tree they are in,
// and a digest of their indexes, ascending, eight bytes each, big-endian.
type LogEvidence struct {
	LogID         string      `json:"log_id"`
	TreeSize      uint64      `json:"tree_size"`
	RootSHA256    wire.Digest `json:"root_sha256"`
	Receipts      uint64      `json:"receipts"`
	FirstIndex    uint64      `json:"first_index"`
	LastIndex     uint64      `json:"last_index"`
	IndexesSHA256 wire.Digest `json:"indexes_sha256"`
}

// IssuerEvidence says whose receipts count, and how much.
type IssuerEvidence struct {
	Issuer     string `json:"issuer"` // a DID, or the key of a kernel without one
	Receipts   uint64 `json:"receipts"`
	Own        bool   `json:"own,omitzero"`
	SelfIssued bool   `json:"self_issued,omitzero"`
	Capped     bool   `json:"capped,omitzero"` // they weigh less than they are
}

// Scorecard counts a corpus for one agent. now is unix seconds. Errors wrap
// ErrParams, ErrCorpus, ErrLimit, or are those of a source.
func Scorecard(c *Corpus, subject did.DID, p Params, now int64) (*Card, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if _, err := did.Parse(subject.String()); err != nil {
		return nil, fmt.Errorf("%w: subject: %w", ErrCorpus, err)
	}
	if _, err := did.Parse(c.Own.String()); err != nil || now < 0 {
		return nil, fmt.Errorf("%w: who computes must be a did:chio, at a time after 1970", ErrCorpus)
	}
	k, err := c.check()
	if err != nil {
		return nil, err
	}
	r := newRun(c, k, subject.Key(), p, now)
	for i := range c.Sources {
		if err := r.source(i, &c.Sources[i]); err != nil {
			return nil, err
		}
	}
	values, err := r.measure(c)
	if err != nil {
		return nil, err
	}
	card := &Card{Subject: subject, Issuer: c.Own, ComputedAt: now, ParamsSHA256: p.Digest(), Gate: r.gate(), Evidence: r.evidence(c)}
	card.Metrics = r.measures(values)
	return card, r.compose(card, c)
}

func (r *run) measure(c *Corpus) (map[Metric]value, error) {
	known, missing, all, err := r.holdings(c)
	if err != nil {
		return nil, err
	}
	hygiene, err := r.delegationHygiene(c)
	if err != nil {
		return nil, err
	}
	incidents, err := r.incidentCorrelation(c)
	if err != nil {
		return nil, err
	}
	return map[Metric]value{
		BoundaryPressure: r.boundaryPressure(), ResourceStewardship: r.resourceStewardship(known),
		LeastPrivilege: r.leastPrivilege(known, missing, all), HistoryDepth: r.historyDepth(), ToolDiversity: r.toolDiversity(),
		DelegationHygiene: hygiene, Reliability: r.reliability(), IncidentCorrelation: incidents,
	}, nil
}

func (r *run) gate() Gate {
	g := Gate{MinReceipts: r.params.MinReceipts, MinActiveDays: r.params.MinActiveDays, MinDistinctCalls: r.params.MinDistinctCalls,
		ActiveDays: uint64(len(r.days)), DistinctCalls: uint64(len(r.calls))}
	if mine := r.issuers[r.own]; mine != nil {
		g.Receipts = mine.receipts
	}
	g.Open = g.Receipts >= g.MinReceipts && g.ActiveDays >= g.MinActiveDays && g.DistinctCalls >= g.MinDistinctCalls
	return g
}

func (r *run) evidence(c *Corpus) Evidence {
	e := Evidence{Receipts: r.counted, FirstAt: r.first, LastAt: r.last, Uncounted: r.uncounted, Issuers: []IssuerEvidence{}, Logs: []LogEvidence{}}
	for i := range c.Sources {
		s, seen := &c.Sources[i], r.logs[i]
		e.Logs = append(e.Logs, LogEvidence{LogID: s.Log, TreeSize: s.Size, RootSHA256: s.Root, Receipts: seen.count, FirstIndex: seen.first,
			LastIndex: seen.last, IndexesSHA256: seen.digest()})
	}
	slices.SortFunc(e.Logs, func(a, b LogEvidence) int { return compareText(a.LogID, b.LogID) })
	for issuer, t := range r.issuers {
		self := c.Organization != "" && issuer == c.Organization.String()
		if self {
			e.SelfIssued += t.receipts
		}
		e.Issuers = append(e.Issuers, IssuerEvidence{Issuer: issuer, Receipts: t.receipts, Own: issuer == r.own, SelfIssued: self,
			Capped: !r.capped(issuer, t).IsInt()})
	}
	slices.SortFunc(e.Issuers, func(a, b IssuerEvidence) int { return compareText(a.Issuer, b.Issuer) })
	return e
}
