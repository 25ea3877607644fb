package mcp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ProcessConfig says how to start the child that runs a tool server.
type ProcessConfig struct {
	Command []string // program and arguments; no shell is involved
	Dir     string   // working directory, chosen by the operator

	Environ []string // this process's environment, from which the child's is taken
	Inherit []string // further names to take over; a trailing * matches a prefix
	Set     []string // further variables, NAME=value
	TempDir string   // where the child's empty home is made; "" is the system's

	Confine Confinement // what the operating system keeps the child from

	Stderr func(line string)    // what the child prints, bounded and rate limited; may be nil
	Warn   func(message string) // what an operator should know about confinement; may be nil
	Now    func() time.Time     // clock of the rate limit
	Grace  time.Duration        // between closing stdin, SIGTERM and SIGKILL; 0 is DefaultGrace
}

// DefaultGrace is how long a tool server has to end by itself.
const DefaultGrace = 2 * time.Second

func (c *ProcessConfig) validate() error {
	switch {
	case len(c.Command) == 0 || c.Command[0] == "":
		return errors.New("tool server: command is empty: give it after --")
	case c.Now == nil:
		return errors.New("tool server: config has no clock")
	case c.Grace < 0:
		return fmt.Errorf("tool server: grace %s is negative", c.Grace)
	}
	if err := c.Confine.validate(); err != nil {
		return fmt.Errorf("tool server: %w", err)
	}
	return nil
}

// Process is a running tool server: reading reads its stdout, writing writes
// its stdin. It runs in its own process group, which Close ends whole.
type Process struct {
	cfg    ProcessConfig
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *os.File
	errors *os.File // the child's stderr
	home   string
	how    string        // what confines it
	exited chan struct{} // closed when the child has been reaped
	state  error         // how it ended; set before exited is closed
	silent chan struct{} // closed when its stderr has been read to the end
	close  sync.Once
	err    error // of Close
}

// StartProcess starts a tool server with a scrubbed environment: PATH, LANG,
// TERM, an empty home directory, and what the configuration names. Nothing of
// this program's own (CHIO_*) can be passed on. Confinement says what else it
// is kept from; where it is kept from nothing, Warn says so.
func StartProcess(cfg ProcessConfig) (*Process, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Grace == 0 {
		cfg.Grace = DefaultGrace
	}
	home, err := os.MkdirTemp(cfg.TempDir, "tool-home-")
	if err != nil {
		return nil, fmt.Errorf("tool server: make its home: %w", err)
	}
	p := &Process{cfg: cfg, home: home, exited: make(chan struct{}), silent: make(chan struct{})}
	if err := p.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	if cfg.Warn != nil && strings.HasPrefix(p.how, "none") {
		cfg.Warn("tool server is not confined by the operating system (" + strings.TrimPrefix(p.how, "none: ") +
			"): it can read and write every file this user can, the node's home too; run it as another user or in a container if it is not trusted")
	}
	return p, nil
}

func (p *Process) start() error {
	env, err := childEnvironment(p.cfg, p.home)
	if err != nil {
		return err
	}
	plan, err := p.cfg.Confine.prepare(&p.cfg, p.home)
	if err != nil {
		return fmt.Errorf("tool server: %w", err)
	}
	p.how = plan.how
	var child [3]*os.File // the child's ends
	defer func() {
		for _, f := range child {
			if f != nil {
				_ = f.Close()
			}
		}
	}()
	if child[0], p.stdin, err = os.Pipe(); err == nil {
		if p.stdout, child[1], err = os.Pipe(); err == nil {
			p.errors, child[2], err = os.Pipe()
		}
	}
	if err == nil {
		p.cmd = exec.Command(p.cfg.Command[0], p.cfg.Command[1:]...)
		p.cmd.Dir, p.cmd.Env = p.cfg.Dir, env
		p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = child[0], child[1], child[2]
		ownGroup(p.cmd)
		err = startChild(p.cmd, plan)
	}
	if err != nil {
		closeAll(p.stdin, p.stdout, p.errors)
		return fmt.Errorf("tool server: start %s: %w", p.cfg.Command[0], err)
	}
	go func() {
		defer close(p.silent)
		relayLines(p.errors, p.cfg.Stderr, p.cfg.Now)
	}()
	go p.reap()
	return nil
}

func startChild(cmd *exec.Cmd, p plan) error {
	if p.confined {
		return startConfined(cmd, p)
	}
	return cmd.Start()
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// reap waits for the child and ends what it left running in its group: a
// launcher's child must not outlive it.
func (p *Process) reap() {
	err := p.cmd.Wait()
	killGroup(p.cmd.Process.Pid)
	p.state = errors.New("exit status 0")
	if err != nil {
		p.state = err
	}
	close(p.exited)
}

// Pid is the child's process id, which is also its group's.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Confinement says in words what the operating system keeps the child from; it
// begins with "none" if that is nothing.
func (p *Process) Confinement() string { return p.how }

// Exited is closed when the child has ended; State then says how.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// State says how the child ended, nil while it runs.
func (p *Process) State() error {
	select {
	case <-p.exited:
		return p.state
	default:
		return nil
	}
}

// Read reads the child's stdout. At its end the error wraps io.EOF and says
// how the child ended, if it has.
func (p *Process) Read(b []byte) (int, error) {
	n, err := p.stdout.Read(b)
	if errors.Is(err, io.EOF) {
		if p.within(p.exited) {
			return n, fmt.Errorf("%w (%w)", io.EOF, p.state)
		}
	}
	return n, err
}

// Write writes the child's stdin.
func (p *Process) Write(b []byte) (int, error) { return p.stdin.Write(b) }

// Close ends the child: stdin is closed, then its group gets SIGTERM, then
// SIGKILL, a grace period apart. It returns when the child has been reaped.
func (p *Process) Close() error {
	p.close.Do(func() {
		_ = p.stdin.Close()
		if !p.within(p.exited) {
			terminateGroup(p.cmd.Process.Pid)
			if !p.within(p.exited) {
				killGroup(p.cmd.Process.Pid)
				<-p.exited
			}
		}
		_ = p.stdout.Close()
		p.within(p.silent) // a process that left the group may hold it open
		_ = p.errors.Close()
		<-p.silent
		if err := os.RemoveAll(p.home); err != nil {
			p.err = fmt.Errorf("tool server: remove its home: %w", err)
		}
	})
	return p.err
}

// within waits for done, at most one grace period.
func (p *Process) within(done <-chan struct{}) bool {
	wait := time.NewTimer(p.cfg.Grace)
	defer wait.Stop()
	select {
	case <-done:
		return true
	case <-wait.C:
		return false
	}
}
