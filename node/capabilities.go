package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// issueCapability gives an agent authority on one of our servers, or a part of
// what a treaty peer gave this kernel. It is the operator's word, above the
// issuance policy.
func (n *Node) issueCapability(ctx context.Context, req IssueCapability) (*CapabilityInfo, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if err := req.Check(); err != nil {
		return nil, err
	}
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultCapabilityTTLSeconds
	}
	key, passport, err := n.subjectOf(ctx, req)
	if err != nil {
		return nil, err
	}
	r := authority.Request{Subject: key, TTLSeconds: req.TTLSeconds, Passport: passport, Aggregate: req.Aggregate()}
	var c *authority.Capability
	if isRemote(req.Server) {
		c, err = n.issueRemote(ctx, req, r)
	} else {
		r.Scope = scopeOf(req, req.Server)
		c, err = n.issueLocal(ctx, r)
	}
	if err != nil {
		return nil, CapabilityProblem(err)
	}
	return n.capabilityInfo(c)
}

// subjectOf is who a capability is for: one of our agents by name, or the agent
// of a treaty peer by the passport it showed.
func (n *Node) subjectOf(ctx context.Context, req IssueCapability) (wire.PublicKey, *kernel.PassportRef, error) {
	if req.Subject == nil {
		key, err := n.ensureAgent(ctx, req.Agent)
		if err != nil {
			return key, nil, err
		}
		passport, err := n.activePassport(req.Agent)
		if err != nil {
			return key, nil, err
		}
		if d := n.revocations.Check(nil, passport, key, nil, n.now()); d != nil {
			return key, nil, &Problem{Code: string(d.Code), Message: d.Reason, Hint: d.Fix, Exit: ExitDenied}
		}
		return key, passport, nil
	}
	if len(req.PassportFile) == 0 {
		return wire.PublicKey{}, nil, usage("a foreign agent's key needs its passport file")
	}
	report := passport.VerifyFile(req.PassportFile, vc.Gate{Now: n.now(), SkewSeconds: bindingBackdateSeconds,
		MaxStatusAgeSeconds: maxPassportStatusAgeSeconds, TrustedIssuer: chioIssuer(n.network.trustsIssuer)})
	if err := report.Err(); err != nil {
		return wire.PublicKey{}, nil, &Problem{Code: "CHIO-PASSPORT-REFUSED", Message: err.Error(), Exit: ExitDenied,
			Hint: "the passport must be current and of this organisation or an active treaty peer"}
	}
	if report.Passport.Subject.ID.Key() != *req.Subject {
		return wire.PublicKey{}, nil, &Problem{Code: "CHIO-PASSPORT-REFUSED", Message: "the passport is another agent's", Exit: ExitDenied}
	}
	ref := &kernel.PassportRef{Issuer: report.Issuer, ID: report.ID}
	if d := n.revocations.Check(nil, ref, *req.Subject, nil, n.now()); d != nil {
		return wire.PublicKey{}, nil, &Problem{Code: string(d.Code), Message: d.Reason, Hint: d.Fix, Exit: ExitDenied}
	}
	return *req.Subject, ref, nil
}

// maxPassportStatusAgeSeconds is how old the status list in a passport file
// may be: what was revoked since arrives as a revocation epoch.
const maxPassportStatusAgeSeconds = 24 * 3600

// CapabilityProblem explains a refusal to issue or to attenuate.
func CapabilityProblem(err error) error {
	var refused *capability.Error
	if errors.As(err, &refused) {
		return &Problem{Code: refused.Code, Message: refused.Detail, Hint: "ask for no more than the parent grants", Exit: ExitDenied}
	}
	return err
}

// issueRemote attenuates the treaty capability to an agent.
func (n *Node) issueRemote(ctx context.Context, req IssueCapability, r authority.Request) (*authority.Capability, error) {
	peer, server, err := splitRemote(req.Server)
	if err != nil {
		return nil, err
	}
	root, err := n.network.treatyCapability(ctx, peer)
	if err != nil {
		return nil, err
	}
	r.Scope = inherit(scopeOf(req, server), root.Scope)
	var c *authority.Capability
	err = n.db.Update(ctx, func(tx store.Tx) (err error) {
		c, err = authority.Attenuate(tx, []capability.Token{*root}, r, n.keys.Kernel(), n.now(), n.rand)
		return err
	})
	n.held.forget(r.Subject)
	return c, err
}

// inherit copies onto each grant the caps and constraints of the parent grant
// that covers it, where the grant asks for none of its own: a child without
// its parent's caps would not be a child.
func inherit(s, parent capability.Scope) capability.Scope {
	for i := range s.Grants {
		g := &s.Grants[i]
		for _, p := range parent.Grants {
			if p.ServerID != "*" && p.ServerID != g.ServerID || p.ToolName != "*" && p.ToolName != g.ToolName {
				continue
			}
			g.Constraints = append(append([]capability.Constraint(nil), p.Constraints...), g.Constraints...)
			if g.MaxInvocations == nil {
				g.MaxInvocations = p.MaxInvocations
			}
			if g.MaxCostPerInvocation == nil {
				g.MaxCostPerInvocation = p.MaxCostPerInvocation
			}
			if g.MaxTotalCost == nil {
				g.MaxTotalCost = p.MaxTotalCost
			}
			break
		}
	}
	return s
}

