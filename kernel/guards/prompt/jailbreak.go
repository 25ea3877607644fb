package prompt

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// Jailbreak is the guard jailbreak. It judges all text of every call in three
// layers: signals (heuristic), the shape of the text (statistical), and a
// logistic combination of both. The score is the signals', raised by the other
// two where they are higher: 70 % heuristic, 10 % statistical, 20 % logistic.
//
//  1. a call that cannot be read: deny
//  2. more text than the limit: deny
//  3. a score at or above the block threshold: deny
//  4. a score at or above the warn threshold: pending approval
//  5. else allow
type Jailbreak struct {
	detector    *detector
	warn, block int
	rule        string
	pass        kernel.Decision
}

// NewJailbreak compiles the configuration. A limit of 0 is 200,000 bytes.
func NewJailbreak(c JailbreakConfig) (*Jailbreak, error) {
	g := &Jailbreak{rule: cmp.Or(c.Rule, "extensions.detection.jailbreak")}
	var err error
	if g.warn, err = percent("warn_threshold", c.WarnThreshold); err != nil {
		return nil, err
	}
	if g.block, err = percent("block_threshold", c.BlockThreshold); err != nil {
		return nil, err
	}
	if c.WarnThreshold == nil && c.BlockThreshold == nil {
		return nil, errors.New(JailbreakName + ": neither a warn nor a block threshold is given; leave the guard out instead")
	}
	if g.detector, err = newDetector(JailbreakName, jailbreakRules(), noisyOr, true, orLimit(c.MaxInputBytes)); err != nil {
		return nil, err
	}
	g.pass = passed(JailbreakName)
	return g, nil
}

func percent(field string, v *int64) (int, error) {
	switch {
	case v == nil:
		return levelNever, nil
	case *v < 0 || *v > maxScore:
		return 0, fmt.Errorf("%s: %s is %d; give 0 … %d", JailbreakName, field, *v, maxScore)
	}
	return int(*v), nil
}

// Name returns jailbreak.
func (g *Jailbreak) Name() string { return JailbreakName }

// Judge implements guard.Guard.
func (g *Jailbreak) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := unreadable(JailbreakName, r); bad { // 1
		return d, nil
	}
	if n := total(r); n > g.detector.limit { // 2
		return guard.Refuse(JailbreakName, CodeJailbreak, g.rule+".max_input_bytes", tooMuch(n, g.detector.limit)), nil
	}
	v, details := g.judge(r)
	switch v {
	case kernel.Deny: // 3
		return guard.Refuse(JailbreakName, CodeJailbreak, g.rule+".block_threshold", details), nil
	case kernel.PendingApproval: // 4
		return guard.Conclude(v, JailbreakName, CodeJailbreak, g.rule+".warn_threshold", details), nil
	}
	return g.pass, nil // 5
}

// judge reads the text of a request, unless prompt-injection did.
func (g *Jailbreak) judge(r *guard.Request) (kernel.Verdict, string) {
	if r.Ahead.For == guard.Guard(g) {
		return r.Ahead.Verdict, r.Ahead.Details
	}
	x := g.detector.lex.reader()
	defer g.detector.lex.give(x)
	x.raw = collect(x.raw[:0], r)
	x.read(x.raw, g.detector)
	return g.verdict(x, &x.lanes[0].out)
}

func (g *Jailbreak) verdict(r *reader, f *finding) (kernel.Verdict, string) {
	l := layersOf(f, g.detector.set)
	f.score = l.score()
	v := kernel.Allow
	switch {
	case f.score >= g.block:
		v = kernel.Deny
	case f.score >= g.warn:
		v = kernel.PendingApproval
	default:
		return v, ""
	}
	kind := fmt.Sprintf("%s heuristic=%d statistical=%d logistic=%d", JailbreakName, l.heuristic, l.statistical, l.logistic)
	return v, describe(kind, f, g.detector.set, jailbreakLevel(v), r.fingerprint())
}

func jailbreakLevel(v kernel.Verdict) string {
	if v == kernel.Deny {
		return "block"
	}
	return "warn"
}
