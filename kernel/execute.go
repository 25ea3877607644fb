package kernel

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

var (
	errPanic      = errors.New("it panicked")
	errPeerSilent = errors.New("the peer's kernel is not known to have decided the call")
)

// MaxRelayedBytes bounds a result that is stored for the peer that asked.
const MaxRelayedBytes = 64 << 20

// admit is step 10.
func (k *Kernel) admit(ctx context.Context, s *mediation) *Denial {
	holds, d := k.holds(s)
	if d != nil {
		return d
	}
	t, err := k.cfg.Admission.Admit(ctx, &Admittance{Call: s.call, Nonce: s.nonce, Holds: holds, Charge: s.route.Price,
		ChargeIn: func(currency string) (*wire.MonetaryAmount, error) { return k.chargeIn(s, currency) },
		Approval: s.governed.approval, Bond: s.governed.bond, Consume: s.consume,
		PolicyHash: s.policy.LocalHash})
	if err != nil {
		if d, ok := asDenial(err); ok {
			return d.at(10)
		}
		return &Denial{Step: 10, Code: CodeNotReady, Guard: "admission", Reason: err.Error(),
			Fix: "see chio-node doctor; nothing was spent and nothing ran"}
	}
	s.admitted, s.ticket = true, t
	return nil
}

// holds lists the tokens this kernel counts: all of them when it executes, the
// ones it issued when a peer does, because the peer counts the whole chain.
func (k *Kernel) holds(s *mediation) ([]HoldRequest, *Denial) {
	facts := k.facts(s)
	var out []HoldRequest
	s.held = s.held[:0]
	for i := len(s.m.Chain) - 1; i >= 0; i-- {
		token := &s.m.Chain[i]
		if s.route.PeerDID != "" && token.Issuer != k.self {
			continue
		}
		leaf := i == len(s.m.Chain)-1
		matches := s.matches
		if !leaf {
			var d *Denial
			if matches, d = k.matchAncestor(s, token, facts); d != nil {
				return nil, d
			}
		}
		family, d := familyOf(token, leaf)
		if d != nil {
			return nil, d
		}
		h := HoldRequest{Token: token.Ref(), ExpiresAt: token.ExpiresAt, MaxFamily: family, Candidates: make([]GrantCap, 0, len(matches))}
		for i := range matches {
			h.Candidates = append(h.Candidates, matches[i].cap())
		}
		out, s.held = append(out, h), append(s.held, matches)
	}
	return out, nil
}

// matchAncestor finds the grants of an ancestor that a call counts against.
// Its demands are in the leaf's grant too, where they were met.
func (k *Kernel) matchAncestor(s *mediation, token *capability.Token, facts capability.CallFacts) ([]candidate, *Denial) {
	matches, err := capability.Match(token.Scope, facts)
	if err != nil {
		return nil, capabilityDenial(err)
	}
	return k.affordable(matches, &s.route, s.now)
}

// familyOf is the bound on a token's calls as a whole, if it has one: of a
// token above the leaf only if it bounds its family.
func familyOf(token *capability.Token, leaf bool) (*uint32, *Denial) {
	a, err := token.Aggregate()
	if err != nil {
		return nil, capabilityDenial(err)
	}
	if a == nil || !leaf && a.Scope != capability.AggregateFamily {
		return nil, nil
	}
	return &a.MaxInvocations, nil
}

// chargeIn is the call's worst case in another currency, for a budget above
// the tokens.
func (k *Kernel) chargeIn(s *mediation, currency string) (*wire.MonetaryAmount, error) {
	price := s.route.Price
	if price == nil || price.Currency == currency {
		return price, nil
	}
	c, err := k.convert(*price, currency, s.route.PriceRound, s.now)
	if err != nil {
		return nil, err
	}
	held := c.Hold()
	return &held, nil
}

// costIn is what the call really cost in another currency.
func (k *Kernel) costIn(s *mediation, cost *wire.MonetaryAmount, currency string) (*wire.MonetaryAmount, error) {
	price := s.route.Price
	if cost == nil || price == nil || cost.Currency == currency {
		return cost, nil
	}
	c, err := k.convert(*price, currency, s.route.PriceRound, s.now)
	if err != nil {
		return nil, err
	}
	exact, err := safely(func() (wire.MonetaryAmount, error) { return c.Cost(*cost) })
	return &exact, err
}

