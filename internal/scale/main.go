package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func main() {
	var w world
	sizes := flag.String("orgs", "10,100", "how many organisations, a list")
	flag.IntVar(&w.degree, "peers", 8, "treaty peers of each, besides a hub")
	flag.IntVar(&w.reach, "hub", 150, "organisations to a hub; 0: no hubs")
	flag.DurationVar(&w.latency, "latency", 50*time.Millisecond, "of every link, one way")
	flag.IntVar(&w.samples, "samples", 100, "how many organisations are watched at each step")
	flag.Uint64Var(&w.seed, "seed", 1, "of who knows whom and of who does what")
	spokes := flag.Int("star", 0, "instead: so many organisations around one hub, over TCP on loopback")
	one := flag.Bool("one", false, "this process is one size, and answers in JSON")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := func() error { return run(ctx, w, *sizes, *one) }
	if *spokes > 0 {
		do = func() error { return star(ctx, os.Stdout, *spokes) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w world, sizes string, one bool) error {
	var found []*report
	for text := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 3 || n > maxOrgs {
			return fmt.Errorf("-orgs %.40q: want numbers from 3 to %d", text, maxOrgs)
		}
		w.orgs = n
		if one {
			simulate(w)
		}
		r, err := apart(ctx, n)
		if err != nil {
			return fmt.Errorf("%d organisations: %w", n, err)
		}
		found = append(found, r)
	}
	return table(os.Stdout, w, found)
}

// apart runs one size in a process of its own, so that its memory and its
// processor time are its own.
func apart(ctx context.Context, orgs int) (*report, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append(append([]string(nil), os.Args[1:]...), "-one", "-orgs", strconv.Itoa(orgs)) // the last of a flag counts
	c := exec.CommandContext(ctx, self, args...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	var r report
	return &r, json.Unmarshal(out, &r)
}

// simulate lives through one world, prints its report in JSON, and ends the
// process. Virtual time is the testing package's alone to make, and that
// package says how it went in its own way: on standard error here.
func simulate(w world) {
	debug.SetGCPercent(200) // memory is cheaper here than collecting it
	testing.Init()
	stdout := os.Stdout
	os.Stdout = os.Stderr
	lived := testing.InternalTest{Name: "federation", F: func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, err := w.live(t.Context())
			if err == nil {
				err = json.NewEncoder(stdout).Encode(r)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{lived}, nil, nil)
}
