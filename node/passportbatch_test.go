package node

import (
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

func batchOf(prefix string, n int) IssueBatch {
	req := IssueBatch{}
	for i := range n {
		req.Agents = append(req.Agents, IssuePassport{Agent: fmt.Sprintf("%s-%d", prefix, i), Roles: []string{"reader"}})
	}
	return req
}

// TestBatch: a batch is all or nothing, each passport is as if issued alone,
// and the keys the node made act.
func TestBatch(t *testing.T) {
	o := newHome(t)
	n := openNode(t, o)
	req := batchOf("agent", MaxPassportBatch)
	if out := do[IssuedBatch](t, n, "passport/batch", IssueBatch{Agents: req.Agents, Check: true}); len(out.Problems)+len(out.Passports) != 0 {
		t.Fatalf("checked: %+v", out.Problems)
	}
	if list := do[PassportList](t, n, "passport/list", Empty{}); len(list.Passports) != 0 {
		t.Fatal("checking issues")
	}
	out := do[IssuedBatch](t, n, "passport/batch", req)
	if len(out.Problems) != 0 || len(out.Passports) != MaxPassportBatch {
		t.Fatalf("%d problems, %d passports", len(out.Problems), len(out.Passports))
	}
	for i, p := range out.Passports {
		r := passport.VerifyFile(p.File, vc.Gate{Now: n.now(), TrustedIssuer: func(s string) bool { return s == n.DID().String() }})
		key, err := n.keys.HeldAgent(req.Agents[i].Agent)
		if err != nil || r.Err() != nil || r.Passport.Subject.ID.Key() != key.Public() || r.Passport.Subject.Name != req.Agents[i].Agent {
			t.Fatalf("%d: %v %v", i, err, r.Err())
		}
	}
	id, err := n.passportID(PassportRequest{Agent: "agent-7"})
	if err != nil || id != out.Passports[7].Passport.ID {
		t.Errorf("agent-7 rests on %s, %v", id, err)
	}

	org := n.keys.Org().Public()
	own, held := wire.PublicKey{}, out.Passports[3].Passport.AgentDID
	if key, err := n.agentKey(held); err != nil {
		t.Fatal(err)
	} else {
		own = key
	}
	bad := IssueBatch{Agents: []IssuePassport{{Agent: "fresh"}, {Agent: "agent-1"}, {Agent: "fresh"}, {Agent: "x", Key: &own}, {Agent: "y", FromReceipts: true},
		{Agent: "z", Roles: []string{"a", "a"}}, {Agent: "org", Key: &org}}}
	answer := do[IssuedBatch](t, n, "passport/batch", bad)
	var wrong []int
	for _, p := range answer.Problems {
		wrong = append(wrong, p.Index)
	}
	if fmt.Sprint(wrong) != "[1 2 3 4 5 6]" || len(answer.Passports) != 0 {
		t.Errorf("%+v", answer)
	}
	if _, err := n.passportID(PassportRequest{Agent: "fresh"}); err == nil {
		t.Error("a batch with a bad request issued the good one")
	}
	do[Revoked](t, n, "passport/suspend", PassportRequest{Agent: "agent-5"})
	if again := do[IssuedBatch](t, n, "passport/batch", IssueBatch{Agents: []IssuePassport{{Agent: "agent-5"}}}); len(again.Problems) != 1 || len(again.Passports) != 0 {
		t.Errorf("a batch gives a suspended agent a passport: %+v", again)
	}
	for _, n2 := range []int{0, MaxPassportBatch + 1} {
		if _, err := n.issueBatch(t.Context(), batchOf("b", n2)); err == nil {
			t.Errorf("a batch of %d is issued", n2)
		}
	}
}

// BenchmarkBatch is the price of one passport in a batch, its agent's key
// included, on disk.
func BenchmarkBatch(b *testing.B) {
	n, err := Open(b.Context(), newHome(b))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = n.Stop(b.Context()) }()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := n.issueBatch(b.Context(), batchOf(fmt.Sprintf("r%d", i), MaxPassportBatch)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*MaxPassportBatch), "µs/passport")
}
