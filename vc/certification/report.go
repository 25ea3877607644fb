package certification

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// SchemaReport is the schema of a full conformance report. It is not signed
// itself: the certification names its digest.
const SchemaReport = "chio.conformance_report.v1"

// ErrReport refuses a report.
var ErrReport = errors.New("conformance report is not valid")

// Level says what a failed check costs.
type Level string

// The levels.
const (
	Required    Level = "required"    // without it there is no certification
	Recommended Level = "recommended" // without it there is no silver
)

// Outcome is how one check ended.
type Outcome string

// The outcomes. Skipped: what it looks at does not exist in this server.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// The sizes of a report.
const (
	maxChecks      = 256
	maxDetailBytes = 512
)

// Named is a thing with a version.
type Named struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func (n *Named) check(what string) error {
	if err := checkText(what, n.Name); err != nil {
		return err
	}
	return checkText(what+" version", n.Version)
}

// Suite is which checks were run.
type Suite struct {
	Named
	SHA256 wire.Digest `json:"sha256"` // of its definition
}

// Check is one check and how it ended.
type Check struct {
	ID      string  `json:"id"`
	Level   Level   `json:"level"`
	Outcome Outcome `json:"outcome"`
	Detail  string  `json:"detail,omitempty"` // what was seen, bounded
}

// Report is the full result of one run.
type Report struct {
	Schema    string  `json:"schema"`
	Criteria  Named   `json:"criteria"`
	Suite     Suite   `json:"suite"`
	Server    Server  `json:"server"`
	StartedAt int64   `json:"started_at"` // unix seconds
	Checks    []Check `json:"checks"`
}

// Counts is how many checks of one level ended how.
type Counts struct {
	Passed  uint32 `json:"passed"`
	Failed  uint32 `json:"failed"`
	Skipped uint32 `json:"skipped"`
}

// Results counts a report by level.
type Results struct {
	Required    Counts `json:"required"`
	Recommended Counts `json:"recommended"`
}

// Results counts the checks.
func (r *Report) Results() Results {
	var out Results
	for i := range r.Checks {
		c := &out.Recommended
		if r.Checks[i].Level == Required {
			c = &out.Required
		}
		switch r.Checks[i].Outcome {
		case Passed:
			c.Passed++
		case Skipped:
			c.Skipped++
		default:
			c.Failed++
		}
	}
	return out
}

// ParseReport reads the canonical bytes of a report:
//
//	1 canonical JSON, no unknown member, within wire.DocumentLimits
//	2 its schema is chio.conformance_report.v1
//	3 criteria, suite and server are named, started_at is a time
//	4 one to 256 checks, each with an id of its own, a known level and outcome
//	  and a detail of at most 512 bytes
func ParseReport(doc []byte) (*Report, error) {
	var r Report
	if err := wire.UnmarshalCanonical(doc, &r, wire.DocumentLimits); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrReport, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReport, err)
	}
	return &r, nil
}

func (r *Report) check() error {
	if r.Schema != SchemaReport { // 2
		return fmt.Errorf("%w: %.80q", wire.ErrSchema, r.Schema)
	}
	if err := checkTested(&r.Criteria, &r.Suite, &r.Server); err != nil { // 3
		return err
	}
	if !validTime(r.StartedAt) { // 3
		return fmt.Errorf("started_at %d is no time", r.StartedAt)
	}
	if len(r.Checks) == 0 || len(r.Checks) > maxChecks { // 4
		return fmt.Errorf("%d checks, want 1 to %d", len(r.Checks), maxChecks)
	}
	seen := make(map[string]bool, len(r.Checks))
	for i := range r.Checks {
		c := &r.Checks[i]
		if err := checkText("check", c.ID); err != nil { // 4
			return err
		}
		if seen[c.ID] || !c.Level.known() || !c.Outcome.known() || len(c.Detail) > maxDetailBytes { // 4
			return fmt.Errorf("check %q is there twice, too long, or of level %.20q with outcome %.20q", c.ID, c.Level, c.Outcome)
		}
		seen[c.ID] = true
	}
	return nil
}

func (l Level) known() bool { return l == Required || l == Recommended }

func (o Outcome) known() bool { return o == Passed || o == Failed || o == Skipped }

// checkTested checks what was tested by what.
func checkTested(criteria *Named, suite *Suite, server *Server) error {
	if err := criteria.check("criteria"); err != nil {
		return err
	}
	if err := suite.check("suite"); err != nil {
		return err
	}
	if suite.SHA256.IsZero() {
		return errors.New("the suite has no digest")
	}
	return server.check()
}

func validTime(t int64) bool { return t > 0 && t <= wire.MaxUnits }
