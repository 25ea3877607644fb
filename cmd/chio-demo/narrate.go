package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// detail is what a step saw, in the order it tells it.
type detail struct{ facts []fact }

type fact struct {
	key   string
	value any
}

func (d *detail) add(key string, value any) { d.facts = append(d.facts, fact{key, value}) }

// object is the detail as the JSON output shows it.
func (d *detail) object() map[string]any {
	out := make(map[string]any, len(d.facts))
	for _, f := range d.facts {
		out[f.key] = f.value
	}
	return out
}

// outcome is one step of the result.
type outcome struct {
	Name   string         `json:"name"`
	OK     bool           `json:"ok"`
	MS     int64          `json:"ms"`
	NotRun bool           `json:"not_run,omitzero"`
	Error  string         `json:"error,omitempty"`
	Detail map[string]any `json:"detail"`
}

// result is the whole run.
type result struct {
	OK    bool      `json:"ok"`
	MS    int64     `json:"ms"`
	Out   string    `json:"out,omitempty"` // where the files are
	Steps []outcome `json:"steps"`
}

// runSteps plays the steps in order; after one that fails the rest are not run.
func runSteps(ctx context.Context, w *world, n *narrator, list []step) result {
	all := result{OK: true, Out: w.kept}
	begun := time.Now()
	for _, s := range list {
		if !all.OK {
			all.Steps = append(all.Steps, outcome{Name: s.name, NotRun: true, Detail: map[string]any{}})
			continue
		}
		var d detail
		start := time.Now()
		limited, cancel := context.WithTimeoutCause(ctx, stepLimit, fmt.Errorf("the step took more than %s", stepLimit))
		err := s.run(limited, w, &d)
		if limited.Err() != nil && err != nil {
			err = errors.Join(err, context.Cause(limited))
		}
		cancel()
		o := outcome{Name: s.name, OK: err == nil, MS: time.Since(start).Milliseconds(), Detail: d.object()}
		if err != nil {
			o.Error = err.Error()
			all.OK = false
		}
		all.Steps = append(all.Steps, o)
		n.tell(s, o, d.facts)
	}
	all.MS = time.Since(begun).Milliseconds()
	return all
}

// narrator prints the run: as it goes, or one JSON object at the end.
type narrator struct {
	out  io.Writer
	json bool
}

func (n *narrator) begin() {
	if !n.json {
		fmt.Fprintln(n.out, "two organisations, Acme and Globex, federate, call each other's tools and settle")
		fmt.Fprintln(n.out)
	}
}

// tell prints one step: a tick, how long it took, what it is, what it saw.
func (n *narrator) tell(s step, o outcome, facts []fact) {
	if n.json {
		return
	}
	tick := "✓"
	if !o.OK {
		tick = "✗"
	}
	fmt.Fprintf(n.out, "%s %-16s %6d ms  %s\n", tick, o.Name, o.MS, s.story)
	t := tabwriter.NewWriter(n.out, 0, 0, 2, ' ', 0)
	for _, f := range facts {
		for i, line := range lines(f.value) {
			key := f.key
			if i > 0 {
				key = ""
			}
			fmt.Fprintf(t, "    %s\t%s\n", strings.ReplaceAll(key, "_", " "), line)
		}
	}
	_ = t.Flush() // standard output is gone: nobody to tell
	if o.Error != "" {
		fmt.Fprintf(n.out, "    why it failed: %s\n", strings.ReplaceAll(o.Error, "\n", "\n    "))
	}
	fmt.Fprintln(n.out)
}

// lines shows a value to a person.
func lines(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []node.TermLine:
		return termLines(v)
	case memory:
		return v.lines()
	case fmt.Stringer:
		return []string{v.String()}
	}
	return []string{string(wire.MustMarshal(v))}
}

// termLines is the stricter-of-two view: who binds each line.
func termLines(terms []node.TermLine) []string {
	out := make([]string, len(terms))
	for i, l := range terms {
		out[i] = fmt.Sprintf("%s, %s: ours %s, theirs %s, so %s (%s)", l.Direction, l.Field, l.Ours, l.Theirs, l.Effective, binds(l.Stricter))
	}
	return out
}

func binds(side string) string {
	switch side {
	case "ours":
		return "our side binds"
	case "theirs":
		return "their side binds"
	case "both":
		return "each side binds in part"
	}
	return "both the same"
}

func (n *narrator) end(r result) error {
	if n.json {
		_, err := fmt.Fprintf(n.out, "%s\n", wire.MustMarshal(r))
		return err
	}
	t := tabwriter.NewWriter(n.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "step\tresult\tms")
	for _, s := range r.Steps {
		word := "ok"
		switch {
		case s.NotRun:
			word = "not run"
		case !s.OK:
			word = "FAILED"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\n", s.Name, word, s.MS)
	}
	fmt.Fprintf(t, "all\t%s\t%d\n", map[bool]string{true: "ok", false: "FAILED"}[r.OK], r.MS)
	if err := t.Flush(); err != nil {
		return err
	}
	if r.Out == "" {
		return nil
	}
	_, err := fmt.Fprintf(n.out, "\nkept in %s; check it with: chio-verify bundle %s/receipts.json --trust %s/trust.json\n", r.Out, r.Out, r.Out)
	return err
}
