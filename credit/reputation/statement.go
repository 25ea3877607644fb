package reputation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// SummarySchema is the schema id of a signed summary.
const SummarySchema = "chio.reputation_summary.v1"

// MaxStatementSeconds is the longest life of a signed summary.
const MaxStatementSeconds = 90 * daySeconds

// The reasons a summary is refused.
var (
	// ErrSummary: it is not a summary, or says what cannot be.
	ErrSummary = errors.New("reputation summary is malformed")
	// ErrIssuer: it is of an organisation whose word does not count here.
	ErrIssuer = errors.New("reputation summary is of an issuer that does not count here")
	// ErrOwn: it is our own.
	ErrOwn = errors.New("reputation summary is our own")
	// ErrAge: it is too old, expired, or from the future.
	ErrAge = errors.New("reputation summary is not of this time")
	// ErrNothing: its issuer has too little history to say anything.
	ErrNothing = errors.New("reputation summary has no composite")
)

// Statement is the signed body by which an organisation tells others what its
// receipts say of an agent. It never holds what others told it.
type Statement struct {
	Schema        string        `json:"schema"`
	Issuer        did.DID       `json:"issuer"`
	Subject       did.DID       `json:"subject"`
	ComputedAt    int64         `json:"computed_at"`
	ExpiresAt     int64         `json:"expires_at"` // exclusive
	ParamsSHA256  wire.Digest   `json:"params_sha256"`
	CompositePPM  *uint64       `json:"composite_ppm,omitempty"`
	ConfidencePPM uint64        `json:"confidence_ppm"`
	Metrics       []Reading     `json:"metrics"` // those that are known, in the order of the metrics
	Receipts      uint64        `json:"receipts"`
	ActiveDays    uint64        `json:"active_days"`
	SelfIssued    uint64        `json:"self_issued_receipts"`
	FirstAt       int64         `json:"first_at"`
	LastAt        int64         `json:"last_at"`
	Logs          []LogEvidence `json:"logs"`
}

// Reading is the value of one metric.
type Reading struct {
	Metric   Metric `json:"metric"`
	ValuePPM uint64 `json:"value_ppm"`
}

// Statement is what a card says without imports, valid for a time. A card that
// imports moved is refused: what others said is theirs to sign.
func (c *Card) Statement(ttlSeconds int64) (*Statement, error) {
	if len(c.Imports) > 0 {
		return nil, fmt.Errorf("%w: the card holds what others said", ErrSummary)
	}
	s := &Statement{Schema: SummarySchema, Issuer: c.Issuer, Subject: c.Subject, ComputedAt: c.ComputedAt, ExpiresAt: c.ComputedAt + ttlSeconds,
		ParamsSHA256: c.ParamsSHA256, CompositePPM: c.CompositePPM, ConfidencePPM: c.ConfidencePPM, Metrics: []Reading{},
		Receipts: c.Evidence.Receipts, ActiveDays: c.Gate.ActiveDays, SelfIssued: c.Evidence.SelfIssued,
		FirstAt: c.Evidence.FirstAt, LastAt: c.Evidence.LastAt, Logs: c.Evidence.Logs}
	for i := range c.Metrics {
		if m := &c.Metrics[i]; m.ValuePPM != nil {
			s.Metrics = append(s.Metrics, Reading{m.Metric, *m.ValuePPM})
		}
	}
	return s, s.Check()
}

