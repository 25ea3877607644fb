package node

import (
	"errors"
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
}
