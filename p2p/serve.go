package p2p

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// Handler serves one inbound stream. When it returns nil the stream is closed,
// when it returns an error or panics it is reset. The context ends with the
// stream's total timeout or with the host.
type Handler func(ctx context.Context, from Peer, s *Stream) error

// registration is one protocol this host speaks.
type registration struct {
	limits Limits
	serve  Handler
}

// Handle registers a protocol, for both directions. It must precede Start,
// because the limits are fixed when the host starts.
func (h *Host) Handle(name string, limits Limits, serve Handler) error {
	if err := limits.validate(); err != nil {
		return fmt.Errorf("protocol %s: %w", name, err)
	}
	if serve == nil {
		return fmt.Errorf("protocol %s: %w: no handler", name, ErrLimits)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.host != nil || h.stopped {
		return fmt.Errorf("%w: protocol %s registered after start", ErrState, name)
	}
	if _, taken := h.protocols[protocol.ID(name)]; taken {
		return fmt.Errorf("%w: protocol %s registered twice", ErrState, name)
	}
	h.protocols[protocol.ID(name)] = registration{limits: limits, serve: serve}
	return nil
}

// errPanic ends the stream of a handler that panicked.
var errPanic = errors.New("handler panicked")

// serve adapts a handler to libp2p.
func (h *Host) serve(r registration) network.StreamHandler {
	return func(raw network.Stream) {
		if !h.enter() {
			_ = raw.Reset()
			return
		}
		defer h.handlers.Done()
		if !h.welcome(r, raw) {
			_ = raw.Reset()
			return
		}
		s := newStream(raw, r.limits, h.priority(raw.Conn().RemotePeer()), func() {})
		if err := h.run(r, s); err != nil {
			h.tally.errors.Add(1)
			s.Reset()
			return
		}
		_ = s.Close() // the peer has all frames or will see the reset
		if conn := raw.Conn(); r.limits.Open && relayed(conn) && conn.Stat().Direction == network.DirInbound {
			h.punch(conn.RemotePeer()) // a hello: now it may be known
		}
	}
}

// enter counts a handler unless the host is stopping.
func (h *Host) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return false
	}
	h.handlers.Add(1)
	return true
}

func (h *Host) run(r registration, s *Stream) (err error) {
	ctx, cancel := h.ctx, context.CancelFunc(func() {})
	if r.limits.TotalTimeout > 0 {
		ctx, cancel = context.WithTimeoutCause(h.ctx, r.limits.TotalTimeout, ErrTimeout)
	}
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = errPanic
			h.cfg.Log.Error("handler panicked", "protocol", string(s.raw.Protocol()), "peer_id", string(s.peer.ID),
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	return r.serve(ctx, s.peer, s)
}
