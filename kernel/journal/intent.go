package journal

import (
	"errors"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// Intent is one admitted call: what an incomplete receipt must say of it.
type Intent struct {
	CallID       string               `json:"call_id"`
	AdmittedAt   int64                `json:"admitted_at"` // unix seconds
	Server       string               `json:"server"`      // as addressed
	Tool         string               `json:"tool"`
	Operation    capability.Operation `json:"operation,omitempty"`
	Edge         string               `json:"edge,omitempty"`
	ArgsSHA256   wire.Digest          `json:"args_sha256"`
	PolicySHA256 wire.Digest          `json:"policy_sha256"` // zero if the kernel did not say
	Holder       receipt.Holder       `json:"holder"`
	Leaf         capability.Ref       `json:"leaf"`
	Subject      wire.PublicKey       `json:"subject"`
	RootIssuer   wire.PublicKey       `json:"root_issuer"`
	Depth        int                  `json:"depth"` // delegation depth of the leaf
	Passport     *kernel.PassportRef  `json:"passport,omitempty"`
	Origin       *Origin              `json:"origin,omitempty"`
	Route        Route                `json:"route"`
	Charge       *wire.MonetaryAmount `json:"charge,omitempty"`

	// Held is not in the row: kernel/budget keeps it, and whoever recovers the
	// call fills it in.
	Held []kernel.HeldGrant `json:"-"`
}

// Origin is kernel.Origin in a row.
type Origin struct {
	PeerDID            string               `json:"peer_did"`
	PeerKernel         wire.PublicKey       `json:"peer_kernel"`
	TreatyID           wire.Digest          `json:"treaty_id"`
	ContinuationSHA256 wire.Digest          `json:"continuation_sha256"`
	MaxCharge          *wire.MonetaryAmount `json:"max_charge,omitempty"`
	PriceRound         *wire.Digest         `json:"price_round,omitempty"`
	HopIndex           int                  `json:"hop_index,omitzero"`
	Lineage            []wire.Digest        `json:"lineage,omitempty"`
}

// Route is kernel.Route in a row, without the action shape.
type Route struct {
	Server     string               `json:"server"`
	Audience   wire.PublicKey       `json:"audience"`
	PeerDID    string               `json:"peer_did,omitempty"`
	PeerKernel *wire.PublicKey      `json:"peer_kernel,omitempty"`
	TreatyID   *wire.Digest         `json:"treaty_id,omitempty"`
	Price      *wire.MonetaryAmount `json:"price,omitempty"`
	PriceRound *wire.Digest         `json:"price_round,omitempty"`
}

// NewIntent reduces what Admit was asked for to what a row keeps. It
// leaves Held empty.
func NewIntent(a *kernel.Admittance) (*Intent, error) {
	if a == nil || a.Call == nil || a.Call.Mandate == nil || len(a.Call.Mandate.Chain) == 0 {
		return nil, errors.New("an intent needs a call with a mandate and a capability chain")
	}
	m, r := a.Call.Mandate, a.Call.Route
	leaf := &m.Chain[len(m.Chain)-1]
	in := &Intent{
		CallID: m.CallID, AdmittedAt: a.Call.Now, Server: m.Server, Tool: m.Tool, Operation: m.Operation, Edge: m.Edge,
		ArgsSHA256: wire.Hash(m.Arguments), PolicySHA256: a.PolicyHash, Holder: m.Holder,
		Leaf: leaf.Ref(), Subject: leaf.Subject, RootIssuer: m.Chain[0].Issuer, Depth: len(m.Chain) - 1,
		Passport: m.Passport, Charge: a.Charge,
		Route: Route{Server: r.Server, Audience: r.Audience, PeerDID: r.PeerDID, TreatyID: r.TreatyID,
			Price: r.Price, PriceRound: r.PriceRound},
	}
	if r.PeerDID != "" {
		in.Route.PeerKernel = &r.PeerKernel
	}
	if o := m.Origin; o != nil {
		in.Origin = &Origin{PeerDID: o.PeerDID, PeerKernel: o.PeerKernel, TreatyID: o.TreatyID,
			ContinuationSHA256: o.ContinuationSHA256, MaxCharge: o.MaxCharge, PriceRound: o.PriceRound, HopIndex: o.HopIndex, Lineage: o.Lineage}
	}
	return in, nil
}

// Call rebuilds as much of the call as the row kept: no arguments, no tokens,
// no proof.
func (in *Intent) Call() *kernel.Call {
	m := &kernel.Mandate{CallID: in.CallID, Server: in.Server, Tool: in.Tool, Operation: in.Operation,
		Holder: in.Holder, Passport: in.Passport, Edge: in.Edge}
	if o := in.Origin; o != nil {
		m.Origin = &kernel.Origin{PeerDID: o.PeerDID, PeerKernel: o.PeerKernel, TreatyID: o.TreatyID,
			ContinuationSHA256: o.ContinuationSHA256, MaxCharge: o.MaxCharge, PriceRound: o.PriceRound, HopIndex: o.HopIndex, Lineage: o.Lineage}
	}
	r := kernel.Route{Server: in.Route.Server, Audience: in.Route.Audience, PeerDID: in.Route.PeerDID,
		TreatyID: in.Route.TreatyID, Price: in.Route.Price, PriceRound: in.Route.PriceRound}
	if in.Route.PeerKernel != nil {
		r.PeerKernel = *in.Route.PeerKernel
	}
	return &kernel.Call{Mandate: m, Route: r, Now: in.AdmittedAt}
}
