package node

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// eventually waits for something that two nodes do by themselves.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatalf("%s: not in a minute", what)
}

// TestI9_DeactivatedOrganisation: an organisation that ended issues nothing and
// denies everything; a peer that was told refuses its hello, treaty, passports
// and what it issued on them; and tells its own peers. Old receipts verify.
func TestI9_DeactivatedOrganisation(t *testing.T) {
	a, b, c := shortHome(t, "acme"), shortHome(t, "globex"), shortHome(t, "initech")
	acme, acmeReady := startedNode(t, a)
	globex, ready := startedNode(t, b)
	initech, _ := startedNode(t, c)
	federateNodes(t, acme, globex, ready)
	federateNodes(t, initech, globex, ready)
	grow(t, acme, 2)
	do[PeerList](t, acme, "federate/sync", SyncRequest{})
	file := do[IssuedPassport](t, acme, "passport/issue", IssuePassport{Agent: "researcher"}).File
	key := agentRow(t, acme, "researcher").Key
	given := do[CapabilityInfo](t, globex, "capability/issue", IssueCapability{Subject: &key, PassportFile: file, Server: "files", Tools: []string{"read_file"}})

	for _, req := range []DeactivateRequest{{Reason: "merged"}, {Reason: "merged", Confirm: globex.DID().Short()}, {Confirm: acme.DID().Short()}} {
		if _, err := acme.deactivate(t.Context(), req); !hasCode(err, "CHIO-USAGE") {
			t.Errorf("%+v: %v", req, err)
		}
	}
	done := do[DeactivationInfo](t, acme, "did/deactivate", DeactivateRequest{Reason: "merged", Confirm: acme.DID().Short()})
	if _, err := did.VerifyDeactivation(done.Record, acme.DID()); err != nil || done.Told != 1 || done.Untold != "" {
		t.Fatalf("%+v %v", done, err)
	}
	isOver(t, acme, ready)

	if at, ended := globex.deactivated(acme.DID()); !ended || at != done.At {
		t.Fatal("the peer does not know")
	}
	if rec := peerRecord(t, globex, acme.DID()); rec.State != federation.Deactivated || !strings.Contains(rec.Reason, "merged") {
		t.Errorf("%+v", rec)
	}
	if _, err := globex.Call(t.Context(), "federate/preview", wire.MustMarshal(PeerRequest{Peer: acmeReady.Peer})); !hasCode(err, string(federation.CodePeerDeactivated)) {
		t.Errorf("a hello: %v", err)
	}
	if _, err := globex.issueCapability(t.Context(), IssueCapability{Subject: &key, PassportFile: file, Server: "files", Tools: []string{"read_file"}}); !hasCode(err, "CHIO-PASSPORT-REFUSED") {
		t.Errorf("its passport: %v", err)
	}
	if info := do[CapabilityInfo](t, globex, "capability/inspect", ByID{ID: given.ID}); !info.Revoked {
		t.Error("what was issued on its passport goes on")
	}
	if out, err := globex.call(t.Context(), CallRequest{Server: acme.DID().String() + "/files", Tool: "read_file", Arguments: wire.Raw("{}")}); err != nil || out.Code != string(federation.CodePeerDeactivated) {
		t.Errorf("a call to it: %+v %v", out, err)
	}
	eventually(t, "the peer's peer learns of it", func() bool { _, ended := initech.deactivated(acme.DID()); return ended })

	stopNode(t, globex)
	globex, _ = startedNode(t, b)
	if list := do[DeactivationList](t, globex, "did/deactivations", Empty{}); len(list.Deactivations) != 1 || list.Deactivations[0].RecordID != done.RecordID {
		t.Errorf("after a restart: %+v", list)
	}
	stopNode(t, acme)
	acme, _ = startedNode(t, a)
	isOver(t, acme, ready)
	bundle, trust := exported(t, acme)
	if report, err := receipt.VerifyBundle(bundle, trust); err != nil || report.Count() < 3 {
		t.Errorf("its receipts: %+v %v", report, err)
	}
}

