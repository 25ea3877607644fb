//go:build linux && clocks

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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

// clockOf is the clock that setClock sets. It leaves a file that says that it
// was read.
func clockOf(home string) func() time.Time {
	path := clockFile(filepath.Clean(home))
	var said sync.Once
	return func() time.Time {
		doc, err := os.ReadFile(path)
		if err != nil {
			return time.Now()
		}
		seconds, err := strconv.Atoi(strings.TrimSpace(string(doc)))
		if err == nil {
			said.Do(func() { err = os.WriteFile(path+".read", nil, 0o600) })
		}
		if err != nil {
			panic(err)
		}
		return time.Now().Add(time.Duration(seconds) * time.Second)
	}
}
