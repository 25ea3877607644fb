package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// starPatience is how long a change at the hub may take to reach everybody.
const starPatience = 3 * time.Minute

// star is one organisation with a treaty with every other, over TCP on
// loopback, in this machine's time. It says how many the hub took, and how long
// a head and a revocation of it take to reach them all.
func star(ctx context.Context, out io.Writer, spokes int) (err error) {
	var all []*org
	defer func() {
		for _, o := range all {
			if o.stop != nil {
				_ = o.stop()
			}
		}
	}()
	for n := range spokes + 1 {
		o, err := newOrg(ctx, nil, n+256)
		if err != nil {
			return err
		}
		all = append(all, o)
		all[0].peers = append(all[0].peers, o.did)
	}
	for _, o := range all {
		if err := o.start(ctx); err != nil {
			return err
		}
		if _, err := o.logged(ctx); err != nil {
			return err
		}
	}
	hub := all[0]
	begun := time.Now()
	joined, refused := joinHub(ctx, hub, all[1:])
	fmt.Fprintf(out, "%d of %d have a treaty with the hub after %.0f s\n", len(joined), spokes, time.Since(begun).Seconds())
	if refused != nil {
		fmt.Fprintf(out, "the first that was refused: %v\n", refused)
	}
	size, err := hub.logged(ctx)
	if err != nil {
		return err
	}
	show := func(what string, reached func(*org) bool) {
		took, missed := watchFor(starPatience, lookLater, joined, reached)
		fmt.Fprintf(out, "%s: %v\n", what, spans{took: took, Missed: missed}.sum())
	}
	show("the hub's head, until a peer cosigned it", hub.cosigned(size))
	show("a peer's head, until the hub cosigned it", func(o *org) bool { return o.cosigned(1)(hub) })
	t, err := hub.revoked(ctx)
	if err != nil {
		return err
	}
	go func() { _ = hub.exchange.PushRevocations(ctx) }()
	show("a revocation of the hub, until a peer refuses", refusing(t))
	connected, listening := 0, hub.exchange.Gossiped(hub.did).Members
	for _, o := range joined {
		if hub.host.Connected(o.host.ID()) {
			connected++
		}
	}
	bytes, goroutines := memory()
	fmt.Fprintf(out, "%d are connected, %d listen to the hub's head; turned away: %+v\n", connected, listening, hub.host.Refused())
	fmt.Fprintf(out, "memory of all: %d MiB, %d goroutines\n", bytes>>20, goroutines)
	return nil
}

// joinHub makes the treaties, and returns who has one and why the first of the
// others has none.
func joinHub(ctx context.Context, hub *org, spokes []*org) (joined []*org, first error) {
	var mu sync.Mutex
	_ = inParallel(together, spokes, func(o *org) error {
		err := o.federate(ctx, hub)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			joined = append(joined, o)
		} else if first == nil {
			first = fmt.Errorf("after %d: %w", len(joined), err)
		}
		return nil
	})
	return joined, first
}
