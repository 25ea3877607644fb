package node

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/wire"
)

// startedNode opens and starts a home; the test ends with it stopped.
func startedNode(t testing.TB, o Options) (*Node, *Ready) {
	t.Helper()
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopNode(t, n) })
	ready, err := n.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n, ready
}

func stopNode(t testing.TB, n *Node) {
	t.Helper()
	if err := n.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// shortHome makes a home whose path fits a Unix socket.
func shortHome(t testing.TB, name string) Options {
	t.Helper()
	dir, err := os.MkdirTemp("", "node-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o := Options{Home: filepath.Join(dir, name), Name: name}
	if _, err := Init(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// do runs one operation as the API does.
func do[Res any](t testing.TB, n *Node, op string, req any) (res Res) {
	t.Helper()
	body, err := n.Call(context.Background(), op, wire.MustMarshal(req))
	if err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	if err := wire.Unmarshal(body, &res, wire.BundleLimits); err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	return res
}

// federateNodes signs a treaty between two nodes that are up.
func federateNodes(t testing.TB, a, b *Node, peer *Ready) {
	t.Helper()
	p := do[FederatePreview](t, a, "federate/preview", PeerRequest{Peer: peer.Peer})
	do[PeerInfo](t, a, "federate/propose", Propose{Peer: peer.Peer, Accept: p.TreatyHash})
	do[PeerInfo](t, b, "federate/accept", AcceptTreaty{DID: a.DID().String(), Accept: p.TreatyHash})
}

// grow adds receipts to a node's log: calls that are denied leave one each.
func grow(t testing.TB, n *Node, calls int) {
	t.Helper()
	for range calls {
		if a := callNode(t, n, `{"path":"a.txt"}`); a.ReceiptID == "" || a.Unlogged {
			t.Fatalf("call left no receipt: %+v", a)
		}
	}
}

// copyHome copies a stopped node's home, as a backup does.
func copyHome(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || !d.Type().IsRegular() {
			return errors.Join(err, os.MkdirAll(filepath.Join(to, rel), 0o700))
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// restored is a node whose home was put back to an old copy, head file and all,
// after its peer had cosigned a later head. The peer is up or not.
func restored(t *testing.T, peerUp bool) (a Options, b Options, peer *Node) {
	t.Helper()
	a, b = shortHome(t, "acme"), shortHome(t, "globex")
	acme, _ := startedNode(t, a)
	globex, ready := startedNode(t, b)
	federateNodes(t, acme, globex, ready)
	grow(t, acme, 3)
	stopNode(t, acme)
	backup := a.Home + ".backup"
	copyHome(t, a.Home, backup)

	acme, _ = startedNode(t, a)
	grow(t, acme, 4)
	list := do[PeerList](t, acme, "federate/sync", SyncRequest{})
	if len(list.Peers) != 1 || list.Peers[0].Witnessed < 7 {
		t.Fatalf("the peer has not cosigned the newer head: %+v", list)
	}
	stopNode(t, acme)
	if !peerUp {
		stopNode(t, globex)
	}
	copyHome(t, backup, a.Home)
	return a, b, globex
}

// TestI11_RestoredCopyIsRefusedByItsWitness: the whole home is older than a
// head that a peer cosigned. Rows, head file and keys agree, so the store opens;
// the node does not come up.
func TestI11_RestoredCopyIsRefusedByItsWitness(t *testing.T) {
	a, _, _ := restored(t, true)
	n, err := Open(context.Background(), a)
	if err != nil {
		t.Fatalf("the copy should be sound in itself: %v", err)
	}
	defer stopNode(t, n)
	var p *Problem
	if _, err := n.Start(context.Background()); !errors.As(err, &p) || p.Code != CodeRolledBack || p.Hint == "" {
		t.Fatalf("start: %v", err)
	}
	if _, err := n.headSigner().Sign([]byte("head")); err == nil {
		t.Error("a head was signed")
	}
	if err := n.ready(); err == nil || !strings.Contains(err.Error(), "rolled back") {
		t.Errorf("ready: %v", err)
	}
}

// TestI11_RestoredCopyStopsWhenItsWitnessComes: with the witness away the node
// starts and says who is silent; when the witness comes, it stops recording and
// signing, and a call gets a signed deny that says it is in no log.
func TestI11_RestoredCopyStopsWhenItsWitnessComes(t *testing.T) {
	a, b, _ := restored(t, false)
	n, _ := startedNode(t, a)
	status := do[Status](t, n, "status", Empty{})
	if !status.Ready || len(status.SilentWitnesses) != 1 {
		t.Fatalf("with its witness away: %+v", status)
	}
	grow(t, n, 1)
	_, _ = startedNode(t, b) // greets its peers
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); n.ready() == nil; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("the witness came and nothing happened")
		}
	}
	before := do[Status](t, n, "status", Empty{})
	if before.Ready || !strings.Contains(before.Problem, "rolled back") {
		t.Errorf("status %+v", before)
	}
	if answer := callNode(t, n, `{"path":"a.txt"}`); answer.Verdict != "deny" || !answer.Unlogged {
		t.Errorf("a call afterwards: %+v", answer)
	}
	if after := do[Status](t, n, "status", Empty{}); after.Receipts != before.Receipts {
		t.Errorf("the log grew from %d to %d", before.Receipts, after.Receipts)
	}
	if _, err := n.Call(context.Background(), "receipt/export", nil); err == nil {
		t.Error("an export was signed")
	}
}

// TestWitnessLetsAnHonestNodeStart: the newest home starts, with and without
// its witness.
func TestWitnessLetsAnHonestNodeStart(t *testing.T) {
	a, b := shortHome(t, "acme"), shortHome(t, "globex")
	acme, _ := startedNode(t, a)
	globex, ready := startedNode(t, b)
	federateNodes(t, acme, globex, ready)
	grow(t, acme, 3)
	do[PeerList](t, acme, "federate/sync", SyncRequest{})
	stopNode(t, acme)
	acme, _ = startedNode(t, a)
	if s := do[Status](t, acme, "status", Empty{}); !s.Ready || len(s.SilentWitnesses) != 0 {
		t.Errorf("with its witness: %+v", s)
	}
	stopNode(t, acme)
	stopNode(t, globex)
	acme, _ = startedNode(t, a)
	if s := do[Status](t, acme, "status", Empty{}); !s.Ready || len(s.SilentWitnesses) != 1 {
		t.Errorf("without: %+v", s)
	}
}
