//go:build linux

package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/store/badger"
	"github.com/backbay-labs/chio-node/wire"
)

// faultMode makes the test binary a process under a fault; faultHome is its home.
const (
	faultMode = "NODE_TEST_FAULT"
	faultHome = "NODE_TEST_HOME"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(faultMode); mode != "" {
		if err := underFault(mode, os.Getenv(faultHome)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// faulty runs this binary under a fault and returns what it printed.
func faulty(t *testing.T, mode, home string, attr *syscall.SysProcAttr) string {
	t.Helper()
	cmd := exec.Command("/proc/self/exe") // reachable whoever the child is
	cmd.Env = append(os.Environ(), faultMode+"="+mode, faultHome+"="+home, "GOCOVERDIR="+t.TempDir(), "TMPDIR=/tmp")
	cmd.SysProcAttr, cmd.Dir = attr, "/"
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%v: %s", err, out)
	}
	if err != nil {
		t.Errorf("%v", err)
	}
	return string(out)
}

// underFault is the child's half.
func underFault(mode, home string) error {
	switch mode {
	case "open":
		n, err := Open(context.Background(), Options{Home: home})
		if err == nil {
			return errors.Join(errors.New("it opened"), n.Stop(context.Background()))
		}
		fmt.Println(err)
		return nil
	case "full":
		return onFullDisk(home)
	}
	return fmt.Errorf("no fault %s", mode)
}

const nobody = 65534

// TestReadOnlyHomeIsRefused: a home that cannot be written to does not open,
// and the error names what could not be written.
func TestReadOnlyHomeIsRefused(t *testing.T) {
	dir, err := os.MkdirTemp("", "fault-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o := Options{Home: filepath.Join(dir, "home"), Name: "acme"}
	if _, err := Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	var attr *syscall.SysProcAttr
	if os.Geteuid() == 0 { // root is refused nothing: the child is somebody else
		attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if attr != nil {
			err = os.Chown(path, nobody, nobody)
		}
		mode := os.FileMode(0o400)
		if d.IsDir() {
			mode = 0o500
			t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
		}
		return errors.Join(err, os.Chmod(path, mode))
	})
	if err != nil {
		t.Fatal(err)
	}
	out := faulty(t, "open", o.Home, attr)
	if !strings.Contains(out, "permission denied") || !strings.Contains(out, o.Home) || strings.Contains(out, "corrupt") {
		t.Errorf("it says %s", out)
	}
}

// TestI5_FullDiskDeniesUnlogged fills a small disk of its own under a running
// node: every call then gets a signed deny that says it is in no log, and the
// node is well again once there is space.
func TestI5_FullDiskDeniesUnlogged(t *testing.T) {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}}
	probe := exec.Command("/bin/true")
	probe.SysProcAttr = attr
	if err := probe.Run(); err != nil {
		if os.Geteuid() != 0 {
			t.Skipf("this system lets nobody but root mount a disk (%v); kernel/admit fills one at the store's seam", err)
		}
		attr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	}
	if out := faulty(t, "full", t.TempDir(), attr); strings.TrimSpace(out) != "well" {
		t.Errorf("%s", out)
	}
}

// onFullDisk runs in a mount namespace of its own.
func onFullDisk(dir string) error {
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep the mount to ourselves: %w", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256m"); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	ctx, o := context.Background(), Options{Home: filepath.Join(dir, "home"), Name: "acme"}
	n, err := OpenOrInit(ctx, o)
	if err != nil {
		return err
	}
	call := func() (*CallAnswer, error) {
		return n.Invoke(ctx, CallRequest{Server: "none", Tool: "none", Arguments: wire.Raw(`{}`)})
	}
	if a, err := call(); err != nil || a.Unlogged {
		return fmt.Errorf("with space: %+v, %w", a, err)
	}
	filler := filepath.Join(dir, "filler")
	if err := fill(filler); err != nil {
		return err
	}
	for range 3 {
		a, err := call()
		if err != nil || a.Verdict != "deny" || !a.Unlogged || a.ReceiptID == "" {
			return fmt.Errorf("on a full disk: %+v, %w", a, err)
		}
	}
	if err := n.ready(); err == nil {
		return errors.New("it says that it is ready")
	}
	if err := errors.Join(n.Stop(ctx), os.Remove(filler)); err != nil {
		return err
	}
	if n, err = Open(ctx, o); err != nil {
		return fmt.Errorf("with space again: %w", err)
	}
	if a, err := call(); err != nil || a.Unlogged {
		return fmt.Errorf("with space again: %+v, %w", a, err)
	}
	fmt.Println("well")
	return n.Stop(ctx)
}

