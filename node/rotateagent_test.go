package node

import (
	"context"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// agentHome is usedHome whose agent has a passport.
func agentHome(t *testing.T) Options {
	t.Helper()
	o := newHome(t)
	inNode(t, o, func(n *Node) {
		if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "local", Roles: []string{"reader"}}); err != nil {
			t.Fatal(err)
		}
		total := wire.MonetaryAmount{Units: 9, Currency: "USD"}
		if _, err := n.issueCapability(t.Context(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}, MaxTotal: &total}); err != nil {
			t.Fatal(err)
		}
		for _, args := range []string{`{"path":"a.txt"}`, `{"path":"b.txt"}`} {
			if a := callNode(t, n, args); a.Ended != receipt.Allow {
				t.Fatalf("%+v", a)
			}
		}
	})
	return o
}

// TestI9_RotatedAgentKeyIsRefused: after the rotation the old key, its
// capabilities and its passport serve no call and no request; the new key has
// what was left, and what the old one signed still verifies in the receipts.
func TestI9_RotatedAgentKeyIsRefused(t *testing.T) {
	o := agentHome(t)
	inNode(t, o, func(n *Node) {
		held, err := n.keys.HeldAgent("local")
		if err != nil {
			t.Fatal(err)
		}
		old, _ := n.held.forAgent(n.db, held.Public())
		done, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "local", Reissue: true})
		if err != nil || done.Old != held.Public() || done.New == done.Old || done.Passport == "" || len(done.Revoked) != 1 ||
			len(done.Dying) != 1 || done.Dying[0].NewID == "" {
			t.Fatalf("%+v %v", done, err)
		}
		if _, err := did.VerifyRotation(done.Record, n.DID()); err != nil {
			t.Error(err)
		}
		if a := callAs(t, n, held, old[len(old)-1].Chain); a.Code != string(kernel.CodeRevokedPassport) {
			t.Errorf("a call by the old key: %+v", a)
		}
		if d := n.revocations.Check(old[len(old)-1].Chain, nil, held.Public(), nil, n.now()); d == nil || d.Code != kernel.CodeRevokedSubject {
			t.Errorf("the old key itself: %+v", d)
		}
		was, err := n.passports.Get(done.Revoked[0])
		if err != nil || !was.Revoked() || was.SupersededBy != done.Passport {
			t.Errorf("the old passport: %+v %v", was, err)
		}
		rec, err := n.passports.Get(done.Passport)
		if err != nil {
			t.Fatal(err)
		}
		p, err := rec.Parse()
		if err != nil || rec.Supersedes != done.Revoked[0] || p.Subject.ID.Key() != done.New || p.Subject.Name != "local" || len(p.Subject.Roles) != 1 {
			t.Errorf("the new passport: %+v %v", p, err)
		}
		for i, want := range []string{receipt.Allow, receipt.Deny} { // six of nine cents were spent
			if a := callNode(t, n, `{"path":"c.txt"}`); a.Ended != want {
				t.Errorf("call %d by the new key: %+v", i, a)
			}
		}
		bundle, trust := exported(t, n)
		if report, err := receipt.VerifyBundle(bundle, trust); err != nil || report.Count() != 5 {
			t.Errorf("%+v %v", report, err)
		}
		h := do[KeyHistory](t, n, "key/history", KeyHistoryRequest{Role: "agent"})
		if len(h.Keys) != 2 || h.Keys[0].Key != done.Old || h.Keys[0].Until == 0 || !h.Keys[0].At(h.Keys[0].Until-1) || h.Keys[0].At(h.Keys[0].Until) {
			t.Errorf("history: %+v", h.Keys)
		}
		if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "nobody"}); !hasCode(err, "CHIO-AGENT-UNKNOWN") {
			t.Errorf("an agent nobody knows: %v", err)
		}
	})
}

