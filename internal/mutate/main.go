package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	o := options{}
	flag.StringVar(&o.only, "only", "", "mutations of this list alone, such as I3 or velocity")
	flag.StringVar(&o.name, "name", "", "mutations whose name holds this text alone")
	part := flag.String("part", "", "K/N: of the areas' lists only every Nth mutation, beginning with the Kth; the invariants' whole")
	flag.BoolVar(&o.check, "check", false, "only check that every old text is in its file once")
	flag.IntVar(&o.workers, "workers", 2, "how many are tried at once")
	flag.Parse()
	if err := o.parts(*part); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	only, name string
	check      bool
	workers    int
	k, n       int // of the areas' mutations those whose place is k modulo n; n 0 is all
}

// parts reads "K/N". K may be any number: a caller may take it from a commit.
func (o *options) parts(text string) error {
	if text == "" {
		return nil
	}
	k, n, ok := strings.Cut(text, "/")
	if !ok {
		return fmt.Errorf("-part %.20q is not K/N", text)
	}
	var err, err2 error
	o.k, err = strconv.Atoi(k)
	o.n, err2 = strconv.Atoi(n)
	if err != nil || err2 != nil || o.k < 0 || o.n < 1 {
		return fmt.Errorf("-part %.20q is not two numbers, K/N", text)
	}
	o.k %= o.n
	return nil
}

// wants says whether the mutation at a place of all lists is asked for.
func (o options) wants(m *mutation, place int) bool {
	if o.n > 0 && !invariantName.MatchString(m.invariant) && place%o.n != o.k {
		return false
	}
	return (o.only == "" || m.invariant == o.only) && strings.Contains(m.name, o.name)
}

// outcome is what became of one mutation.
type outcome struct {
	verdict string
	err     error
	took    time.Duration
}

func run(ctx context.Context, out io.Writer, o options) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	all, err := load(filepath.Join(root, "internal", "mutate", "list"))
	if err != nil {
		return err
	}
	var chosen []*mutation
	for i := range all {
		if o.wants(&all[i], i) {
			chosen = append(chosen, &all[i])
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no mutation of %q is listed", o.only)
	}
	bad := 0
	outcomes := start(ctx, root, chosen, o)
	for i, m := range chosen {
		var r outcome
		select {
		case r = <-outcomes[i]:
		case <-ctx.Done():
			return ctx.Err()
		}
		if r.err != nil {
			bad++
			r.verdict = "NOT KILLED: " + r.err.Error()
		}
		fmt.Fprintf(out, "%-9s %-52s %5.1fs  %s\n", m.invariant, m.name, r.took.Seconds(), r.verdict)
	}
	switch {
	case bad > 0:
		return fmt.Errorf("%d of %d mutations were not killed", bad, len(chosen))
	case o.check:
		fmt.Fprintf(out, "%d mutations apply\n", len(chosen))
	default:
		fmt.Fprintf(out, "%d mutations, each killed by a test\n", len(chosen))
	}
	return nil
}

// start judges the mutations, a few at once, and gives each outcome its own
// channel, so that they are told in the order of the lists.
func start(ctx context.Context, root string, chosen []*mutation, o options) []chan outcome {
	outcomes := make([]chan outcome, len(chosen))
	for i := range outcomes {
		outcomes[i] = make(chan outcome, 1)
	}
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range chosen {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	known := &baselines{}
	for range max(1, o.workers) {
		go func() {
			for i := range next {
				began := time.Now()
				verdict, err := judge(ctx, root, chosen[i], known, o.check)
				outcomes[i] <- outcome{verdict, err, time.Since(began)}
			}
		}()
	}
	return outcomes
}

// judge says by which test a mutation dies, or why it does not.
func judge(ctx context.Context, root string, m *mutation, known *baselines, check bool) (string, error) {
	if check {
		_, err := m.apply(root)
		return "old text found", err
	}
	if err := known.of(m.pkg+" "+m.run, func() error { return baseline(ctx, root, m) }); err != nil {
		return "", err
	}
	test, err := kill(ctx, root, m)
	return "killed by " + test, err
}
