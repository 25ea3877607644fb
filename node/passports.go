package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	defaultPassportTTLSeconds = 30 * 24 * 3600
	defaultAutonomyTier       = "delegated"
)

// issuePassport makes the agent if it is new, signs its passport and makes the
// passport the one its capabilities rest on.
func (n *Node) issuePassport(ctx context.Context, req IssuePassport) (*IssuedPassport, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	v, err := n.vouch(ctx, &req)
	if err != nil {
		return nil, err
	}
	key, err := n.passportKey(ctx, &req)
	if err != nil {
		return nil, err
	}
	var p *passport.Passport
	var file []byte
	err = n.db.Update(ctx, func(tx store.Tx) error {
		a, err := authority.AgentByName(tx, req.Agent)
		if err != nil {
			return err
		}
		if a.Key != key {
			return &Problem{Code: "CHIO-AGENT-KEY", Message: fmt.Sprintf("agent %q changed its key meanwhile", req.Agent), Exit: ExitFailure,
				Hint: "issue the passport again"}
		}
		if p, file, err = n.givePassport(tx, a, req, n.now()); err != nil {
			return err
		}
		return v.keep(tx, p.ID, n.now())
	})
	if err != nil {
		return nil, passportProblem(err)
	}
	return &IssuedPassport{Passport: n.describe(p, &passport.Record{}), File: file}, nil
}

// givePassport signs a passport of an agent's key and makes it the one that the
// agent's capabilities rest on. The agent is new, or as it was read.
func (n *Node) givePassport(tx store.Tx, a authority.Agent, req IssuePassport, now int64) (*passport.Passport, []byte, error) {
	p, file, err := n.passports.IssueIn(tx, n.passportFor(req, a.Key, a.Custodial), now)
	if err != nil {
		return nil, nil, err
	}
	a.Passport = &kernel.PassportRef{Issuer: n.DID().String(), ID: p.ID}
	return p, file, authority.PutAgent(tx, a)
}

// passportFor is what an agent's passport will say.
func (n *Node) passportFor(req IssuePassport, key wire.PublicKey, custodial bool) passport.Request {
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultPassportTTLSeconds
	}
	if req.AutonomyTier == "" {
		req.AutonomyTier = defaultAutonomyTier
	}
	custody := passport.CustodyOwn
	if custodial {
		custody = passport.CustodyCustodial
	}
	return passport.Request{ValidFrom: n.now(), TTLSeconds: req.TTLSeconds, Subject: passport.Subject{
		ID: did.FromKey(key), Name: req.Agent, Organization: n.cfg.Name, Roles: req.Roles, AutonomyTier: req.AutonomyTier,
		Assurance:  &passport.Assurance{KeyCustody: custody, RuntimeTier: req.RuntimeTier},
		Reputation: req.Reputation, Provenance: req.Provenance}}
}

// passportKey is the key a passport is about, agentOwnKey says which. What the
// receipts say of that key is filled into the request if it asks for that.
func (n *Node) passportKey(ctx context.Context, req *IssuePassport) (wire.PublicKey, error) {
	if req.FromReceipts && req.Reputation != nil {
		return wire.PublicKey{}, usage("a passport's reputation is given, or computed from receipts, not both")
	}
	key, err := n.agentOwnKey(ctx, req)
	if err == nil && req.FromReceipts {
		req.Reputation, err = n.passportReputation(ctx, key)
	}
	return key, err
}

// agentOwnKey is one that the agent keeps to itself, or one that this node
// makes and keeps for it.
func (n *Node) agentOwnKey(ctx context.Context, req *IssuePassport) (wire.PublicKey, error) {
	if req.Key == nil {
		return n.ensureAgent(ctx, req.Agent)
	}
	err := n.db.Update(ctx, func(tx store.Tx) error {
		a, err := authority.AgentByName(tx, req.Agent)
		if err == nil && a.Key == *req.Key {
			return nil // with a key of ours it stays custodial
		}
		return authority.PutAgent(tx, authority.Agent{Name: req.Agent, Key: *req.Key, CreatedAt: n.now()})
	})
	if errors.Is(err, authority.ErrExists) || errors.Is(err, authority.ErrRequest) {
		return wire.PublicKey{}, &Problem{Code: "CHIO-AGENT-KEY", Message: err.Error(), Exit: ExitFailure,
			Hint: "a name keeps its key and a key its name: choose another name"}
	}
	return *req.Key, err
}

func (n *Node) describe(p *passport.Passport, r *passport.Record) PassportInfo {
	return PassportInfo{ID: p.ID, Agent: p.Subject.Name, AgentDID: p.Subject.ID.String(), Issuer: n.DID().String(), Status: r.State(p, n.now()),
		ValidFrom: p.ValidFrom.String(), ValidUntil: p.ValidUntil.String(),
		SupersededBy: r.SupersededBy, Supersedes: r.Supersedes, Reason: r.Reason}
}

// PassportList answers "passport/list": those issued here, then those imported.
type PassportList struct {
	Passports []PassportInfo `json:"passports"`
}

func (n *Node) listPassports(context.Context, Empty) (*PassportList, error) {
	list := &PassportList{Passports: []PassportInfo{}}
	return list, n.db.View(func(r store.Reader) error {
		err := n.passports.ListIn(r, "", func(rec *passport.Record) error {
			p, err := rec.Parse()
			if err == nil {
				list.Passports = append(list.Passports, n.describe(p, rec))
			}
			return err
		})
		if err != nil {
			return err
		}
		return n.listHeld(r, func(p *PassportInfo) { list.Passports = append(list.Passports, *p) })
	})
}

// passportID finds the passport a request names: by id, or its agent's newest.
func (n *Node) passportID(req PassportRequest) (string, error) {
	if req.ID != "" {
		return req.ID, nil
	}
	var agent authority.Agent
	err := n.db.View(func(r store.Reader) (err error) {
		agent, err = authority.AgentByName(r, req.Agent)
		return err
	})
	if errors.Is(err, authority.ErrUnknown) || err == nil && agent.Passport == nil {
		return "", &Problem{Code: "CHIO-PASSPORT-UNKNOWN", Message: fmt.Sprintf("agent %q has no passport", req.Agent),
			Hint: "chio-node passport list shows them", Exit: ExitFailure}
	}
	if err != nil {
		return "", err
	}
	return agent.Passport.ID, nil
}

func (n *Node) showPassport(ctx context.Context, req PassportRequest) (*IssuedPassport, error) {
	rec, p, err := n.namedPassport(req)
	if err != nil {
		return nil, err
	}
	file, err := n.passportFile(ctx, p.ID)
	return &IssuedPassport{Passport: n.describe(p, rec), File: file}, err
}

// namedPassport is the passport a request names, and what it says.
func (n *Node) namedPassport(req PassportRequest) (*passport.Record, *passport.Passport, error) {
	id, err := n.passportID(req)
	if err != nil {
		return nil, nil, err
	}
	rec, err := n.passports.Get(id)
	if err != nil {
		return nil, nil, passportProblem(err)
	}
	p, err := rec.Parse()
	return rec, p, err
}
