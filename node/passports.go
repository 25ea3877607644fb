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
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultPassportTTLSeconds
	}
	key, err := n.passportKey(ctx, req)
	if err != nil {
		return nil, err
	}
	now := n.now()
	p, file, err := n.passports.Issue(ctx, passport.Request{ValidFrom: now, TTLSeconds: req.TTLSeconds, Subject: passport.Subject{
		ID: did.FromKey(key), Name: req.Agent, Organization: n.cfg.Name, Roles: req.Roles, AutonomyTier: defaultAutonomyTier}}, now)
	if err != nil {
		return nil, err
	}
	err = n.db.Update(ctx, func(tx store.Tx) error {
		a, err := authority.AgentByName(tx, req.Agent)
		if err != nil {
			return err
		}
		a.Passport = &kernel.PassportRef{Issuer: n.DID().String(), ID: p.ID}
		return authority.PutAgent(tx, a)
	})
	if err != nil {
		return nil, fmt.Errorf("passport %s was issued but not given to %s: %w", p.ID, req.Agent, err)
	}
	return &IssuedPassport{Passport: n.describe(p, false), File: file}, nil
}

// passportKey is the key a passport is about: one the agent keeps to itself,
// or one that this node makes and keeps for it.
func (n *Node) passportKey(ctx context.Context, req IssuePassport) (wire.PublicKey, error) {
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

func (n *Node) describe(p *passport.Passport, revoked bool) PassportInfo {
	status := "active"
	switch {
	case revoked:
		status = "revoked"
	case int64(p.ValidUntil) <= n.now():
		status = "expired"
	}
	return PassportInfo{ID: p.ID, Agent: p.Subject.Name, AgentDID: p.Subject.ID.String(), Status: status,
		ValidFrom: p.ValidFrom.String(), ValidUntil: p.ValidUntil.String()}
}

// PassportList answers "passport/list".
type PassportList struct {
	Passports []PassportInfo `json:"passports"`
}

func (n *Node) listPassports(context.Context, Empty) (*PassportList, error) {
	list := &PassportList{Passports: []PassportInfo{}}
	return list, n.passports.List("", func(r *passport.Record) error {
		p, err := r.Parse()
		if err != nil {
			return err
		}
		list.Passports = append(list.Passports, n.describe(p, r.Revoked()))
		return nil
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
	id, err := n.passportID(req)
	if err != nil {
		return nil, err
	}
	rec, err := n.passports.Get(id)
	if err != nil {
		return nil, err
	}
	p, err := rec.Parse()
	if err != nil {
		return nil, err
	}
	file, err := n.passports.File(ctx, id, n.now())
	return &IssuedPassport{Passport: n.describe(p, rec.Revoked()), File: file}, err
}

// revokePassport sets the status bit and opens a revocation epoch in one
// transaction, then tells the peers.
func (n *Node) revokePassport(ctx context.Context, req PassportRequest) (*Revoked, error) {
	id, err := n.passportID(req)
	if err != nil {
		return nil, err
	}
	if _, err := n.passports.Get(id); err != nil {
		return nil, err
	}
	return n.revoke(ctx, id, authority.Entry{Kind: authority.KindPassport, Issuer: n.DID().String(), ID: id}, func(tx store.Tx) error {
		return n.passports.RevokeIn(tx, id, "revoked by the operator", n.now())
	})
}

// revoke makes one revocation epoch and whatever belongs to it durable, and
// pushes the epoch to the peers.
func (n *Node) revoke(ctx context.Context, id string, e authority.Entry, also func(store.Tx) error) (*Revoked, error) {
	err := n.db.Update(ctx, func(tx store.Tx) error {
		if err := also(tx); err != nil {
			return err
		}
		_, err := n.revocations.Revoke(tx, []authority.Entry{e}, n.keys.Kernel(), n.now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("revoke %s: %w", id, err)
	}
	n.network.pushRevocations(ctx)
	return &Revoked{ID: id, Epoch: n.revocations.Epoch()}, nil
}