// isOver checks that a node issues nothing, denies every call with a receipt,
// and answers reads.
func isOver(t *testing.T, n *Node, peer *Ready) {
	t.Helper()
	key := newKey(t, 7).Public()
	for op, req := range map[string]any{
		"passport/issue": IssuePassport{Agent: "late"}, "capability/issue": IssueCapability{Agent: "late", Server: "files", Tools: []string{"x"}},
		"capability/request": RequestCapability{}, "federate/preview": PeerRequest{Peer: peer.Peer}, "federate/propose": Propose{Peer: peer.Peer},
		"key/rotate/agent": RotateAgentRequest{Agent: "researcher"}, "did/deactivate": DeactivateRequest{Reason: "again", Confirm: n.DID().Short()},
		"did/countersign": DeactivateRequest{}, "reputation/export": ExportReputation{Agent: "researcher"}, "passport/answer": JudgePresentation{},
		"certification/export": CertificationID{}, "agent/prove": ProveRequest{Agent: "researcher", Audience: key, Arguments: wire.Raw("{}")},
	} {
		if _, err := n.Call(t.Context(), op, wire.MustMarshal(req)); !hasCode(err, string(CodeDeactivated)) {
			t.Errorf("%s: %v", op, err)
		}
	}
	for _, server := range []string{"files", "nowhere"} {
		if a, err := n.call(t.Context(), CallRequest{Server: server, Tool: "read_file", Arguments: wire.Raw(`{}`)}); err != nil || a.Code != string(CodeDeactivated) || a.ReceiptID == "" {
			t.Errorf("a call to %s: %+v %v", server, a, err)
		}
	}
	if err := n.passports.List("", func(r *passport.Record) error {
		if !r.Revoked() {
			t.Error("a passport was not revoked")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	do[Status](t, n, "status", Empty{})
	files := do[Files](t, n, "export", Empty{})
	if r := passport.VerifyFile(files.Files["passport.json"], vc.Gate{Now: n.now()}); !r.Integrity || r.Status != vc.StatusRevoked {
		t.Errorf("the last lists say that a passport is %s: %v", r.Status, r.Err())
	}
	h := do[KeyHistory](t, n, "key/history", KeyHistoryRequest{})
	for _, s := range h.Keys {
		if s.Until == 0 {
			t.Errorf("the %s key is in use after the end", s.Role)
		}
	}
}

// TestDeactivatePeerAway: a peer that was away learns of it when it says hello,
// from the node that ended, and when that is not there, from its other peer.
func TestDeactivatePeerAway(t *testing.T) {
	a, b := shortHome(t, "acme"), shortHome(t, "globex")
	acme, acmeReady := startedNode(t, a)
	globex, ready := startedNode(t, b)
	federateNodes(t, acme, globex, ready)
	stopNode(t, globex)
	done := do[DeactivationInfo](t, acme, "did/deactivate", DeactivateRequest{Reason: "closed", Confirm: acme.DID().Short()})
	if done.Told != 0 || done.Untold == "" {
		t.Errorf("%+v", done)
	}
	globex, _ = startedNode(t, b)
	eventually(t, "the peer asks why there is no hello", func() bool {
		_, _ = globex.network.service.Hello(context.Background(), acmeReady.Peer) // refused, whatever is known
		_, ended := globex.deactivated(acme.DID())
		return ended
	})
}

// TestDeactivateBadRecords: a record that is forged, of somebody else or
// altered changes nothing; a second one of the same organisation is kept as
// evidence beside the first.
func TestDeactivateBadRecords(t *testing.T) {
	inNode(t, newHome(t), func(n *Node) {
		org, other := newKey(t, 1), newKey(t, 2)
		record := func(by *wire.Key, of did.DID, reason string) *wire.Envelope {
			env, err := wire.Seal(did.SchemaDeactivation, did.Deactivation{Schema: did.SchemaDeactivation, DID: of, Sequence: 1, At: n.now(), Reason: reason}, by)
			if err != nil {
				t.Fatal(err)
			}
			return env
		}
		id := did.FromKey(org.Public())
		altered := record(org, id, "closed")
		altered.Body = wire.Raw(strings.Replace(string(altered.Body), "closed", "moved!", 1))
		for name, env := range map[string]*wire.Envelope{
			"forged": record(other, id, "closed"), "of this node, by another": record(other, n.DID(), "closed"),
			"altered": altered, "nothing": nil, "not a record": {Body: wire.Raw(`{}`)},
		} {
			if _, err := n.receiveDeactivation(t.Context(), DeactivateRequest{Record: env}); !hasCode(err, "CHIO-KEYS-RECORD") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, ended := n.deactivated(id); ended || n.alive() != nil {
			t.Fatal("a bad record ended somebody")
		}
		first := do[DeactivationInfo](t, n, "did/receive", DeactivateRequest{Record: record(org, id, "closed")})
		again := do[DeactivationInfo](t, n, "did/receive", DeactivateRequest{Record: record(org, id, "closed")})
		second := do[DeactivationInfo](t, n, "did/receive", DeactivateRequest{Record: record(org, id, "sold")})
		third := do[DeactivationInfo](t, n, "did/receive", DeactivateRequest{Record: record(org, id, "merged")})
		if !first.Fresh || again.Fresh || !second.Fresh || third.Fresh {
			t.Errorf("fresh: %v %v %v %v", first.Fresh, again.Fresh, second.Fresh, third.Fresh)
		}
		if second.RecordID != first.RecordID || second.Equivocation == nil || third.Equivocation.ID() != second.Equivocation.ID() {
			t.Errorf("%+v", third)
		}
	})
}

// TestDeactivateSuccessor: the successor signs the draft, or it ends nobody.
func TestDeactivateSuccessor(t *testing.T) {
	a, b := shortHome(t, "acme"), shortHome(t, "globex")
	acme, _ := startedNode(t, a)
	globex, _ := startedNode(t, b)
	draft := do[DeactivationInfo](t, acme, "did/deactivate", DeactivateRequest{Reason: "merged", Successor: globex.DID().String()})
	if !draft.Draft || acme.alive() != nil {
		t.Fatalf("%+v", draft)
	}
	file := DeactivateRequest{Record: draft.Record, Confirm: acme.DID().Short()}
	if _, err := acme.deactivate(t.Context(), file); !hasCode(err, "CHIO-KEYS-RECORD") || acme.alive() != nil {
		t.Errorf("without the successor: %v", err)
	}
	if _, err := acme.countersignDeactivation(t.Context(), DeactivateRequest{Record: draft.Record}); !hasCode(err, "CHIO-KEYS-RECORD") {
		t.Errorf("signed by the wrong node: %v", err)
	}
	file.Record = do[DeactivationInfo](t, globex, "did/countersign", DeactivateRequest{Record: draft.Record}).Record
	done := do[DeactivationInfo](t, acme, "did/deactivate", file)
	if done.Successor != globex.DID().String() || acme.alive() == nil {
		t.Errorf("%+v", done)
	}
}

// TestDeactivateKilled: the process dies at each boundary; the organisation has
// ended or it has not, and what was left to revoke is revoked at the next start.
func TestDeactivateKilled(t *testing.T) {
	for _, point := range []string{failDeactivateBefore, failDeactivateCommitted} {
		t.Run(point, func(t *testing.T) {
			o := agentHome(t)
			var req DeactivateRequest
			dieAt(t, o, point, func(n *Node) {
				req = DeactivateRequest{Reason: "closed", Confirm: n.DID().Short()}
				_, _ = n.deactivate(context.Background(), req) // ends in the panic
			})
			n, err := Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer stopNode(t, n)
			if ended := n.alive() != nil; ended != (point == failDeactivateCommitted) {
				t.Fatalf("ended: %v", ended)
			}
			if point == failDeactivateBefore {
				do[DeactivationInfo](t, n, "did/deactivate", req)
			} else if err := n.finishDeactivation(t.Context()); err != nil {
				t.Fatal(err)
			}
			ids, err := n.livePassports()
			if err != nil || len(ids) != 0 {
				t.Errorf("passports not revoked: %v %v", ids, err)
			}
			if d := n.revocations.Check(nil, nil, agentRow(t, n, "local").Key, nil, n.now()); d == nil {
				t.Error("the agent's key was not revoked")
			}
			if a, err := n.call(t.Context(), CallRequest{Server: "files", Tool: "read_file", Arguments: wire.Raw(`{}`)}); err != nil || a.Code != string(CodeDeactivated) {
				t.Errorf("%+v %v", a, err)
			}
		})
	}
}
