package prompt

import (
	"errors"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// Output is the output guard indirect-injection: both detectors over every
// string of what a tool returned, each at its block threshold.
//
//  1. a result that is not JSON: withheld
//  2. more text than a detector's limit: withheld
//  3. a score at or above a block threshold: withheld
//  4. with Escalate, 2 and 3 release the result and are evidence instead
//  5. else released
type Output struct {
	injection *Injection
	jailbreak *Jailbreak
	escalate  bool
}

// NewOutput compiles the configuration. Each detector it names must have a
// block threshold.
func NewOutput(c OutputConfig) (*Output, error) {
	if c.Injection == nil && c.Jailbreak == nil {
		return nil, errors.New(IndirectName + ": no detector is configured; leave the output guard out instead")
	}
	g := &Output{escalate: c.Escalate}
	var err error
	if c.Injection != nil {
		if c.Injection.BlockAtOrAbove == "" {
			return nil, errors.New(IndirectName + ": results are judged at the block level; give block_at_or_above")
		}
		if g.injection, err = NewInjection(*c.Injection); err != nil {
			return nil, err
		}
		g.injection.warn = levelNever
	}
	if c.Jailbreak != nil {
		if c.Jailbreak.BlockThreshold == nil {
			return nil, errors.New(IndirectName + ": results are judged at the block threshold; give block_threshold")
		}
		if g.jailbreak, err = NewJailbreak(*c.Jailbreak); err != nil {
			return nil, err
		}
		g.jailbreak.warn = levelNever
	}
	return g, nil
}

// Name returns indirect-injection.
func (g *Output) Name() string { return IndirectName }

// Inspect implements kernel.OutputGuard.
func (g *Output) Inspect(_ *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	x := g.lexicon().reader()
	defer g.lexicon().give(x)
	var err error
	if x.raw, err = jsonText(x.raw[:0], content); err != nil { // 1
		return kernel.OutputDecision{Verdict: kernel.Deny, Evidence: []kernel.Evidence{{
			Guard: IndirectName, Verdict: kernel.Deny, Code: CodeIndirect, Details: "the result is not one JSON value",
		}}}, nil
	}
	out := kernel.OutputDecision{Verdict: kernel.Allow}
	i, j := g.read(x)
	if g.injection != nil {
		v, rule, details := kernel.Deny, ".max_scan_bytes", tooMuch(int64(len(x.raw)), g.injection.detector.limit) // 2
		if i != nil {
			rule = ".block_at_or_above"
			v, details = g.injection.verdict(x, i) // 3
		}
		g.note(&out, v, g.injection.rule+rule, details)
	}
	if g.jailbreak != nil {
		v, rule, details := kernel.Deny, ".max_input_bytes", tooMuch(int64(len(x.raw)), g.jailbreak.detector.limit) // 2
		if j != nil {
			rule = ".block_threshold"
			v, details = g.jailbreak.verdict(x, j) // 3
		}
		g.note(&out, v, g.jailbreak.rule+rule, details)
	}
	if len(out.Evidence) == 0 { // 5
		out.Evidence = []kernel.Evidence{{Guard: IndirectName, Verdict: kernel.Allow}}
	}
	return out, nil
}

func (g *Output) lexicon() *lexicon {
	if g.injection != nil {
		return g.injection.detector.lex
	}
	return g.jailbreak.detector.lex
}

// read reads the text once. A finding is nil where a detector is not
// configured, or its limit is below the text's length.
func (g *Output) read(x *reader) (i, j *finding) {
	var list []*detector
	n := int64(len(x.raw))
	injection := g.injection != nil && n <= g.injection.detector.limit
	jailbreak := g.jailbreak != nil && n <= g.jailbreak.detector.limit
	if injection {
		list = append(list, g.injection.detector)
	}
	if jailbreak {
		list = append(list, g.jailbreak.detector)
	}
	if len(list) > 0 {
		x.read(x.raw, list...)
	}
	if injection {
		i = &x.lanes[0].out
	}
	if jailbreak {
		j = &x.lanes[len(list)-1].out
	}
	return i, j
}

// note records what one detector said of the result.
func (g *Output) note(out *kernel.OutputDecision, v kernel.Verdict, rule, details string) {
	if v == kernel.Allow {
		return
	}
	if g.escalate { // 4
		v, details = kernel.Allow, "released for review: "+details
	}
	out.Verdict = out.Verdict.Stricter(v)
	out.Evidence = append(out.Evidence, kernel.Evidence{Guard: IndirectName, Verdict: v, Code: CodeIndirect, Rule: rule, Details: details})
}
