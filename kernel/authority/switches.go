package authority

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// stopState is every stop in force; it is replaced, never changed.
type stopState struct {
	node *Stop
	on   map[stopKey]*Stop // all others
}

type stopKey struct {
	kind   StopKind
	target string
}

// Switches are the emergency stop and the kill switches: durable rows,
// mirrored in memory after each commit and read there without a lock. They
// bite at once, also on calls that are under way.
type Switches struct {
	state atomic.Pointer[stopState]

	mu       sync.Mutex // guards inflight
	inflight map[*watched]struct{}
}

// watched is one dispatched call that a stop cancels.
type watched struct {
	m      *kernel.Mandate
	cancel context.CancelCauseFunc
}

var _ kernel.Switches = (*Switches)(nil)

// OpenSwitches reads the stops in force.
func OpenSwitches(r store.Reader) (*Switches, error) {
	all, err := Stops(r)
	if err != nil {
		return nil, err
	}
	s := &Switches{inflight: map[*watched]struct{}{}}
	state := &stopState{}
	for i := range all {
		state = state.with(&all[i])
	}
	s.state.Store(state)
	return s, nil
}

// Stops lists the stops in force: by kind, then target.
func Stops(r store.Reader) ([]Stop, error) {
	var out []Stop
	err := r.Scan(stopRows, "", func(key string, value []byte) error {
		var s Stop
		if err := wire.UnmarshalCanonical(value, &s, wire.DocumentLimits); err != nil || s.check() != nil || s.rowKey() != key {
			return fmt.Errorf("%w: stop row %.120q", ErrCorrupt, key)
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// Set turns a switch on. One that is on already keeps its first who, when and
// why, and is returned.
func (s *Switches) Set(tx store.Tx, stop Stop) (Stop, error) {
	if err := stop.check(); err != nil {
		return Stop{}, err
	}
	have, err := Stops(tx)
	if err != nil {
		return Stop{}, err
	}
	for i := range have {
		if have[i].rowKey() == stop.rowKey() {
			return have[i], nil
		}
	}
	if len(have) >= maxStops {
		return Stop{}, fmt.Errorf("%w: %d stops are in force, the limit; stop the whole node, or clear some", ErrStop, len(have))
	}
	if err := put(tx, stop.rowKey(), stop); err != nil {
		return Stop{}, err
	}
	tx.AfterCommit(func() {
		s.state.Store(s.state.Load().with(&stop))
		s.cancelStopped()
	})
	return stop, nil
}

// Clear turns a switch off. ErrUnknown: it was not on.
func (s *Switches) Clear(tx store.Tx, kind StopKind, target string) error {
	off := Stop{Kind: kind, Target: target}
	if err := off.checkTarget(); err != nil {
		return err
	}
	if _, err := tx.Get(off.rowKey()); errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("stop of %s %.80s: %w", kind, target, ErrUnknown)
	} else if err != nil {
		return err
	}
	tx.Delete(off.rowKey())
	tx.AfterCommit(func() { s.state.Store(s.state.Load().without(&off)) })
	return nil
}

// Stopped denies a call that a switch covers: the whole node; an agent that is
// the subject of any token presented, so that what it delegated stops with it;
// the server addressed; the organisation that sent the call or is called.
// Nothing presented was verified yet: a false claim can only deny its author.
func (s *Switches) Stopped(m *kernel.Mandate) *kernel.Denial {
	st := s.state.Load()
	switch {
	case st.node != nil:
		return st.node.denial()
	case len(st.on) == 0 || m == nil:
		return nil
	}
	for i := range m.Chain {
		if stop := st.on[stopKey{StopAgent, m.Chain[i].Subject.String()}]; stop != nil {
			return stop.denial()
		}
	}
	if stop := st.on[stopKey{StopServer, m.Server}]; stop != nil {
		return stop.denial()
	}
	if m.Origin != nil {
		if stop := st.on[stopKey{StopPeer, m.Origin.PeerDID}]; stop != nil {
			return stop.denial()
		}
	}
	if peer, _, remote := strings.Cut(m.Server, "/"); remote {
		if stop := st.on[stopKey{StopPeer, peer}]; stop != nil {
			return stop.denial()
		}
	}
	return nil
}

// AgentStopped denies something an agent asks for that is no call.
func (s *Switches) AgentStopped(agent wire.PublicKey) *kernel.Denial {
	st := s.state.Load()
	if st.node != nil {
		return st.node.denial()
	}
	if stop := st.on[stopKey{StopAgent, agent.String()}]; stop != nil {
		return stop.denial()
	}
	return nil
}

// Watch returns a context for a dispatched call that ends, with the
// *kernel.Denial as its cause, when a switch stops the call. release must be called.
func (s *Switches) Watch(ctx context.Context, m *kernel.Mandate) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watched{m: m, cancel: cancel}
	s.mu.Lock()
	s.inflight[w] = struct{}{}
	s.mu.Unlock()
	// A stop that was committed before w was registered did not see it.
	if d := s.Stopped(m); d != nil {
		cancel(d)
	}
	return ctx, func() {
		s.mu.Lock()
		delete(s.inflight, w)
		s.mu.Unlock()
		cancel(nil)
	}
}

func (s *Switches) cancelStopped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.inflight {
		if d := s.Stopped(w.m); d != nil {
			w.cancel(d)
		}
	}
}

// with is st and one stop more.
func (st *stopState) with(stop *Stop) *stopState {
	if stop.Kind == StopNode {
		return &stopState{node: stop, on: st.on}
	}
	on := make(map[stopKey]*Stop, len(st.on)+1)
	maps.Copy(on, st.on)
	on[stopKey{stop.Kind, stop.Target}] = stop
	return &stopState{node: st.node, on: on}
}

func (st *stopState) without(off *Stop) *stopState {
	if off.Kind == StopNode {
		return &stopState{on: st.on}
	}
	on := maps.Clone(st.on)
	delete(on, stopKey{off.Kind, off.Target})
	return &stopState{node: st.node, on: on}
}
