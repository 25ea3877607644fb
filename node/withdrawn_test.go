package node

import (
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// TestI9_RotationLiftsNoSuspension: a new key of an agent whose passport is
// suspended or revoked has no passport, is given no capability and makes no
// call, until the operator issues it a passport.
func TestI9_RotationLiftsNoSuspension(t *testing.T) {
	for op, take := range map[string]func(*Node) error{
		"suspended": func(n *Node) error {
			_, err := n.suspendPassport(t.Context(), PassportRequest{Agent: "local"})
			return err
		},
		"revoked": func(n *Node) error {
			_, err := n.revokePassport(t.Context(), PassportRequest{Agent: "local"})
			return err
		},
	} {
		t.Run(op, func(t *testing.T) {
			inNode(t, agentHome(t), func(n *Node) {
				if err := take(n); err != nil {
					t.Fatal(err)
				}
				done, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "local", Reissue: true})
				if err != nil || done.Passport != "" || len(done.File) != 0 {
					t.Fatalf("%+v %v", done, err)
				}
				grant := IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}}
				_, err = n.issueCapability(t.Context(), grant)
				wantCode(t, "a capability", string(kernel.CodeRevokedPassport), err)
				if a := callNode(t, n, `{"path":"c.txt"}`); a.Ended == receipt.Allow {
					t.Errorf("a call: %+v", a)
				}
				if _, err := n.rotateAgent(t.Context(), RotateAgentRequest{Agent: "local"}); err != nil {
					t.Fatal(err)
				}
				_, err = n.issueCapability(t.Context(), grant)
				wantCode(t, "after a second rotation", string(kernel.CodeRevokedPassport), err)
				do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: "local"})
				do[CapabilityInfo](t, n, "capability/issue", grant)
			})
		})
	}
}

// TestI9_WithdrawnStaysWithdrawnWhenItExpires: the end of a passport's time
// does not make the agent one that never had a passport.
func TestI9_WithdrawnStaysWithdrawnWhenItExpires(t *testing.T) {
	clock := &movable{}
	clock.unix.Store(time.Now().Unix())
	o := newHome(t)
	o.Now = clock.read
	inNode(t, o, func(n *Node) {
		for _, agent := range []string{"plain", "revoked", "suspended"} {
			do[IssuedPassport](t, n, "passport/issue", IssuePassport{Agent: agent, TTLSeconds: 3600})
		}
		do[Revoked](t, n, "passport/revoke", PassportRequest{Agent: "revoked"})
		do[Revoked](t, n, "passport/suspend", PassportRequest{Agent: "suspended"})
		clock.unix.Add(3601)
		for agent, code := range map[string]string{"revoked": string(kernel.CodeRevokedPassport), "suspended": string(authority.CodePassportSuspended)} {
			_, err := n.issueCapability(t.Context(), IssueCapability{Agent: agent, Server: "files", Tools: []string{"read_file"}})
			wantCode(t, agent, code, err)
		}
		do[CapabilityInfo](t, n, "capability/issue", IssueCapability{Agent: "plain", Server: "files", Tools: []string{"read_file"}})
	})
}
