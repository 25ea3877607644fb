package node

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// TestFederateEvidence: the exported file is the one that was filed, and its
// heads are named; without one, or of nobody, there is an error.
func TestFederateEvidence(t *testing.T) {
	n := reads(t, newHome(t), "")
	k, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	peer := did.FromKey(k.Public())
	var p *Problem
	if _, err := n.federateEvidence(t.Context(), EvidenceRequest{DID: peer.String()}); !errors.As(err, &p) || p.Code != "CHIO-FED-NO-EVIDENCE" {
		t.Errorf("without evidence: %v", err)
	}
	if _, err := n.federateEvidence(t.Context(), EvidenceRequest{DID: "acme"}); !errors.As(err, &p) || p.Exit != ExitUsage {
		t.Errorf("of nobody: %v", err)
	}
	var notes [2][]byte
	for i := range notes {
		cp := receipt.Checkpoint{Origin: "chio-log/00", Size: 7, Root: wire.Hash([]byte{byte(i)})}
		if notes[i], err = receipt.SignCheckpoint(cp, k); err != nil {
			t.Fatal(err)
		}
	}
	e, err := receipt.NewEquivocation(notes[0], notes[1])
	if err != nil {
		t.Fatal(err)
	}
	doc, err := e.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.db.Update(t.Context(), func(tx store.Tx) error {
		tx.Set("f/fork/"+peer.String(), doc)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	f, err := n.federateEvidence(t.Context(), EvidenceRequest{DID: peer.String()})
	if err != nil || f.File != string(doc) || f.LogID != "chio-log/00" || f.Size != 7 || f.RootA == f.RootB {
		t.Fatalf("%+v, %v", f, err)
	}
	trust := &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{{Key: k.Public(), Logs: []string{f.LogID}}}}
	if _, err := receipt.VerifyEquivocation([]byte(f.File), trust); err != nil {
		t.Error(err)
	}
	var info PeerInfo
	if err := n.network.observed(peer, &info); err != nil || !info.Equivocated {
		t.Errorf("shown as %+v, %v", info, err)
	}

	// Such a peer is thawed only by an operator who says to know it.
	if _, err := n.thawPeer(t.Context(), ChangePeer{DID: peer.String()}); !errors.As(err, &p) || p.Code != "CHIO-FED-EVIDENCE" || p.Exit != ExitDenied {
		t.Errorf("thawed: %v", err)
	}
	if _, err := n.thawPeer(t.Context(), ChangePeer{DID: peer.String(), DespiteEvidence: true}); !errors.As(err, &p) || p.Code != "CHIO-FED-STATE" {
		t.Errorf("despite the evidence: %v", err)
	}
}

// TestChangesOfAPeerAreChecked: a reason that can be shown, a DID, and for what
// is for ever the end of the DID.
func TestChangesOfAPeerAreChecked(t *testing.T) {
	n := reads(t, newHome(t), "")
	peer := newKey(t, 9).Public()
	id := did.FromKey(peer).String()
	var p *Problem
	for name, call := range map[string]func() (*PeerInfo, error){
		"no DID":    func() (*PeerInfo, error) { return n.freezePeer(t.Context(), ChangePeer{DID: "globex", Reason: "x"}) },
		"no reason": func() (*PeerInfo, error) { return n.leavePeer(t.Context(), ChangePeer{DID: id}) },
		"a long reason": func() (*PeerInfo, error) {
			return n.leavePeer(t.Context(), ChangePeer{DID: id, Reason: strings.Repeat("x", 201)})
		},
		"an escape":         func() (*PeerInfo, error) { return n.freezePeer(t.Context(), ChangePeer{DID: id, Reason: "\x1b[2J"}) },
		"thaw for a reason": func() (*PeerInfo, error) { return n.thawPeer(t.Context(), ChangePeer{DID: id, Reason: "x"}) },
		"not confirmed": func() (*PeerInfo, error) {
			return n.revokePeer(t.Context(), ChangePeer{DID: id, Reason: "x", Confirm: "00000000"})
		},
	} {
		if _, err := call(); !errors.As(err, &p) || p.Exit != ExitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
}
