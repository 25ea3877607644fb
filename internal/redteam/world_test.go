package redteam

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// secret is in every file that the owned agent may not read.
const secret = "TOP-SECRET-4f1d"

// workspace is what the file server serves: path to content.
var workspace = map[string]string{
	"public/a.txt":       "hello",
	"public/b.txt":       "world",
	"public/sub/c.txt":   "deeper",
	"public/out/.keep":   "",
	"public/doomed/1":    "one",
	"public/doomed/2":    "two",
	"private/secret.txt": secret,
	"publicity.txt":      secret, // begins like the prefix and is not under it
	".env":               secret,
}

// links stand inside the workspace and lead out of what the agent may touch.
var links = map[string]string{
	"public/link.txt": "../private/secret.txt",
	"public/linkdir":  "../private",
	"public/escape":   "../../outside",
	"public/out/way":  "../../private",
}

const policyDoc = `hushspec: "0.1.0"
name: redteam
rules:
  tool_access:
    enabled: true
    require_confirmation: [delete_file, list_directory]
    default: allow
`

// world is a real node with two real file servers and the agents.
type world struct {
	t    *testing.T
	dir  string
	home string
	node *node.Node
	api  string       // http://…
	late atomic.Int64 // seconds that the node's clock is behind

	files, vault *recorder
}

// newWorld makes a home and starts its node. The folder is short because a
// Unix socket's path is.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "red-")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, dir: dir, home: filepath.Join(dir, "home")}
	for path, content := range workspace {
		w.write("workspace/"+path, content)
	}
	w.write("outside/canary.txt", secret)
	w.write("vault/gold.txt", secret)
	for from, to := range links {
		if err := os.Symlink(to, w.path("workspace/"+from)); err != nil {
			t.Fatal(err)
		}
	}
	o := node.Options{Home: w.home, Name: "acme", P2P: []string{"/ip4/127.0.0.1/tcp/0"}, API: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler),
		Now: w.now}
	if _, err := node.Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	w.write("home/policy.yaml", policyDoc)
	if w.node, err = node.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.node.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	ready, err := w.node.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.api = ready.API
	return w
}

func (w *world) now() time.Time { return time.Now().Add(-time.Duration(w.late.Load()) * time.Second) }

func (w *world) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *world) write(name, content string) {
	w.t.Helper()
	path := w.path(name)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// must runs one operation as the operator.
func (w *world) must(op string, req, res any) {
	w.t.Helper()
	answer, err := w.node.Call(context.Background(), op, wire.MustMarshal(req))
	if err == nil && res != nil {
		err = wire.Unmarshal(answer, res, wire.BundleLimits)
	}
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
}

// serve runs a tool server as a confined child, as `mcp serve` does, and
// records every frame the node sends it.
func (w *world) serve(s node.MCPServer, dir string, tools int, command ...string) *recorder {
	w.t.Helper()
	r := &recorder{}
	p, err := mcp.StartProcess(mcp.ProcessConfig{Command: append([]string{os.Args[0]}, command...), Dir: dir, Environ: os.Environ(), Now: time.Now,
		Stderr:  r.said,
		Confine: mcp.Confinement{Mode: mcp.ConfineHome, Hide: []string{w.home}, Self: []string{os.Args[0], confinedProgram}}})
	if err != nil {
		w.t.Fatal(err)
	}
	r.Process = p
	s.Confinement = p.Confinement()
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := w.node.ServeMCP(ctx, s, nil, r); err != nil && !errors.Is(err, context.Canceled) {
			r.ended.Store(&err)
		}
	})
	w.t.Cleanup(func() {
		cancel()
		served.Wait()
		_ = p.Close() // ServeMCP closed it already
	})
	if tools > 0 {
		w.await(s.Server, tools)
	}
	return r
}

// await waits until a tool server is listed with its tools.
func (w *world) await(server string, tools int) {
	w.t.Helper()
	poll(w.t, server+" serves its tools", func() bool {
		var s node.Status
		w.must("status", node.Empty{}, &s)
		for _, info := range s.Servers {
			if info.Name == server && len(info.Tools) == tools {
				return true
			}
		}
		return false
	})
}

// patience bounds every wait; a test that needs it is failing.
const patience = time.Minute

func poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !done(); {
		select {
		case <-deadline:
			t.Fatalf("%s: not after %s", what, patience)
		case <-tick.C:
		}
	}
}
