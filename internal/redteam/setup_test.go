package redteam

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// fire sends one request as an agent would, in this process. A call that was
// not understood is a Problem and has no answer.
func (w *world) fire(body []byte) (*node.CallAnswer, *node.Problem) {
	doc, err := w.node.Call(context.Background(), "agent/call", body)
	if err != nil {
		return nil, problem(err)
	}
	var a node.CallAnswer
	if err := wire.Unmarshal(doc, &a, wire.BundleLimits); err != nil {
		w.t.Errorf("the node answered %.200q: %v", doc, err)
		return nil, &node.Problem{Code: "unreadable"}
	}
	return &a, nil
}

func problem(err error) *node.Problem {
	var p *node.Problem
	if errors.As(err, &p) {
		return p
	}
	return &node.Problem{Code: "CHIO-FAILED", Message: err.Error()}
}

// rehearsed is how many calls of the victim are overheard.
const rehearsed = 5

// rehearse has the victim and the owned agent make the calls that attacks
// replay later.
func (w *world) rehearse(rng *rand.Rand, c *cast) {
	w.t.Helper()
	for range rehearsed {
		s := c.aim(rng, w, c.victim, c.victim.chain["read"], "files", "read_file", `{"path":"public/a.txt"}`)
		s.Session = "victim-session"
		body := s.signed().bytes()
		w.ends(body, receipt.Allow)
		c.overheard = append(c.overheard, body)
	}
	c.approved = w.approve(rng, c, c.owned, `{"path":"public/doomed/1"}`)
	again := c.aim(rng, w, c.owned, c.owned.chain["erase"], "files", "delete_file", c.approved.args)
	again.CallID = c.approved.callID
	w.ends(again.signed().bytes(), receipt.Allow)
	c.victims = w.approve(rng, c, c.victim, `{"path":"private/secret.txt"}`)
	calls := uint32(maxListing)
	w.must("approve/batch/add", node.AddBatch{Agent: "owned", Server: "files", Tool: "list_directory", MaxCalls: &calls}, nil)
}

func (w *world) ends(body []byte, how string) *node.CallAnswer {
	w.t.Helper()
	a, p := w.fire(body)
	if a == nil || a.Ended != how {
		w.t.Fatalf("want %s: %+v, %+v", how, a, p)
	}
	return a
}

// approve has an agent ask for a deletion and the operator grant it.
func (w *world) approve(rng *rand.Rand, c *cast, a *agent, args string) *granted {
	w.t.Helper()
	asked := w.ends(c.aim(rng, w, a, a.chain["erase"], "files", "delete_file", args).signed().bytes(), receipt.PendingApproval)
	w.must("approve/grant", node.DecideApproval{ID: asked.ApprovalID, TTLSeconds: 3600}, nil)
	var info node.ApprovalInfo
	w.must("approve/show", node.ByID{ID: asked.ApprovalID}, &info)
	return &granted{id: asked.ApprovalID, callID: asked.CallID, args: args, token: info.Votes[0].Token.Bytes()}
}
