//go:build unix

package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// org is one organisation: a home and the processes that run in it.
type org struct {
	t      *testing.T
	w      *world
	name   string
	home   string
	extra  []string // further environment
	status node.Status
	ready  node.Ready
	listen string   // multiaddr, the same at every start
	up     *process // chio-node up
	tools  *process // chio-node mcp serve
}

// env is the environment of an organisation's terminal.
func (o *org) env() []string {
	return append([]string{"PATH=" + programs + ":" + os.Getenv("PATH"), "HOME=" + o.w.dir, "TMPDIR=" + o.w.dir,
		"CHIO_HOME=" + o.home}, o.extra...)
}

// run runs one verb with --json.
func (o *org) run(args ...string) *result {
	o.t.Helper()
	return run(o.t, o.w.dir, o.env(), nodeProgram, append([]string{"--json"}, args...)...)
}

// ok runs a verb that must succeed and decodes its answer, strictly.
func (o *org) ok(into any, args ...string) {
	o.t.Helper()
	r := o.run(args...)
	if r.exit != node.ExitOK {
		o.t.Fatalf("%s: %s", o.name, r)
	}
	o.decode(r, into)
}

func (o *org) decode(r *result, into any) {
	o.t.Helper()
	if into == nil {
		return
	}
	if err := wire.Unmarshal(bytes.TrimSpace(r.stdout), into, wire.BundleLimits); err != nil {
		o.t.Fatalf("%s: %s\n%v", o.name, r, err)
	}
}

// refused runs a verb that must fail with an exit code and a stable code.
func (o *org) refused(exit int, code string, args ...string) *node.Problem {
	o.t.Helper()
	r := o.run(args...)
	var failed struct {
		Error *node.Problem `json:"error"`
	}
	if r.exit != exit {
		o.t.Fatalf("%s: want exit %d: %s", o.name, exit, r)
	}
	if err := wire.Unmarshal(bytes.TrimSpace(r.stdout), &failed, wire.DocumentLimits); err != nil || failed.Error == nil || failed.Error.Code != code {
		o.t.Fatalf("%s: want code %s: %s (%v)", o.name, code, r, err)
	}
	if failed.Error.Message == "" || failed.Error.Hint == "" && exit != node.ExitUsage {
		o.t.Errorf("%s: %s says neither what was wrong nor what to do: %s", o.name, code, r)
	}
	return failed.Error
}

// call calls a tool and returns the answer with the exit code, which must be 0
// for allow and 3 for anything else.
func (o *org) call(agent, server, tool, args string) *node.CallAnswer {
	o.t.Helper()
	r := o.run("call", "--agent", agent, server, tool, args)
	var a node.CallAnswer
	o.decode(r, &a)
	want := node.ExitDenied
	if a.Verdict == "allow" {
		want = node.ExitOK
	}
	if r.exit != want || a.ReceiptID == "" || a.Unlogged {
		o.t.Fatalf("%s: want exit %d and a receipt: %s", o.name, want, r)
	}
	return &a
}

// start runs `chio-node up` and reads its ready line. A node keeps its address
// across restarts, as a configured one does.
func (o *org) start() {
	o.t.Helper()
	o.launch()
	o.awaitReady()
}

func (o *org) launch() {
	o.t.Helper()
	args := []string{"up", "--json"}
	if o.listen != "" {
		args = append(args, "--p2p", o.listen)
	}
	o.up = spawn(o.t, o.name, o.w.dir, append(o.env(), failpointVariable+"="+o.failpointFile()), nodeProgram, args...)
}

func (o *org) awaitReady() {
	o.t.Helper()
	line := o.up.line()
	if err := wire.Unmarshal([]byte(line), &o.ready, wire.DocumentLimits); err != nil {
		o.t.Fatalf("%s: ready line %q: %v", o.name, line, err)
	}
	_, address, found := strings.Cut(o.ready.Peer, "@")
	o.listen, _, _ = strings.Cut(address, "/p2p/")
	if !found || o.listen == "" {
		o.t.Fatalf("%s: ready line names no address: %s", o.name, line)
	}
}

// serve runs `chio-node mcp serve` with the file server and waits for its
// tools.
func (o *org) serve() {
	o.t.Helper()
	o.tools = spawn(o.t, o.name+" mcp serve", o.w.dir, o.env(), nodeProgram, "mcp", "serve", "--headless", "--server-id", "files",
		"--prices", o.w.path("prices.yaml"), "--", filesProgram, o.w.path("workspace"))
	eventually(o.t, o.name+" serves tools", func() error {
		var s node.Status
		if err := o.post("status", node.Empty{}, &s); err != nil {
			return err
		}
		if len(s.Servers) != 1 || len(s.Servers[0].Tools) == 0 {
			return fmt.Errorf("servers: %+v", s.Servers)
		}
		return nil
	})
}

// post runs one operation over the HTTP API, as programs do.
func (o *org) post(op string, req, res any) error {
	token, err := os.ReadFile(filepath.Join(o.home, "api.token"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, o.ready.API+"/v1/"+op, bytes.NewReader(wire.MustMarshal(req)))
	if err != nil {
		return err
	}
	post.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	answer, err := http.DefaultClient.Do(post)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", op, answer.Status, body.Bytes())
	}
	if res == nil {
		return nil
	}
	return wire.Unmarshal(body.Bytes(), res, wire.BundleLimits)
}

// failpointFile is what the node looks at; see failpoint.
func (o *org) failpointFile() string { return o.home + ".failpoint" }

// arm makes the running node act at the hit-th time it passes a place from now
// on. Whoever arms it again must have restarted it.
func (o *org) arm(name string, hit int, action ...string) {
	o.t.Helper()
	doc := strings.Join(append([]string{name, strconv.Itoa(hit)}, action...), " ")
	err := os.WriteFile(o.failpointFile()+".new", []byte(doc), 0o600)
	if err == nil {
		err = os.Rename(o.failpointFile()+".new", o.failpointFile())
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// disarm takes the failpoint away; restarted nodes come up clean.
func (o *org) disarm() {
	o.t.Helper()
	if err := os.Remove(o.failpointFile()); err != nil {
		o.t.Fatal(err)
	}
}

// crashed waits until the node was killed at its failpoint.
func (o *org) crashed() {
	o.t.Helper()
	o.up.wait()
	if status, ok := o.up.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		o.t.Fatalf("%s ended with %s, not by the failpoint", o.name, o.up.cmd.ProcessState)
	}
	o.disarm()
}
