package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/keys"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// The failpoints of a rotation of an agent's key: nothing is written; all of
// it is.
const (
	failAgentBefore    = "rotate.agent.before"
	failAgentCommitted = "rotate.agent.committed"
)

// RotateAgentRequest asks "key/rotate/agent". An agent whose key this node
// holds needs a name only. One that keeps its own key is rotated in two steps:
// NewKey drafts a record that the new key countersigns, Record files it.
type RotateAgentRequest struct {
	Agent   string          `json:"agent"`
	Reissue bool            `json:"reissue,omitzero"` // its capabilities, with what is left of them
	Preview bool            `json:"preview,omitzero"` // change nothing, answer what would happen
	NewKey  *wire.PublicKey `json:"new_key,omitempty"`
	Record  *wire.Envelope  `json:"record,omitempty"`
}

// AgentRotation is what a rotation of an agent's key did, or would do. Draft
// is a record that waits for the new key's signature.
type AgentRotation struct {
	Preview     bool           `json:"preview,omitzero"`
	Agent       string         `json:"agent"`
	Old         wire.PublicKey `json:"old_key"`
	New         wire.PublicKey `json:"new_key,omitzero"` // zero in a preview
	Draft       *wire.Envelope `json:"draft,omitempty"`
	RecordID    wire.Digest    `json:"record_id,omitzero"`
	Record      *wire.Envelope `json:"record,omitempty"`
	Revoked     []string       `json:"revoked_passports"`
	Passport    string         `json:"passport,omitempty"` // issued to the new key in place of the agent's
	File        wire.Raw       `json:"passport_file,omitempty"`
	Dying       []DyingToken   `json:"capabilities"` // those that end with the old key
	Epoch       uint64         `json:"epoch,omitzero"`
	successor   *passport.Request
	oldPassport []string
	withdrawn   *kernel.PassportRef // what the agent is left with if its passport was taken back
}

// rotateAgent replaces an agent's key. In one transaction: the record, the new
// seed over the old one where it is held here, the revocation of the old key
// and of its passports, the passport and, if asked for, the capabilities of
// the new key, and a stop of the agent, which goes on.
func (n *Node) rotateAgent(ctx context.Context, req RotateAgentRequest) (*AgentRotation, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if err := n.ensureRecovered(ctx); err != nil {
		return nil, err
	}
	plan, err := n.planAgentRotation(req)
	if err != nil || req.Preview {
		return plan, err
	}
	if req.NewKey != nil {
		err := n.db.Update(ctx, func(tx store.Tx) (err error) {
			plan.Draft, err = n.keys.DraftAgentRotation(tx, plan.Old, *req.NewKey, n.now())
			return err
		})
		return plan, keyProblem(err)
	}
	undo := n.retiring.begin(plan.Old)
	n.failpoint(failAgentBefore)
	if err := n.db.Update(ctx, func(tx store.Tx) error { return n.rotateAgentIn(tx, req, plan) }); err != nil {
		undo()
		return nil, keyProblem(err)
	}
	n.failpoint(failAgentCommitted)
	n.held.forget(plan.Old)
	n.held.forget(plan.New)
	plan.Epoch = n.revocations.Epoch()
	n.network.pushRevocations(ctx)
	return plan, nil
}

// planAgentRotation looks up the agent and lists what ends with its key.
func (n *Node) planAgentRotation(req RotateAgentRequest) (*AgentRotation, error) {
	plan := &AgentRotation{Preview: req.Preview, Agent: req.Agent, Revoked: []string{}, Dying: []DyingToken{}}
	var a authority.Agent
	err := n.db.View(func(r store.Reader) (err error) {
		if a, err = authority.AgentByName(r, req.Agent); err != nil {
			return err
		}
		plan.Old = a.Key
		plan.Dying, err = n.dyingTokens(r, ofAgent(a.Key), req.Reissue)
		return err
	})
	if errors.Is(err, authority.ErrUnknown) {
		return nil, &Problem{Code: "CHIO-AGENT-UNKNOWN", Message: fmt.Sprintf("no agent %q", req.Agent),
			Hint: "chio-node passport list shows the agents that have one", Exit: ExitFailure}
	}
	if err != nil {
		return nil, err
	}
	if req.NewKey != nil && req.Record != nil {
		return nil, usage("a new key drafts a record and a record files it: give one of the two")
	}
	if own := req.NewKey != nil || req.Record != nil; own == a.Custodial && !req.Preview {
		return nil, custodyProblem(a)
	}
	return plan, nil
}

func custodyProblem(a authority.Agent) error {
	if a.Custodial {
		return &Problem{Code: "CHIO-AGENT-KEY", Message: "the key of agent " + a.Name + " is held here", Exit: ExitFailure,
			Hint: "rotate it by name alone: the node makes the new key"}
	}
	return &Problem{Code: "CHIO-AGENT-KEY", Message: "agent " + a.Name + " keeps its key to itself", Exit: ExitFailure,
		Hint: "draft a record with --new-key, have the new key sign it, and file it with --record"}
}

