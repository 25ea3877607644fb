//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/node"
)

// storm is what happens during the run. All of it follows from the seed but how
// long the machine takes.
type storm struct {
	orgs []*org
	net  *network
	rand *rand.Rand
	say  func(format string, args ...any)

	restarts   sync.WaitGroup
	mu         sync.Mutex // guards what follows
	failed     error
	killed     int
	busy       map[int]bool // being killed or restarted
	clocks     map[int]int  // seconds ahead of the machine's; nil: no clock jumps
	latest     int          // the largest of them so far
	revokedAt  time.Time
	tightenAt  time.Time
	revocation *change
	tightening *change
}

// change is what an organisation takes from another in the middle of the run:
// the calls of that flow end, or those of its free tool.
type change struct{ f *flow }

// The events that every storm begins with, however short it is.
const (
	alone = 2 // one organisation is cut off from all
	death = 5 // one is killed
)

var planned = [...]int{alone, death}

// rage lets it storm for so long: the planned events, then one every second or
// so, the revocation after a third of the time, the tightening after a half.
func (s *storm) rage(ctx context.Context, last time.Duration) {
	begun := time.Now()
	revoked, tightened := false, false
	for n := 0; n < len(planned) || time.Since(begun) < last; n++ {
		if done := time.Since(begun); !revoked && done > last/3 {
			revoked = true
			s.do(ctx, s.revoke)
		} else if !tightened && done > last/2 {
			tightened = true
			s.do(ctx, s.tighten)
		}
		switch {
		case n < len(planned):
			s.event(ctx, planned[n])
		case s.clocks != nil && s.rand.IntN(4) == 0:
			s.jump(s.rand.IntN(len(s.orgs)))
		default:
			s.event(ctx, s.rand.IntN(7))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(400+s.rand.IntN(1200)) * time.Millisecond):
		}
	}
	if !revoked { // a short storm
		s.do(ctx, s.revoke)
	}
	if !tightened {
		s.do(ctx, s.tighten)
	}
}

// do runs a change beside the storm: it may have to wait for a node.
func (s *storm) do(ctx context.Context, what func(context.Context) error) {
	s.restarts.Go(func() {
		if err := what(ctx); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.failed = err
		}
	})
}

// event changes the network, or kills a node.
func (s *storm) event(ctx context.Context, what int) {
	from := s.rand.IntN(len(s.orgs))
	to := (from + 1 + s.rand.IntN(len(s.orgs)-1)) % len(s.orgs)
	for_ := time.Duration(1+s.rand.IntN(7)) * time.Second
	a, b := s.orgs[from].name, s.orgs[to].name
	switch what {
	case 0:
		s.say("%s and %s are cut off from each other for %s", a, b, for_)
		s.change(ctx, for_, [][2]int{{from, to}, {to, from}}, func(w *weather) { w.cut = true }, func(w *weather) { w.cut = false })
	case 1:
		s.say("%s does not reach %s for %s, the other way works", a, b, for_)
		s.change(ctx, for_, [][2]int{{from, to}}, func(w *weather) { w.cut = true }, func(w *weather) { w.cut = false })
	case alone:
		s.say("%s is alone for %s", a, for_)
		var links [][2]int
		for other := range s.orgs {
			links = append(links, [2]int{from, other}, [2]int{other, from})
		}
		s.change(ctx, for_, links, func(w *weather) { w.cut = true }, func(w *weather) { w.cut = false })
	case 3, 4:
		bad := weather{loss: 0.25 * s.rand.Float64(), twice: 0.1, late: 0.2,
			delay: time.Duration(s.rand.IntN(60)) * time.Millisecond, variance: time.Duration(1+s.rand.IntN(40)) * time.Millisecond}
		s.say("from %s to %s: %.0f %% lost, %s later, some twice or overtaken, for %s", a, b, 100*bad.loss, bad.delay, for_)
		s.change(ctx, for_, [][2]int{{from, to}}, func(w *weather) {
			bad.cut = w.cut
			*w = bad
		}, func(w *weather) { *w = weather{cut: w.cut} })
	default: // death
		s.kill(ctx, from)
	}
}

// change makes links worse for a while.
func (s *storm) change(ctx context.Context, last time.Duration, links [][2]int, worse, better func(*weather)) {
	for _, l := range links {
		s.net.set(l[0], l[1], worse)
	}
	s.restarts.Go(func() {
		select {
		case <-ctx.Done():
		case <-time.After(last):
		}
		for _, l := range links {
			s.net.set(l[0], l[1], better)
		}
	})
}

// kill ends a node with kill -9 and starts it again a moment later.
func (s *storm) kill(ctx context.Context, n int) {
	s.mu.Lock()
	busy := s.busy[n]
	s.busy[n] = true
	if !busy {
		s.killed++
	}
	s.mu.Unlock()
	if busy {
		return
	}
	down := time.Duration(100+s.rand.IntN(2500)) * time.Millisecond
	s.say("%s is killed, and comes back after %s", s.orgs[n].name, down)
	s.do(ctx, func(ctx context.Context) error {
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.busy[n] = false
		}()
		s.orgs[n].kill()
		time.Sleep(down)
		return s.orgs[n].start(ctx)
	})
}

// revoke takes the treaty capability from the calling side of a flow. It is
// asked for until the node has done it: it may be down.
func (s *storm) revoke(ctx context.Context) error {
	f := s.revocation.f
	return until(ctx, time.Minute, "the revocation", func() error {
		var card node.CapabilityInfo
		if err := f.from.ask(ctx, "capability/inspect", node.ByID{ID: f.capability}, &card); err != nil {
			return err
		}
		if err := f.to.ask(ctx, "capability/revoke", node.ByID{ID: card.Chain[0].ID}, nil); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.revokedAt = time.Now()
		s.say("%s revokes what it gave %s", f.to.name, f.from.name)
		return nil
	})
}

// tighten gives one peer terms without the free tool. The network is needed, as
// it is for an operator who types it.
func (s *storm) tighten(ctx context.Context) error {
	f := s.tightening.f
	return until(ctx, 2*time.Minute, "the tightening", func() error {
		if err := f.to.ask(ctx, "federate/preview", node.PeerRequest{Peer: f.from.ready.Peer, Terms: tighter}, nil); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tightenAt = time.Now()
		s.say("%s tightens its terms for %s", f.to.name, f.from.name)
		return nil
	})
}

// over waits until everything that was begun is done, and heals the network.
func (s *storm) over(ctx context.Context) error {
	clocks := s.setClocks()
	s.restarts.Wait()
	s.net.heal()
	if clocks == nil && s.clocks != nil {
		clocks = s.readClocks(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if clocks != nil {
		return clocks
	}
	if s.failed != nil {
		return fmt.Errorf("during the storm: %w", s.failed)
	}
	return nil
}