// dispatch is steps 11 and 12. From here on the call has been admitted, so
// whatever happens ends in Close, never in Refuse.
func (k *Kernel) dispatch(ctx context.Context, s *mediation) ending {
	if d := k.stopped(s); d != nil {
		own := *d
		own.Step = 11
		return ending{verdict: receipt.Deny, denial: &own, disposition: Release}
	}
	if d := s.revalidate(); d != nil {
		return ending{verdict: receipt.Deny, denial: d.at(11), disposition: Release}
	}
	ctx, watched := k.watch(ctx, s)
	res, err := k.cfg.Dispatcher.Dispatch(ctx, s.m, s.route, s.ticket)
	s.result = &res
	if d := watched(); d != nil {
		if err != nil {
			return ending{verdict: receipt.Deny, denial: d, disposition: Retain}
		}
		cost := s.route.Price
		if res.Cost != nil && !overcharged(res.Cost, cost) {
			cost = res.Cost
		}
		return ending{verdict: receipt.Deny, denial: d, disposition: Commit, cost: cost}
	}
	if err != nil {
		return dispatchFailed(err)
	}
	if s.route.PeerDID != "" && res.Peer == nil {
		return dispatchFailed(errPeerSilent)
	}
	if res.Peer != nil {
		if e, decided := peerDecided(res.Peer); decided {
			return e
		}
	}
	cost := s.route.Price
	if res.Cost != nil {
		cost = res.Cost
	}
	if overcharged(cost, s.route.Price) {
		return ending{verdict: receipt.Incomplete, disposition: Retain, denial: &Denial{Step: 12, Code: CodeOverCharge,
			Guard: "budget", Side: "local", Reason: "the tool reported a cost above what was held for it",
			Fix: "the hold stays spent; dispute the charge with the tool's owner"}}
	}
	if d := k.stopped(s); d != nil {
		own := *d
		own.Step = 12
		return ending{verdict: receipt.Deny, denial: &own, disposition: Commit, cost: cost}
	}
	if d := s.outputDemands(res.Content); d != nil {
		return ending{verdict: receipt.Deny, denial: d, disposition: Commit, cost: cost}
	}
	content, d := s.inspect(res.Content)
	if d != nil {
		return ending{verdict: receipt.Deny, denial: d, disposition: Commit, cost: cost}
	}
	if d := relayable(s.m, content); d != nil {
		return ending{verdict: receipt.Deny, denial: d, disposition: Commit, cost: cost}
	}
	return ending{verdict: receipt.Allow, content: content, disposition: Commit, cost: cost}
}

// relayable denies a result for a peer that could not be recorded with its
// receipt: found out at Close, it would stop the node.
func relayable(m *Mandate, content wire.Raw) *Denial {
	if m.Origin == nil || len(content) <= MaxRelayedBytes {
		return nil
	}
	return &Denial{Step: 12, Code: CodeOutputBlocked, Guard: "kernel", Side: "local",
		Reason: fmt.Sprintf("the result has %d bytes, across organisations the limit is %d", len(content), MaxRelayedBytes),
		Fix:    "the tool ran; ask for less of the result in one call"}
}

// dispatchFailed ends a call whose dispatch erred. Only ErrNotDispatched gives
// the hold back: a denial that does not wrap it may have come after the effect.
func dispatchFailed(err error) ending {
	d := &Denial{Step: 11, Code: CodeUnknownEffect, Guard: "dispatch", Side: "local", Reason: err.Error(),
		Fix: "the tool may have run; check its effect before trying again; the hold stays spent"}
	certain := errors.Is(err, ErrNotDispatched)
	if certain {
		d.Code, d.Fix = CodeNotDispatched, "the tool did not run and nothing was spent; try again when it is up"
	}
	if own, ok := asDenial(err); ok {
		d = own.at(11)
	}
	if certain {
		return ending{verdict: receipt.Deny, denial: d, disposition: Release}
	}
	return ending{verdict: receipt.Incomplete, denial: d, disposition: Retain}
}

// peerDecided maps the executing kernel's verdict onto ours. Its allow is not
// yet ours: the output guards still run.
func peerDecided(p *PeerOutcome) (ending, bool) {
	switch p.Verdict {
	case receipt.Allow:
		return ending{}, false
	case receipt.Deny, receipt.PendingApproval:
		return ending{verdict: receipt.Deny, disposition: Release, denial: &Denial{Step: 11, Code: CodePeerDenied, Guard: "peer",
			Side: "peer_terms", Reason: "the peer's kernel denied the call: " + p.Code + ": " + p.Reason,
			Fix: "the peer's receipt " + p.ReceiptID + " says why"}}, true
	default:
		return ending{verdict: receipt.Incomplete, disposition: Retain, denial: &Denial{Step: 11, Code: CodeUnknownEffect, Guard: "peer",
			Side: "peer_terms", Reason: "the peer's kernel ended the call as " + p.Verdict,
			Fix: "the peer's receipt " + p.ReceiptID + " says why; the hold stays spent"}}, true
	}
}

func overcharged(cost, held *wire.MonetaryAmount) bool {
	if cost == nil || cost.Units == 0 {
		return false
	}
	return held == nil || cost.Currency != held.Currency || cost.Units > held.Units
}
