package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
	"github.com/backbay-labs/chio-node/node"
)

// atTerminal runs one command line as a person at a terminal who types input
// and interrupts as often as there are signals.
func atTerminal(t *testing.T, input string, signals int, args ...string) (code int, out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := cli.System()
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(input), &stdout, &stderr
	env.Terminal = func() bool { return true }
	env.Harden = nil
	env.Signals = func() (<-chan os.Signal, func()) {
		c := make(chan os.Signal, signals)
		for range signals {
			c <- os.Interrupt
		}
		return c, func() {}
	}
	code = cli.Main(append([]string{"--json"}, args...), env)
	t.Logf("%s", stderr.String())
	return code, stdout.String()
}

// upIn makes a home near the root of the file system and brings its node up.
func upIn(t *testing.T, name string) (home, peer string) {
	t.Helper()
	o := homeOf(t, name)
	n, err := node.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	ready, err := n.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o.Home, ready.Peer
}

func homeOf(t *testing.T, name string) node.Options {
	t.Helper()
	dir, err := os.MkdirTemp("", "cli-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o := node.Options{Home: filepath.Join(dir, name), Name: name}
	if _, err := node.Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestDeclinedTreatyIsNotSigned: anything but the word that was asked for is no.
func TestDeclinedTreatyIsNotSigned(t *testing.T) {
	home, _ := upIn(t, "acme")
	_, peer := upIn(t, "globex")
	for _, answer := range []string{"no\n", "\n", "yes please\n"} {
		if code, out := atTerminal(t, answer, 0, "--home", home, "federate", peer); code != node.ExitDenied || !strings.Contains(out, `"CHIO-FED-DECLINED"`) {
			t.Errorf("%q: exit %d, %s", answer, code, out)
		}
	}
	if code, out := atTerminal(t, "", 0, "--home", home, "federate", "list"); code != node.ExitOK || strings.Contains(out, `"active"`) || strings.Contains(out, `"proposed"`) {
		t.Errorf("exit %d, %s", code, out)
	}
}

// TestSecondInterruptEndsAtOnce: the first asks the node to stop, the second
// does not wait for it. The home opens again.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	o := homeOf(t, "acme")
	code, out := 0, ""
	for tries := 0; code == node.ExitOK && tries < 20; tries++ { // 0: the stop was over before the interrupt was seen
		code, out = atTerminal(t, "", 2, "--home", o.Home, "up")
	}
	if code != node.ExitFailure || !strings.Contains(out, `"CHIO-FORCED"`) {
		t.Fatalf("exit %d, %s", code, out)
	}
	// In a process of its own the program is gone by now; here the stop it no
	// longer waited for goes on, and holds the store until it is done.
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		n, err := node.Open(t.Context(), o)
		if err != nil {
			continue
		}
		if err := n.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		return
	}
	t.Fatal("the home does not open again")
}
