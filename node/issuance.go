package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// RequestCapability is what an agent posts to /agent/capability, without an
// operator's token: its passport file, and a request signed by its key.
type RequestCapability struct {
	Request      *wire.Envelope `json:"request"` // chio.capability_request.v1
	PassportFile wire.Raw       `json:"passport_file,omitempty"`
	// Presentation is, instead of a file, the answer to a challenge of this node.
	Presentation wire.Raw `json:"presentation,omitempty"`
}

// GrantedCapability answers "capability/request".
type GrantedCapability struct {
	Rule      string             `json:"rule"` // of the issuance policy
	ID        string             `json:"id"`
	ExpiresAt int64              `json:"expires_at"` // unix seconds
	Chain     []capability.Token `json:"chain"`
}

// requestCapability lets the issuance policy decide what a passport is worth:
//
//	1 the request is signed by its subject, for this kernel, and fresh
//	2 the passport, or the presentation that holds it, is whole, current, not
//	  revoked in its own status list, of an
//	  issuer that a rule names, and about that subject
//	3 the nonce was not used before, nor was the challenge answered
//	4 neither the node nor the agent is stopped
//	5 neither passport nor agent was revoked here
//	6 a rule gives it, and the agent has no other share of that rule
//
// 3 to 6 are one transaction; nonce and challenge stay used when 4 to 6 refuse,
// or when the policy of the challenge refused in 2 what its holder presented.
func (n *Node) requestCapability(ctx context.Context, req RequestCapability) (*GrantedCapability, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	q, nonce, denial := authority.OpenRequest(req.Request, n.keys.Kernel().Public(), n.now()) // 1
	if denial != nil {
		return nil, stoppedProblem(denial)
	}
	shown, err := n.shown(req, q) // 2
	if err != nil {
		return nil, err
	}
	var given *GrantedCapability
	var refused *kernel.Denial
	err = n.db.Update(ctx, func(tx store.Tx) error {
		given, refused = nil, nil
		if err := n.nonces.Use(tx, nonce, n.now()); err != nil { // 3
			return err
		}
		if err := shown.consume(tx, n); err != nil { // 3
			return err
		}
		if shown.refused != nil { // 2
			return nil
		}
		given, err = n.decideRequest(tx, q, shown.who, shown.passport)
		if errors.As(err, &refused) {
			return nil
		}
		return err
	})
	if err == nil {
		err = shown.refused
	}
	if err == nil && refused != nil {
		err = refused
	}
	if err != nil {
		var d *kernel.Denial
		if errors.As(err, &d) {
			return nil, stoppedProblem(d)
		}
		return nil, err
	}
	n.held.forget(q.Subject)
	return given, nil
}

func (n *Node) decideRequest(tx store.Tx, q *authority.CapabilityRequest, who authority.Presentation, passport *kernel.PassportRef) (*GrantedCapability, error) {
	now := n.now()
	if d := n.switches.AgentStopped(q.Subject); d != nil { // 4
		return nil, d
	}
	if d := n.revocations.Check(nil, passport, q.Subject, nil, now); d != nil { // 5
		return nil, d
	}
	decision, denial := n.issuance.Decide(who, q.Scope, q.TTLSeconds, now) // 6
	if denial != nil {
		return nil, denial
	}
	c, err := authority.IssueUnder(tx, decision, authority.Request{Subject: q.Subject, Passport: passport}, n.keys.Kernel(), now, n.rand,
		func(c *authority.Capability) bool {
			return n.revocations.Check(c.Chain, c.Passport, q.Subject, nil, now) == nil
		})
	if err != nil {
		return nil, err
	}
	return &GrantedCapability{Rule: decision.Rule.Name, ID: c.Leaf().ID, ExpiresAt: c.Leaf().ExpiresAt, Chain: c.Chain}, nil
}

