package store

import (
	"errors"
	"fmt"
)

// request is one closure in the queue.
type request struct {
	fn   func(Tx) error
	err  error         // outcome, set before done is closed
	done chan struct{} // closed when the outcome is durable
}

// ran is a closure that has been executed and not yet committed.
type ran struct {
	request *request
	writes  *overlay // nil if the closure failed
	after   []func()
}

// group is the closures that share one backend transaction.
type group struct {
	base    Snapshot
	overlay *overlay
	members []ran
}

func (g *group) add(r ran) {
	g.members = append(g.members, r)
	if r.writes != nil {
		g.overlay.merge(r.writes)
	}
}

func (g *group) full() bool {
	return len(g.members) >= groupClosures || g.overlay.bytes >= groupBytes
}

// run is the committer: the only goroutine that executes closures.
func (e *Engine) run() {
	defer close(e.stopped)
	for first := range e.queue {
		carry := e.turn(first, nil)
		for carry != nil {
			carry = e.turn(nil, carry)
		}
	}
}

// turn forms one group from what is queued, commits it, and releases its
// waiters. It returns a closure that ran but did not fit: its overlay stands,
// because the state it read is exactly the state after this group.
func (e *Engine) turn(first *request, carry *ran) (overflow *ran) {
	if err := e.Ready(); err != nil {
		e.refuse(first, carry, err)
		return nil
	}
	base, err := e.backend.Snapshot()
	if err != nil {
		e.refuse(first, carry, e.latch(fmt.Errorf("snapshot: %w", err)))
		return nil
	}
	g := &group{base: base, overlay: newOverlay()}
	if carry != nil {
		g.add(*carry)
	}
	for next := first; ; next = nil {
		if next == nil && !g.full() {
			next = e.poll()
		}
		if next == nil {
			break
		}
		r := execute(next, g)
		if r.writes != nil && len(g.members) > 0 && g.overlay.bytes+r.writes.bytes > groupBytes {
			overflow = &r
			break
		}
		g.add(r)
	}
	e.finish(g, e.commitGroup(g))
	return overflow
}

// poll takes the next queued closure without waiting.
func (e *Engine) poll() *request {
	select {
	case r := <-e.queue: // nil once closed and drained
		return r
	default:
		return nil
	}
}

// execute runs one closure on its own overlay. An error or a panic drops only
// that overlay.
func execute(r *request, g *group) (out ran) {
	t := newTx(g.overlay, g.base)
	out.request = r
	defer func() {
		if v := recover(); v != nil {
			r.err = fmt.Errorf("%w: %v", ErrPanic, v)
		}
		if r.err == nil {
			out.writes, out.after = t.own, t.after
		}
	}()
	r.err = r.fn(t)
	if t.err != nil { // the overlay lacks a write: whatever fn said, it did not happen
		r.err = errors.Join(t.err, r.err)
	}
	return out
}

// finish reports the outcome of a group: callbacks in order, then waiters.
func (e *Engine) finish(g *group, failed error) {
	g.base.Close()
	for _, m := range g.members {
		if m.request.err == nil {
			m.request.err = failed
		}
		for _, fn := range m.after {
			if failed != nil {
				break
			}
			if err := e.callback(fn); err != nil {
				m.request.err = err
				break
			}
		}
	}
	for _, m := range g.members {
		close(m.request.done)
	}
}

// callback runs one AfterCommit function. A panic leaves memory behind disk,
// so it latches.
func (e *Engine) callback(fn func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = e.latch(fmt.Errorf("%w after its commit: %v", ErrPanic, v))
		}
	}()
	fn()
	return nil
}

// refuse answers closures that reach a latched store.
func (e *Engine) refuse(first *request, carry *ran, err error) {
	for _, r := range []*request{first, carried(carry)} {
		if r != nil {
			r.err = err
			close(r.done)
		}
	}
}

func carried(r *ran) *request {
	if r == nil {
		return nil
	}
	return r.request
}
