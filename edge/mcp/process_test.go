//go:build unix

package mcp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// childMode makes the test binary play a tool server.
const childMode = "MCP_TEST_CHILD"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "confined" {
		os.Exit(RunConfined())
	}
	if mode := os.Getenv(childMode); mode != "" {
		child(mode)
	}
	os.Exit(m.Run())
}

// child is a tool server in a process of its own.
func child(mode string) {
	switch mode {
	case "environment":
		dir, _ := os.Getwd()
		fmt.Println(strings.Join(append(os.Environ(), "DIR="+dir), "\n"))
	case "noise":
		for i := range 1000 {
			fmt.Fprintf(os.Stderr, "line %d %s\n", i, strings.Repeat("x", 2*stderrLineBytes))
		}
	case "stubborn": // ignores the end of its input and SIGTERM, and has a child
		signal.Ignore(syscall.SIGTERM)
		grandchild := exec.Command(os.Args[0])
		grandchild.Env = append(os.Environ(), childMode+"=grandchild")
		grandchild.Stdout = os.Stdout
		if err := grandchild.Start(); err != nil {
			os.Exit(9)
		}
		fmt.Println(grandchild.Process.Pid)
		select {}
	case "grandchild":
		signal.Ignore(syscall.SIGTERM)
		select {}
	case "reach": // tries what its arguments name, and says how each ended
		reach(os.Args[1:])
	case "crash":
		f := NewFrames(os.Stdin, os.Stdout)
		for {
			m, err := f.Read()
			if err != nil {
				os.Exit(0)
			}
			switch m.Method {
			case "initialize":
				_ = f.Write(Message{ID: m.ID, Result: wire.Raw(`{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"c","version":"1"}}`)})
			case "tools/list":
				_ = f.Write(Message{ID: m.ID, Result: wire.Raw(`{"tools":[` + toolJSON("crash", "ends the server") + `]}`)})
			case "tools/call":
				os.Exit(7)
			}
		}
	}
	os.Exit(0)
}

