//go:build unix

package tour

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// TestTreatyChainNeedsItsContinuation: an agent whose capability runs through
// its organisation's kernel cannot take it to the peer by itself, around the
// treaty's terms and around what its organisation would owe.
func TestTreatyChainNeedsItsContinuation(t *testing.T) {
	t.Parallel()
	f := newFed(t, tcp, 9)
	var c node.CapabilityInfo
	f.acme.ok(&c, "capability", "inspect", f.capability)
	var globex node.Status
	f.globex.ok(&globex, "status")
	acme, err := node.Dial(f.acme.home)
	if err != nil {
		t.Fatal(err)
	}
	var p node.Proved
	answer, err := acme.Call(t.Context(), "agent/prove", wire.MustMarshal(node.ProveRequest{Agent: "researcher", Audience: globex.KernelKey,
		Server: "files", Tool: "read_file", Arguments: wire.Raw(readNote), CapabilityID: c.ID}))
	if err == nil {
		err = wire.Unmarshal(answer, &p, wire.DocumentLimits)
	}
	if err != nil {
		t.Fatal(err)
	}
	body := wire.MustMarshal(node.AgentCall{CallID: p.CallID, Server: "files", Tool: "read_file", Arguments: wire.Raw(readNote), Chain: c.Chain, Proof: p.Proof})
	res, err := http.Post(f.globex.ready.API+"/agent/call", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	var a node.CallAnswer
	if err := wire.Unmarshal(doc, &a, wire.DocumentLimits); err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	if a.Verdict != "deny" || a.Code != string(kernel.CodeContinuation) || a.ReceiptID == "" {
		t.Fatalf("%+v", a)
	}
}
