//go:build unix

package tour

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/backbay-labs/chio-node/node"
)

// TestReadme types the README's section "Two organisations" as it stands: homes
// as init leaves them, text for people, and no step that is not written there.
func TestReadme(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.acme, w.globex

	globex.says("created "+globex.home, "init", "--name", "globex")
	globex.start()
	globex.tools = spawn(t, "globex mcp serve", w.dir, globex.env(), nodeProgram, "mcp", "serve", "--headless", "--server-id", "files",
		"--", filesProgram, w.path("workspace"))
	eventually(t, "the tools are there", func() error {
		if r := globex.plain("status"); !strings.Contains(string(r.stdout), "read_file") {
			return fmt.Errorf("%s", r)
		}
		return nil
	})

	acme.says("created "+acme.home, "init", "--name", "acme")
	acme.start()
	acme.says("passport", "passport", "issue", "--agent", "researcher")
	shown := acme.says("theirs", "federate", "--yes", globex.ready.Peer)
	treaty := field(t, shown, "treaty")

	pending := globex.says(acme.ready.DID, "federate", "pending")
	if !bytes.Contains(pending, []byte(treaty)) {
		t.Fatalf("pending shows no treaty %s:\n%s", treaty, pending)
	}
	globex.says("active", "federate", "accept", acme.ready.DID, treaty)

	acme.says("hello from globex", "call", "--agent", "researcher", globex.ready.DID+"/files", "read_file", readNote)
	acme.says("allow", "receipt", "list")
	acme.says("receipts.json", "export", "--out", w.path("evidence"))
	if r := w.chioVerify("bundle", w.path("evidence/receipts.json"), "--trust", w.path("evidence/trust.json")); r.exit != node.ExitOK {
		t.Fatalf("%s", r)
	}
	w.leaves()
}

// leaves ends `mcp serve`: the tool server goes with it, and its tools deny.
func (w *world) leaves() {
	w.t.Helper()
	tool := w.toolProcess()
	if code := w.globex.tools.interrupt(); code != node.ExitOK {
		w.t.Errorf("mcp serve stopped with %d", code)
	}
	eventually(w.t, "the tool server is gone", func() error {
		if err := tool.Signal(syscall.Signal(0)); err == nil {
			return fmt.Errorf("process %d is there", tool.Pid)
		}
		return nil
	})
	r := w.acme.plain("call", "--agent", "researcher", w.globex.ready.DID+"/files", "read_file", readNote)
	if r.exit != node.ExitDenied || !bytes.Contains(r.stderr, []byte("receipt ")) || !bytes.Contains(r.stderr, []byte("hint: ")) {
		w.t.Errorf("a call to tools that left: %s", r)
	}
}

// plain runs one verb as a person does.
func (o *org) plain(args ...string) *result {
	o.t.Helper()
	return run(o.t, o.w.dir, o.env(), nodeProgram, args...)
}

// says runs a verb that must succeed and print something.
func (o *org) says(want string, args ...string) []byte {
	o.t.Helper()
	r := o.plain(args...)
	if r.exit != node.ExitOK || !bytes.Contains(r.stdout, []byte(want)) {
		o.t.Fatalf("%s: want %q: %s", o.name, want, r)
	}
	return r.stdout
}

// field is the second word of the first line that begins with name.
func field(t *testing.T, text []byte, name string) string {
	t.Helper()
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			return words[1]
		}
	}
	t.Fatalf("no line %q in:\n%s", name, text)
	return ""
}