func childProcess(t *testing.T, mode string, edit func(*ProcessConfig)) *Process {
	t.Helper()
	cfg := ProcessConfig{
		Command: []string{os.Args[0]}, Dir: t.TempDir(), TempDir: t.TempDir(), Now: time.Now,
		// Without a directory for it, a child built for coverage complains on stderr.
		Set: []string{childMode + "=" + mode, "GOCOVERDIR=" + t.TempDir()},
	}
	if edit != nil {
		edit(&cfg)
	}
	p, err := StartProcess(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestChildEnvironmentIsScrubbed(t *testing.T) {
	var warned []string
	var home string
	dir := t.TempDir()
	p := childProcess(t, "environment", func(c *ProcessConfig) {
		c.Dir = dir
		c.Environ = []string{"PATH=/bin", "LANG=C", "HOME=/root", "CHIO_HOME=/h", "CHIO_PASSPHRASE=s3cret", "AWS_SECRET=x", "npm_config_cache=/c", "npm_config_x=1", "GOOD=1"}
		c.Inherit = []string{"npm_config_*", "GOOD", "ABSENT"}
		c.Set = append(c.Set, "OWN=a=b")
		c.Warn = func(m string) { warned = append(warned, m) }
		home = c.TempDir
	})
	out, err := io.ReadAll(p)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	got := map[string]string{}
	for _, l := range lines {
		k, v, _ := strings.Cut(l, "=")
		got[k] = v
	}
	if !strings.HasPrefix(got["HOME"], home) || got["TMPDIR"] != got["HOME"] {
		t.Errorf("home %q", got["HOME"])
	}
	if resolved, _ := filepath.EvalSymlinks(dir); got["DIR"] != resolved && got["DIR"] != dir {
		t.Errorf("runs in %s", got["DIR"])
	}
	for _, k := range []string{"HOME", "TMPDIR", "DIR", childMode, "PWD", "GOCOVERDIR"} {
		delete(got, k)
	}
	if fmt.Sprint(got) != "map[GOOD:1 LANG:C OWN:a=b PATH:/bin npm_config_cache:/c npm_config_x:1]" {
		t.Errorf("child sees %v", got)
	}
	if len(warned) != 1 {
		t.Errorf("warnings %q", warned)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(home); len(left) != 0 {
		t.Errorf("its home is left: %v", left)
	}
}

func TestChildEnvironmentRefuses(t *testing.T) {
	for _, cfg := range []ProcessConfig{
		{Inherit: []string{"CHIO_HOME"}}, {Inherit: []string{"CHIO_*"}}, {Inherit: []string{"*"}}, {Inherit: []string{""}},
		{Set: []string{"CHIO_PASSPHRASE=x"}}, {Set: []string{"chio_home=x"}}, {Set: []string{"NAME"}}, {Set: []string{"=x"}}, {Set: []string{"A\x00B=x"}},
	} {
		if env, err := childEnvironment(cfg, "/h"); !errors.Is(err, ErrEnvironment) {
			t.Errorf("%+v gives %v, %v", cfg, env, err)
		}
	}
	env, err := childEnvironment(ProcessConfig{Environ: []string{"CHIO_HOME=/h", "chIO_x=1"}, Inherit: []string{"CHI*", "ch*"}}, "/h")
	if err != nil || !slices.Equal(env, []string{"HOME=/h", "TMPDIR=/h"}) {
		t.Errorf("a prefix lets %v through, %v", env, err)
	}
}

func TestStartProcessRefuses(t *testing.T) {
	for name, cfg := range map[string]ProcessConfig{
		"no command":      {Now: time.Now},
		"no clock":        {Command: []string{"true"}},
		"no such program": {Command: []string{"/does/not/exist"}, Now: time.Now, TempDir: t.TempDir()},
		"no such dir":     {Command: []string{os.Args[0]}, Dir: "/does/not/exist", Now: time.Now, TempDir: t.TempDir()},
		"own variable":    {Command: []string{os.Args[0]}, Set: []string{"CHIO_X=1"}, Now: time.Now, TempDir: t.TempDir()},
	} {
		if p, err := StartProcess(cfg); err == nil {
			p.Close()
			t.Errorf("%s: started", name)
		} else if left, _ := os.ReadDir(cfg.TempDir); cfg.TempDir != "" && len(left) != 0 {
			t.Errorf("%s: its home is left", name)
		}
	}
}

func TestStderrIsBounded(t *testing.T) {
	var lines []string
	p := childProcess(t, "noise", func(c *ProcessConfig) {
		c.Stderr = func(l string) { lines = append(lines, l) }
		c.Now = func() time.Time { return time.Unix(1, 0) } // one window
	})
	<-p.Exited()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if len(lines) != stderrLinesPerSecond+1 || lines[stderrLinesPerSecond] != fmt.Sprintf("%d lines suppressed", 1000-stderrLinesPerSecond) {
		t.Fatalf("%d lines, last %.80q", len(lines), lines[len(lines)-1])
	}
	if len(lines[0]) > stderrLineBytes || !strings.HasPrefix(lines[1], "line 1 ") {
		t.Errorf("first lines are %d bytes, %.20q", len(lines[0]), lines[1])
	}
}

func TestStderrWindowsMoveOn(t *testing.T) {
	now, readings := time.Unix(0, 0), 0
	var lines []string
	in := strings.Repeat("a\n", stderrLinesPerSecond+5) + "b\n"
	clock := func() time.Time {
		if readings++; readings > stderrLinesPerSecond+6 { // one reading opens the window
			now = time.Unix(1, 0)
		}
		return now
	}
	relayLines(strings.NewReader(in), func(l string) { lines = append(lines, l) }, clock)
	if n := len(lines); n != stderrLinesPerSecond+2 || lines[n-2] != "5 lines suppressed" || lines[n-1] != "b" {
		t.Errorf("%d lines, last %q", len(lines), lines[max(0, len(lines)-2):])
	}
}

func TestCloseEndsTheWholeGroup(t *testing.T) {
	p := childProcess(t, "stubborn", func(c *ProcessConfig) { c.Grace = 50 * time.Millisecond })
	line, err := bufio.NewReader(p).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	grandchild, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if pgid, err := syscall.Getpgid(p.Pid()); err != nil || pgid != p.Pid() {
		t.Errorf("process group %d, %v", pgid, err)
	}
	if p.State() != nil {
		t.Errorf("state %v of a running child", p.State())
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if p.State() == nil {
		t.Error("no state after close")
	}
	if !gone(grandchild) {
		t.Error("its child is left running")
	}
	if err := p.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// gone polls until a process that is not ours to reap has ended: it is then
// missing, or waits as a zombie for its new parent.
func gone(pid int) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 12000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(err, os.ErrNotExist) && syscall.Kill(pid, 0) != nil {
			return true
		}
		if _, rest, ok := strings.Cut(string(stat), ") "); ok && strings.HasPrefix(rest, "Z") {
			return true
		}
		<-tick.C
	}
	return false
}

func TestChildThatCrashesDuringACall(t *testing.T) {
	p := childProcess(t, "crash", nil)
	u, err := NewUpstream(p, UpstreamConfig{Server: "c", ClientName: "t", ClientVersion: "1"})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := u.Initialize(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = u.CallTool(ctx, "crash", wire.Raw(`{}`), CallMeta{})
	if !errors.Is(err, ErrUnknownEffect) || errors.Is(err, kernel.ErrNotDispatched) || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("in flight: %v", err)
	}
	_, err = u.CallTool(ctx, "crash", wire.Raw(`{}`), CallMeta{})
	if !errors.Is(err, kernel.ErrNotDispatched) || errors.Is(err, ErrUnknownEffect) || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("later: %v", err)
	}
	if _, err := u.AcceptTools(ctx); err == nil {
		t.Error("an ended server's tools were accepted")
	}
}
