package node

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// A rate of the policy is taken at admission, outlives a restart and says when
// there will be room.
func TestRatesOfAPolicy(t *testing.T) {
	const doc = `hushspec: "0.1.0"
name: rated
rules:
  tool_access:
    enabled: true
    allow: [read_file]
    default: allow
  velocity:
    enabled: true
    max_invocations_per_window: 3
    max_requests_per_agent: 5
    window_secs: 86400
`
	o := posturedHome(t, doc)
	n := posturedNode(t, o)
	do[CapabilityInfo](t, n, "capability/issue", IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}})
	for i := range 3 {
		if a := inSession(t, n, "s", `{"path":"a.txt"}`); a.Ended != receipt.Allow {
			t.Fatalf("call %d: %+v", i, a)
		}
	}
	a := inSession(t, n, "s", `{"path":"a.txt"}`)
	if a.Code != "CHIO-GUARD-VELOCITY" || !strings.Contains(a.Reason, "3 calls per 86400 seconds are used up; room for 1 in ") {
		t.Fatalf("%+v", a)
	}
}