// present verifies the passport of a request.
func (n *Node) present(file wire.Raw, q *authority.CapabilityRequest) (authority.Presentation, *kernel.PassportRef, error) {
	report := passport.VerifyFile(file, vc.Gate{Now: n.now(), SkewSeconds: bindingBackdateSeconds,
		MaxStatusAgeSeconds: maxPassportStatusAgeSeconds, TrustedIssuer: chioIssuer(func(d did.DID) bool {
			_, ended := n.deactivated(d)
			return !ended && n.issuance.trusts(d)
		})})
	if err := report.Err(); err != nil {
		return authority.Presentation{}, nil, &Problem{Code: "CHIO-PASSPORT-REFUSED", Message: err.Error(), Exit: ExitDenied,
			Hint: "the passport must be current, with a fresh status list, and its issuer be named by a rule under issuance"}
	}
	p := report.Passport
	if p.Subject.ID.Key() != q.Subject || report.ID != q.PassportID {
		return authority.Presentation{}, nil, &Problem{Code: "CHIO-PASSPORT-REFUSED", Message: "the passport is another one than the request names, or another agent's",
			Exit: ExitDenied, Hint: "sign the request with the key the passport is about"}
	}
	return authority.Presentation{Issuer: p.Issuer, Organization: p.Subject.Organization, Roles: p.Subject.Roles,
			AutonomyTier: p.Subject.AutonomyTier, ExpiresAt: int64(p.ValidUntil)},
		&kernel.PassportRef{Issuer: report.Issuer, ID: report.ID}, nil
}

// issuance is the issuance policy in force.
type issuance struct{ *authority.IssuancePolicy }

// trusts reports whether a rule names the issuer.
func (i issuance) trusts(issuer did.DID) bool {
	return slices.ContainsFunc(i.Rules, func(r authority.IssuanceRule) bool { return slices.Contains(r.Issuers, issuer) })
}

// AskCapability asks "agent/request": what an agent whose key this node keeps
// would ask for itself. It goes through the issuance policy like any other;
// "capability/issue" is the operator's own word, above the policy.
type AskCapability struct {
	Agent      string           `json:"agent"`
	Scope      capability.Scope `json:"scope"`
	TTLSeconds int64            `json:"ttl_seconds"`
	// Presentation is the agent's answer to a challenge of this node, shown
	// instead of its newest passport.
	Presentation wire.Raw `json:"presentation,omitempty"`
}

func (n *Node) askCapability(ctx context.Context, req AskCapability) (*GrantedCapability, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	key, err := n.keys.HeldAgent(req.Agent)
	if err != nil {
		return nil, &Problem{Code: "CHIO-AGENT-UNKNOWN", Message: fmt.Sprintf("no agent %q: %v", req.Agent, err), Exit: ExitFailure,
			Hint: "chio-node passport list shows the agents that have one"}
	}
	ask := RequestCapability{Presentation: req.Presentation}
	id, err := "", error(nil)
	if len(req.Presentation) > 0 {
		id, err = n.presentedID(req.Presentation)
	} else {
		id, ask.PassportFile, err = n.newestPassport(ctx, req.Agent)
	}
	if err != nil {
		return nil, err
	}
	ask.Request, err = SignCapabilityRequest(authority.CapabilityRequest{Audience: n.keys.Kernel().Public(), PassportID: id, Scope: req.Scope,
		TTLSeconds: req.TTLSeconds, IssuedAt: n.now()}, key, n.rand)
	if err != nil {
		return nil, err
	}
	return n.requestCapability(ctx, ask)
}

// newestPassport is the passport an agent asks with unless it shows others.
func (n *Node) newestPassport(ctx context.Context, agent string) (id string, file []byte, err error) {
	if id, err = n.passportID(PassportRequest{Agent: agent}); err != nil {
		return "", nil, err
	}
	if file, err = n.passportFile(ctx, id); err != nil {
		return "", nil, err
	}
	return id, file, n.presentable(file) // nothing is signed for a passport that does not count
}

// presentedID is the first passport of a presentation that the policy of its
// challenge accepts. If there is none it is the first, and the request is
// refused for it: that uses the challenge up.
func (n *Node) presentedID(doc wire.Raw) (string, error) {
	s, err := n.authentic(doc)
	if err != nil {
		return "", err
	}
	list := s.verdict.Credentials
	if i := slices.IndexFunc(list, func(j passport.Judgement) bool { return j.Accepted }); i >= 0 {
		return list[i].ID, nil
	}
	if len(list) == 0 {
		return "", PresentationProblem(fmt.Errorf("%w: no passport in it", passport.ErrPresentation))
	}
	return list[0].ID, nil
}

// SignCapabilityRequest draws the nonce of a request and seals it with the
// agent's key; a nil source of randomness is the system's.
func SignCapabilityRequest(body authority.CapabilityRequest, agent wire.Signer, random io.Reader) (*wire.Envelope, error) {
	if random == nil {
		random = rand.Reader
	}
	var nonce [16]byte
	if _, err := io.ReadFull(random, nonce[:]); err != nil {
		return nil, fmt.Errorf("read randomness for a nonce: %w", err)
	}
	body.Nonce = hex.EncodeToString(nonce[:])
	return authority.SignRequest(body, agent)
}
