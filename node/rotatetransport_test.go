package node

import (
	"context"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// TestRotateTransportWithPeer: a node with a new transport key meets its peer
// under the treaty they have; the peer refuses the old key from then on, also
// when a copy of the home from before the rotation speaks for it.
func TestRotateTransportWithPeer(t *testing.T) {
	a, b := shortHome(t, "acme"), shortHome(t, "globex")
	acme, _ := startedNode(t, a)
	globex, ready := startedNode(t, b)
	federateNodes(t, acme, globex, ready)
	stopNode(t, acme)
	backup := a.Home + ".backup"
	copyHome(t, a.Home, backup)
	before := peerRecord(t, globex, acme.DID())

	plan, err := RotateTransport(t.Context(), a, RotateTransportRequest{Preview: true})
	if err != nil || !plan.New.IsZero() || plan.OldPeer != string(before.PeerID) || !slices.Equal(plan.Peers, []string{globex.DID().String()}) {
		t.Fatalf("%+v %v", plan, err)
	}
	done, err := RotateTransport(t.Context(), a, RotateTransportRequest{})
	if err != nil || done.Old != plan.Old || done.NewPeer == done.OldPeer {
		t.Fatalf("%+v %v", done, err)
	}
	if _, err := did.VerifyRotation(done.Record, acme.DID()); err != nil {
		t.Error(err)
	}
	acme, _ = startedNode(t, a)
	do[PeerList](t, acme, "federate/sync", SyncRequest{})
	after := peerRecord(t, globex, acme.DID())
	if string(after.PeerID) != done.NewPeer || after.TransportSeq <= before.TransportSeq || *after.Treaty != *before.Treaty || after.At(globex.now()) != federation.Active {
		t.Fatalf("before %+v, after %+v", before, after)
	}
	if globex.network.service.Directory().Knows(before.PeerID) {
		t.Error("the peer still lets the old transport key in")
	}
	grow(t, acme, 2)
	if list := do[PeerList](t, acme, "federate/sync", SyncRequest{}); len(list.Peers) != 1 || list.Peers[0].Witnessed < 2 {
		t.Errorf("the treaty does not go on: %+v", list)
	}
	h := do[KeyHistory](t, acme, "key/history", KeyHistoryRequest{Role: "transport"})
	if len(h.Keys) != 2 || h.Keys[0].Key != done.Old || h.Keys[0].Until == 0 || h.Keys[1].Key != done.New || h.Keys[1].Until != 0 {
		t.Errorf("history: %+v", h.Keys)
	}
	stopNode(t, acme)

	copyHome(t, backup, a.Home)
	stale, err := Open(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopNode(t, stale) })
	if _, err := stale.Start(t.Context()); err == nil {
		if _, err := stale.network.service.Hello(t.Context(), ready.Peer); err == nil {
			t.Error("the peer took a binding older than one it has seen")
		}
	}
	if now := peerRecord(t, globex, acme.DID()); now.PeerID != after.PeerID || now.TransportSeq != after.TransportSeq {
		t.Errorf("the peer went back to the old key: %+v", now)
	}
}

func peerRecord(t *testing.T, n *Node, id did.DID) federation.Record {
	t.Helper()
	rec, err := n.network.service.Directory().Peer(id)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// dieAt runs fn, which must end at the failpoint as a killed process does:
// nothing after it runs but what frees the store for the next opener.
func dieAt(t *testing.T, o Options, point string, fn func(*Node)) {
	t.Helper()
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	n.opts.Failpoint = func(name string) {
		if name == point {
			panic(killed(name))
		}
	}
	func() {
		defer func() {
			if p := recover(); p != killed(point) {
				t.Errorf("stopped by %v, want %s", p, point)
			}
		}()
		fn(n)
	}()
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestRotateTransportKilled: the process dies at each boundary; one key is in
// force afterwards, it is the one the history leads to, and it can be rotated.
func TestRotateTransportKilled(t *testing.T) {
	for _, point := range []string{failTransportBefore, failTransportCommitted} {
		t.Run(point, func(t *testing.T) {
			o := newHome(t)
			var old wire.PublicKey
			dieAt(t, o, point, func(n *Node) {
				old = n.keys.Transport().Public()
				_ = n.rotateTransport(context.Background(), &TransportRotation{}) // ends in the panic
			})
			n, err := Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			rotated := point != failTransportBefore
			if (n.keys.Transport().Public() != old) != rotated || len(n.keys.RotationsOf(did.RoleTransport)) != map[bool]int{true: 1}[rotated] {
				t.Error("neither the old key nor the new one")
			}
			if n.network.host.ID() != p2p.PeerID(did.FromKey(n.keys.Transport().Public()).PeerID()) {
				t.Error("the host uses another key")
			}
			if h := do[KeyHistory](t, n, "key/history", KeyHistoryRequest{}); len(h.Keys) < 2 {
				t.Errorf("history: %+v", h.Keys)
			}
			stopNode(t, n)
			if _, err := RotateTransport(t.Context(), o, RotateTransportRequest{}); err != nil {
				t.Errorf("rotate again: %v", err)
			}
		})
	}
}
