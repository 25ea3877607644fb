package node

import (
	"context"
	"errors"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// CheckPeer asks "federate/check": what would be said of a call of one of our
// agents at the peer's server, or, Here, of one of its agents at ours. Server
// is did:chio:…/name in both cases.
type CheckPeer struct {
	Server    string   `json:"server"`
	Tool      string   `json:"tool"`
	Arguments wire.Raw `json:"arguments"`
	Here      bool     `json:"here,omitzero"`
}

// PeerCheck answers "federate/check": the strictest verdict, and what each part
// says. Nothing was called, counted or recorded.
type PeerCheck struct {
	Verdict string      `json:"verdict"` // allow | pending_approval | deny
	Lines   []CheckLine `json:"lines"`
}

// CheckLine is what one part of the policies that bind a call says of it.
type CheckLine struct {
	Side    string `json:"side"` // route | local | own_terms | peer_terms | treaty
	Guard   string `json:"guard"`
	Verdict string `json:"verdict"`
	Code    string `json:"code,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// sideRoute is what stands before any policy: a treaty in force, and a tool
// that is there.
const sideRoute = "route"

// checkPeer runs the dispatcher's routing and the kernel's guards over a call
// that nobody makes.
func (n *Node) checkPeer(ctx context.Context, req CheckPeer) (*PeerCheck, error) {
	peer, server, err := federation.ParseRemote(req.Server)
	if err != nil {
		return nil, usage("%v", err)
	}
	if _, err := n.network.directory.Peer(peer); err != nil {
		return nil, federationProblem(err)
	}
	args, err := wire.Canonicalize(req.Arguments, wire.ForeignLimits)
	if err != nil || len(args) == 0 || args[0] != '{' {
		return nil, usage("the arguments are not one JSON object")
	}
	m := &kernel.Mandate{Server: req.Server, Tool: req.Tool, Operation: capability.Invoke, Arguments: args, Edge: "api"}
	direction := federation.Outbound
	if req.Here {
		direction = federation.Inbound
		m.Server, m.Edge, m.Origin = server, "federation", &kernel.Origin{PeerDID: peer.String()}
	}
	conjuncts, err := n.conjuncts(ctx, m, peer, direction)
	if err != nil {
		return nil, err
	}
	return checkOf(conjuncts), nil
}

// conjuncts is everything that the treaty and the policies say of a call.
func (n *Node) conjuncts(ctx context.Context, m *kernel.Mandate, peer did.DID, direction federation.Direction) ([]kernel.Conjunct, error) {
	treaty, err := n.network.service.TreatyFor(peer, direction)
	if err != nil {
		return refusedRoute(federation.TreatyDenial(err)), nil
	}
	route, err := n.tools.Route(ctx, m)
	if err != nil {
		return refusedRoute(err), nil
	}
	p, err := n.policy.Policy(m, route)
	if err != nil {
		return refusedRoute(err), nil
	}
	out := kernel.Conjuncts(p, &kernel.Call{Mandate: m, Route: route, Now: n.now()})
	calls, err := n.network.exchange.NextCall(treaty, direction)
	return append(out, calls), err
}

// refusedRoute is a call that no policy sees.
func refusedRoute(err error) []kernel.Conjunct {
	var d *kernel.Denial
	if !errors.As(err, &d) {
		d = &kernel.Denial{Code: kernel.CodeUnknownTool, Guard: "kernel", Reason: err.Error()}
	}
	return []kernel.Conjunct{{Side: sideRoute, Guard: d.Guard, Verdict: kernel.Deny, Denial: d}}
}

func checkOf(conjuncts []kernel.Conjunct) *PeerCheck {
	c, strictest := &PeerCheck{Lines: []CheckLine{}}, kernel.Allow
	for _, j := range conjuncts {
		strictest = strictest.Stricter(j.Verdict)
		line := CheckLine{Side: j.Side, Guard: j.Guard, Verdict: j.Verdict.String()}
		if j.Denial != nil {
			line.Guard, line.Code, line.Reason = j.Denial.Guard, string(j.Denial.Code), j.Denial.Reason
		}
		c.Lines = append(c.Lines, line)
	}
	c.Verdict = strictest.String()
	return c
}
