package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/vc/status"
)

// The failpoints of a change of passports: all of it is written and nothing
// committed; all of it is, and no peer has heard of it.
const (
	failPassportBefore    = "passport.change.before"
	failPassportCommitted = "passport.change.committed"
)

// passportFile is a passport with its status lists. An organisation that ended
// signs none anew: the last ones are those its end has signed.
func (n *Node) passportFile(ctx context.Context, id string) ([]byte, error) {
	ended := n.alive()
	if ended == nil {
		file, err := n.passports.File(ctx, id, n.now())
		return file, passportProblem(err)
	}
	file, err := n.passports.LastFile(id)
	if errors.Is(err, status.ErrUnsigned) {
		return nil, ended
	}
	return file, passportProblem(err)
}

// revokePassport sets the status bit and opens a revocation epoch in one
// transaction, then tells the peers.
func (n *Node) revokePassport(ctx context.Context, req PassportRequest) (*Revoked, error) {
	return n.changePassport(ctx, req, authority.KindPassport, n.passports.RevokeIn)
}

// suspendPassport makes a passport count nowhere until it is resumed.
func (n *Node) suspendPassport(ctx context.Context, req PassportRequest) (*Revoked, error) {
	return n.changePassport(ctx, req, authority.KindSuspension, n.passports.SuspendIn)
}

// resumePassport lifts a suspension, here and at the peers.
func (n *Node) resumePassport(ctx context.Context, req PassportRequest) (*Revoked, error) {
	return n.changePassport(ctx, req, authority.KindResumption, n.passports.ResumeIn)
}

// changePassport makes a change of the registry and the entry of the
// revocation history that repeats it durable together, and pushes the epoch.
func (n *Node) changePassport(ctx context.Context, req PassportRequest, kind authority.Kind,
	change func(tx store.Tx, id, reason string, now int64) error) (*Revoked, error) {
	id, err := n.passportID(req)
	if err != nil {
		return nil, err
	}
	if req.Reason == "" {
		req.Reason = "by the operator"
	}
	return n.revoke(ctx, id, authority.Entry{Kind: kind, Issuer: n.DID().String(), ID: id}, func(tx store.Tx) error {
		return passportProblem(change(tx, id, req.Reason, n.now()))
	})
}

// SupersedePassport asks "passport/supersede": a passport in the place of the
// agent's newest, or of the one named.
type SupersedePassport struct {
	ID     string        `json:"id,omitempty"`
	Reason string        `json:"reason,omitempty"`
	Issue  IssuePassport `json:"issue"`
}

// supersedePassport issues a passport in the place of another. The old one's
// bit, both records, the agent's reference and the epoch that tells the peers
// are one transaction: there is no moment with two passports or with none.
func (n *Node) supersedePassport(ctx context.Context, req SupersedePassport) (*IssuedPassport, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	old, err := n.passportID(PassportRequest{ID: req.ID, Agent: req.Issue.Agent})
	if err != nil {
		return nil, err
	}
	if err := n.passportIs(old, req.Issue.Agent); err != nil {
		return nil, err
	}
	v, err := n.vouch(ctx, &req.Issue)
	if err != nil {
		return nil, err
	}
	key, err := n.passportKey(ctx, &req.Issue)
	if err != nil {
		return nil, err
	}
	if req.Reason == "" {
		req.Reason = "superseded by the operator"
	}
	var p *passport.Passport
	var file []byte
	_, err = n.revoke(ctx, old, authority.Entry{Kind: authority.KindPassport, Issuer: n.DID().String(), ID: old}, func(tx store.Tx) error {
		a, err := authority.AgentByName(tx, req.Issue.Agent)
		if err != nil {
			return err
		}
		p, file, err = n.passports.SupersedeIn(tx, old, n.passportFor(req.Issue, key, a.Custodial), req.Reason, n.now())
		if err != nil {
			return passportProblem(err)
		}
		if err := v.keep(tx, p.ID, n.now()); err != nil {
			return err
		}
		a.Passport = &kernel.PassportRef{Issuer: n.DID().String(), ID: p.ID}
		return authority.PutAgent(tx, a)
	})
	if err != nil {
		return nil, err
	}
	return &IssuedPassport{Passport: n.describe(p, &passport.Record{Supersedes: old}), File: file}, nil
}

// passportIs refuses to put one agent's passport in the place of another's.
func (n *Node) passportIs(id, agent string) error {
	rec, err := n.passports.Get(id)
	if err != nil {
		return passportProblem(err)
	}
	p, err := rec.Parse()
	if err == nil && p.Subject.Name != agent {
		return usage("passport %s is %s's, not %s's", id, p.Subject.Name, agent)
	}
	return err
}

// revoke makes one revocation epoch and whatever belongs to it durable, and
// pushes the epoch to the peers.
func (n *Node) revoke(ctx context.Context, id string, e authority.Entry, also func(store.Tx) error) (*Revoked, error) {
	err := n.db.Update(ctx, func(tx store.Tx) error {
		if err := also(tx); err != nil {
			return err
		}
		_, err := n.revocations.Revoke(tx, []authority.Entry{e}, n.keys.Kernel(), n.now())
		if e.Kind == authority.KindResumption && errors.Is(err, authority.ErrUnknown) {
			err = nil // nothing was ever revoked here, so nothing is lifted
		}
		n.failpoint(failPassportBefore)
		return err
	})
	if err != nil {
		var p *Problem
		if errors.As(err, &p) {
			return nil, p
		}
		return nil, fmt.Errorf("%s %s: %w", e.Kind, id, err)
	}
	n.failpoint(failPassportCommitted)
	n.network.pushRevocations(ctx)
	return &Revoked{ID: id, Epoch: n.revocations.Epoch()}, nil
}

// passportProblem gives the registry's refusals their codes.
func passportProblem(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, passport.ErrUnknown):
		return &Problem{Code: "CHIO-PASSPORT-UNKNOWN", Message: err.Error(), Hint: "chio-node passport list shows them", Exit: ExitFailure, Cause: err}
	case errors.Is(err, passport.ErrTransition):
		return &Problem{Code: "CHIO-PASSPORT-STATE", Message: err.Error(), Hint: "chio-node passport list shows the state of each", Exit: ExitFailure, Cause: err}
	case errors.Is(err, vc.ErrMalformed):
		return &Problem{Code: "CHIO-PASSPORT-REQUEST", Message: err.Error(), Hint: "chio-node passport issue --help names what a passport may say", Exit: ExitUsage, Cause: err}
	}
	return err
}
