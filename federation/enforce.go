package federation

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// The sides whose terms can decide, as receipts name them.
const (
	sideOwn    = "own_terms"
	sidePeer   = "peer_terms"
	sideTreaty = "treaty"
)

// Direction says who calls whom.
type Direction uint8

// The directions of a call, seen from this node.
const (
	Outbound Direction = iota + 1 // our agents at the peer's tools
	Inbound                       // the peer's agents at our tools
)

// TreatyPolicy is everything a treaty says about calls in one direction. It is
// shared and must not be changed.
type TreatyPolicy struct {
	Peer          did.DID
	PeerID        p2p.PeerID
	PeerKernel    wire.PublicKey
	TreatyID      wire.Digest
	PeerHash      wire.Digest         // the peer's attestation that the treaty names
	EffectiveHash wire.Digest         // the direction's effective digest
	Guards        []kernel.SidedGuard // every one is evaluated, the strictest wins
	Surface       []SurfaceTool       // what the hosting side offers
	Caps          policy.Caps         // MaxCallsPerTreaty is consumed at admission
	Money         *Money              // nil: free calls only
	Addresses     Settlers
	Revocation    RevocationTerms
	Window        Window
}

// Settlers are the settlement addresses of the two sides, "" without money.
type Settlers struct{ Own, Peer string }

// compiledKey names a compiled treaty direction: whatever changes what is
// enforced is part of it.
type compiledKey struct {
	treaty, ours, theirs wire.Digest
	kernel               wire.PublicKey
	peer                 p2p.PeerID
	direction            Direction
}

// maxCompiled bounds the cache; beyond it everything is compiled again.
const maxCompiled = 1024

// TreatyFor returns what judges calls with a peer in one direction, or why no
// call may pass: ErrUnknownPeer, ErrNotActive, ErrPeerStale, ErrPeerFrozen,
// ErrPeerRevoked, ErrPeerDeactivated, ErrDeactivated, ErrPassport, or ErrTreaty
// outside its window.
func (s *Service) TreatyFor(peer did.DID, dir Direction) (*TreatyPolicy, error) {
	rec, err := s.cfg.Directory.Peer(peer)
	if err != nil {
		return nil, err
	}
	p, err := s.agreedWith(rec, dir)
	if err != nil {
		return nil, err
	}
	if err := s.demand(&rec); err != nil {
		return nil, err
	}
	return p, nil
}

// agreedWith is TreatyFor without what the peer must show for calls: what is
// owed already is settled all the same.
func (s *Service) agreedWith(rec Record, dir Direction) (p *TreatyPolicy, err error) {
	if err := s.alive(); err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	if err := rec.inForce(now); err != nil {
		return nil, err
	}
	if rec.Treaty == nil || rec.Ours == nil || rec.Theirs == nil || dir != Outbound && dir != Inbound {
		return nil, fmt.Errorf("%w: %s", ErrNotActive, rec.DID)
	}
	key := compiledKey{*rec.Treaty, *rec.Ours, *rec.Theirs, rec.Kernel, rec.PeerID, dir}
	s.mu.Lock()
	p = s.compiled[key]
	s.mu.Unlock()
	if p == nil {
		if p, err = s.compile(rec, key); err != nil {
			return nil, err
		}
		s.mu.Lock()
		if len(s.compiled) >= maxCompiled {
			clear(s.compiled)
		}
		s.compiled[key] = p
		s.mu.Unlock()
	}
	if now+ClockSkewSeconds < p.Window.NotBefore || now >= p.Window.Expires {
		return nil, fmt.Errorf("%w: it counts from %d to %d, now %d: federate again", ErrTreaty, p.Window.NotBefore, p.Window.Expires, now)
	}
	return p, nil
}

// compile builds the conjuncts of one direction: the terms of both sides as the
// treaty names them, the newest terms of both sides where they are newer, what
// the host offers, and what the two agreed. Newer terms are one more conjunct,
// so a side tightens by itself and never loosens by itself.
func (s *Service) compile(rec Record, key compiledKey) (*TreatyPolicy, error) {
	env, err := s.stored(prefixTreaty, key.treaty)
	if err != nil {
		return nil, fmt.Errorf("treaty %s: %w", key.treaty, err)
	}
	t, err := VerifyTreaty(env, true)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := s.parts(t, rec.DID)
	if err != nil {
		return nil, err
	}
	p := &TreatyPolicy{
		Peer: rec.DID, PeerID: rec.PeerID, PeerKernel: rec.Kernel, TreatyID: key.treaty, PeerHash: theirs.id,
		Money: t.Money, Revocation: t.Revocation, Window: t.Window,
	}
	a := t.Parties[0] == s.did // we are A
	p.EffectiveHash, p.Caps = t.Effective.BToA, t.Effective.BToACaps
	if a == (key.direction == Outbound) {
		p.EffectiveHash, p.Caps = t.Effective.AToB, t.Effective.AToBCaps
	}
	if t.Money != nil {
		p.Addresses = Settlers{Own: t.Money.Addresses[1], Peer: t.Money.Addresses[0]}
		if a {
			p.Addresses = Settlers{Own: t.Money.Addresses[0], Peer: t.Money.Addresses[1]}
		}
	}
	host, hostSide := ours, sideOwn
	if key.direction == Outbound {
		host, hostSide = theirs, sidePeer
	}
	p.Surface = host.CapabilitySurface
	return p, conjoin(p, key, ours, theirs, kernel.SidedGuard{Side: hostSide, Guard: newSurfaceGuard(host.CapabilitySurface)}, s.attestation)
}

// conjoin fills in the guards; read finds the attestations that key names beyond
// the treaty's two.
func conjoin(p *TreatyPolicy, key compiledKey, ours, theirs signed, surface kernel.SidedGuard,
	read func(id wire.Digest, from, audience did.DID) (signed, *wire.Envelope, error)) error {
	add := func(side string, a *Attestation) error {
		section := a.Ingress
		if (side == sideOwn) == (key.direction == Outbound) {
			section = a.Egress // the caller's side lets out, the host's lets in
		}
		g, err := policy.CompileSection(section, side)
		if err != nil {
			return fmt.Errorf("attestation of %s: %w", a.Issuer, err)
		}
		p.Guards = append(p.Guards, kernel.SidedGuard{Side: side, Guard: g})
		return nil
	}
	parts := []struct {
		side string
		a    *Attestation
	}{{sideOwn, ours.Attestation}, {sidePeer, theirs.Attestation}}
	if key.ours != ours.id {
		newer, _, err := read(key.ours, ours.Issuer, theirs.Issuer)
		if err != nil {
			return err
		}
		parts = append(parts, struct {
			side string
			a    *Attestation
		}{sideOwn, newer.Attestation})
	}
	if key.theirs != theirs.id {
		newer, _, err := read(key.theirs, theirs.Issuer, ours.Issuer)
		if err != nil {
			return err
		}
		parts = append(parts, struct {
			side string
			a    *Attestation
		}{sidePeer, newer.Attestation})
	}
	for _, part := range parts {
		if err := add(part.side, part.a); err != nil {
			return err
		}
	}
	caps, err := policy.CompileCaps(p.Caps, sideTreaty)
	if err != nil {
		return fmt.Errorf("treaty caps: %w", err)
	}
	p.Guards = append(p.Guards, surface,
		kernel.SidedGuard{Side: sideTreaty, Guard: caps},
		kernel.SidedGuard{Side: sideTreaty, Guard: &moneyGuard{money: p.Money}})
	return nil
}
