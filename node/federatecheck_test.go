package node

import (
	"errors"
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// TestCheckIsTheStrictest: one part that does not allow decides.
func TestCheckIsTheStrictest(t *testing.T) {
	allow, ask := kernel.Conjunct{Verdict: kernel.Allow}, kernel.Conjunct{Verdict: kernel.PendingApproval}
	deny := kernel.Conjunct{Side: "treaty", Verdict: kernel.Deny, Denial: &kernel.Denial{Guard: "g", Code: "CHIO-X", Reason: "no"}}
	for _, c := range []struct {
		parts []kernel.Conjunct
		want  string
	}{
		{[]kernel.Conjunct{allow, allow}, "allow"}, {[]kernel.Conjunct{allow, ask, allow}, "pending_approval"}, {[]kernel.Conjunct{deny, ask, allow}, "deny"},
	} {
		if got := checkOf(c.parts); got.Verdict != c.want || len(got.Lines) != len(c.parts) {
			t.Errorf("%+v", got)
		}
	}
	if l := checkOf([]kernel.Conjunct{deny}).Lines[0]; l.Guard != "g" || l.Code != "CHIO-X" || l.Reason != "no" || l.Side != "treaty" {
		t.Errorf("%+v", l)
	}
}

// TestCheckWithoutATreaty: nothing but the reason is said, and a name that does
// not lead to a peer has a code.
func TestCheckWithoutATreaty(t *testing.T) {
	n := reads(t, newHome(t), "")
	peer := did.FromKey(newKey(t, 9).Public()).String()
	var p *Problem
	for name, q := range map[string]CheckPeer{
		"CHIO-FED-UNKNOWN-PEER": {Server: peer + "/files", Tool: "read_file", Arguments: wire.Raw(`{}`)},
		"CHIO-USAGE":            {Server: "files", Tool: "read_file", Arguments: wire.Raw(`{}`)},
	} {
		if _, err := n.checkPeer(t.Context(), q); !errors.As(err, &p) || p.Code != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := federationProblem(fmt.Errorf("%w: globex.example", federation.ErrName)); !errors.As(err, &p) || p.Code != "CHIO-FED-NAME" {
		t.Error(err)
	}
}
