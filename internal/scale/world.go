package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/internal/virtualnet"
)

const (
	// maxOrgs is as many as have an address each.
	maxOrgs = 1 << 16
	// together is how many treaties are made at once.
	together = 16
	// swift is the latency while the world is made, which nobody measures.
	swift = time.Millisecond
	// settling is what loops are given to find their rhythm.
	settling = 35 * time.Second
)

// world is what is simulated.
type world struct {
	orgs, degree, reach, samples int
	latency                      time.Duration
	seed                         uint64

	network *virtualnet.Network
	all     []*org // the hubs last
	hubs    int
	dice    *rand.Rand
}

// live makes the world, lets it run and watches it.
func (w *world) live(ctx context.Context) (*report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.dice = rand.New(rand.NewPCG(w.seed, 1))
	w.network = virtualnet.New(swift)
	r := &report{Orgs: w.orgs}
	defer w.end()
	for _, step := range [...]struct {
		name string
		do   func(context.Context, *report) error
	}{
		{"treaties", w.federate}, {"rest", w.rest}, {"heads", w.heads}, {"revocations", w.revocations},
		{"lost pushes", w.lostPushes}, {"churn", w.churn}, {"equivocation", w.equivocation},
	} {
		begun, work := time.Now(), spent()
		if err := step.do(ctx, r); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		r.Steps = append(r.Steps, stepCost{Name: step.name, Lived: time.Since(begun), Work: spent() - work})
	}
	return r, nil
}

func (w *world) end() {
	var wait sync.WaitGroup
	for _, o := range w.all {
		wait.Go(func() {
			if o.stop != nil {
				_ = o.stop()
			}
			_ = o.db.Close()
		})
	}
	wait.Wait()
}

// pairs says who has a treaty with whom.
func (w *world) pairs() [][2]int {
	known := make(map[[2]int]bool)
	var out [][2]int
	add := func(a, b int) bool {
		if a > b {
			a, b = b, a
		}
		if a == b || known[[2]int{a, b}] {
			return false
		}
		known[[2]int{a, b}] = true
		out = append(out, [2]int{a, b})
		return true
	}
	for i := range w.orgs {
		for d := 1; d <= w.degree/4; d++ { // both ways round the ring: half of the degree
			add(i, (i+d)%w.orgs)
		}
	}
	for range w.orgs * w.degree / 4 {
		for range 8 { // in a small world it may know everybody already
			if add(w.dice.IntN(w.orgs), w.dice.IntN(w.orgs)) {
				break
			}
		}
	}
	for h := range w.hubs {
		for i := h * w.reach; i < min((h+1)*w.reach, w.orgs); i++ {
			add(i, w.orgs+h)
		}
		for other := range h {
			add(w.orgs+other, w.orgs+h)
		}
	}
	return out
}

// federate starts everybody and makes the treaties.
func (w *world) federate(ctx context.Context, r *report) error {
	if w.reach > 0 {
		w.hubs = (w.orgs + w.reach - 1) / w.reach
	}
	for n := range w.orgs + w.hubs {
		o, err := newOrg(ctx, w.network, n+1)
		if err != nil {
			return err
		}
		w.all = append(w.all, o)
	}
	pairs := w.pairs()
	for _, p := range pairs {
		a, b := w.all[p[0]], w.all[p[1]]
		a.following, b.following = append(a.following, b), append(b.following, a)
		b.peers = append(b.peers, a.did)
	}
	for _, o := range w.all {
		if err := o.start(ctx); err != nil {
			return err
		}
		if _, err := o.logged(ctx); err != nil {
			return err
		}
	}
	r.Hubs, r.Treaties = w.hubs, len(pairs)
	return inParallel(together, pairs, func(p [2]int) error { return w.all[p[0]].federate(ctx, w.all[p[1]]) })
}

// inParallel calls fn for each of list, at most n at once.
func inParallel[T any](n int, list []T, fn func(T) error) error {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	free := make(chan struct{}, n)
	for _, x := range list {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			if err := fn(x); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, err)
			}
		})
	}
	wait.Wait()
	return errors.Join(failed[:min(len(failed), 3)]...)
}

// some picks organisations that are no hubs, each once.
func (w *world) some(n int) []*org {
	out := slices.Clone(w.all[:w.orgs])
	w.dice.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(n, len(out))]
}
