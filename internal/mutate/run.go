package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// testTimeout bounds one run of the tests; a mutation that makes them hang is
// noticed by it.
const testTimeout = "4m"

// result is what one run of go test came to.
type result struct {
	passed, failed []string // tests, top level
	output         string   // for people, if there were neither
}

// draws bounds how often the tests run over one mutation. A property test draws
// its inputs, so that one run may miss the input that matters; a mutation that
// passes this many runs of it survives.
const draws = 5

// goTest runs the tests of a package, with an overlay or without.
func goTest(ctx context.Context, root, pkg, run, overlay string) (result, error) {
	args := []string{"test", "-json", "-vet=off", "-count=1", "-timeout", testTimeout, "-run", run}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	args = append(args, pkg)
	if drawsInputs(filepath.Join(root, pkg)) {
		// What fails under a mutation is not to be tried first without it.
		args = append(args, "-args", "-rapid.nofailfile")
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return result{}, fmt.Errorf("running go test: %w", err)
	}
	r := read(stdout.Bytes())
	r.output += stderr.String()
	return r, ctx.Err()
}

// drawsInputs reports whether tests of a package use rapid, which keeps the
// inputs of a failure beside them.
func drawsInputs(dir string) bool {
	tests, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(tests, func(path string) bool {
		text, err := os.ReadFile(path)
		return err == nil && bytes.Contains(text, []byte(`"pgregory.net/rapid"`))
	})
}

// read collects the outcomes of the top-level tests from go test -json.
func read(stdout []byte) (r result) {
	var text strings.Builder
	for _, line := range bytes.Split(stdout, []byte("\n")) {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		text.WriteString(e.Output)
		switch {
		case e.Test == "" || strings.Contains(e.Test, "/"):
		case e.Action == "pass":
			r.passed = append(r.passed, e.Test)
		case e.Action == "fail":
			r.failed = append(r.failed, e.Test)
		}
	}
	r.output = text.String()
	return r
}

// baselines are the outcomes of the unmutated tests, each run once.
type baselines struct {
	mu   sync.Mutex
	each map[string]func() error
}

func (b *baselines) of(key string, run func() error) error {
	b.mu.Lock()
	if b.each == nil {
		b.each = map[string]func() error{}
	}
	if b.each[key] == nil {
		b.each[key] = sync.OnceValue(run)
	}
	once := b.each[key]
	b.mu.Unlock()
	return once()
}

// baseline is an error unless the tests pass without a mutation.
func baseline(ctx context.Context, root string, m *mutation) error {
	r, err := goTest(ctx, root, m.pkg, m.run, "")
	switch {
	case err != nil:
		return err
	case len(r.failed) > 0:
		return fmt.Errorf("%s fails without a mutation: %s", m.pkg, strings.Join(r.failed, ", "))
	case len(r.passed) == 0:
		return fmt.Errorf("%s has no passing test %s: %.400s", m.pkg, m.run, r.output)
	}
	return nil
}

// kill applies a mutation and returns the test that failed by it.
func kill(ctx context.Context, root string, m *mutation) (string, error) {
	doc, err := m.apply(root)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the system's temporary folder: it goes anyway
	mutated, overlay := filepath.Join(dir, "mutated.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, m.file): mutated}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(mutated, doc, 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return "", err
	}
	var r result
	for draw := 1; draw <= draws; draw++ {
		switch r, err = goTest(ctx, root, m.pkg, m.run, overlay); {
		case err != nil:
			return "", err
		case len(r.failed) > 0 && draw > 1:
			return fmt.Sprintf("%s, at run %d", r.failed[0], draw), nil
		case len(r.failed) > 0:
			return r.failed[0], nil
		case len(r.passed) == 0:
			draw = draws // it does not compile: no draw changes that
		}
	}
	switch {
	case len(r.passed) > 0:
		return "", fmt.Errorf("it survives %d runs: %s pass", draws, strings.Join(r.passed, ", "))
	}
	return "", fmt.Errorf("no test ran: %.600s", r.output)
}
