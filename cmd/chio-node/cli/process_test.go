package cli_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/backbay-labs/chio-node/wire"
)

// patience bounds every wait on another process; nothing waits that long
// unless it hangs.
const patience = 60 * time.Second

// process is a program that runs beside a script.
type process struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	stdin  io.WriteCloser
	errs   bytes.Buffer
	exited chan error
}

func launch(ts *testscript.TestScript, args []string) *process {
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	p := &process{cmd: exec.Command(path, args[1:]...), exited: make(chan error, 1)}
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Env = environment(ts)
	p.cmd.Stderr = &p.errs
	p.stdin, err = p.cmd.StdinPipe()
	ts.Check(err)
	r, w, err := os.Pipe()
	ts.Check(err)
	p.cmd.Stdout = w
	ts.Check(p.cmd.Start())
	ts.Check(w.Close())
	p.out = bufio.NewReaderSize(r, 1<<20)
	go func() { p.exited <- p.cmd.Wait() }()
	return p
}

// environment is the script's: what these programs read of it.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "CHIO_HOME", "CHIO_PASSPHRASE", "TESTSCRIPT_COMMAND", "TMPDIR"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

var errSilent = errors.New("nothing came in time")

// line reads one line of the program's output, within patience.
func (p *process) line() (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := p.out.ReadString('\n')
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return a.text, a.err
	case <-time.After(patience):
		return "", errSilent
	}
}

func (p *process) wait() error {
	select {
	case err := <-p.exited:
		p.exited <- err
		return err
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		return errSilent
	}
}

// cmdBegin is start for a program that prints nothing when it is ready.
func cmdBegin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: begin NAME PROGRAM ARGS…")
	}
	begin(ts, args)
}

func begin(ts *testscript.TestScript, args []string) *process {
	p := launch(ts, args[1:])
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		_ = p.wait()
	})
	running.Store(scriptProcess{ts, args[0]}, p)
	return p
}

// cmdUntil repeats a program until its standard output contains a text:
// until TEXT PROGRAM ARGS…
func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until TEXT PROGRAM ARGS…")
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if err := ts.Exec(args[1], args[2:]...); err == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
	}
	ts.Fatalf("%q never came", args[0])
}

// running are the processes of each script by the name it gave them.
var running sync.Map

type scriptProcess struct {
	ts   *testscript.TestScript
	name string
}

// cmdStart runs a program beside the script and waits for its first line:
// start NAME PROGRAM ARGS… The line goes to the file NAME.ready, and its "peer"
// member to the variables NAME_PEER and, without the DID, NAME_ADDRESS.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME PROGRAM ARGS…")
	}
	p := begin(ts, args)
	text, err := p.line()
	if err != nil {
		_ = p.cmd.Process.Kill()
		_ = p.wait()
		ts.Fatalf("%s: %v\n%s", args[0], err, p.errs.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".ready"), []byte(text), 0o600))
	var ready struct {
		DID  string `json:"did"`
		Peer string `json:"peer"`
		URL  string `json:"url"`
		VC   string `json:"vc_api"`
		Hook string `json:"stripe_webhook"`
	}
	if wire.UnmarshalLenient([]byte(text), &ready, wire.DocumentLimits) == nil {
		_, address, _ := strings.Cut(ready.Peer, "@")
		ts.Setenv(args[0]+"_PEER", ready.Peer)
		ts.Setenv(args[0]+"_ADDRESS", address)
		ts.Setenv(args[0]+"_DID", ready.DID)
		ts.Setenv(args[0]+"_URL", ready.URL+ready.VC)
		ts.Setenv(args[0]+"_HOOK", ready.Hook)
	}
}

// cmdHalt interrupts a program that start began and expects it to end well:
// halt NAME; its standard error is in NAME.err.
func cmdHalt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: halt NAME")
	}
	v, ok := running.LoadAndDelete(scriptProcess{ts, args[0]})
	if !ok {
		ts.Fatalf("%s does not run", args[0])
	}
	p := v.(*process)
	ts.Check(p.cmd.Process.Signal(os.Interrupt))
	if err := p.wait(); err != nil {
		ts.Fatalf("%s: %v\n%s", args[0], err, p.errs.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".err"), p.errs.Bytes(), 0o600))
}

// cmdHangup sends SIGHUP to a program that start began: hangup NAME.
func cmdHangup(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hangup NAME")
	}
	v, ok := running.Load(scriptProcess{ts, args[0]})
	if !ok {
		ts.Fatalf("%s does not run", args[0])
	}
	ts.Check(v.(*process).cmd.Process.Signal(syscall.SIGHUP))
}

// cmdDead kills a program that start began, without warning: dead NAME.
func cmdDead(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dead NAME")
	}
	v, ok := running.LoadAndDelete(scriptProcess{ts, args[0]})
	if !ok {
		ts.Fatalf("%s does not run", args[0])
	}
	p := v.(*process)
	ts.Check(p.cmd.Process.Kill())
	_ = p.wait() // killed, as asked
}

// cmdDrive speaks MCP to a program: drive FRAMES PROGRAM ARGS… sends each line
// of FRAMES, waits for the answer of each that has an id, and closes the input.
// The answers are in the file answers, one per line and in order; what the
// program wrote to standard error is in drive.err.
func cmdDrive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: drive FRAMES PROGRAM ARGS…")
	}
	p := launch(ts, args[1:])
	defer func() { _ = p.cmd.Process.Kill() }()
	var answers strings.Builder
	for frame := range strings.Lines(ts.ReadFile(args[0])) {
		if err := p.exchange(frame, &answers); err != nil {
			_ = p.cmd.Process.Kill()
			_ = p.wait()
			ts.Fatalf("after %s: %v\n%s", frame, err, p.errs.String())
		}
	}
	ts.Check(p.stdin.Close())
	err := p.wait()
	ts.Check(os.WriteFile(ts.MkAbs("answers"), []byte(answers.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("drive.err"), p.errs.Bytes(), 0o600))
	if err != nil {
		ts.Fatalf("%v\n%s", err, p.errs.String())
	}
}

// exchange sends one frame and, if it is a request, reads until its answer.
func (p *process) exchange(frame string, answers io.Writer) error {
	if _, err := io.WriteString(p.stdin, frame); err != nil {
		return err
	}
	type envelope struct {
		ID     wire.Raw `json:"id"`
		Method string   `json:"method"`
	}
	var sent envelope
	if err := wire.UnmarshalLenient([]byte(frame), &sent, wire.ForeignLimits); err != nil || sent.ID == nil {
		return err
	}
	for {
		text, err := p.line()
		if err != nil {
			return err
		}
		var got envelope
		if err := wire.UnmarshalLenient([]byte(text), &got, wire.ForeignLimits); err != nil {
			return err
		}
		if got.Method == "" && string(got.ID) == string(sent.ID) {
			_, err := io.WriteString(answers, text)
			return err
		}
	}
}
