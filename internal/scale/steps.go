package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/capability"
)

const (
	// resting is how long the cost of doing nothing is measured.
	resting = 30 * time.Second
	// spread is the time within which the watched organisations act.
	spread = 15 * time.Second
	// patience is how long something may take to reach somebody.
	patience = 45 * time.Second
	// away is how long the organisations that leave are away.
	away = 35 * time.Second
	// look is how often it is looked whether something has arrived, and
	// lookLater where it takes seconds.
	look, lookLater = 10 * time.Millisecond, 100 * time.Millisecond
	// liars are the organisations that equivocate, at most.
	liars = 5
)

// rest measures what nodes cost that do nothing.
func (w *world) rest(_ context.Context, r *report) error {
	w.network.SetLatency(w.latency)
	time.Sleep(settling)
	bytes, writes, work := w.sent(), w.writes(), spent()
	time.Sleep(resting)
	r.RestBytes = float64(w.sent()-bytes) / float64(len(w.all)) / resting.Seconds()
	r.RestWrites = float64(w.writes()-writes) / float64(len(w.all)) / resting.Seconds()
	r.RestWork = (spent() - work).Seconds() / float64(len(w.all)) / resting.Seconds()
	r.HeapBytes, r.Goroutines = memory()
	r.Nodes = len(w.all)
	return nil
}

func (w *world) sent() (sum int64) {
	for _, o := range w.all {
		bytes, _ := o.machine.Sent()
		sum += bytes
	}
	return sum
}

func (w *world) writes() (sum int64) {
	for _, o := range w.all {
		_, writes := o.machine.Sent()
		sum += writes
	}
	return sum
}

// watch waits until something has reached each of some organisations and says
// when it had.
func watch(peers []*org, reached func(*org) bool) (took []time.Duration, missed int) {
	return watchFor(patience, look, peers, reached)
}

func watchFor(patience, look time.Duration, peers []*org, reached func(*org) bool) (took []time.Duration, missed int) {
	begun := time.Now()
	waiting := slices.Clone(peers)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for len(waiting) > 0 && time.Since(begun) < patience {
		waiting = slices.DeleteFunc(waiting, func(o *org) bool {
			if !reached(o) {
				return false
			}
			took = append(took, time.Since(begun))
			return true
		})
		<-tick.C
	}
	return took, len(waiting)
}

// each has organisations act at moments of their own and gathers how long what
// they did took to reach those it concerns.
func (w *world) each(list []*org, within time.Duration, act func(*org) (took []time.Duration, missed int, err error)) (s spans, err error) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	for _, o := range list {
		later := time.Duration(w.dice.Int64N(int64(within)))
		wait.Go(func() {
			time.Sleep(later)
			took, missed, failed := act(o)
			mu.Lock()
			defer mu.Unlock()
			s.took, s.Missed = append(s.took, took...), s.Missed+missed
			if failed != nil {
				err = failed
			}
		})
	}
	wait.Wait()
	return s.sum(), err
}

// cosigned says which peers have cosigned an organisation's log of a size.
func (o *org) cosigned(size uint64) func(*org) bool {
	return func(p *org) bool {
		_, ours, err := o.exchange.HeadsOf(p.did)
		return err == nil && ours != nil && ours.Size >= size
	}
}

// heads: a receipt is appended; how long until each peer has verified and
// cosigned the head?
func (w *world) heads(ctx context.Context, r *report) (err error) {
	r.Heads, err = w.each(w.some(w.samples), spread, func(o *org) ([]time.Duration, int, error) {
		size, err := o.logged(ctx)
		took, missed := watch(o.following, o.cosigned(size))
		return took, missed, err
	})
	return err
}

func refusing(t *capability.Token) func(*org) bool {
	return func(p *org) bool { return p.refuses(t) }
}

// revocations: a capability is revoked and pushed, as the node does at once.
func (w *world) revocations(ctx context.Context, r *report) (err error) {
	r.Revocations, err = w.each(w.some(w.samples), spread, func(o *org) ([]time.Duration, int, error) {
		t, err := o.revoked(ctx)
		var pushed error
		var push sync.WaitGroup
		push.Go(func() { pushed = o.exchange.PushRevocations(ctx) })
		took, missed := watch(o.following, refusing(t))
		push.Wait()
		if err == nil {
			err = pushed
		}
		return took, missed, err
	})
	return err
}

// lostPushes: the same, and no push arrives.
func (w *world) lostPushes(ctx context.Context, r *report) (err error) {
	r.LostPushes, err = w.each(w.some(w.samples), spread, func(o *org) ([]time.Duration, int, error) {
		t, err := o.revoked(ctx)
		took, missed := watchFor(patience, lookLater, o.following, refusing(t))
		return took, missed, err
	})
	return err
}