// fill writes a file until nothing more fits.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	chunk := make([]byte, 1<<20)
	for {
		if _, err := f.Write(chunk); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				return errors.Join(err, f.Close())
			}
			return f.Close()
		}
	}
}

// TestTwoProcessesOneStore: the second is refused with a code, and the first
// goes on.
func TestTwoProcessesOneStore(t *testing.T) {
	o := newHome(t)
	n := openNode(t, o)
	out := faulty(t, "open", o.Home, nil)
	if !strings.Contains(out, "another process has the store") {
		t.Errorf("the second process says %s", out)
	}
	grow(t, n, 1)
}

// TestI11_DamagedStoreDoesNotOpen flips a bit, and cuts the store off, at
// places all over its files: a node never opens over it as if nothing were.
func TestI11_DamagedStoreDoesNotOpen(t *testing.T) {
	o := newHome(t)
	n := openNode(t, o)
	grow(t, n, 8)
	killed := filepath.Join(t.TempDir(), "killed")
	copyHome(t, o.Home, killed)
	table := filepath.Join(killed, storeName, "rows")
	names, err := filepath.Glob(filepath.Join(table, "*.mem"))
	if err != nil || len(names) == 0 {
		t.Fatal("no log of rows", err)
	}
	log := names[len(names)-1]
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	used := len(strings.TrimRight(string(whole), "\x00"))
	const places = 12
	for place := range places {
		at := 64 + (used-64)*place/places
		for name, damage := range map[string]func([]byte) []byte{
			"bit": func(b []byte) []byte { b[at] ^= 8; return b },
			"cut": func(b []byte) []byte { clear(b[at:]); return b },
		} {
			broken := filepath.Join(t.TempDir(), "broken")
			copyHome(t, killed, broken)
			doc := damage([]byte(string(whole)))
			if string(doc) == string(whole) {
				continue
			}
			if err := os.WriteFile(filepath.Join(broken, storeName, "rows", filepath.Base(log)), doc, 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := Open(t.Context(), Options{Home: broken})
			if err == nil {
				t.Errorf("%s at %d of %d: it opened", name, at, used)
				stopNode(t, m)
				continue
			}
			var p *Problem
			if !errors.As(err, &p) || p.Code != "CHIO-STORE-CORRUPT" || p.Hint == "" {
				t.Errorf("%s at %d of %d: %v", name, at, used, err)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(killed, storeName, badger.HeadName)); err != nil {
		t.Fatal(err)
	}
}

// movable is a clock that a test moves.
type movable struct{ unix atomic.Int64 }

func (c *movable) read() time.Time { return time.Unix(c.unix.Load(), 0) }

// TestClockOneHourOff: a proof, a token and a new peer are judged by this
// node's clock. An hour either way denies, with a code and a receipt that says
// when, and the right time heals it.
func TestClockOneHourOff(t *testing.T) {
	clock := &movable{}
	start := time.Now().Unix()
	clock.unix.Store(start)
	o := newHome(t)
	o.Now = clock.read
	n := openNode(t, o)
	if _, err := n.RegisterTool(Tool{Server: "go", Name: "work", Run: func(context.Context, wire.Raw) (any, error) { return struct{}{}, nil }}); err != nil {
		t.Fatal(err)
	}
	c, err := n.Grant(t.Context(), IssueCapability{Agent: "local", Server: "go", Tools: []string{"work"}, TTLSeconds: 1800})
	if err != nil {
		t.Fatal(err)
	}
	const hour = 3600
	for name, at := range map[string]struct {
		proved, called int64
		verdict, code  string
	}{
		"on time":                      {0, 0, "allow", ""},
		"proof an hour old":            {-hour, 0, "deny", "CHIO-PROOF"},
		"proof of an hour ahead":       {hour, 0, "deny", "CHIO-PROOF"},
		"token expired by our clock":   {hour, hour, "deny", "CHIO-CAP-EXPIRED"},
		"token not begun by our clock": {-hour, -hour, "deny", "CHIO-CAP"},
		"on time again":                {1, 1, "allow", ""},
	} {
		clock.unix.Store(start + at.proved)
		args := wire.Raw(`{"a":1}`)
		p := do[Proved](t, n, "agent/prove", ProveRequest{Agent: "local", Audience: n.KernelKey(), Server: "go", Tool: "work", Arguments: args, CapabilityID: c.ID})
		clock.unix.Store(start + at.called)
		a := do[CallAnswer](t, n, "agent/call", AgentCall{CallID: p.CallID, Server: "go", Tool: "work", Arguments: args, Chain: c.Chain, Proof: p.Proof})
		if a.Verdict != at.verdict || !strings.HasPrefix(a.Code, at.code) || a.ReceiptID == "" {
			t.Errorf("%s: %+v", name, a)
		}
		t.Logf("%s: %s %s", name, a.Code, a.Reason)
		row, err := n.showReceipt(t.Context(), ByID{ID: a.ReceiptID})
		if err != nil || row.Time != start+at.called {
			t.Errorf("%s: the receipt is from %d, the clock says %d, %v", name, row.Time, start+at.called, err)
		}
	}
}

// TestPeerWithAClockOneHourOff: no treaty comes about, and the error says why.
func TestPeerWithAClockOneHourOff(t *testing.T) {
	for _, off := range []int64{-3600, 3600} {
		a, b := shortHome(t, "acme"), shortHome(t, "globex")
		clock := &movable{}
		clock.unix.Store(time.Now().Unix() + off)
		b.Now = clock.read
		acme, _ := startedNode(t, a)
		_, ready := startedNode(t, b)
		_, err := acme.Call(t.Context(), "federate/preview", wire.MustMarshal(PeerRequest{Peer: ready.Peer}))
		if err == nil {
			t.Errorf("a peer whose clock is %d s off was greeted", off)
			continue
		}
		t.Logf("%d s off: %v", off, err)
	}
}

// TestTreatyWindowOneHourOff: a call under a treaty that has not begun, or is
// over, by this node's clock is denied with a receipt.
func TestTreatyWindowOneHourOff(t *testing.T) {
	clock := &movable{}
	start := time.Now().Unix()
	clock.unix.Store(start)
	a, b := shortHome(t, "acme"), shortHome(t, "globex")
	a.Now, b.Now = clock.read, clock.read
	acme, _ := startedNode(t, a)
	globex, ready := startedNode(t, b)
	federateNodes(t, acme, globex, ready)
	peers := do[PeerList](t, acme, "federate/list", Empty{})
	if len(peers.Peers) != 1 || peers.Peers[0].State != "active" {
		t.Fatalf("%+v", peers)
	}
	for name, now := range map[string]int64{"before": start - 3600, "over": peers.Peers[0].Expires + 3600} {
		clock.unix.Store(now)
		answer, err := acme.Invoke(t.Context(), CallRequest{Server: globex.DID().String() + "/files", Tool: "read_file", Arguments: wire.Raw(`{"path":"a.txt"}`)})
		if err != nil || answer.Verdict != "deny" || !strings.HasPrefix(answer.Code, "CHIO-FED-") || answer.ReceiptID == "" {
			t.Errorf("%s: %+v, %v", name, answer, err)
			continue
		}
		t.Logf("%s: %s %s", name, answer.Code, answer.Reason)
	}
}