func hasCode(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// callAs makes a call that an agent signs itself.
func callAs(t *testing.T, n *Node, key *wire.Key, chain []capability.Token) *CallAnswer {
	t.Helper()
	id, err := n.newID()
	if err != nil {
		t.Fatal(err)
	}
	args := wire.Raw(`{"path":"a.txt"}`)
	proof, err := capability.SignProof(capability.HolderProof{CallID: id, Audience: n.keys.Kernel().Public(), Server: "files", Tool: "read_file",
		ArgsSHA256: wire.Hash(args), CapabilityID: chain[len(chain)-1].ID, Nonce: "00112233445566778899aabbccddeeff", IssuedAt: n.now()}, key)
	if err != nil {
		t.Fatal(err)
	}
	a, err := n.agentCall(t.Context(), AgentCall{CallID: id, Server: "files", Tool: "read_file", Arguments: args, Chain: chain, Proof: proof})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestRotateAgentThatKeepsItsKey: a drafted record counts once the new key has
// signed it, once, and not after another key event.
func TestRotateAgentThatKeepsItsKey(t *testing.T) {
	inNode(t, newHome(t), func(n *Node) {
		old, next := newKey(t, 1), newKey(t, 2)
		public := old.Public()
		if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "own", Key: &public}); err != nil {
			t.Fatal(err)
		}
		if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "own"}); !hasCode(err, "CHIO-AGENT-KEY") {
			t.Errorf("a key of its own made here: %v", err)
		}
		draft := func() *wire.Envelope {
			key := next.Public()
			plan, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "own", NewKey: &key})
			if err != nil || plan.Draft == nil {
				t.Fatalf("%+v %v", plan, err)
			}
			return plan.Draft
		}
		record := draft()
		if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "own", Record: record}); !hasCode(err, "CHIO-KEYS-RECORD") {
			t.Errorf("a record that the new key has not signed: %v", err)
		}
		if a := agentRow(t, n, "own"); a.Key != public || a.Passport == nil {
			t.Fatalf("a refused record changed the agent: %+v", a)
		}
		sign := func(env *wire.Envelope, keys ...*wire.Key) *wire.Envelope {
			for _, k := range keys {
				if err := env.AddSignature(did.SchemaRotation, k); err != nil {
					t.Fatal(err)
				}
			}
			return env
		}
		late := sign(record, next)
		if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "other"}); err != nil {
			t.Fatal(err)
		}
		if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "other"}); err != nil {
			t.Fatal(err)
		}
		if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "own", Record: late}); !hasCode(err, "CHIO-KEYS-RECORD") {
			t.Errorf("a record that another key event overtook: %v", err)
		}
		record = sign(draft(), next, old)
		if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "other", Record: record}); err == nil {
			t.Error("a record about another agent's key was filed")
		}
		done, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "own", Record: record})
		if err != nil || done.New != next.Public() || done.Passport == "" {
			t.Fatalf("%+v %v", done, err)
		}
		if a := agentRow(t, n, "own"); a.Key != next.Public() || a.Custodial || a.Passport.ID != done.Passport {
			t.Errorf("%+v", a)
		}
		if _, err := n.issuePassport(t.Context(), IssuePassport{Agent: "thief", Key: &public}); !hasCode(err, "CHIO-AGENT-KEY") {
			t.Errorf("the old key under another name: %v", err)
		}
		if d := n.revocations.Check(nil, nil, public, nil, n.now()); d == nil || d.Code != kernel.CodeRevokedSubject {
			t.Errorf("the old key is not revoked: %+v", d)
		}
	})
}

func newKey(t *testing.T, b byte) *wire.Key {
	t.Helper()
	seed := make([]byte, 32)
	seed[31] = b
	k, err := wire.KeyFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func agentRow(t *testing.T, n *Node, name string) (a authority.Agent) {
	t.Helper()
	err := n.db.View(func(r store.Reader) (err error) {
		a, err = authority.AgentByName(r, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestRotateAgentStaysStopped: a new key is no way around a stop.
func TestRotateAgentStaysStopped(t *testing.T) {
	inNode(t, agentHome(t), func(n *Node) {
		do[StopInfo](t, n, "stop/set", StopRequest{Agent: "local", Reason: "looks wrong"})
		if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "local", Reissue: true}); err != nil {
			t.Fatal(err)
		}
		if a := callNode(t, n, `{"path":"c.txt"}`); a.Code != string(authority.CodeStoppedAgent) {
			t.Errorf("%+v", a)
		}
	})
}

// TestRotateAgentKilled: the process dies at each boundary; either all of the
// rotation happened or none of it.
func TestRotateAgentKilled(t *testing.T) {
	for _, point := range []string{failAgentBefore, failAgentCommitted} {
		t.Run(point, func(t *testing.T) {
			o := agentHome(t)
			var old wire.PublicKey
			dieAt(t, o, point, func(n *Node) {
				old = agentRow(t, n, "local").Key
				_, _ = n.rotateAgent(context.Background(), RotateAgentRequest{Agent: "local", Reissue: true}) // ends in the panic
			})
			rotated := point != failAgentBefore
			inNode(t, o, func(n *Node) {
				a := agentRow(t, n, "local")
				held, err := n.keys.HeldAgent("local")
				if err != nil || held.Public() != a.Key || (a.Key != old) != rotated || a.Passport == nil {
					t.Fatalf("%+v, held %v, %v", a, held.Public(), err)
				}
				if revoked := n.revocations.Check(nil, nil, old, nil, n.now()) != nil; revoked != rotated {
					t.Errorf("old key revoked: %v", revoked)
				}
				active := 0
				if err := n.passports.List("", func(r *passport.Record) error {
					if !r.Revoked() {
						active++
					}
					return nil
				}); err != nil || active != 1 {
					t.Errorf("%d passports are active: %v", active, err)
				}
				if a := callNode(t, n, `{"path":"c.txt"}`); a.Ended != receipt.Allow {
					t.Errorf("%+v", a)
				}
				if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "local"}); err != nil {
					t.Errorf("rotate again: %v", err)
				}
			})
		})
	}
}

// TestRetiringKeyIsNotAdmitted: a call that passed the revocation check before
// the rotation is refused by the admission that comes after it.
func TestRetiringKeyIsNotAdmitted(t *testing.T) {
	var r retiring
	key := newKey(t, 9).Public()
	req := &kernel.Admittance{Call: &kernel.Call{Mandate: &kernel.Mandate{Chain: []capability.Token{{Subject: key}}}}}
	undo := r.begin(key)
	var d *kernel.Denial
	if err := r.Admit(nil, req, nil); !errors.As(err, &d) || d.Code != kernel.CodeRevokedSubject {
		t.Errorf("a retired key: %v", err)
	}
	undo()
	if err := r.Admit(nil, req, nil); err != nil {
		t.Errorf("a key that was not retired after all: %v", err)
	}
	r.end()
	if err := r.Admit(nil, req, nil); !errors.As(err, &d) || d.Code != CodeDeactivated {
		t.Errorf("an organisation that ended: %v", err)
	}
}
