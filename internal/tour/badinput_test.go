//go:build unix

package tour

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// TestWrongPeer names an organisation that is not the one at the address.
func TestWrongPeer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, o := range []*org{w.acme, w.globex} {
		o.ok(nil, "init", "--name", o.name)
		o.start()
	}
	_, address, _ := strings.Cut(w.globex.ready.Peer, "@")
	other := did.FromKey(wire.PublicKey(wire.Hash([]byte("nobody")))).String()
	p := w.acme.refused(node.ExitDenied, "CHIO-FED-WRONG-PEER", "federate", "--yes", other+"@"+address)
	if !strings.Contains(p.Message, other) || !strings.Contains(p.Message, w.globex.ready.DID) {
		t.Errorf("the message must name who was meant and who was found: %s", p.Message)
	}
	w.acme.refused(node.ExitUsage, "CHIO-USAGE", "federate", "--yes", address)
	w.acme.refused(node.ExitUsage, "CHIO-USAGE", "federate", "--dry-run", "globex")
	w.acme.refused(node.ExitUsage, "CHIO-USAGE", "federate", "accept", "did:chio:1", wire.Hash(nil).String())
	var list node.PeerList
	w.acme.ok(&list, "federate", "list")
	for _, peer := range list.Peers {
		if peer.State == "active" || peer.DID == other {
			t.Errorf("a refused peer is on the list: %+v", peer)
		}
	}
}

// TestStoreOpenedTwice: the second node says so and leaves the first alone.
func TestStoreOpenedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acme.ok(nil, "init", "--name", "acme")
	w.acme.start()
	p := w.acme.refused(node.ExitFailure, "CHIO-STORE-IN-USE", "up")
	if !strings.Contains(p.Message, w.acme.home) {
		t.Errorf("the message must name the home: %s", p.Message)
	}
	var s node.Status
	w.acme.ok(&s, "status")
	if !s.Ready || s.Peer != w.acme.ready.Peer {
		t.Errorf("the first node: %+v", s)
	}
	if code := w.acme.up.interrupt(); code != node.ExitOK {
		t.Errorf("it stopped with %d", code)
	}
}

// TestWrongPassphrase: keys that a passphrase does not open stay closed.
func TestWrongPassphrase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.acme.extra = []string{"CHIO_PASSPHRASE=correct horse"}
	var s node.Status
	w.acme.ok(&s, "init", "--name", "acme")
	if !s.Sealed {
		t.Fatalf("the keys are not sealed: %+v", s)
	}
	w.acme.extra = []string{"CHIO_PASSPHRASE=wrong horse"}
	w.acme.refused(node.ExitFailure, "CHIO-KEYS-PASSPHRASE", "up")
	w.acme.extra = nil // and nobody to ask
	w.acme.refused(node.ExitFailure, "CHIO-KEYS-PASSPHRASE", "up")
	w.acme.extra = []string{"CHIO_PASSPHRASE=correct horse"}
	w.acme.ok(&s, "status")
}

// TestWrongChain: a node whose configuration names another chain than the
// endpoint serves moves no money, and says which of the two is wrong.
func TestWrongChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.initialise()
	w.globex.start()
	w.globex.serve()
	for _, o := range []*org{w.acme, w.globex} {
		w.write(o.name+"/chio-node.yaml", w.config(o.name, w.chain.ChainID()+1))
	}
	if code := w.globex.up.interrupt(); code != node.ExitOK {
		t.Fatalf("globex stopped with %d", code)
	}
	w.globex.tools.wait()
	for _, o := range []*org{w.acme, w.globex} {
		o.start()
	}
	w.federate()
	before := w.usdc(w.acme.status.Settlement)
	p := w.acme.refused(node.ExitFailure, "CHIO-CHAIN-ID", "settle", "fund", w.globex.ready.DID, "1 USDC")
	for _, id := range []uint64{w.chain.ChainID(), w.chain.ChainID() + 1} {
		if !strings.Contains(p.Message, strconv.FormatUint(id, 10)) {
			t.Errorf("the message must name chain %d: %s", id, p.Message)
		}
	}
	if after := w.usdc(w.acme.status.Settlement); after != before {
		t.Errorf("%d left the account on the wrong chain", before-after)
	}
}

