package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes of every command of this project.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// runLimit bounds the whole run; stepLimit one step.
const (
	runLimit  = 3 * time.Minute
	stepLimit = 45 * time.Second
)

const usageText = `usage: chio-demo [--out DIR] [--json] [--serve] [--verbose]

Two organisations federate, call each other's tools and settle, end to end.

  --out DIR   keep what a third party needs to verify it: receipts.json,
              trust.json, passport.json, treaty.json, statement.json,
              voucher.json, price.json
  --json      print one JSON object instead of the story
  --serve     keep both nodes running afterwards and print how to talk to them
  --verbose   print the nodes' logs to standard error

Exit: 0 every step did what it says, 1 one did not, 2 usage.
`

// options are the flags.
type options struct {
	out     string
	json    bool
	serve   bool
	verbose bool
}

func main() {
	if code, ok := reexecuted(os.Args[1:]); ok {
		os.Exit(code)
	}
	os.Exit(demo(os.Args[1:], os.Stdout, os.Stderr))
}

func demo(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usageText)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "chio-demo: %v\nhint: chio-demo --help\n", err)
		return exitUsage
	}
	ctx, stop := interruptible()
	defer stop()
	ok, err := play(ctx, o, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "chio-demo: %v\n", err)
	}
	if !ok || err != nil {
		return exitFailure
	}
	return exitOK
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("chio-demo", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.out, "out", "", "")
	f.BoolVar(&o.json, "json", false, "")
	f.BoolVar(&o.serve, "serve", false, "")
	f.BoolVar(&o.verbose, "verbose", false, "")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return o, nil
}

// play runs every step in a world of its own and tears the world down.
func play(ctx context.Context, o options, stdout, stderr io.Writer) (ok bool, err error) {
	log := slog.New(slog.DiscardHandler)
	if o.verbose {
		log = slog.New(slog.NewTextHandler(stderr, nil))
	}
	w, err := newWorld(o.out, log)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, w.close(o.serve)) }()
	n := &narrator{out: stdout, json: o.json}
	limited, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	n.begin()
	run := runSteps(limited, w, n, steps())
	if err := n.end(run); err != nil {
		return run.OK, fmt.Errorf("print the result: %w", err)
	}
	if run.OK && o.serve {
		told := stdout
		if o.json {
			told = stderr
		}
		w.tell(told)
		<-ctx.Done()
	}
	return run.OK, nil
}

// interruptible ends the context on the first interrupt and the process on the
// second.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitFailure)
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
	}
}
