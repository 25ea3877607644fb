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

// group is the closures that share one backend transaction. base is the state
// before it, known once its turn to be committed has come.
type group struct {
	base    *shared
	prev    *overlay // of the group before it
	reads   *memo    // what its closures read below the overlays
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

// pipeline lets closures run while the group before them is being written. It
// has two goroutines: the runner executes closures, one after the other, and
// forms groups; the writer commits one group at a time. A closure reads the
// group under way through its overlay: if that group fails, the store latches
// and nothing that was built on it is ever committed or reported as done.
type pipeline struct {
	idle chan struct{} // holds a token while the writer has nothing to do
	work chan *group
	prev *group  // handed over last: committed, or under way
	base *shared // the state before prev
}

// run executes closures. It is the only goroutine that does.
func (e *Engine) run() {
	defer close(e.stopped)
	p := &pipeline{idle: make(chan struct{}, 1), work: make(chan *group), base: e.acquire()}
	p.idle <- struct{}{}
	written := make(chan struct{})
	go func() {
		defer close(written)
		for g := range p.work {
			e.finish(g, e.commitGroup(g))
			p.idle <- struct{}{}
		}
	}()
	for first := range e.queue {
		carry := e.turn(p, first, nil)
		for carry != nil {
			carry = e.turn(p, nil, carry)
		}
	}
	close(p.work)
	<-written
	e.release(p.base)
}

// turn forms one group from what is queued until the writer is free for it. It
// returns a closure that ran but did not fit: its overlay stands, because the
// state it read is exactly the state after this group.
func (e *Engine) turn(p *pipeline, first *request, carry *ran) (overflow *ran) {
	g := &group{overlay: newOverlay(), reads: &memo{base: p.base, rows: map[string][]byte{}}}
	if p.prev != nil {
		g.prev = p.prev.overlay
	}
	if carry != nil {
		g.add(*carry)
	}
	for next := first; ; {
		if next != nil {
			r := execute(next, g.below())
			if r.writes != nil && len(g.members) > 0 && g.overlay.bytes+r.writes.bytes > groupBytes {
				overflow = &r
				break
			}
			g.add(r)
		}
		if g.full() {
			break
		}
		if next = e.poll(); next != nil {
			continue
		}
		var more bool
		if next, more = e.await(p); !more {
			p.idle <- struct{}{}
			break
		}
	}
	<-p.idle
	e.hand(p, g)
	return overflow
}

// await waits for a closure, or for the writer: it then holds the token.
func (e *Engine) await(p *pipeline) (next *request, more bool) {
	select {
	case r, open := <-e.queue:
		if open {
			return r, true
		}
		<-p.idle
		return nil, false
	case <-p.idle:
		return nil, false
	}
}

// below is what a closure of g reads under its own writes.
func (g *group) below() layers {
	l := layers{top: []*overlay{g.overlay}, base: g.reads}
	if g.prev != nil {
		l.top = append(l.top, g.prev)
	}
	return l
}

// hand gives a group to the writer, which is idle: every group before it is
// committed, or the store is latched.
func (e *Engine) hand(p *pipeline, g *group) {
	e.release(p.base)
	p.prev, p.base, g.base = g, e.acquire(), e.acquire()
	g.reads.base = g.base
	p.work <- g
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
func execute(r *request, below layers) (out ran) {
	t := newTx(below)
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
	e.release(g.base)
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
