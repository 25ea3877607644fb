package node

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// switches stop calls: the operator's stops, and the end of the node itself.
type switches struct {
	*authority.Switches
	stopping atomic.Bool
	ended    func(*kernel.Mandate) *kernel.Denial // organisations that were deactivated; nil: none
}

// Stopped implements kernel.Switches.
func (s *switches) Stopped(m *kernel.Mandate) *kernel.Denial {
	if s.ended != nil {
		if d := s.ended(m); d != nil {
			return d
		}
	}
	if s.stopping.Load() {
		return &kernel.Denial{Code: kernel.CodeStopped, Guard: "emergency_stop", Side: "local", Reason: "the node is stopping",
			Fix: "call again when it is up"}
	}
	return s.Switches.Stopped(m)
}

// stoppable cancels a dispatched call when a stop comes to cover it, so that a
// slow tool is told at once. Whether it ran is then unknown, and the receipt
// says incomplete under the stop's code.
type stoppable struct {
	kernel.Dispatcher
	switches *switches
}

// Dispatch implements kernel.Dispatcher.
func (d stoppable) Dispatch(ctx context.Context, m *kernel.Mandate, r kernel.Route, t kernel.Ticket) (kernel.Result, error) {
	ctx, release := d.switches.Watch(ctx, m)
	defer release()
	res, err := d.Dispatcher.Dispatch(ctx, m, r, t)
	var stop *kernel.Denial
	if err != nil && errors.As(context.Cause(ctx), &stop) {
		own := *stop
		own.Fix = "the tool may have run; check its effect; " + own.Fix
		return res, fmt.Errorf("%w: %w", &own, err)
	}
	return res, err
}

// StopRequest asks "stop/set" and "stop/clear": one of agent, server and peer,
// or none of them for the whole node.
type StopRequest struct {
	Agent  string `json:"agent,omitempty"` // name, or key
	Server string `json:"server,omitempty"`
	Peer   string `json:"peer,omitempty"`   // did:chio
	Reason string `json:"reason,omitempty"` // stop/set only: for the receipts
	By     string `json:"by,omitempty"`     // stop/set only: who says so; default operator
}

// StopInfo is one stop in force, or one that was just cleared.
type StopInfo struct {
	Kind   string `json:"kind"` // node | agent | server | peer
	Target string `json:"target,omitempty"`
	Name   string `json:"name,omitempty"` // of the agent
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
	At     int64  `json:"at,omitzero"` // unix seconds
}

// StopList answers "stop/list".
type StopList struct {
	Stops []StopInfo `json:"stops"`
}

func stopInfo(s authority.Stop) StopInfo {
	return StopInfo{Kind: string(s.Kind), Target: s.Target, Name: s.Label, Reason: s.Reason, By: s.By, At: s.At}
}

// defaultStopper is who stopped something if the operator did not say.
const defaultStopper = "operator"

func (n *Node) setStop(ctx context.Context, req StopRequest) (*StopInfo, error) {
	if req.Reason == "" {
		return nil, &Problem{Code: "CHIO-USAGE", Message: "a stop needs a reason: every denied call's receipt will show it",
			Hint: "say --reason TEXT", Exit: ExitUsage}
	}
	if req.By == "" {
		req.By = defaultStopper
	}
	var set authority.Stop
	err := n.db.Update(ctx, func(tx store.Tx) error {
		stop, err := stopTarget(tx, req)
		if err != nil {
			return err
		}
		stop.Reason, stop.By, stop.At = req.Reason, req.By, n.now()
		set, err = n.switches.Set(tx, stop)
		return err
	})
	if err != nil {
		return nil, stopProblem(err)
	}
	info := stopInfo(set)
	return &info, nil
}

func (n *Node) clearStop(ctx context.Context, req StopRequest) (*StopInfo, error) {
	var off authority.Stop
	err := n.db.Update(ctx, func(tx store.Tx) (err error) {
		if off, err = stopTarget(tx, req); err != nil {
			return err
		}
		return n.switches.Clear(tx, off.Kind, off.Target)
	})
	if err != nil {
		return nil, stopProblem(err)
	}
	info := stopInfo(off)
	return &info, nil
}

func (n *Node) listStops(context.Context, Empty) (*StopList, error) {
	list := &StopList{Stops: []StopInfo{}}
	err := n.db.View(func(r store.Reader) error {
		all, err := authority.Stops(r)
		for _, s := range all {
			list.Stops = append(list.Stops, stopInfo(s))
		}
		return err
	})
	return list, err
}

// stopTarget is what a request names.
func stopTarget(r store.Reader, req StopRequest) (authority.Stop, error) {
	named := 0
	for _, s := range []string{req.Agent, req.Server, req.Peer} {
		if s != "" {
			named++
		}
	}
	switch {
	case named > 1:
		return authority.Stop{}, usage("name one of agent, server and peer, or none for the whole node")
	case req.Server != "":
		return authority.Stop{Kind: authority.StopServer, Target: req.Server}, nil
	case req.Peer != "":
		return authority.Stop{Kind: authority.StopPeer, Target: req.Peer}, nil
	case req.Agent != "":
		return agentTarget(r, req.Agent)
	}
	return authority.Stop{Kind: authority.StopNode}, nil
}

// agentTarget finds an agent by name; a key need not be known here.
func agentTarget(r store.Reader, agent string) (authority.Stop, error) {
	stop := authority.Stop{Kind: authority.StopAgent}
	a, err := authority.AgentByName(r, agent)
	if errors.Is(err, authority.ErrUnknown) {
		key, parseErr := wire.ParsePublicKey(agent)
		if parseErr != nil {
			return stop, &Problem{Code: "CHIO-AGENT-UNKNOWN", Message: fmt.Sprintf("no agent %.80q", agent), Exit: ExitFailure,
				Hint: "name an agent of this node, or give any agent's key as 64 hex characters"}
		}
		if a, err = authority.AgentByKey(r, key); errors.Is(err, authority.ErrUnknown) {
			a, err = authority.Agent{Key: key}, nil
		}
	}
	stop.Target, stop.Label = a.Key.String(), a.Name
	return stop, err
}

func stopProblem(err error) error {
	switch {
	case errors.Is(err, authority.ErrStop):
		return usage("%v", err)
	case errors.Is(err, authority.ErrUnknown):
		return &Problem{Code: "CHIO-STOP-NONE", Message: err.Error(), Hint: "chio-node stop list shows what is stopped", Exit: ExitFailure}
	}
	return err
}

// stoppedProblem refuses something other than a call.
func stoppedProblem(d *kernel.Denial) error {
	if d == nil {
		return nil
	}
	return &Problem{Code: string(d.Code), Message: d.Reason, Hint: d.Fix, Exit: ExitDenied}
}

// openControls reads what stops calls, starts the session journals, and
// compiles the issuance policy.
func (n *Node) openControls() error {
	n.switches = &switches{}
	err := n.db.View(func(r store.Reader) (err error) {
		n.switches.Switches, err = authority.OpenSwitches(r)
		return err
	})
	if err != nil {
		return fmt.Errorf("read what is stopped: %w", err)
	}
	if n.sessions, err = journal.NewSessions(journal.SessionsConfig{}); err != nil {
		return err
	}
	n.issuance.IssuancePolicy, err = n.cfg.Issuance.policy(n.DID(), n.cfg.currencies())
	return err
}
