package node

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// TestBatchApprovalForAPeersAgent: the host's policy wants a person for a tool.
// A call from the treaty peer is then denied, since nobody there waits for this
// operator; a batch approval that names the peer's agent lets it pass, and no
// further than its count.
func TestBatchApprovalForAPeersAgent(t *testing.T) {
	a, b := shortHome(t, "acme"), shortHome(t, "globex")
	if err := os.WriteFile(filepath.Join(b.Home, "policy.yaml"), []byte(confirming), 0o600); err != nil {
		t.Fatal(err)
	}
	acme, _ := startedNode(t, a)
	globex, ready := startedNode(t, b)
	serve(t, globex, MCPServer{Server: "files", Agent: localAgent})
	federateNodes(t, acme, globex, ready)
	if _, err := acme.issueCapability(context.Background(), IssueCapability{Agent: localAgent, Server: globex.DID().String() + "/files", Tools: []string{"read_file"}}); err != nil {
		t.Fatal(err)
	}
	cross := func() *CallAnswer {
		t.Helper()
		out, err := acme.call(context.Background(), CallRequest{Server: globex.DID().String() + "/files", Tool: "read_file", Arguments: wire.Raw(`{"path":"a.txt"}`)})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := cross(); out.Ended != receipt.Deny || out.Code != string(kernel.CodePeerDenied) {
		t.Fatalf("without an approval: %+v", out)
	}
	key, err := acme.ensureAgent(context.Background(), localAgent)
	if err != nil {
		t.Fatal(err)
	}
	calls := uint32(2)
	if _, err := globex.addBatch(context.Background(), AddBatch{Agent: key.String(), Server: "files", Tool: "read_file", MaxCalls: &calls}); err != nil {
		t.Fatal(err)
	}
	for range calls {
		if out := cross(); out.Ended != receipt.Allow {
			t.Fatalf("within the batch: %+v", out)
		}
	}
	if out := cross(); out.Ended != receipt.Deny {
		t.Fatalf("beyond the batch: %+v", out)
	}
}
