package federation

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// TestCallAcrossOrganisations: both kernels decide and sign, both file the pair,
// both accrue the same obligation, and each holds the other's cosigned head.
func TestCallAcrossOrganisations(t *testing.T) {
	a, b := federated(t)
	out := a.call(b)
	if out.Verdict != kernel.Allow || string(out.Content) != `{"text":"hello"}` {
		t.Fatalf("outcome %+v, denial %+v", out, out.Denial)
	}
	if out.Peer == nil || out.Peer.Verdict != receipt.Allow {
		t.Fatalf("peer %+v", out.Peer)
	}
	if b.ran.Load() != 1 {
		t.Fatalf("the tool ran %d times", b.ran.Load())
	}
	a.sync(b)
	atA, atB := a.joints(b), b.joints(a)
	if len(atA) != 1 || len(atB) != 1 {
		t.Fatalf("joint records: %d at the origin, %d at the host", len(atA), len(atB))
	}
	if atA[0].At(startTime) != JointJoined || !bytes.Equal(atA[0].Cosign, atB[0].Cosign) {
		t.Fatalf("cosign: %s, %s", atA[0].Cosign, atB[0].Cosign)
	}
	oa, ob := a.obligations(), b.obligations()
	if len(oa) != 1 || len(ob) != 1 || oa[0] != ob[0] || oa[0].Charge.Units != 3 || oa[0].Payer != a.did() {
		t.Fatalf("obligations %+v and %+v", oa, ob)
	}
}
