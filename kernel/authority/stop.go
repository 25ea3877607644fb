package authority

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// The codes of a call that somebody stopped; the whole node's is
// kernel.CodeStopped.
const (
	CodeStoppedAgent  kernel.Code = "CHIO-STOP-AGENT"
	CodeStoppedServer kernel.Code = "CHIO-STOP-SERVER"
	CodeStoppedPeer   kernel.Code = "CHIO-STOP-PEER"
)

// StopKind is what a stop stops.
type StopKind string

// The kinds. The target of a stop is, by kind:
//
//	node    ""
//	agent   the agent's key, 64 hex
//	server  the server as calls address it
//	peer    the organisation's did:chio
const (
	StopNode   StopKind = "node"
	StopAgent  StopKind = "agent"
	StopServer StopKind = "server"
	StopPeer   StopKind = "peer"
)

// Stop is one switch that is on. Its denials name who, when and why.
type Stop struct {
	Kind   StopKind `json:"kind"`
	Target string   `json:"target,omitempty"`
	Label  string   `json:"label,omitempty"` // for people: the agent's name
	Reason string   `json:"reason"`
	By     string   `json:"by"`
	At     int64    `json:"at"` // unix seconds
}

const (
	stopRows      = "a/stop/"
	maxStopReason = 512
	maxStopBy     = 64
	// maxStops bounds what step 1 keeps in memory.
	maxStops = 10_000
)

// ErrStop: the stop is malformed.
var ErrStop = errors.New("stop is not acceptable")

func (s *Stop) check() error {
	if err := s.checkTarget(); err != nil {
		return err
	}
	for _, f := range []struct {
		name, value string
		limit       int
	}{{"reason", s.Reason, maxStopReason}, {"by", s.By, maxStopBy}} {
		if f.value == "" || len(f.value) > f.limit || !utf8.ValidString(f.value) || hasControl(f.value) {
			return fmt.Errorf("%w: %s must be 1 to %d bytes of printable text", ErrStop, f.name, f.limit)
		}
	}
	if len(s.Label) > maxStopBy || !utf8.ValidString(s.Label) || hasControl(s.Label) {
		return fmt.Errorf("%w: label must be at most %d bytes of printable text", ErrStop, maxStopBy)
	}
	if s.At < 0 {
		return fmt.Errorf("%w: it is dated %d", ErrStop, s.At)
	}
	return nil
}

func (s *Stop) checkTarget() error {
	switch s.Kind {
	case StopNode:
		if s.Target != "" {
			return fmt.Errorf("%w: the whole node has no target", ErrStop)
		}
	case StopAgent:
		if _, err := wire.ParsePublicKey(s.Target); err != nil {
			return fmt.Errorf("%w: agent: %w", ErrStop, err)
		}
	case StopServer:
		if s.Target == "" || len(s.Target) > kernel.MaxNameBytes || !utf8.ValidString(s.Target) || hasControl(s.Target) {
			return fmt.Errorf("%w: server must be 1 to %d bytes of printable text", ErrStop, kernel.MaxNameBytes)
		}
	case StopPeer:
		if _, err := did.Parse(s.Target); err != nil {
			return fmt.Errorf("%w: peer: %w", ErrStop, err)
		}
	default:
		return fmt.Errorf("%w: kind %.20q, want node, agent, server or peer", ErrStop, s.Kind)
	}
	return nil
}

func (s *Stop) rowKey() string { return stopRows + string(s.Kind) + "/" + s.Target }

func (s *Stop) denial() *kernel.Denial {
	code, guard, what, clear := kernel.CodeStopped, "emergency_stop", "the node", "chio-node resume"
	switch s.Kind {
	case StopAgent:
		code, guard, what, clear = CodeStoppedAgent, "kill_switch", "agent "+s.name(), clear+" --agent "+s.name()
	case StopServer:
		code, guard, what, clear = CodeStoppedServer, "kill_switch", "server "+s.Target, clear+" --server "+s.Target
	case StopPeer:
		code, guard, what, clear = CodeStoppedPeer, "kill_switch", "peer "+s.Target, clear+" --peer "+s.Target
	}
	return &kernel.Denial{Step: 1, Code: code, Guard: guard, Side: "local",
		Reason: fmt.Sprintf("%s was stopped by %s at %s: %s", what, s.By, time.Unix(s.At, 0).UTC().Format(time.RFC3339), s.Reason),
		Fix:    "ask the operator of this node, who can undo it with " + clear}
}

func (s *Stop) name() string {
	if s.Label != "" {
		return s.Label
	}
	return s.Target
}