// churn: a tenth of all go away, miss what their peers do, and come back.
func (w *world) churn(ctx context.Context, r *report) (err error) {
	gone := w.some(max(1, w.orgs/10))
	if err := inParallel(together, gone, func(o *org) error { return o.stop() }); err != nil {
		return err
	}
	missed := make(map[*org]*capability.Token)
	grown := make(map[*org]uint64)
	for _, o := range gone {
		for _, p := range o.following {
			if missed[p] != nil || slices.Contains(gone, p) {
				continue
			}
			if missed[p], err = p.revoked(ctx); err != nil {
				return err
			}
			if grown[p], err = p.logged(ctx); err != nil {
				return err
			}
		}
	}
	time.Sleep(away)
	var mu sync.Mutex
	var heads spans
	r.CaughtUp, err = w.each(gone, spread, func(o *org) ([]time.Duration, int, error) {
		if err := o.start(ctx); err != nil {
			return nil, 0, err
		}
		stayed := slices.DeleteFunc(slices.Clone(o.following), func(p *org) bool { return missed[p] == nil })
		var both sync.WaitGroup
		both.Go(func() {
			took, late := watchFor(patience, lookLater, stayed, func(p *org) bool { return p.cosigned(grown[p])(o) })
			mu.Lock()
			defer mu.Unlock()
			heads.took, heads.Missed = append(heads.took, took...), heads.Missed+late
		})
		took, late := watchFor(patience, lookLater, stayed, func(p *org) bool { return o.refuses(missed[p]) })
		both.Wait()
		return took, late, nil
	})
	r.HeadsCaughtUp = heads.sum()
	r.Gone = len(gone)
	return err
}

// strangers picks organisations that have no peer in common but hubs, at most
// one in twenty of all.
func (w *world) strangers(n int) (out []*org) {
	taken := make(map[*org]bool)
	for _, o := range w.some(w.orgs) {
		if len(out) == max(1, min(n, w.orgs/20)) {
			break
		}
		if taken[o] || slices.ContainsFunc(o.following, func(p *org) bool { return taken[p] && !w.isHub(p) }) {
			continue
		}
		out = append(out, o)
		taken[o] = true
		for _, p := range o.following {
			taken[p] = true
		}
	}
	return out
}

func (w *world) isHub(o *org) bool { return slices.Contains(w.all[w.orgs:w.orgs+w.hubs], o) }

// equivocation: a second machine with the same keys and a copy of the store
// takes over half of an organisation's peers, and both machines append. How
// long until each peer has frozen it? A machine that hears of the other's head
// before it has shown its own to anybody signs nothing more: then nobody was
// lied to, and nobody freezes it.
func (w *world) equivocation(ctx context.Context, r *report) (err error) {
	list := w.strangers(liars)
	twins := make(map[*org]*org)
	for i, liar := range list {
		if twins[liar], err = w.split(ctx, liar, fmt.Sprintf("11.0.%d.1", i+1)); err != nil {
			return err
		}
	}
	var mu sync.Mutex
	r.Frozen, err = w.each(list, spread, func(liar *org) ([]time.Duration, int, error) {
		twin := twins[liar]
		for _, o := range [...]*org{liar, twin} {
			if _, err := o.logged(ctx); err != nil {
				return nil, 0, err
			}
		}
		took, missed := watch(liar.following, func(p *org) bool {
			rec, err := p.service.Directory().Peer(liar.did)
			return err == nil && rec.State == federation.Frozen
		})
		if len(took) == 0 && (liar.exchange.RolledBack() != nil || twin.exchange.RolledBack() != nil) {
			mu.Lock()
			defer mu.Unlock()
			r.Stopped++
			return nil, 0, nil
		}
		return took, missed, nil
	})
	return err
}

// split gives every second peer of an organisation to a second machine of it.
func (w *world) split(ctx context.Context, liar *org, ip string) (*org, error) {
	twin, err := liar.copied(ctx, w.network, ip)
	if err != nil {
		return nil, err
	}
	w.all = append(w.all, twin)
	twin.entries += 1000 // so that the two append different receipts
	for i, p := range liar.following {
		if i%2 == 0 {
			continue
		}
		if err := liar.host.Disconnect(p.host.ID()); err != nil {
			return nil, err
		}
		if _, err := twin.service.Hello(ctx, p.address()); err != nil {
			return nil, err
		}
	}
	return twin, nil
}