// planPassports lists the passports that end with the old key, and makes the
// request for one like the agent's, for the rest of its time, if it is active.
// A new key is no way around a suspension or a revocation: such a passport has
// no successor, and the agent goes on naming it until it is issued another.
func (n *Node) planPassports(tx store.Tx, plan *AgentRotation) error {
	a, err := authority.AgentByKey(tx, plan.Old)
	if err != nil {
		return err
	}
	now := n.now()
	plan.oldPassport, plan.successor, plan.withdrawn = nil, nil, nil
	if a.Passport != nil { // of this key, or of one before it
		r, err := n.passports.GetIn(tx, a.Passport.ID)
		if err != nil {
			return err
		}
		if r.Withdrawn() {
			plan.withdrawn = a.Passport
		}
	}
	return n.passports.ListIn(tx, did.FromKey(a.Key), func(r *passport.Record) error {
		p, err := r.Parse()
		if err != nil || r.Revoked() {
			return err
		}
		own := a.Passport != nil && a.Passport.ID == p.ID
		if own { // first: the agent may go on naming it, so its revocation is an entry of its own
			plan.oldPassport = slices.Insert(plan.oldPassport, 0, p.ID)
		} else {
			plan.oldPassport = append(plan.oldPassport, p.ID)
		}
		if own && r.State(p, now) == passport.Active {
			plan.successor = &passport.Request{ValidFrom: now, TTLSeconds: int64(p.ValidUntil) - now, Subject: p.Subject}
		}
		return nil
	})
}

// rotateAgentIn is the transaction of rotateAgent.
func (n *Node) rotateAgentIn(tx store.Tx, req RotateAgentRequest, plan *AgentRotation) (err error) {
	var rot *keys.Rotation
	if req.Record != nil {
		rot, err = n.keys.FileAgentRotation(tx, req.Record, n.now())
	} else {
		rot, err = n.keys.RotateAgent(tx, req.Agent, n.now(), bindingTTLSeconds)
	}
	if err != nil {
		return err
	}
	body := rot.Body()
	if body.Old != plan.Old {
		return fmt.Errorf("%w: the record is about key %s, the agent's is %s", keys.ErrDraft, body.Old, plan.Old)
	}
	plan.New, plan.Record, plan.RecordID = body.New, rot.Record, rot.Record.ID()
	// What is left of the budgets is read here, after the last call under the
	// old key was admitted.
	if plan.Dying, err = n.dyingTokens(tx, ofAgent(plan.Old), req.Reissue); err != nil {
		return err
	}
	if err := n.planPassports(tx, plan); err != nil {
		return err
	}
	if err := n.revokeAgentKey(tx, plan); err != nil {
		return err
	}
	ref, err := n.supersede(tx, plan)
	if err != nil {
		return err
	}
	names := ref
	if names == nil {
		names = plan.withdrawn
	}
	a, err := authority.RekeyAgent(tx, plan.Old, plan.New, names)
	if err != nil {
		return err
	}
	if err := n.keepStopped(tx, plan.Old, a); err != nil {
		return err
	}
	for i := range plan.Dying {
		plan.Dying[i].Subject = plan.New
		if plan.Dying[i].capability.Passport != nil {
			plan.Dying[i].capability.Passport = ref
			plan.Dying[i].Reissue = plan.Dying[i].Reissue && ref != nil
		}
	}
	return n.reissue(tx, n.keys.Kernel(), plan.Dying)
}

// rotatedReason is what the records of passports of a replaced key say.
const rotatedReason = "the agent's key was rotated"

// revokeAgentKey revokes the old key and the passports about it, but for the
// record of one that has a successor: supersede writes that.
func (n *Node) revokeAgentKey(tx store.Tx, plan *AgentRotation) error {
	entries := []authority.Entry{{Kind: authority.KindSubject, Issuer: n.DID().String(), ID: plan.Old.String()}}
	plan.Revoked = plan.Revoked[:0]
	for i, id := range plan.oldPassport {
		if i > 0 || plan.successor == nil {
			if err := n.passports.RevokeIn(tx, id, rotatedReason, n.now()); err != nil {
				return err
			}
		}
		plan.Revoked = append(plan.Revoked, id)
		if len(entries) < authority.MaxEntries { // the rest is covered by the key
			entries = append(entries, authority.Entry{Kind: authority.KindPassport, Issuer: n.DID().String(), ID: id})
		}
	}
	_, err := n.revocations.Revoke(tx, entries, n.keys.Kernel(), n.now())
	return err
}

// supersede issues the passport of the new key in the place of the agent's,
// which is the first of the old ones.
func (n *Node) supersede(tx store.Tx, plan *AgentRotation) (*kernel.PassportRef, error) {
	if plan.successor == nil {
		return nil, nil
	}
	req := *plan.successor
	req.Subject.ID = did.FromKey(plan.New)
	p, file, err := n.passports.SupersedeIn(tx, plan.oldPassport[0], req, rotatedReason, n.now())
	if err != nil {
		return nil, err
	}
	if err := passport.CarryProvenance(tx, plan.oldPassport[0], p.ID); err != nil {
		return nil, err
	}
	plan.Passport, plan.File = p.ID, file
	return &kernel.PassportRef{Issuer: n.DID().String(), ID: p.ID}, nil
}

// keepStopped stops the new key of an agent that is stopped.
func (n *Node) keepStopped(tx store.Tx, old wire.PublicKey, a authority.Agent) error {
	all, err := authority.Stops(tx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Kind != authority.StopAgent || s.Target != old.String() {
			continue
		}
		s.Target, s.Label = a.Key.String(), a.Name
		_, err := n.switches.Set(tx, s)
		return err
	}
	return nil
}

// keyProblem gives the causes an operator can act on a code.
func keyProblem(err error) error {
	switch {
	case errors.Is(err, keys.ErrDeactivated):
		return &Problem{Code: string(CodeDeactivated), Message: err.Error(), Exit: ExitDenied, Hint: "its keys change no more"}
	case errors.Is(err, keys.ErrChain), errors.Is(err, did.ErrRotation), errors.Is(err, did.ErrDeactivation):
		return &Problem{Code: "CHIO-KEYS-RECORD", Message: err.Error(), Exit: ExitFailure,
			Hint: "draft it anew, sign it, and file it before any other key changes"}
	}
	return err
}
