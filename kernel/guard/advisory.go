package guard

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
)

// Severity ranks an advisory signal. The zero value is Info.
type Severity uint8

// The severities.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severities = [...]string{"info", "low", "medium", "high", "critical"}

func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return "unknown"
}

// ParseSeverity reads a severity's name.
func ParseSeverity(name string) (Severity, error) {
	for i, s := range severities {
		if s == name {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("severity %.20q is not one of info, low, medium, high, critical", name)
}

// Signal is what an advisory guard noticed. It denies nothing by itself.
type Signal struct {
	Severity    Severity
	Code        kernel.Code
	Description string // one line, as Evidence.Details
}

// AdvisoryGuard notices. An error is a Deny: a guard that cannot look does not
// know that there is nothing to see.
type AdvisoryGuard interface {
	Name() string
	Advise(*Request) ([]Signal, error)
}

// Promotion makes signals of one guard, from a severity on, deny.
type Promotion struct {
	Guard       string
	MinSeverity Severity
}

// PromotionPolicy is which signals deny. Without rules none does.
type PromotionPolicy []Promotion

func (p PromotionPolicy) promotes(guard string, s Severity) bool {
	for _, r := range p {
		if r.Guard == guard && s >= r.MinSeverity {
			return true
		}
	}
	return false
}

// AdvisoryPipeline collects the signals of its guards as evidence of an Allow;
// a promoted signal makes it a Deny, after all have been collected. It never
// judges again before dispatch.
type AdvisoryPipeline struct {
	guards    []AdvisoryGuard
	promotion PromotionPolicy
}

// AdvisoryPipelineName is the pipeline's name in lists of guards.
const AdvisoryPipelineName = "advisory-pipeline"

// The evidence codes of signals.
const (
	CodeAdvisory kernel.Code = "CHIO-GUARD-ADVISORY"
	CodePromoted kernel.Code = "CHIO-GUARD-ADVISORY-PROMOTED"
)

// maxSignals bounds the signals of one guard on one call; more are an error.
const maxSignals = 64

// NewAdvisoryPipeline returns a Guard that runs advisory guards in order.
func NewAdvisoryPipeline(promotion PromotionPolicy, guards ...AdvisoryGuard) *AdvisoryPipeline {
	return &AdvisoryPipeline{guards: append([]AdvisoryGuard(nil), guards...), promotion: append(PromotionPolicy(nil), promotion...)}
}

// Name returns advisory-pipeline.
func (p *AdvisoryPipeline) Name() string { return AdvisoryPipelineName }

// Judge implements Guard.
func (p *AdvisoryPipeline) Judge(r *Request) (kernel.Decision, error) {
	out := kernel.Decision{Verdict: kernel.Allow}
	for _, g := range p.guards {
		if g == nil {
			return out, fmt.Errorf("an advisory guard of the pipeline is nil")
		}
		signals, err := advise(g, r)
		if err != nil {
			return out, fmt.Errorf("advisory guard %s: %w", nameOfAdvisory(g), err)
		}
		if len(signals) > maxSignals {
			return out, fmt.Errorf("advisory guard %s gave %d signals, limit %d", nameOfAdvisory(g), len(signals), maxSignals)
		}
		for _, s := range signals {
			row := kernel.Evidence{Guard: nameOfAdvisory(g), Verdict: kernel.Allow, Code: s.Code,
				Details: fmt.Sprintf("severity=%s %.300s", s.Severity, s.Description)}
			if row.Code == "" {
				row.Code = CodeAdvisory
			}
			if p.promotion.promotes(row.Guard, s.Severity) {
				row.Verdict, row.Code, out.Verdict = kernel.Deny, CodePromoted, kernel.Deny
			}
			out.Evidence = append(out.Evidence, row)
		}
	}
	return out, nil
}

func advise(g AdvisoryGuard, r *Request) (signals []Signal, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %.120v", p)
		}
	}()
	return g.Advise(r)
}

func nameOfAdvisory(g AdvisoryGuard) (name string) {
	defer func() {
		if recover() != nil { // a typed nil: advise failed by its own panic
			name = "nil-guard"
		}
	}()
	return g.Name()
}
