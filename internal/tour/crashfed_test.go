//go:build unix

package tour

import (
	"testing"

	"github.com/backbay-labs/chio-node/node"
)

// TestKillTreatyAndRevocation kills a node between signing a treaty and storing
// it, and between storing a peer's revocation and saying so. A treaty that was
// not stored was not signed; a revocation that was stored is in force.
func TestKillTreatyAndRevocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acme.listen, w.globex.listen = tcp, tcp
	w.initialise()
	for _, o := range []*org{w.globex, w.acme} {
		o.start()
	}
	w.globex.serve()
	w.price()
	f := &fed{world: w, server: w.globex.ready.DID + "/files"}
	f.killTreaty()
	f.killRevocation()
}

// killTreaty kills Globex with its signature under Acme's proposal in memory
// only: the proposal waits as before, and is accepted once.
func (f *fed) killTreaty() {
	f.t.Helper()
	var p node.FederatePreview
	f.acme.ok(&p, "federate", "--dry-run", f.globex.ready.Peer)
	f.acme.ok(nil, "federate", "--accept", p.TreatyHash.String(), f.globex.ready.Peer)
	f.globex.arm("treaty.countersigned_before_store", 1)
	if r := f.globex.run("federate", "accept", f.acme.ready.DID, p.TreatyHash.String()); r.exit != node.ExitFailure {
		f.t.Fatalf("a node died while it accepted: %s", r)
	}
	f.globex.crashed()
	f.restart(f.globex)
	var waiting node.PeerList
	f.globex.ok(&waiting, "federate", "pending")
	if len(waiting.Peers) != 1 || waiting.Peers[0].State != "pending_peer" || *waiting.Peers[0].Treaty != p.TreatyHash {
		f.t.Fatalf("after the restart Globex has %+v", waiting)
	}
	f.globex.ok(nil, "federate", "accept", f.acme.ready.DID, p.TreatyHash.String())
	f.synchronised() // both are active under one treaty
}

// killRevocation kills Acme when it has stored that Globex revoked the treaty
// capability, and before Globex heard so.
func (f *fed) killRevocation() {
	f.t.Helper()
	f.acme.ok(nil, "passport", "issue", "--agent", "researcher")
	if a := f.acme.call("researcher", f.server, "read_file", readNote); a.Verdict != "allow" {
		f.t.Fatalf("before the revocation: %+v", a)
	}
	var given node.CapabilityList
	f.globex.ok(&given, "capability", "list")
	if len(given.Capabilities) != 1 {
		f.t.Fatalf("Globex gave %+v", given)
	}
	f.synchronised()
	host := f.globex.audit()
	f.acme.arm("revocation.stored_before_ack", 1)
	f.globex.ok(nil, "capability", "revoke", given.Capabilities[0].ID)
	f.acme.crashed()
	f.globex.up.kill() // so that it cannot tell again
	f.restart(f.acme)
	if a := f.acme.call("researcher", f.server, "read_file", readNote); a.Verdict != "deny" || a.Code != "CHIO-REVOKED-CAPABILITY" {
		f.t.Fatalf("the revocation was stored, and after the restart: %+v", a)
	}
	f.restart(f.globex)
	f.synchronised()
	if after := f.globex.audit(); len(after) != len(host) {
		f.t.Fatalf("Globex heard of %d calls under what it revoked", len(after)-len(host))
	}
}