// attenuateTreaty makes the capability an agent with a passport uses when it
// first calls a peer's server and was given none: what the treaty grants there,
// for a day.
func (n *Node) attenuateTreaty(ctx context.Context, agent string, key wire.PublicKey, m *kernel.Mandate, _ kernel.Route) (*authority.Capability, error) {
	passport, err := n.activePassport(agent)
	if err != nil || passport == nil {
		return nil, err
	}
	peer, server, err := splitRemote(m.Server)
	if err != nil {
		return nil, err
	}
	root, err := n.network.treatyCapability(ctx, peer)
	if err != nil {
		return nil, err
	}
	req := IssueCapability{Server: m.Server}
	for _, g := range root.Scope.Grants {
		if g.ServerID == server || g.ServerID == "*" {
			req.Tools = append(req.Tools, g.ToolName)
		}
	}
	if len(req.Tools) == 0 {
		return nil, nil // beyond the treaty: the kernel says so, with a receipt
	}
	c, err := n.issueRemote(ctx, req, authority.Request{Subject: key, TTLSeconds: defaultCapabilityTTLSeconds, Passport: passport})
	var refused *capability.Error
	if errors.As(err, &refused) {
		return nil, nil // the same
	}
	return c, err
}

// activePassport is the passport an agent's authority rests on, nil if it has
// none or its time is over. One that was revoked or suspended is named too,
// whether its time is over or not: what rests on it is refused, on record,
// until it is resumed or the agent is issued another.
func (n *Node) activePassport(agent string) (*kernel.PassportRef, error) {
	var a authority.Agent
	err := n.db.View(func(r store.Reader) (err error) {
		a, err = authority.AgentByName(r, agent)
		return err
	})
	if errors.Is(err, authority.ErrUnknown) || err == nil && a.Passport == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rec, err := n.passports.Get(a.Passport.ID)
	if err != nil {
		return nil, err
	}
	if p, err := rec.Parse(); err != nil || int64(p.ValidUntil) <= n.now() && !rec.Withdrawn() {
		return nil, err
	}
	return a.Passport, nil
}

// splitRemote reads did:chio:<hex>/<server>.
func splitRemote(s string) (peer did.DID, server string, err error) {
	for i := range s {
		if s[i] == '/' {
			peer, err = did.Parse(s[:i])
			if err == nil && s[i+1:] != "" {
				return peer, s[i+1:], nil
			}
			break
		}
	}
	return "", "", usage("%.160q is not did:chio:<hex>/<server>", s)
}

func (n *Node) capabilityInfo(c *authority.Capability) (*CapabilityInfo, error) {
	leaf := c.Leaf()
	info := &CapabilityInfo{ID: leaf.ID, Subject: leaf.Subject, ExpiresAt: leaf.ExpiresAt, Chain: c.Chain,
		Revoked: n.revocations.Check(c.Chain, c.Passport, leaf.Subject, nil, n.now()) != nil}
	err := n.db.View(func(r store.Reader) error {
		a, err := authority.AgentByKey(r, leaf.Subject)
		if err != nil && !errors.Is(err, authority.ErrUnknown) {
			return err
		}
		info.Agent = a.Name
		for i, g := range leaf.Scope.Grants {
			acc, err := budget.Snapshot(r, leaf.Ref(), i)
			if err != nil {
				return err
			}
			b := BudgetInfo{Grant: i, Tool: g.ToolName, Invocations: acc.Invocations}
			if g.MaxTotalCost != nil {
				b.Total, b.Currency = g.MaxTotalCost.Units, g.MaxTotalCost.Currency
			}
			for _, p := range acc.Purses {
				if b.Currency == "" || b.Currency == p.Currency {
					b.Currency = p.Currency
					if b.Spent, err = p.Spent(); err != nil {
						return err
					}
				}
			}
			info.Budgets = append(info.Budgets, b)
		}
		return nil
	})
	return info, err
}

// CapabilityList answers "capability/list".
type CapabilityList struct {
	Capabilities []CapabilityInfo `json:"capabilities"`
}

func (n *Node) listCapabilities(context.Context, Empty) (*CapabilityList, error) {
	var all []*authority.Capability
	err := n.db.View(func(r store.Reader) error {
		return authority.List(r, func(c *authority.Capability) error {
			all = append(all, c)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	list := &CapabilityList{Capabilities: []CapabilityInfo{}}
	for _, c := range all {
		info, err := n.capabilityInfo(c)
		if err != nil {
			return nil, err
		}
		list.Capabilities = append(list.Capabilities, *info)
	}
	return list, nil
}

func (n *Node) getCapability(id string) (c *authority.Capability, err error) {
	err = n.db.View(func(r store.Reader) (err error) {
		c, err = authority.Get(r, id)
		return err
	})
	if errors.Is(err, authority.ErrUnknown) {
		return nil, &Problem{Code: "CHIO-CAP-UNKNOWN", Message: fmt.Sprintf("no capability %.80q was issued here", id),
			Hint: "chio-node capability list shows them", Exit: ExitFailure}
	}
	return c, err
}

func (n *Node) inspectCapability(_ context.Context, req ByID) (*CapabilityInfo, error) {
	c, err := n.getCapability(req.ID)
	if err != nil {
		return nil, err
	}
	return n.capabilityInfo(c)
}
