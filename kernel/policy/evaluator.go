package policy

import (
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// evaluator is the compiled policy: one pipeline, or one for each origin
// profile. It is the kernel's guard and HushSpec's evaluator at once.
type evaluator struct {
	base     *guard.Pipeline
	origins  *originIndex // nil: the policy does not look at origins
	profiles []*guard.Pipeline
	postures []*postureGuard // of base, then of each profile; nil: none
	panic    func() bool
}

// Name implements kernel.Guard.
func (e *evaluator) Name() string { return pipelineName }

const pipelineName = "policy"

// Evaluate implements kernel.Guard.
func (e *evaluator) Evaluate(call *kernel.Call) (kernel.Decision, error) {
	if call == nil || call.Mandate == nil {
		return e.base.Evaluate(call)
	}
	p, refused := e.pipeline(call)
	if refused != nil {
		return *refused, nil
	}
	return p.Evaluate(call)
}

// judge is Evaluate for a request that was made without a tool.
func (e *evaluator) judge(r *guard.Request) (kernel.Decision, error) {
	p, refused := e.pipeline(r.Call)
	if refused != nil {
		return *refused, nil
	}
	return p.Judge(r)
}

// Revalidate implements kernel.Revalidator.
func (e *evaluator) Revalidate(call *kernel.Call) (kernel.Decision, error) {
	if call == nil || call.Mandate == nil {
		return e.base.Evaluate(call)
	}
	p, refused := e.pipeline(call)
	if refused != nil {
		return *refused, nil
	}
	return p.Revalidate(call)
}

// pipeline selects what judges a call. Panic comes before everything, origins
// before every rule.
func (e *evaluator) pipeline(call *kernel.Call) (*guard.Pipeline, *kernel.Decision) {
	if e.panic != nil && e.panic() {
		d := guard.Refuse(PanicName, CodePanic, panicRule, "panic is active: every call is denied until an operator ends it")
		return nil, &d
	}
	if e.origins == nil {
		return e.base, nil
	}
	i := e.origins.find(call.Mandate.Surface)
	switch {
	case i >= 0:
		return e.profiles[i], nil
	case e.origins.deny:
		d := guard.Refuse(OriginsName, CodeOrigin, "extensions.origins.default_behavior", "no profile matches where the request came from")
		return nil, &d
	}
	return e.base, nil
}

const panicRule = "__hushspec_panic__"

// profile is the profile of a call's origin, nil without one.
func (e *evaluator) profile(call *kernel.Call) *OriginProfile {
	if e.origins == nil {
		return nil
	}
	if i := e.origins.find(call.Mandate.Surface); i >= 0 {
		return &e.origins.profiles[i]
	}
	return nil
}

// profileOutput runs the hook that the profile of the call's origin has.
type profileOutput struct {
	name    string
	origins *originIndex
	hooks   []kernel.OutputGuard // by profile; nil: none
}

// Name implements kernel.OutputGuard.
func (p *profileOutput) Name() string { return p.name }

// Inspect implements kernel.OutputGuard.
func (p *profileOutput) Inspect(call *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	i := p.origins.find(call.Mandate.Surface)
	if i < 0 || p.hooks[i] == nil {
		return kernel.OutputDecision{Verdict: kernel.Allow}, nil
	}
	return p.hooks[i].Inspect(call, content)
}

// mark names the origin's profile in the evidence.
type mark struct{ allow kernel.Decision }

func (m mark) Name() string { return OriginsName }

func (m mark) Judge(*guard.Request) (kernel.Decision, error) { return m.allow, nil }

// postureOf is the posture guard that judges a call, nil without one.
func (e *evaluator) postureOf(call *kernel.Call) *postureGuard {
	if e.origins != nil {
		if i := e.origins.find(call.Mandate.Surface); i >= 0 {
			return e.postures[i+1]
		}
		if e.origins.deny {
			return nil
		}
	}
	return e.postures[0]
}
