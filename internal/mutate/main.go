package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	only := flag.String("only", "", "mutations of this invariant alone, such as I3")
	check := flag.Bool("check", false, "only check that every old text is in its file once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *only, *check); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, only string, check bool) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	all, err := load(filepath.Join(root, "internal", "mutate", "list"))
	if err != nil {
		return err
	}
	bases := map[string]error{} // the unmutated tests, each run once
	ran, bad := 0, 0
	for i := range all {
		m := &all[i]
		if only != "" && m.invariant != only {
			continue
		}
		began := time.Now()
		verdict, err := judge(ctx, root, m, bases, check)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if ran++; err != nil {
			bad++
			verdict = "NOT KILLED: " + err.Error()
		}
		fmt.Fprintf(out, "%-4s %-44s %5.1fs  %s\n", m.invariant, m.name, time.Since(began).Seconds(), verdict)
	}
	switch {
	case ran == 0:
		return fmt.Errorf("no mutation of %q is listed", only)
	case bad > 0:
		return fmt.Errorf("%d of %d mutations were not killed", bad, ran)
	}
	if check {
		fmt.Fprintf(out, "%d mutations apply\n", ran)
		return nil
	}
	fmt.Fprintf(out, "%d mutations, each killed by a test of its invariant\n", ran)
	return nil
}

// judge says by which test a mutation dies, or why it does not.
func judge(ctx context.Context, root string, m *mutation, bases map[string]error, check bool) (string, error) {
	if check {
		_, err := m.apply(root)
		return "old text found", err
	}
	key := m.pkg + " " + m.run
	if _, known := bases[key]; !known {
		bases[key] = baseline(ctx, root, m)
	}
	if bases[key] != nil {
		return "", bases[key]
	}
	test, err := kill(ctx, root, m)
	return "killed by " + test, err
}