// TestCrashes kills what a node talks to. Each call ends in a receipt, and the
// node goes on. It runs over TCP, where the end of a peer shows at once.
func TestCrashes(t *testing.T) {
	t.Parallel()
	f := newFed(t, tcp, 1000)
	f.globex.ok(nil, "capability", "issue", "--agent", "local", "--server", "files", "--tool", "*")
	t.Run("tool server between calls", func(*testing.T) { f.toolServerDies() })
	t.Run("tool server under a call", func(*testing.T) { f.toolServerDiesUnderCall() })
	t.Run("peer", func(*testing.T) { f.peerDies() })
}

// ends checks that a call ended as deny or incomplete, on record.
func (o *org) ends(a *node.CallAnswer, what string) {
	o.t.Helper()
	var row node.ReceiptRow
	o.ok(&row, "receipt", "show", a.ReceiptID)
	if a.Verdict == "allow" || row.Verdict != receipt.Deny && row.Verdict != receipt.Incomplete || a.Fix == "" {
		o.t.Fatalf("%s: %+v, receipt %+v", what, a, row)
	}
}

// toolProcess is the file server itself, a child of `mcp serve`.
func (w *world) toolProcess() *os.Process {
	w.t.Helper()
	pid, err := strconv.Atoi(string(w.read("workspace.pid")))
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (f *fed) signal(s os.Signal) {
	f.t.Helper()
	if err := f.toolProcess().Signal(s); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fed) toolServerDies() {
	f.t.Helper()
	f.signal(os.Kill)
	f.globex.ends(f.globex.call("local", "files", "read_file", readNote), "a local call to a dead tool server")
	f.acme.ends(f.acme.call("researcher", f.server, "read_file", readNote), "a peer's call to a dead tool server")
	f.goesOn()
}

// goesOn attaches a new tool server and calls it from both sides.
func (f *fed) goesOn() {
	f.t.Helper()
	f.globex.tools.wait()
	var s node.Status
	f.globex.ok(&s, "status")
	if !s.Ready {
		f.t.Fatalf("globex: %+v", s)
	}
	f.globex.serve()
	if a := f.globex.call("local", "files", "read_file", readNote); a.Verdict != "allow" {
		f.t.Fatalf("a local call afterwards: %+v", a)
	}
	if a := f.acme.call("researcher", f.server, "read_file", readNote); a.Verdict != "allow" {
		f.t.Fatalf("a peer's call afterwards: %+v", a)
	}
}

// toolServerDiesUnderCall stops the tool server, so that the call is under way
// when it is killed.
func (f *fed) toolServerDiesUnderCall() {
	f.t.Helper()
	f.signal(syscall.SIGSTOP)
	f.globex.arm("dispatch.before", 1, "mark")
	calling := spawn(f.t, "call", f.dir, f.globex.env(), nodeProgram, "--json", "call", "files", "read_file", readNote)
	eventually(f.t, "the call is dispatched", func() error {
		_, err := os.Stat(f.globex.failpointFile() + ".hit")
		return err
	})
	f.globex.disarm()
	f.signal(os.Kill)
	var a node.CallAnswer
	code := calling.wait()
	if err := wire.Unmarshal([]byte(strings.TrimSpace(calling.out.String())), &a, wire.DocumentLimits); code != node.ExitDenied || err != nil {
		f.t.Fatalf("exit %d, %v: %s", code, err, calling.out)
	}
	f.globex.ends(&a, "a call whose tool server died")
	f.goesOn()
}

// peerDies: the call ends in a receipt though nobody answers, and the next one
// passes once the peer is back.
func (f *fed) peerDies() {
	f.t.Helper()
	f.globex.up.kill()
	f.acme.ends(f.acme.call("researcher", f.server, "read_file", readNote), "a call to a dead peer")
	f.restart(f.globex)
	eventually(f.t, "calls pass again", func() error {
		r := f.acme.run("call", "--agent", "researcher", f.server, "read_file", readNote)
		if r.exit != node.ExitOK {
			return errors.New(r.String())
		}
		return nil
	})
	f.synchronised()
	for _, o := range []*org{f.acme, f.globex} {
		if len(o.audit()) == 0 {
			f.t.Error(fmt.Errorf("%s has no receipts", o.name))
		}
	}
}
