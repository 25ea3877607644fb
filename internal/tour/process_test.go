//go:build unix

package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
	"github.com/backbay-labs/chio-node/cmd/chio-verify/verifier"
	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
)

// The programs this binary is when called by these names.
const (
	nodeProgram   = "chio-node"
	verifyProgram = "chio-verify"
	filesProgram  = "fileserver"
)

// failpointVariable names the file that says where a node ends itself. It does
// not begin with CHIO_: nothing of this is the product's.
const failpointVariable = "TOUR_FAILPOINT"

// patience bounds every wait; a test that needs it is failing.
const patience = time.Minute

// programs is the folder of the links by which this binary is called.
var programs string

func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case nodeProgram:
		env := cli.System()
		env.Self = func() ([]string, error) { return []string{os.Args[0]}, nil } // by the name it was called
		if path := os.Getenv(failpointVariable); path != "" {
			env.Failpoint = failpoint(path)
		}
		os.Exit(cli.Main(os.Args[1:], env))
	case verifyProgram:
		os.Exit(verifier.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	case filesProgram:
		os.Exit(serveFiles(os.Args[1:]))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	var err error
	if programs, err = linkPrograms(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(programs); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

func linkPrograms() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "tour-bin-")
	if err != nil {
		return "", err
	}
	for _, name := range []string{nodeProgram, verifyProgram, filesProgram} {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
	}
	return dir, nil
}

// serveFiles is the example file server. It notes its process id beside the
// folder it serves, so that a test can crash it.
func serveFiles(args []string) int {
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: fileserver DIR")
		return 2
	}
	err := os.WriteFile(args[0]+".pid", []byte(strconv.Itoa(os.Getpid())), 0o600)
	if err == nil {
		err = fileserver.Run(context.Background(), args[0])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fileserver:", err)
		return 1
	}
	return 0
}

// failpoint returns a hook that ends the process, as a power cut would, at the
// place that the file at path names: "NAME HIT", HIT counted from 1. While
// there is no such file it does nothing. With "NAME HIT mark" it only notes in
// path.hit that the place was reached.
func failpoint(path string) func(string) {
	var hits atomic.Int64
	return func(name string) {
		doc, err := os.ReadFile(path)
		if err != nil {
			return
		}
		want := strings.Fields(string(doc))
		if len(want) < 2 || want[0] != name || strconv.FormatInt(hits.Add(1), 10) != want[1] {
			return
		}
		if len(want) == 3 {
			if err := os.WriteFile(path+".hit", nil, 0o600); err != nil {
				panic(err)
			}
			return
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			panic(err)
		}
		select {} // the signal is on its way
	}
}

// output collects what a process prints; the first line is of interest while
// it still runs.
type output struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	first chan struct{} // closed at the end of the first line
	done  bool
}

func newOutput() *output { return &output{first: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(b)
	if !o.done && bytes.IndexByte(b, '\n') >= 0 {
		o.done = true
		close(o.first)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// process is a program that goes on running.
type process struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	out    *output
	log    *output
	exited chan struct{} // closed when it has been reaped
}

// spawn starts a program. It is killed when the test ends, and what it logged
// is shown if the test failed.
func spawn(t *testing.T, name, dir string, env []string, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, out: newOutput(), log: newOutput(), exited: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(programs, program), args...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, p.out, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // the state says how it ended
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s (%s) printed:\n%s%s", p.name, strings.Join(args, " "), tail(p.out.String()), tail(p.log.String()))
		}
	})
	return p
}

// tail keeps the end of a long log.
func tail(s string) string {
	const most = 6000
	if len(s) <= most {
		return s
	}
	return "…" + s[len(s)-most:]
}

// line waits for the first line of standard output.
func (p *process) line() string {
	p.t.Helper()
	select {
	case <-p.out.first:
	case <-p.exited:
		p.t.Fatalf("%s ended (%s) before it was ready:\n%s%s", p.name, p.cmd.ProcessState, p.out, p.log)
	case <-time.After(patience):
		p.t.Fatalf("%s was not ready in %s", p.name, patience)
	}
	first, _, _ := strings.Cut(p.out.String(), "\n")
	return first
}

// kill ends the process as kill -9 does. A process that has ended is left be.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}

// wait waits for the process to end by itself and returns its exit code, -1
// after a signal.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("%s did not end in %s", p.name, patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

// interrupt asks the process to end gracefully and returns its exit code.
func (p *process) interrupt() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatalf("interrupt %s: %v", p.name, err)
	}
	return p.wait()
}

// result is one finished command.
type result struct {
	args           string
	exit           int
	stdout, stderr []byte
}

func (r *result) String() string {
	return fmt.Sprintf("%s: exit %d\n%s%s", r.args, r.exit, r.stdout, r.stderr)
}

// run runs a command to its end.
func run(t *testing.T, dir string, env []string, program string, args ...string) *result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(programs, program), args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &stdout, &stderr
	err := cmd.Run()
	r := &result{args: program + " " + strings.Join(args, " "), exit: cmd.ProcessState.ExitCode(), stdout: stdout.Bytes(), stderr: stderr.Bytes()}
	if err != nil && r.exit <= 0 {
		t.Fatalf("%s: %v\n%s", r.args, err, r)
	}
	return r
}

// eventually polls until check is nil.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: not after %s: %v", what, patience, err)
		case <-tick.C:
		}
	}
}
