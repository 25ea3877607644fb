package guard

import (
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// Observe puts a guard into observe mode: what it would have denied or held
// for approval is recorded, and the call goes on as if it had allowed. Where
// something is owed to others the mode does not apply and the guard enforces:
// a call with a price, and a call that crosses organisations. A guard that
// fails, and arguments that cannot be read, still deny.
func Observe(g Guard) Guard {
	if r, ok := g.(Rejudger); ok {
		return observedAgain{observed{g}, r}
	}
	return observed{g}
}

// CodeObserved marks evidence of a guard that only observed.
const CodeObserved kernel.Code = "CHIO-GUARD-OBSERVED"

type observed struct{ inner Guard }

func (o observed) Name() string { return o.inner.Name() }

func (o observed) Judge(r *Request) (kernel.Decision, error) {
	d, err := o.inner.Judge(r)
	return soften(r, o.Name(), d, err)
}

type observedAgain struct {
	observed
	again Rejudger
}

func (o observedAgain) Rejudge(r *Request) (kernel.Decision, error) {
	d, err := o.again.Rejudge(r)
	return soften(r, o.Name(), d, err)
}

// soften turns a verdict that is only observed into an Allow that says so.
func soften(r *Request, name string, d kernel.Decision, err error) (kernel.Decision, error) {
	if err != nil || d.Verdict >= kernel.Allow || binding(r) || failed(d.Evidence) {
		return d, err
	}
	d.Evidence = append(d.Evidence, kernel.Evidence{Guard: name, Verdict: kernel.Allow, Code: CodeObserved,
		Details: "observe mode: would be " + d.Verdict.String()})
	d.Verdict, d.Observed, d.Consume = kernel.Allow, true, nil
	return d, nil
}

// ObserveOutput is Observe for a guard of results: a result it would withhold
// is released, with evidence. What it replaces stays replaced.
func ObserveOutput(g kernel.OutputGuard) kernel.OutputGuard { return observedOutput{g} }

type observedOutput struct{ inner kernel.OutputGuard }

func (o observedOutput) Name() string { return o.inner.Name() }

func (o observedOutput) Inspect(c *kernel.Call, content wire.Raw) (kernel.OutputDecision, error) {
	d, err := o.inner.Inspect(c, content)
	if err != nil || d.Verdict >= kernel.Allow || binding(&Request{Call: c}) || failed(d.Evidence) {
		return d, err
	}
	d.Evidence = append(d.Evidence, kernel.Evidence{Guard: o.Name(), Verdict: kernel.Allow, Code: CodeObserved,
		Details: "observe mode: would be withheld"})
	d.Verdict, d.Content, d.Observed = kernel.Allow, nil, true
	return d, nil
}

// failed reports evidence of a guard that could not judge.
func failed(evidence []kernel.Evidence) bool {
	for _, e := range evidence {
		if e.Code == CodeMalformed || e.Code == kernel.CodeGuardError {
			return true
		}
	}
	return false
}

// binding reports a call that observe mode does not concern.
func binding(r *Request) bool {
	c := r.Call
	return c == nil || c.Mandate == nil || c.Route.Price != nil || c.Route.PeerDID != "" || c.Mandate.Origin != nil
}
