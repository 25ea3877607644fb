package prompt

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// The levels of prompt injection and the scores at which they begin.
const (
	levelSafe       = 10
	levelSuspicious = 40
	levelHigh       = 80
	levelCritical   = 100
	levelNever      = maxScore + 1
)

// defaultScanBytes is the limit when the configuration names none.
const defaultScanBytes = 200_000

// threshold is the score at which a level begins; "" is never reached.
func threshold(field, level string) (int, error) {
	switch level {
	case "":
		return levelNever, nil
	case "safe":
		return levelSafe, nil
	case "suspicious":
		return levelSuspicious, nil
	case "high":
		return levelHigh, nil
	case "critical":
		return levelCritical, nil
	}
	return 0, fmt.Errorf("%s: %s is %.40q; write safe, suspicious, high or critical", InjectionName, field, level)
}

// levelOf names the level of a score.
func levelOf(score int) string {
	switch {
	case score >= levelCritical:
		return "critical"
	case score >= levelHigh:
		return "high"
	case score >= levelSuspicious:
		return "suspicious"
	case score >= levelSafe:
		return "safe"
	}
	return "none"
}

// Injection is the guard prompt-injection. It judges all text of every call:
//
//  1. a call that cannot be read: deny
//  2. more text than the limit: deny
//  3. a score at or above the block level: deny
//  4. a score at or above the warn level: pending approval
//  5. else allow
type Injection struct {
	detector    *detector
	warn, block int
	rule        string
	pass        kernel.Decision
	before      *Jailbreak // reads the same text next
}

// NewInjection compiles the configuration. A limit of 0 is 200,000 bytes.
func NewInjection(c InjectionConfig) (*Injection, error) {
	g := &Injection{rule: cmp.Or(c.Rule, "extensions.detection.prompt_injection")}
	var err error
	if g.warn, err = threshold("warn_at_or_above", c.WarnAtOrAbove); err != nil {
		return nil, err
	}
	if g.block, err = threshold("block_at_or_above", c.BlockAtOrAbove); err != nil {
		return nil, err
	}
	if g.warn == levelNever && g.block == levelNever {
		return nil, errors.New(InjectionName + ": neither a warn nor a block level is given; leave the guard out instead")
	}
	if g.detector, err = newDetector(InjectionName, injectionRules(), sum, false, orLimit(c.MaxScanBytes)); err != nil {
		return nil, err
	}
	g.pass = passed(InjectionName)
	return g, nil
}

// ReadFor makes the guard read for another that judges the same calls after it,
// so that a text is read once. What either answers does not change.
func (g *Injection) ReadFor(next *Jailbreak) { g.before = next }

// Name returns prompt-injection.
func (g *Injection) Name() string { return InjectionName }

// Judge implements guard.Guard.
func (g *Injection) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := unreadable(InjectionName, r); bad { // 1
		return d, nil
	}
	if n := total(r); n > g.detector.limit { // 2
		return guard.Refuse(InjectionName, CodeInjection, g.rule+".max_scan_bytes", tooMuch(n, g.detector.limit)), nil
	}
	v, details := g.judge(r)
	switch v {
	case kernel.Deny: // 3
		return guard.Refuse(InjectionName, CodeInjection, g.rule+".block_at_or_above", details), nil
	case kernel.PendingApproval: // 4
		return guard.Conclude(v, InjectionName, CodeInjection, g.rule+".warn_at_or_above", details), nil
	}
	return g.pass, nil // 5
}

// judge reads the text of a request, for the next guard too unless that would
// refuse it by its length.
func (g *Injection) judge(r *guard.Request) (kernel.Verdict, string) {
	x := g.detector.lex.reader()
	defer g.detector.lex.give(x)
	x.raw = collect(x.raw[:0], r)
	if next := g.before; next != nil && int64(len(x.raw)) <= next.detector.limit {
		x.read(x.raw, g.detector, next.detector)
		r.Ahead = guard.Ahead{For: next}
		r.Ahead.Verdict, r.Ahead.Details = next.verdict(x, &x.lanes[1].out)
	} else {
		x.read(x.raw, g.detector)
	}
	return g.verdict(x, &x.lanes[0].out)
}

// verdict weighs a finding; the details are empty for Allow.
func (g *Injection) verdict(r *reader, f *finding) (kernel.Verdict, string) {
	v := kernel.Allow
	switch {
	case f.score >= g.block:
		v = kernel.Deny
	case f.score >= g.warn:
		v = kernel.PendingApproval
	default:
		return v, ""
	}
	return v, describe(InjectionName, f, g.detector.set, levelOf(f.score), r.fingerprint())
}

func tooMuch(n, limit int64) string {
	return fmt.Sprintf("the text is %d bytes, and the detector reads at most %d", n, limit)
}

func orLimit(n int64) int64 {
	if n == 0 {
		return defaultScanBytes
	}
	return n
}

func passed(name string) kernel.Decision {
	d := guard.Conclude(kernel.Allow, name, "", "", "")
	d.Evidence = d.Evidence[:1:1]
	return d
}
