package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// TreatyCapabilityTTLSeconds is how long a treaty capability counts, if the
// treaty lasts that long: seven days. It is renewed in its last quarter.
const TreatyCapabilityTTLSeconds = 7 * 24 * 3600

// ErrTreatyCapability refuses what a peer gave as its treaty capability.
var ErrTreatyCapability = errors.New("treaty capability is not acceptable")

// granted remembers the capability a peer was given, so that it gets one per
// treaty revision.
type granted struct {
	TreatyID     wire.Digest `json:"treaty_id"`
	Subject      string      `json:"subject"`
	CapabilityID string      `json:"capability_id"`
}

// heldGrant is the capability a peer gave us.
type heldGrant struct {
	TreatyID wire.Digest      `json:"treaty_id"`
	Token    capability.Token `json:"token"`
}

type capabilityAnswer struct {
	Status string            `json:"status"`
	Token  *capability.Token `json:"token,omitzero"`
}

// answerCapability issues the root capability under which the peer's kernel
// may call us: what this node attested for that peer, and nothing more.
func (x *Exchange) answerCapability(ctx context.Context, rec Record, treatyID *wire.Digest) ([]byte, error) {
	treaty, err := x.s.TreatyFor(rec.DID, Inbound)
	if err != nil {
		return nil, refusal(refusedNotActive, "%v", err)
	}
	if treatyID == nil || *treatyID != treaty.TreatyID {
		return nil, refusal(refusedMismatch, "the treaty in force is %s", treaty.TreatyID)
	}
	x.issuing.Lock()
	defer x.issuing.Unlock()
	var token *capability.Token
	err = x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		var err error
		token, err = x.grant(tx, treaty)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("issue the treaty capability: %w", err)
	}
	doc, err := wire.Marshal(token)
	if err != nil {
		return nil, err
	}
	return object(part{"status", text(statusOK)}, part{"token", doc}), nil
}

// grant returns the peer's capability under the treaty, a new one if there is
// none or less than a quarter of its life is left.
func (x *Exchange) grant(tx store.Tx, treaty *TreatyPolicy) (*capability.Token, error) {
	key, now := prefixGrant+treaty.Peer.String(), x.now()
	var row granted
	if _, err := load(tx, key, &row); err != nil {
		return nil, err
	}
	if row.TreatyID == treaty.TreatyID && row.Subject == treaty.PeerKernel.String() {
		c, err := authority.Get(tx, row.CapabilityID)
		if err != nil {
			return nil, err
		}
		if t := c.Leaf(); !renewalDue(t, now) || t.ExpiresAt >= treaty.Window.Expires {
			return t, nil
		}
	}
	c, err := authority.Issue(tx, authority.Request{Subject: treaty.PeerKernel, Scope: treatyScope(treaty),
		TTLSeconds: min(TreatyCapabilityTTLSeconds, treaty.Window.Expires-now)}, x.cfg.KernelKey, now, x.s.cfg.Rand)
	if err != nil {
		return nil, err
	}
	row = granted{TreatyID: treaty.TreatyID, Subject: treaty.PeerKernel.String(), CapabilityID: c.Leaf().ID}
	return c.Leaf(), save(tx, key, row)
}

// renewalDue reports whether less than a quarter of a token's life is left.
func renewalDue(t *capability.Token, now int64) bool {
	return t.ExpiresAt-now < (t.ExpiresAt-t.IssuedAt)/4
}

// treatyScope is the attested surface as a scope that may be delegated. A price
// is also the most one call may cost.
func treatyScope(treaty *TreatyPolicy) capability.Scope {
	var s capability.Scope
	for _, e := range treaty.Surface {
		g := capability.ToolGrant{ServerID: e.Server, ToolName: e.Tool, Operations: slices.Clone(e.Operations)}
		if !slices.Contains(g.Operations, capability.Delegate) {
			g.Operations = append(g.Operations, capability.Delegate)
		}
		if e.Price != nil && e.Price.Units > 0 {
			limit := *e.Price
			if c := treaty.Caps.MaxChargePerCall; c != nil && c.Currency == limit.Currency {
				limit.Units = min(limit.Units, c.Units)
			}
			g.MaxCostPerInvocation = &limit
		}
		s.Grants = append(s.Grants, g)
	}
	return s
}

