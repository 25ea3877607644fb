package node

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// FuzzAgentCall: whatever is posted on the agents' path is an answer with a
// receipt or an error with a code, and never a call that is allowed: nobody has
// a capability here.
func FuzzAgentCall(f *testing.F) {
	n := openNode(f, newHome(f))
	f.Add([]byte(`{"arguments":{},"call_id":"018bcfe5-6800-7974-ae61-667465722331","chain":[],"proof":null,"server":"files","tool":"read_file"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := n.Call(context.Background(), "agent/call", body)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || p.Code == "" {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		var a CallAnswer
		if err := wire.Unmarshal(doc, &a, wire.DocumentLimits); err != nil || a.Verdict != "deny" || a.ReceiptID == "" || a.Code == "" {
			t.Fatalf("%q: %+v, %v", body, a, err)
		}
	})
}
