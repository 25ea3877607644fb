package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// TestMain lets the test binary be the file server and the verifiers, as the
// program itself is.
func TestMain(m *testing.M) {
	if code, ok := reexecuted(os.Args[1:]); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// TestDemo plays the whole story once.
func TestDemo(t *testing.T) {
	out := t.TempDir()
	var stdout, stderr bytes.Buffer
	code := demo([]string{"--json", "--out", out, "--verbose"}, &stdout, &stderr)
	if code != exitOK {
		t.Errorf("exit %d\n%s", code, stderr.Bytes())
	}
	var r result
	if err := wire.Unmarshal(stdout.Bytes(), &r, wire.BundleLimits); err != nil {
		t.Fatalf("%v in %.2000s", err, stdout.Bytes())
	}
	want := []string{"init", "passport", "wrap", "federate", "call-allowed", "call-denied-peer", "call-denied-local", "budget", "witness",
		"revoke", "settle", "restart", "verify", "tamper"}
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
		if !s.OK || s.NotRun || len(s.Detail) == 0 {
			t.Errorf("%s: ok %v, not run %v, %d details, %s", s.Name, s.OK, s.NotRun, len(s.Detail), s.Error)
		}
	}
	if !r.OK || !slices.Equal(names, want) {
		t.Errorf("ok %v, steps %v", r.OK, names)
	}
	for _, name := range append(evidence(), trustFile) {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != len(evidence())+1 {
		t.Errorf("%d files in the out folder, %v", len(entries), err)
	}
}

func TestUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"help":     {[]string{"--help"}, exitOK},
		"flag":     {[]string{"--what"}, exitUsage},
		"argument": {[]string{"now"}, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := demo(c.args, &stdout, &stderr); code != c.code {
				t.Errorf("exit %d, want %d: %s", code, c.code, stderr.Bytes())
			}
		})
	}
}

func TestExpectedNet(t *testing.T) {
	for cents, want := range map[uint64]uint64{0: 0, 3: 30_009, 12: 120_036, 9997: 100_000_000} {
		if got := expectedNet(cents); got != want {
			t.Errorf("%d cents: %d, want %d", cents, got, want)
		}
	}
}
