package guard

import "github.com/backbay-labs/chio-node/kernel"

// Refuse is a Deny with one row of evidence.
func Refuse(name string, code kernel.Code, rule, details string) kernel.Decision {
	return Conclude(kernel.Deny, name, code, rule, details)
}

// Conclude is a decision with one row of evidence.
func Conclude(v kernel.Verdict, name string, code kernel.Code, rule, details string) kernel.Decision {
	return kernel.Decision{Verdict: v, Evidence: []kernel.Evidence{
		{Guard: name, Verdict: v, Code: code, Rule: rule, Details: details},
	}}
}

// Allowed is an Allow that a guard builds once and shares: its evidence has no
// room to append to.
func Allowed(name string, code kernel.Code, rule, details string) kernel.Decision {
	d := Conclude(kernel.Allow, name, code, rule, details)
	d.Evidence = d.Evidence[:1:1]
	return d
}

// Unreadable denies a request that no guard can judge: without a call, not
// extracted, or with arguments that could not be read.
func Unreadable(name string, r *Request) (kernel.Decision, bool) {
	if r == nil || r.Call == nil || r.Call.Mandate == nil {
		return Refuse(name, CodeMalformed, "", "there is no call to judge"), true
	}
	switch s := r.Action.Shape.(type) {
	case nil:
		return Refuse(name, CodeMalformed, "", "the action was not extracted"), true
	case Malformed:
		return Refuse(name, CodeMalformed, "", s.Reason), true
	}
	return kernel.Decision{}, false
}
