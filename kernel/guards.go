package kernel

import "github.com/backbay-labs/chio-node/wire"

// runGuards is step 8: the local policy first, then every conjunct of the
// treaty. The strictest verdict decides, and the receipt names its side.
func (k *Kernel) runGuards(s *mediation) *Denial {
	p, err := k.cfg.Policies.Policy(s.m, s.route)
	if err != nil {
		return &Denial{Code: CodePolicyError, Guard: "policy", Reason: err.Error(), Side: "local",
			Fix: "check the policy with chio-node policy validate"}
	}
	if p == nil || p.Local == nil {
		return &Denial{Code: CodeNoPolicy, Guard: "policy", Reason: "no policy is loaded, and no policy means deny",
			Fix: "name a policy file in the config, or builtin:default", Side: "local"}
	}
	s.policy = p
	crossing := s.route.PeerDID != "" || s.m.Origin != nil
	if crossing && len(p.Treaty) == 0 {
		return &Denial{Code: CodeNoPolicy, Guard: "policy", Reason: "the call crosses organisations but no treaty terms are in force",
			Fix: "federate with the peer first: chio-node federate", Side: "treaty"}
	}
	if d := s.judge(sideLocal, p.Local); d != nil {
		return d
	}
	for _, g := range p.Treaty {
		if d := s.judge(g.Side, g.Guard); d != nil {
			return d
		}
	}
	return nil
}

// judge runs one guard. Anything but Allow and PendingApproval is a denial;
// the first PendingApproval is remembered for step 9 and the guards go on, so
// that a later Deny still decides.
func (s *mediation) judge(side string, g Guard) *Denial {
	decision, d := ask(side, g, s.call, s.enforced())
	s.evidence = append(s.evidence, decision.Evidence...)
	s.consume = append(s.consume, decision.Consume...)
	s.observed = s.observed || decision.Observed
	switch {
	case d == nil:
		return nil
	case decision.Verdict == PendingApproval:
		if s.wanted == nil {
			s.boundBy = side
			s.wanted = d
		}
		return nil
	default:
		s.boundBy = side
		return d
	}
}

// revalidate is the part of step 11 before dispatch: guards that ask for it
// judge again, because what a path leads to may have changed since step 8.
func (s *mediation) revalidate() *Denial {
	again := func(side string, g Guard) *Denial {
		r, ok := g.(Revalidator)
		if !ok {
			return nil
		}
		decision, err := safely(func() (Decision, error) { return r.Revalidate(s.call) })
		if err == nil && decision.Verdict == Allow {
			return nil
		}
		s.boundBy = side
		s.evidence = append(s.evidence, decision.Evidence...)
		if err != nil {
			return &Denial{Code: CodeGuardError, Guard: g.Name(), Side: side, Reason: "the guard failed before dispatch: " + err.Error(),
				Fix: "a guard that errs denies; see chio-node doctor"}
		}
		return denialOf(decision, g, side)
	}
	if d := again("local", s.policy.Local); d != nil {
		return d
	}
	for _, g := range s.policy.Treaty {
		if d := again(g.Side, g.Guard); d != nil {
			return d
		}
	}
	return nil
}

// enforced reports a call that observe mode does not concern: money or another
// organisation depends on it.
func (s *mediation) enforced() bool {
	return s.route.Price != nil || s.route.PeerDID != "" || s.m.Origin != nil
}

// denialOf names the evidence that decided: the last that is not Allow.
func denialOf(decision Decision, g Guard, side string) *Denial {
	d := &Denial{Code: CodeGuardDenied, Guard: g.Name(), Side: side, Reason: "denied by " + g.Name(),
		Fix: "the policy does not allow this call; chio-node receipt show has the evidence"}
	for i := len(decision.Evidence) - 1; i >= 0; i-- {
		e := decision.Evidence[i]
		if e.Verdict == Allow {
			continue
		}
		d.Guard, d.Reason = e.Guard, e.Details
		if e.Code != "" {
			d.Code = e.Code
		}
		if e.Rule != "" {
			d.Reason += " (" + e.Rule + ")"
		}
		break
	}
	return d
}

// inspect is step 12: every output guard over the content, in order.
func (s *mediation) inspect(content wire.Raw) (wire.Raw, *Denial) {
	for _, g := range s.policy.Output {
		od, err := safely(func() (OutputDecision, error) { return g.Inspect(s.call, content) })
		s.evidence = append(s.evidence, od.Evidence...)
		if err != nil || od.Verdict != Allow {
			reason := "the result was withheld by " + g.Name()
			if err != nil {
				reason = g.Name() + " failed: " + err.Error()
			}
			return nil, &Denial{Step: 12, Code: CodeOutputBlocked, Guard: g.Name(), Side: "local", Reason: reason,
				Fix: "the tool ran; its result is withheld"}
		}
		if od.Observed {
			if s.enforced() {
				return nil, &Denial{Step: 12, Code: CodeOutputBlocked, Guard: g.Name(), Side: "local",
					Reason: "the result was withheld: a guard only observed a call that must be enforced",
					Fix:    "the tool ran; observe mode is for unpaid calls within the organisation; report this"}
			}
			s.observed = true
		}
		if od.Content != nil {
			content = od.Content
		}
	}
	return content, nil
}

// safely calls fn and returns a panic as an error.
func safely[T any](fn func() (T, error)) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errPanic
		}
	}()
	return fn()
}