// TreatyCapability returns the root capability that a peer gave this kernel
// under the treaty in force: the kept one, or a fresh one asked of the peer.
// The node attenuates it to its agents.
func (x *Exchange) TreatyCapability(ctx context.Context, peer did.DID) (*capability.Token, error) {
	treaty, err := x.s.TreatyFor(peer, Outbound)
	if err != nil {
		return nil, err
	}
	if t, err := x.keptCapability(peer, treaty); err != nil || t != nil {
		return t, err
	}
	rec, err := x.s.Connect(ctx, peer)
	if err != nil {
		return nil, err
	}
	var a capabilityAnswer
	err = x.request(ctx, rec, ProtocolInvoke, object(part{"type", text("capability")}, part{"treaty_id", text(treaty.TreatyID.String())}), &a)
	if err != nil {
		return nil, fmt.Errorf("ask %s for the treaty capability: %w", peer, err)
	}
	if err := x.checkTreatyCapability(a.Token, treaty); err != nil {
		return nil, err
	}
	err = x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if err := authority.Receive(tx, &authority.Capability{Chain: []capability.Token{*a.Token}}); err != nil {
			return err
		}
		return save(tx, prefixCap+peer.String(), heldGrant{TreatyID: treaty.TreatyID, Token: *a.Token})
	})
	return a.Token, err
}

// keptCapability is the one in the store, unless it is for another treaty or
// kernel, or old while the treaty goes on.
func (x *Exchange) keptCapability(peer did.DID, treaty *TreatyPolicy) (*capability.Token, error) {
	var row heldGrant
	found := false
	err := x.s.cfg.DB.View(func(r store.Reader) (err error) {
		found, err = load(r, prefixCap+peer.String(), &row)
		return err
	})
	if err != nil || !found || row.TreatyID != treaty.TreatyID || row.Token.Issuer != treaty.PeerKernel || row.Token.Subject != x.cfg.KernelKey.Public() {
		return nil, err
	}
	now := x.now()
	if row.Token.CheckTime(now) != nil || renewalDue(&row.Token, now) && row.Token.ExpiresAt < treaty.Window.Expires {
		return nil, nil
	}
	return &row.Token, nil
}

// checkTreatyCapability judges what a peer gave:
//
//	1 there is a token, a sound root of the peer's kernel, valid now
//	2 its subject is our kernel
//	3 it does not outlive the treaty
//	4 it may be delegated
func (x *Exchange) checkTreatyCapability(t *capability.Token, treaty *TreatyPolicy) error {
	if t == nil { // 1
		return fmt.Errorf("%w: the answer holds none", ErrTreatyCapability)
	}
	_, err := capability.VerifyChain([]capability.Token{*t}, capability.ChainInput{Now: x.now(),
		CountsAggregates: true,                                                           // the peer that issued it counts
		TrustedRoot:      func(k wire.PublicKey) bool { return k == treaty.PeerKernel }}) // 1
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTreatyCapability, err)
	}
	if t.Subject != x.cfg.KernelKey.Public() { // 2
		return fmt.Errorf("%w: its subject is %s", ErrTreatyCapability, t.Subject)
	}
	if t.ExpiresAt > treaty.Window.Expires+ClockSkewSeconds { // 3
		return fmt.Errorf("%w: it ends at %d, the treaty at %d", ErrTreatyCapability, t.ExpiresAt, treaty.Window.Expires)
	}
	for _, g := range t.Scope.Grants { // 4
		if slices.Contains(g.Operations, capability.Delegate) {
			return nil
		}
	}
	return fmt.Errorf("%w: nothing in it may be delegated", ErrTreatyCapability)
}
