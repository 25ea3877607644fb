package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// MaxPassportBatch is how many passports one "passport/batch" issues: enough
// that the disk is waited for seldom, few enough that calls are not kept waiting.
const MaxPassportBatch = 256

// IssueBatch asks "passport/batch". With Check nothing is issued.
type IssueBatch struct {
	Agents []IssuePassport `json:"agents"`
	Check  bool            `json:"check,omitzero"`
}

// IssuedBatch answers it: what is wrong with which request, or a passport for
// each, in their order.
type IssuedBatch struct {
	Problems  []BatchProblem   `json:"problems"`
	Passports []IssuedPassport `json:"passports"`
}

// BatchProblem says what is wrong with one request.
type BatchProblem struct {
	Index   int    `json:"index"`
	Message string `json:"message"`
}

// issueBatch issues passports to many agents in one transaction, or to none:
//
//	1 there are 1 to 256, of different agents and different keys
//	2 each says what a passport can say; reputations are not for a batch
//	3 name and key belong together, if either is known here
//	4 no agent has an active passport: that one is superseded, by itself; nor a
//	  suspended one, which a batch that is run again must not undo
//
// What is wrong with any of them is said of all.
func (n *Node) issueBatch(ctx context.Context, req IssueBatch) (*IssuedBatch, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if len(req.Agents) == 0 || len(req.Agents) > MaxPassportBatch { // 1
		return nil, usage("a batch of %d passports: want 1 to %d", len(req.Agents), MaxPassportBatch)
	}
	out := &IssuedBatch{Problems: []BatchProblem{}, Passports: []IssuedPassport{}}
	if req.Check {
		return out, n.db.View(func(r store.Reader) error {
			out.Problems = n.batchProblems(r, req.Agents)
			return nil
		})
	}
	err := n.db.Update(ctx, func(tx store.Tx) error {
		out.Passports = out.Passports[:0]
		if out.Problems = n.batchProblems(tx, req.Agents); len(out.Problems) > 0 {
			return nil
		}
		for i := range req.Agents {
			issued, err := n.issueIn(tx, req.Agents[i])
			if err != nil {
				return fmt.Errorf("passport of agent %s: %w", req.Agents[i].Agent, err)
			}
			out.Passports = append(out.Passports, *issued)
		}
		return nil
	})
	if err != nil {
		return nil, passportProblem(err)
	}
	return out, nil
}

// batchProblems applies rules 1 to 4 to every request.
func (n *Node) batchProblems(r store.Reader, reqs []IssuePassport) []BatchProblem {
	problems := []BatchProblem{}
	names, keys := make(map[string]bool, len(reqs)), make(map[wire.PublicKey]bool, len(reqs))
	for i := range reqs {
		req := &reqs[i]
		err := n.batchProblem(r, req)
		if twice := names[req.Agent] || req.Key != nil && keys[*req.Key]; err == nil && twice { // 1
			err = fmt.Errorf("agent %q or its key is in the batch twice", req.Agent)
		}
		if names[req.Agent] = true; req.Key != nil {
			keys[*req.Key] = true
		}
		if err != nil {
			problems = append(problems, BatchProblem{Index: i, Message: err.Error()})
		}
	}
	return problems
}

func (n *Node) batchProblem(r store.Reader, req *IssuePassport) error {
	if req.FromReceipts || req.Reputation != nil { // 2
		return errors.New("a reputation is not issued in a batch: supersede the agent's passport with --reputation")
	}
	if req.Login != nil { // 2
		return errors.New("a login is of one agent: issue its passport by itself")
	}
	if err := authority.CheckAgentName(req.Agent); err != nil { // 2
		return err
	}
	key := n.keys.Org().Public()           // stands for the one that the node will make
	if req.Key != nil && *req.Key == key { // 2
		return errors.New("an agent has its own key, not the organisation's")
	}
	if req.Key != nil {
		key = *req.Key
	}
	body := n.passportFor(*req, key, req.Key == nil)
	if err := body.Check(); err != nil { // 2
		return err
	}
	a, err := authority.AgentByName(r, req.Agent)
	switch {
	case errors.Is(err, authority.ErrUnknown) && req.Key != nil:
		if other, err := authority.AgentByKey(r, key); !errors.Is(err, authority.ErrUnknown) { // 3
			return fmt.Errorf("its key is agent %q's: %w", other.Name, errors.Join(err, authority.ErrExists))
		}
		return nil
	case errors.Is(err, authority.ErrUnknown):
		return nil
	case err != nil:
		return err
	case req.Key != nil && a.Key != key: // 3
		return fmt.Errorf("agent %q has another key: %w", req.Agent, authority.ErrExists)
	case a.Passport == nil:
		return nil
	}
	rec, err := n.passports.GetIn(r, a.Passport.ID)
	if err != nil {
		return err
	}
	p, err := rec.Parse()
	switch {
	case err != nil:
		return err
	case rec.State(p, n.now()) == passport.Active: // 4
		return fmt.Errorf("agent %q has an active passport, %s", req.Agent, p.ID)
	case rec.Withdrawn() && !rec.Revoked(): // 4
		return fmt.Errorf("agent %q has a suspended passport, %s: resume, supersede or revoke it", req.Agent, p.ID)
	}
	return nil
}

// issueIn makes the agent if it is new, and its passport.
func (n *Node) issueIn(tx store.Tx, req IssuePassport) (*IssuedPassport, error) {
	a, err := authority.AgentByName(tx, req.Agent)
	if errors.Is(err, authority.ErrUnknown) {
		a, err = authority.Agent{Name: req.Agent, Custodial: req.Key == nil, CreatedAt: n.now()}, nil
		if req.Key != nil {
			a.Key = *req.Key
		} else {
			var key *wire.Key
			if key, _, err = n.keys.AgentIn(tx, req.Agent); err == nil {
				a.Key = key.Public()
			}
		}
	}
	if err != nil {
		return nil, err
	}
	p, file, err := n.givePassport(tx, a, req, n.now())
	if err != nil {
		return nil, err
	}
	return &IssuedPassport{Passport: n.describe(p, &passport.Record{}), File: file}, nil
}
