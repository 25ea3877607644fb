package kernel

// ask runs one guard. The denial says why the verdict is not Allow; an error, a
// panic, an unknown verdict, and observing where a call must be enforced, are a
// Deny.
func ask(side string, g Guard, c *Call, enforced bool) (Decision, *Denial) {
	decision, err := safely(func() (Decision, error) { return g.Evaluate(c) })
	refuse := func(reason, fix string) (Decision, *Denial) {
		decision.Verdict, decision.Observed = Deny, false
		return decision, &Denial{Code: CodeGuardError, Guard: g.Name(), Side: side, Reason: reason, Fix: fix}
	}
	if err != nil {
		decision.Evidence = append(decision.Evidence, Evidence{Guard: g.Name(), Verdict: Deny, Code: CodeGuardError})
		return refuse("the guard failed: "+err.Error(), "a guard that errs denies; see chio-node doctor")
	}
	if decision.Observed && (side != sideLocal || enforced) {
		return refuse("a guard only observed a call that must be enforced", "observe mode is for unpaid calls within the organisation; report this")
	}
	switch decision.Verdict {
	case Allow:
		return decision, nil
	case PendingApproval:
	default:
		decision.Verdict = Deny
	}
	return decision, denialOf(decision, g, side)
}

// sideLocal is the side of the node's own policy.
const sideLocal = "local"

// Conjunct is what one part of a policy says of a call.
type Conjunct struct {
	Side    string
	Guard   string
	Verdict Verdict
	Denial  *Denial // nil for Allow
}

// Conjuncts asks every part of a policy that binds a call between
// organisations, also those behind one that denies, as step 8 does. It consumes
// nothing and leaves no receipt.
func Conjuncts(p *Policy, c *Call) []Conjunct {
	var out []Conjunct
	add := func(side string, g Guard) {
		decision, d := ask(side, g, c, true)
		out = append(out, Conjunct{Side: side, Guard: g.Name(), Verdict: decision.Verdict, Denial: d})
	}
	if p.Local == nil {
		out = append(out, Conjunct{Side: sideLocal, Guard: "policy", Verdict: Deny, Denial: &Denial{Code: CodeNoPolicy, Guard: "policy", Side: sideLocal,
			Reason: "no policy is loaded, and no policy means deny", Fix: "name a policy file in the config, or builtin:default"}})
	} else {
		add(sideLocal, p.Local)
	}
	for _, g := range p.Treaty {
		add(g.Side, g.Guard)
	}
	return out
}
