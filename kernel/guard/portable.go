package guard

import "github.com/backbay-labs/chio-node/kernel"

// Portable returns a guard for an embedding program that has nobody to ask:
// PendingApproval becomes Deny, so the answer is Allow or Deny and never waits.
// What a guard wanted approved is in the evidence.
func Portable(g kernel.Guard) kernel.Guard { return portable{g} }

type portable struct{ kernel.Guard }

// CodeNoApprover denies what a person would have to approve where there is none.
const CodeNoApprover kernel.Code = "CHIO-GUARD-NO-APPROVER"

func (p portable) Evaluate(c *kernel.Call) (kernel.Decision, error) {
	d, err := p.Guard.Evaluate(c)
	if err != nil || d.Verdict != kernel.PendingApproval {
		return d, err
	}
	d.Verdict, d.Consume = kernel.Deny, nil
	d.Evidence = append(d.Evidence, kernel.Evidence{Guard: p.Name(), Verdict: kernel.Deny, Code: CodeNoApprover,
		Details: "a person would have to approve the call, and this kernel asks nobody"})
	return d, nil
}

// Revalidate implements kernel.Revalidator where the guard does.
func (p portable) Revalidate(c *kernel.Call) (kernel.Decision, error) {
	if r, ok := p.Guard.(kernel.Revalidator); ok {
		return r.Revalidate(c)
	}
	return kernel.Decision{Verdict: kernel.Allow}, nil
}
