//go:build linux && clocks

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
)

// TestMain is a chio-node whose clock can be set from outside, if this binary is
// called so: `go test -c -tags clocks -o DIR/chio-node ./internal/extra/netns`.
// All but the clock is the real program.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "chio-node" {
		os.Exit(m.Run())
	}
	env := cli.System()
	env.Now = clockOf(os.Getenv("CHIO_HOME"))
	os.Exit(cli.Main(os.Args[1:], env))
}
