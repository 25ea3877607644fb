package node

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// shape is one way by which an agent that signs for itself reaches the kernel.
type shape struct {
	name string
	call func(body []byte) ([]byte, error)
}

func shapes(t *testing.T, n *Node, ready *Ready) []shape {
	t.Helper()
	client, err := Dial(n.opts.Home)
	if err != nil {
		t.Fatal(err)
	}
	return []shape{
		{"in process", func(body []byte) ([]byte, error) { return n.Call(context.Background(), "agent/call", body) }},
		{"the socket in the home", func(body []byte) ([]byte, error) { return client.Call(context.Background(), "agent/call", body) }},
		{"loopback HTTP without a token", func(body []byte) ([]byte, error) {
			res, err := http.Post(ready.API+"/agent/call", "application/json", bytes.NewReader(body))
			if err != nil {
				return nil, err
			}
			defer func() { _ = res.Body.Close() }()
			return io.ReadAll(res.Body)
		}},
	}
}

// TestI9_EveryShapeRejectsABadPresentation: one table, for every way in.
func TestI9_EveryShapeRejectsABadPresentation(t *testing.T) {
	var clock atomic.Int64
	clock.Store(1_800_000_000)
	o := shortHome(t, "acme")
	o.Now = func() time.Time { return time.Unix(clock.Load(), 0) }
	n, ready := startedNode(t, o)
	serve(t, n, MCPServer{Server: "files"})
	agent, thief := seeded(t, 1), seeded(t, 2)
	passportOf(t, n, "researcher", agent.Public())
	nonce := 0
	give := func(ttl int64) *CapabilityInfo {
		c, err := n.issueCapability(t.Context(), IssueCapability{Agent: "researcher", Server: "files", Tools: []string{"read_file"}, TTLSeconds: ttl})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	sign := func(c *CapabilityInfo, by *wire.Key) AgentCall { nonce++; return signedCall(t, n, c.Chain, by, nonce) }
	resign := func(a AgentCall, change func(*capability.HolderProof)) AgentCall {
		var p capability.HolderProof
		if err := wire.Unmarshal(a.Proof.Body, &p, wire.DocumentLimits); err != nil {
			t.Fatal(err)
		}
		change(&p)
		proof, err := capability.SignProof(p, agent)
		if err != nil {
			t.Fatal(err)
		}
		a.Proof = proof
		return a
	}
	for _, s := range shapes(t, n, ready) {
		send := func(a AgentCall) *CallAnswer {
			t.Helper()
			doc, err := s.call(wire.MustMarshal(a))
			if err != nil {
				t.Fatal(err)
			}
			var answer CallAnswer
			if err := wire.Unmarshal(doc, &answer, wire.BundleLimits); err != nil {
				t.Fatalf("%s: %v in %.300s", s.name, err, doc)
			}
			return &answer
		}
		for name, c := range map[string]struct {
			present func() AgentCall
			want    kernel.Code // empty: allow
		}{
			"sound": {func() AgentCall { return sign(give(3600), agent) }, ""},
			"expired": {func() AgentCall {
				c := give(60)
				clock.Add(61)
				return sign(c, agent)
			}, kernel.CodeCapExpired},
			"revoked": {func() AgentCall {
				c := give(3600)
				if _, err := n.Call(t.Context(), "capability/revoke", wire.MustMarshal(ByID{ID: c.ID})); err != nil {
					t.Fatal(err)
				}
				return sign(c, agent)
			}, kernel.CodeRevokedToken},
			"replayed": {func() AgentCall {
				a := sign(give(3600), agent)
				if first := send(a); first.Verdict != "allow" {
					t.Fatalf("%s: the first time: %+v", s.name, first)
				}
				return a
			}, kernel.CodeProofReplayed},
			"for another audience": {func() AgentCall {
				return resign(sign(give(3600), agent), func(p *capability.HolderProof) { p.Audience = thief.Public() })
			}, kernel.CodeProofMismatch},
			"of yesterday": {func() AgentCall {
				return resign(sign(give(3600), agent), func(p *capability.HolderProof) { p.IssuedAt -= 86400 })
			}, kernel.CodeProofStale},
			"by a thief": {func() AgentCall { return sign(give(3600), thief) }, kernel.CodeProofMismatch},
			"without a proof": {func() AgentCall {
				a := sign(give(3600), agent)
				a.Proof = nil
				return a
			}, kernel.CodeProofMissing},
			"with other arguments": {func() AgentCall {
				a := sign(give(3600), agent)
				a.Arguments = wire.Raw(`{"path":"b"}`)
				return a
			}, kernel.CodeProofMismatch},
			"with a longer life": {func() AgentCall {
				a := sign(give(3600), agent)
				a.Chain = append([]capability.Token(nil), a.Chain...)
				a.Chain[0].ExpiresAt += 3600
				return a
			}, kernel.CodeCapSignature},
		} {
			answer := send(c.present())
			if c.want == "" && answer.Verdict != "allow" || c.want != "" && (answer.Verdict != "deny" || answer.Code != string(c.want)) || answer.ReceiptID == "" {
				t.Errorf("%s, %s: %+v, want %q", s.name, name, answer, c.want)
			}
		}
	}
}
