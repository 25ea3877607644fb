package policy

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
)

// posture builds the machine where sessions have states or budgets.
func (b *builder) posture() error {
	p, o := b.d.Extensions.Posture, b.d.Extensions.Origins
	budgets := o != nil && slices.ContainsFunc(o.Profiles, func(p OriginProfile) bool { return len(p.Budgets) > 0 })
	if p == nil && !budgets {
		return nil
	}
	m, err := NewPostureMachine(p)
	if err != nil {
		return fmt.Errorf("extensions.%w", err)
	}
	b.machine = m
	return nil
}

// head is what stands before the rules: the origin's profile, and posture.
func (b *builder) head(p *OriginProfile, stated bool) []slot {
	var list []slot
	if p != nil {
		list = append(list, slot{Guard: mark{pass(OriginsName, "extensions.origins.profiles."+p.ID)}, block: "origins", strict: true})
	}
	if b.machine == nil || b.machine.Stateless() && (p == nil || len(p.Budgets) == 0) {
		return list
	}
	g := &postureGuard{machine: b.machine, scope: b.o.PostureScope, store: b.o.Postures, stated: stated}
	if p != nil {
		g.initial, g.limits, g.profile = p.Posture, p.Budgets, p.ID
	}
	config := "budgets of the origin"
	if !b.machine.Stateless() {
		config = "initial " + word(g.initial, b.machine.Initial()) + ", " + plural(len(b.machine.States()), "state")
	}
	return append(list, slot{Guard: g, block: "posture", config: config, rule: !b.machine.Stateless(), strict: true})
}

func postureIn(head []slot) *postureGuard {
	for _, s := range head {
		if g, ok := s.Guard.(*postureGuard); ok {
			return g
		}
	}
	return nil
}

// assemble makes the pipelines: for calls, and for actions of suites, which
// state their posture.
func (b *builder) assemble() error {
	if err := b.checkObserve(); err != nil {
		return err
	}
	var err error
	if b.c.evaluator, err = b.evaluator(false); err != nil {
		return err
	}
	if b.c.suites, err = b.evaluator(true); err != nil {
		return err
	}
	if !inForce(append(b.head(nil, false), b.slots...)) {
		b.warn("rules", "has no rule in force, so every call is denied")
	}
	b.c.GuardNames = b.c.evaluator.base.Names()
	if b.c.evaluator.origins == nil && b.o.Panic == nil {
		b.c.Guard = b.c.evaluator.base
	} else {
		b.c.Guard = b.c.evaluator
	}
	b.parts(append(b.head(nil, false), b.slots...))
	return b.hooksOf()
}

func (b *builder) evaluator(stated bool) (*evaluator, error) {
	e := &evaluator{panic: b.o.Panic}
	head := b.head(nil, stated)
	e.base, e.postures = b.pipeline(append(head, b.slots...)), []*postureGuard{postureIn(head)}
	o := b.d.Extensions.Origins
	if o == nil {
		return e, nil
	}
	var err error
	if e.origins, err = newOriginIndex(o); err != nil {
		return nil, err
	}
	if !stated {
		if err := b.checkProfiles(o); err != nil {
			return nil, err
		}
	}
	for i := range o.Profiles {
		list, err := b.narrowed(&o.Profiles[i])
		if err != nil {
			return nil, fmt.Errorf("extensions.origins.profiles.%s: %w", o.Profiles[i].ID, err)
		}
		head := b.head(&o.Profiles[i], stated)
		e.profiles = append(e.profiles, b.pipeline(append(head, list...)))
		e.postures = append(e.postures, postureIn(head))
	}
	return e, nil
}

// inForce reports a rule of the document.
func inForce(list []slot) bool {
	return slices.ContainsFunc(list, func(s slot) bool { return s.rule })
}

// pipeline wraps each guard in its condition and, if it only observes, in
// observe mode. Without a rule of the document it denies everything.
func (b *builder) pipeline(list []slot) *guard.Pipeline {
	if !inForce(list) {
		return guard.NewPipeline(pipelineName)
	}
	var whens []*condition
	always := false
	for _, s := range list {
		if !s.rule {
			continue
		}
		always = always || s.when == nil
		whens = append(whens, s.when)
	}
	var all []guard.Guard
	if !always {
		all = append(all, someInForce{whens, pass(ConditionName, "")})
	}
	for _, s := range list {
		g := withCondition(s.Guard, s.block, s.when)
		if !s.strict && b.observes(s.Name()) {
			g = guard.Observe(g)
		}
		all = append(all, g)
	}
	return guard.NewPipeline(pipelineName, all...)
}

// parts describes the policy's own guards.
func (b *builder) parts(list []slot) {
	for _, s := range list {
		p := Part{Name: s.Name(), Block: blockPath(s.block), Config: s.config, When: s.when != nil,
			Observed: !s.strict && b.observes(s.Name())}
		if p.Observed {
			b.c.Observed = append(b.c.Observed, p.Name)
		}
		b.c.Parts = append(b.c.Parts, p)
	}
}

// blockPath is the dotted path of a block in a document.
func blockPath(block string) string {
	for _, extension := range []string{"posture", "origins", "detection", "custom", "chio"} {
		if block == extension || len(block) > len(extension) && block[:len(extension)+1] == extension+"." {
			if extension == "custom" {
				return "extensions.chio." + block
			}
			return "extensions." + block
		}
	}
	return "rules." + block
}

// hooksOf lists the output guards; those of origins come last.
func (b *builder) hooksOf() error {
	if o := b.d.Extensions.Origins; o != nil {
		p := &profileOutput{name: "output-sanitizer", origins: b.c.evaluator.origins, hooks: make([]kernel.OutputGuard, len(o.Profiles))}
		any := false
		for i, profile := range o.Profiles {
			d := profile.Data
			if d == nil || !d.RedactBeforeSend && !d.BlockSensitiveOutputs {
				continue
			}
			g, err := newSanitizer(secrets.SanitizerConfig{
				Secrets: true, Personal: true, Patterns: secretPatterns(b.d.Rules.SecretPatterns), Block: d.BlockSensitiveOutputs,
			})
			if err != nil {
				return fmt.Errorf("extensions.origins.profiles.%s.data: %w", profile.ID, err)
			}
			p.hooks[i], any = g, true
		}
		if any {
			b.hooks = append(b.hooks, hook{p, "origins", "for profiles that ask for it"})
		}
	}
	for _, h := range b.hooks {
		p := Part{Name: h.Name(), Block: blockPath(h.block), Config: h.config, Output: true}
		if h.block != "origins" && b.observes(h.Name()) {
			p.Observed, h.OutputGuard = true, guard.ObserveOutput(h.OutputGuard)
			b.c.Observed = append(b.c.Observed, p.Name)
		}
		b.c.Output, b.c.Parts = append(b.c.Output, h.OutputGuard), append(b.c.Parts, p)
	}
	return nil
}
