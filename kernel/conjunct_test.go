package kernel_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// TestConjuncts: every part of a policy is asked, also behind one that denies;
// no policy is a denial, and a part that only observes is one too.
func TestConjuncts(t *testing.T) {
	treaty := []kernel.SidedGuard{{Side: "own_terms", Guard: verdictGuard{kernel.Deny}}, {Side: "peer_terms", Guard: verdictGuard{kernel.Allow}}}
	call := &kernel.Call{Mandate: newHarness(t).mandate(), Now: now}
	for name, c := range map[string]struct {
		policy kernel.Policy
		want   []kernel.Verdict
		code   kernel.Code // of the first
	}{
		"no policy":       {kernel.Policy{Treaty: treaty}, []kernel.Verdict{kernel.Deny, kernel.Deny, kernel.Allow}, kernel.CodeNoPolicy},
		"behind a denial": {kernel.Policy{Local: verdictGuard{kernel.Deny}, Treaty: treaty}, []kernel.Verdict{kernel.Deny, kernel.Deny, kernel.Allow}, "CHIO-GUARD-FIXED"},
		"pending":         {kernel.Policy{Local: verdictGuard{kernel.PendingApproval}}, []kernel.Verdict{kernel.PendingApproval}, "CHIO-GUARD-FIXED"},
		"an observer":     {kernel.Policy{Local: &policyGuard{d: kernel.Decision{Verdict: kernel.Allow, Observed: true}}}, []kernel.Verdict{kernel.Deny}, kernel.CodeGuardError},
		"one that fails":  {kernel.Policy{Local: errGuard{}}, []kernel.Verdict{kernel.Deny}, kernel.CodeGuardError},
	} {
		got := kernel.Conjuncts(&c.policy, call)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i, j := range got {
			if j.Verdict != c.want[i] || (j.Denial == nil) != (j.Verdict == kernel.Allow) {
				t.Errorf("%s: part %d: %+v", name, i, j)
			}
		}
		if got[0].Side != "local" || got[0].Denial.Code != c.code {
			t.Errorf("%s: %+v, %+v", name, got[0], got[0].Denial)
		}
	}
}
