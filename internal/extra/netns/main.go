//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/kernel/receipt"
)

func main() {
	bin := flag.String("bin", "", "folder of chio-node and chio-verify")
	seed := flag.Uint64("seed", 0, "of the run; 0 draws one")
	last := flag.Duration("for", time.Minute, "how long it storms")
	nat := flag.Bool("nat", false, "two organisations behind address translation and a relay, in the place of the storm")
	clocks := flag.Bool("clocks", false, "clocks jump, too; needs the chio-node of clock_test.go")
	keep := flag.Bool("keep", false, "leave homes and logs for a look")
	tool := flag.String("tool", "", "be the tool server that writes into this file")
	flag.Parse()
	if *tool != "" {
		exit(serveTool(*tool))
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	exit(run(*bin, *seed, *last, *keep, *nat, *clocks))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "netns:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(bin string, seed uint64, last time.Duration, keep, nat, clocks bool) (err error) {
	fmt.Printf("seed %d\n", seed)
	if err := need(); err != nil {
		return err
	}
	if bin, err = filepath.Abs(bin); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "netns-")
	if err != nil {
		return err
	}
	if keep {
		fmt.Println("homes and logs stay in", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	ctx, cancel := context.WithTimeout(context.Background(), last+8*time.Minute)
	defer cancel()
	w := &world{dir: dir, begun: time.Now()}
	defer func() { err = errors.Join(err, w.close()) }()
	if nat {
		passed, err := w.behind(ctx, bin)
		if err != nil {
			return fmt.Errorf("%w%s", err, w.logs())
		}
		fmt.Printf("address translation: %d passed, 0 failed\n", passed)
		return nil
	}
	if err := w.build(ctx, bin, seed); err != nil {
		return err
	}
	if err := w.storm(ctx, seed, last, clocks); err != nil {
		return fmt.Errorf("%w%s", err, w.logs())
	}
	passed, err := w.audit(ctx)
	if err != nil {
		return fmt.Errorf("seed %d: %w%s", seed, err, w.logs())
	}
	fmt.Printf("network namespaces: %d passed, 0 failed\n", passed)
	return nil
}

// world is everything of one run.
type world struct {
	dir   string
	begun time.Time
	orgs  []*org
	net   *network
	flows []*flow
	hit   *storm

	speech sync.Mutex
}

// say prints what happens, with the seconds since the begin.
func (w *world) say(format string, args ...any) {
	w.speech.Lock()
	defer w.speech.Unlock()
	fmt.Printf("%6.1f  %s\n", time.Since(w.begun).Seconds(), fmt.Sprintf(format, args...))
}

// build makes three organisations that federate each with each, and an agent
// for every direction. One agent's money will not last.
func (w *world) build(ctx context.Context, bin string, seed uint64) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var spaces []*space
	for n, name := range []string{"acme", "globex", "initech"} {
		s, err := newSpace(fmt.Sprintf("chio%d-", os.Getpid()), n, "")
		if err != nil {
			return err
		}
		spaces = append(spaces, s)
		w.orgs = append(w.orgs, &org{n: n, name: name, home: filepath.Join(w.dir, name), dir: w.dir, bin: bin, self: self, in: s})
	}
	w.net = newNetwork(spaces, seed)
	for _, o := range w.orgs {
		if err := errors.Join(o.initialise(), o.start(ctx)); err != nil {
			return err
		}
	}
	for i, a := range w.orgs {
		for _, b := range w.orgs[i+1:] {
			if err := federate(ctx, a, b); err != nil {
				return err
			}
		}
	}
	if err := until(ctx, time.Minute, "all three agree", func() error { return w.agree(ctx) }); err != nil {
		return err
	}
	for _, from := range w.orgs {
		for _, to := range w.orgs {
			if from == to {
				continue
			}
			limit := uint64(1_000_000)
			if from.n == 2 && to.n == 0 {
				limit = 20 * paidCent
			}
			f, err := newFlow(ctx, from, to, limit)
			if err != nil {
				return err
			}
			w.flows = append(w.flows, f)
		}
	}
	return nil
}

// storm lets agents call while the network and the nodes fail, and heals all.
func (w *world) storm(ctx context.Context, seed uint64, last time.Duration, clocks bool) error {
	w.hit = &storm{orgs: w.orgs, net: w.net, rand: rand.New(rand.NewPCG(seed, 2)), say: w.say, busy: make(map[int]bool),
		revocation: &change{w.flow("acme", "globex")}, tightening: &change{w.flow("globex", "initech")}}
	if clocks {
		w.hit.clocks = make(map[int]int)
	}
	calling, stop := context.WithCancel(ctx)
	defer stop()
	var agents sync.WaitGroup
	const threads = 2 // of an agent: one call may wait long
	for i := range threads * len(w.flows) {
		r := rand.New(rand.NewPCG(seed, uint64(10+i)))
		agents.Go(func() {
			w.flows[i/threads].run(calling, ctx, func() time.Duration { return time.Duration(50+r.IntN(350)) * time.Millisecond })
		})
	}
	if err := until(ctx, time.Minute, "a first call", w.called); err != nil {
		return err
	}
	w.say("it storms, %s", last)
	w.hit.rage(ctx, last)
	stop()
	err := w.hit.over(ctx)
	w.say("healed; %d kills, packets: %d passed, %d lost, %d doubled, %d overtaken", w.hit.killed, w.net.passed.Load(),
		w.net.lost.Load(), w.net.doubled.Load(), w.net.overtaken.Load())
	agents.Wait()
	return err
}

// called reports an error until an agent's call was allowed.
func (w *world) called() error {
	for _, f := range w.flows {
		f.mu.Lock()
		allowed := slices.ContainsFunc(f.made, func(a attempt) bool { return a.answer != nil && a.answer.Verdict == receipt.Allow })
		f.mu.Unlock()
		if allowed {
			return nil
		}
	}
	return errors.New("no call was allowed yet")
}

func (w *world) flow(from, to string) *flow {
	for _, f := range w.flows {
		if f.from.name == from && f.to.name == to {
			return f
		}
	}
	panic("there is a flow between any two")
}

// close takes everything away that was made.
func (w *world) close() error {
	var failed []error
	for _, o := range w.orgs {
		o.kill()
		failed = append(failed, o.in.close())
		if o.log != nil {
			failed = append(failed, o.log.Close())
		}
	}
	if w.net != nil {
		w.net.readers.Wait()
	}
	return errors.Join(failed...)
}

// logs is the end of what each node logged.
func (w *world) logs() string {
	const most = 4000
	out := ""
	for _, o := range w.orgs {
		doc, err := os.ReadFile(filepath.Join(w.dir, o.name+".log"))
		if err != nil {
			continue
		}
		out += fmt.Sprintf("\n-- %s\n%s", o.name, doc[max(0, len(doc)-most):])
	}
	return out
}
