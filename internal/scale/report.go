package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"
)

// report is what was seen in one world.
type report struct {
	Orgs, Hubs, Treaties, Nodes, Gone int
	Stopped                           int // equivocators that noticed before anybody was lied to

	Heads, Revocations, LostPushes, CaughtUp, HeadsCaughtUp, Frozen spans

	RestBytes, RestWrites float64 // sent by a node each second
	RestWork              float64 // processor seconds of a node each second
	HeapBytes             uint64  // of all nodes, stacks included
	Goroutines            int
	Steps                 []stepCost
}

type stepCost struct {
	Name  string
	Lived time.Duration // virtual
	Work  time.Duration // of processors
}

// spans is how long something took to reach those whom it concerned.
type spans struct {
	took                []time.Duration
	Reached, Missed     int
	Half, Most, Slowest time.Duration // of those reached: half, 99 of 100, all
}

func (s spans) sum() spans {
	if s.Reached = len(s.took); s.Reached > 0 {
		slices.Sort(s.took)
		s.Half, s.Most, s.Slowest = s.took[len(s.took)/2], s.took[len(s.took)*99/100], s.took[len(s.took)-1]
	}
	return s
}

func (s spans) String() string {
	text := fmt.Sprintf("%.2f / %.2f / %.2f s of %d", s.Half.Seconds(), s.Most.Seconds(), s.Slowest.Seconds(), s.Reached)
	if s.Missed > 0 {
		text += fmt.Sprintf(", %d not reached", s.Missed)
	}
	return text
}

// table prints worlds side by side.
func table(out io.Writer, w world, found []*report) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%d peers each, %v a link, p50 / p99 / max\n", w.degree, w.latency)
	for _, row := range [...]struct {
		name string
		of   func(*report) string
	}{
		{"organisations, hubs, treaties", func(r *report) string { return fmt.Sprintf("%d, %d, %d", r.Orgs, r.Hubs, r.Treaties) }},
		{"a new head, until a peer cosigned it", func(r *report) string { return r.Heads.String() }},
		{"a revocation, until a peer refuses", func(r *report) string { return r.Revocations.String() }},
		{"the same if the push is lost", func(r *report) string { return r.LostPushes.String() }},
		{"an equivocator, until a peer froze it", func(r *report) string {
			return fmt.Sprintf("%v (%d noticed first and signed nothing)", r.Frozen, r.Stopped)
		}},
		{"back from away, until it refuses what it missed", func(r *report) string { return fmt.Sprintf("%v (%d were away)", r.CaughtUp, r.Gone) }},
		{"back from away, until it cosigned what it missed", func(r *report) string { return r.HeadsCaughtUp.String() }},
		{"at rest a node sends", func(r *report) string {
			return fmt.Sprintf("%.0f B/s in %.1f frames", r.RestBytes, r.RestWrites)
		}},
		{"at rest a node works", func(r *report) string { return fmt.Sprintf("%.2f ms/s", r.RestWork*1000) }},
		{"memory of a node; of one end of a treaty", func(r *report) string {
			return fmt.Sprintf("%.0f KiB; %.0f KiB, %d goroutines a node", float64(r.HeapBytes)/1024/float64(r.Nodes),
				float64(r.HeapBytes)/1024/2/float64(max(r.Treaties, 1)), r.Goroutines/r.Nodes)
		}},
		{"processor time of it all", func(r *report) string {
			var sum, lived time.Duration
			for _, s := range r.Steps {
				sum, lived = sum+s.Work, lived+s.Lived
			}
			return fmt.Sprintf("%.0f s for %.0f s", sum.Seconds(), lived.Seconds())
		}},
	} {
		fmt.Fprint(t, row.name)
		for _, r := range found {
			fmt.Fprint(t, "\t", row.of(r))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// spent is the processor time of this process so far.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is what is in use after a collection.
func memory() (bytes uint64, goroutines int) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse, runtime.NumGoroutine()
}