// Check applies what holds of every summary, whoever signed it:
//
//	1 schema, issuer and subject, which has a key of its own
//	2 a life of at most 90 days
//	3 scores between 0 and 10^6
//	4 known metrics, in their order, none twice
//	5 a composite rests on receipts and metrics, and on history depth among them
//	6 one to MaxSources logs, in order, none twice, whose receipts add up
//	7 counts and times that can be: no more self-issued receipts or active days
//	  than receipts, a span that has begun and ended
func (s *Statement) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrSummary}, args...)...)
	}
	_, errIssuer := did.Parse(s.Issuer.String())
	_, errSubject := did.Parse(s.Subject.String())
	switch {
	case s.Schema != SummarySchema, errIssuer != nil, errSubject != nil, s.Issuer == s.Subject: // 1
		return bad("schema %.60q, issuer %.80q, subject %.80q", s.Schema, s.Issuer, s.Subject)
	case s.ComputedAt < 0, s.ExpiresAt <= s.ComputedAt, s.ExpiresAt-s.ComputedAt > MaxStatementSeconds: // 2
		return bad("computed at %d, expires at %d: want at most %d seconds", s.ComputedAt, s.ExpiresAt, MaxStatementSeconds)
	case s.ConfidencePPM > PPM, s.CompositePPM != nil && *s.CompositePPM > PPM: // 3
		return bad("a score is over %d", PPM)
	case s.Receipts > MaxLogSize*MaxSources, s.SelfIssued > s.Receipts, s.ActiveDays > s.Receipts, // 7
		s.FirstAt < 0, s.LastAt < s.FirstAt, s.Receipts == 0 && s.LastAt != 0:
		return bad("%d receipts, %d self-issued, on %d days from %d to %d", s.Receipts, s.SelfIssued, s.ActiveDays, s.FirstAt, s.LastAt)
	}
	if err := checkReadings(s.Metrics); err != nil { // 3, 4
		return err
	}
	if s.CompositePPM != nil && (s.Receipts == 0 || s.ActiveDays == 0 ||
		!slices.ContainsFunc(s.Metrics, func(r Reading) bool { return r.Metric == HistoryDepth })) { // 5
		return bad("a composite without receipts")
	}
	return checkLogs(s.Logs, s.Receipts) // 6
}

// checkReadings is rules 3 and 4.
func checkReadings(list []Reading) error {
	next := 0
	for _, r := range list {
		for next < len(weights) && weights[next].metric != r.Metric {
			next++
		}
		if next == len(weights) || r.ValuePPM > PPM {
			return fmt.Errorf("%w: metric %.40q of %d: unknown, out of order, or over %d", ErrSummary, r.Metric, r.ValuePPM, PPM)
		}
		next++
	}
	return nil
}

// checkLogs is rule 6.
func checkLogs(logs []LogEvidence, receipts uint64) error {
	if len(logs) < 1 || len(logs) > MaxSources {
		return fmt.Errorf("%w: %d logs, want 1 to %d", ErrSummary, len(logs), MaxSources)
	}
	sum := uint64(0)
	for i := range logs {
		l := &logs[i]
		sum += l.Receipts
		if l.LogID == "" || len(l.LogID) > maxLogID || i > 0 && logs[i-1].LogID >= l.LogID || l.TreeSize > MaxLogSize || l.Receipts > l.TreeSize ||
			l.FirstIndex > l.LastIndex || l.Receipts > 0 && (l.LastIndex >= l.TreeSize || l.LastIndex-l.FirstIndex+1 < l.Receipts) {
			return fmt.Errorf("%w: log %.80q: %d receipts from %d to %d of %d", ErrSummary, l.LogID, l.Receipts, l.FirstIndex, l.LastIndex, l.TreeSize)
		}
	}
	if sum != receipts {
		return fmt.Errorf("%w: %d receipts, the logs add up to %d", ErrSummary, receipts, sum)
	}
	return nil
}

const maxLogID = 256

// Seal signs a summary with the organisation's key.
func (s *Statement) Seal(org wire.Signer) (*wire.Envelope, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if org.Public() != s.Issuer.Key() {
		return nil, fmt.Errorf("%w: the signer is not %s", ErrSummary, s.Issuer)
	}
	return wire.Seal(SummarySchema, s, org)
}

// Verify opens a summary file, whoever issued it and whatever the time:
//
//	1 the file is a canonical envelope of that schema
//	2 it is signed by the issuer it names, and by nobody else
//	3 the rules of Check hold
func Verify(doc []byte) (*Statement, *wire.Envelope, error) {
	var peek struct {
		Body struct {
			Issuer did.DID `json:"issuer"`
		} `json:"body"`
	}
	if err := wire.UnmarshalLenient(doc, &peek, wire.DocumentLimits); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrSummary, err)
	}
	issuer, err := did.Parse(peek.Body.Issuer.String())
	if err != nil {
		return nil, nil, fmt.Errorf("%w: issuer: %w", ErrSummary, err)
	}
	var s Statement
	env, err := wire.OpenEnvelope(doc, SummarySchema, &s, []wire.PublicKey{issuer.Key()}, nil) // 1, 2
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrSummary, err)
	}
	if len(env.Signatures) != 1 || s.Issuer != issuer { // 2
		return nil, nil, fmt.Errorf("%w: %w: a summary has one signature, its issuer's", ErrSummary, wire.ErrSignerSet)
	}
	return &s, env, s.Check() // 3
}
