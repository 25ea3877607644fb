package node

import (
	"context"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// TestRotateWithPeer: a node that rotated its kernel key comes up beside its
// peer, federates again, and its whole log verifies as witnessed by the peer.
func TestRotateWithPeer(t *testing.T) {
	a, b := shortHome(t, "acme"), shortHome(t, "globex")
	acme, _ := startedNode(t, a)
	globex, ready := startedNode(t, b)
	federateNodes(t, acme, globex, ready)
	grow(t, acme, 3)
	do[PeerList](t, acme, "federate/sync", SyncRequest{})
	stopNode(t, acme)
	if _, err := RotateKernel(context.Background(), a, RotateKernelRequest{}); err != nil {
		t.Fatal(err)
	}
	acme, _ = startedNode(t, a)
	grow(t, acme, 1)
	federateNodes(t, acme, globex, ready)
	do[PeerList](t, acme, "federate/sync", SyncRequest{})
	bundle, trust := exported(t, acme)
	report, err := receipt.VerifyBundle(bundle, trust)
	if err != nil || report.Count() != 4 {
		t.Fatalf("%+v %v", report, err)
	}
	if head := report.Logs[0].Head; head.Key != acme.keys.Kernel().Public() || len(head.CosignedBy) != 1 {
		t.Errorf("the head of the new key is not witnessed: %+v", head)
	}
}
