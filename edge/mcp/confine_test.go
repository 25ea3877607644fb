//go:build unix

package mcp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// reach tries operations, "verb:path" each, and prints how they ended.
func reach(tries []string) {
	for _, try := range tries {
		verb, path, _ := strings.Cut(try, ":")
		fmt.Printf("%s %s\n", try, reached(verb, path))
	}
}

func reached(verb, path string) string {
	var err error
	switch verb {
	case "read":
		_, err = os.ReadFile(path)
	case "list":
		_, err = os.ReadDir(path)
	case "write":
		err = os.WriteFile(path, []byte("x"), 0o600)
	case "truncate":
		err = os.Truncate(path, 0)
	case "remove":
		err = os.Remove(path)
	case "move":
		from, to, _ := strings.Cut(path, ">")
		err = os.Rename(from, to)
	case "link":
		from, to, _ := strings.Cut(path, ">")
		err = os.Link(from, to)
	case "run":
		err = exec.Command(path).Run()
	case "signal":
		pid, _ := strconv.Atoi(path)
		err = syscall.Kill(pid, 0)
	}
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EXDEV):
		return "refused"
	default:
		return err.Error()
	}
}

// nodeHome makes a folder like a node's, beside others, and returns it.
func nodeHome(t *testing.T) (root, home string) {
	t.Helper()
	root = t.TempDir()
	home = filepath.Join(root, "user", "chio")
	for name, content := range map[string]string{"user/chio/master.key": "key", "user/chio/api.token": "token", "user/chio/store/HEAD": "head",
		"user/notes.txt": "notes", "workspace/a.txt": "a", "workspace/sub/b.txt": "b"} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(home, "program"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(home, filepath.Join(root, "workspace", "shortcut")); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(home, "node.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return root, home
}

// try has a confined child attempt things and returns how they ended.
func try(t *testing.T, c Confinement, dir string, tries ...string) (map[string]string, *Process, []string) {
	t.Helper()
	var warned []string
	p := childProcess(t, "reach", func(cfg *ProcessConfig) {
		cfg.Command = append(cfg.Command, tries...)
		c.Self = []string{os.Args[0], "confined"}
		cfg.Dir, cfg.Confine = dir, c
		cfg.Warn = func(m string) { warned = append(warned, m) }
	})
	out, err := io.ReadAll(p)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	ended := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if what, how, ok := strings.Cut(line, " "); ok {
			ended[what] = how
		}
	}
	return ended, p, warned
}

// TestConfinedServerCannotReachTheHome: a real child, confined as `mcp serve`
// confines it, is refused everything in the node's home, directly, through a
// link and by moving it away, and goes on working everywhere else.
func TestConfinedServerCannotReachTheHome(t *testing.T) {
	root, home := nodeHome(t)
	version, unavailable := ConfinementVersion()
	for _, mode := range []ConfineMode{ConfineHome, ConfineWorkspace} {
		want := map[string]string{}
		for _, name := range []string{"master.key", "api.token", "store/HEAD", "node.sock"} {
			want["read:"+filepath.Join(home, name)] = "refused"
		}
		secret, workspace := filepath.Join(home, "master.key"), filepath.Join(root, "workspace")
		want["list:"+home] = "refused"
		want["write:"+filepath.Join(home, "planted")] = "refused"
		want["write:"+secret] = "refused"
		want["remove:"+secret] = "refused"
		want["run:"+filepath.Join(home, "program")] = "refused"
		want["move:"+secret+">"+filepath.Join(workspace, "key")] = "refused"
		want["link:"+secret+">"+filepath.Join(workspace, "key")] = "refused"
		want["read:"+filepath.Join(workspace, "shortcut", "master.key")] = "refused"
		want["read:"+filepath.Join(workspace, "a.txt")] = "done"
		want["list:"+workspace] = "done"
		want["write:"+filepath.Join(workspace, "new.txt")] = "done"
		want["read:/proc/self/status"] = "done"
		want["read:"+filepath.Join(root, "user", "notes.txt")] = map[ConfineMode]string{ConfineHome: "done", ConfineWorkspace: "refused"}[mode]
		if version >= 2 {
			want["move:"+filepath.Join(workspace, "new.txt")+">"+filepath.Join(workspace, "sub", "new.txt")] = "done"
		}
		if version >= 3 {
			want["truncate:"+secret] = "refused"
		}
		if version >= 6 {
			want["signal:"+strconv.Itoa(os.Getpid())] = "refused"
		}
		tries := make([]string, 0, len(want))
		for what := range want {
			tries = append(tries, what)
		}
		slices.Sort(tries)
		slices.Reverse(tries) // write before move
		if unavailable != nil {
			checkUnavailable(t, Confinement{Mode: mode, Hide: []string{home}}, workspace)
			continue
		}
		got, p, warned := try(t, Confinement{Mode: mode, Hide: []string{home}, Read: []string{os.Args[0]}}, workspace, tries...)
		for _, what := range tries {
			if got[what] != want[what] {
				t.Errorf("%s: %s ended %q, want %q", mode, what, got[what], want[what])
			}
		}
		if len(warned) != 0 || !strings.HasPrefix(p.Confinement(), "landlock ") {
			t.Errorf("%s: says %q and warns %q", mode, p.Confinement(), warned)
		}
		if doc, err := os.ReadFile(secret); err != nil || string(doc) != "key" {
			t.Errorf("%s: the key is now %q, %v", mode, doc, err)
		}
		// This process is as free as before.
		if _, err := os.ReadDir(home); err != nil {
			t.Errorf("%s: the parent lost its own rights: %v", mode, err)
		}
		if err := os.Remove(filepath.Join(workspace, "sub", "new.txt")); err != nil && version >= 2 {
			t.Error(err)
		}
	}
}

// checkUnavailable: without Landlock the child runs with a warning that names
// the code, and does not run where confinement is required.
func checkUnavailable(t *testing.T, c Confinement, dir string) {
	t.Helper()
	_, p, warned := try(t, c, dir, "list:/")
	if len(warned) != 1 || !strings.Contains(warned[0], CodeConfineUnavailable) || !strings.HasPrefix(p.Confinement(), "none: "+CodeConfineUnavailable) {
		t.Errorf("warns %q, says %q", warned, p.Confinement())
	}
	c.Require, c.Self = true, []string{os.Args[0], "confined"}
	if _, err := StartProcess(ProcessConfig{Command: []string{os.Args[0]}, Dir: dir, TempDir: t.TempDir(), Now: time.Now, Confine: c}); !errors.Is(err, ErrConfineUnavailable) {
		t.Errorf("started: %v", err)
	}
}

func TestConfinementRefuses(t *testing.T) {
	root, home := nodeHome(t)
	workspace := filepath.Join(root, "workspace")
	for name, c := range map[string]struct {
		confine Confinement
		dir     string
	}{
		"unknown mode":             {Confinement{Mode: "most", Hide: []string{home}}, workspace},
		"required and off":         {Confinement{Require: true}, workspace},
		"nothing to hide":          {Confinement{Mode: ConfineHome}, workspace},
		"works inside the home":    {Confinement{Mode: ConfineHome, Hide: []string{home}}, filepath.Join(home, "store")},
		"works in a link to it":    {Confinement{Mode: ConfineHome, Hide: []string{home}}, filepath.Join(workspace, "shortcut")},
		"no stage":                 {Confinement{Mode: ConfineHome, Hide: []string{home}, Self: []string{""}}, workspace},
		"home that does not exist": {Confinement{Mode: ConfineHome, Hide: []string{filepath.Join(root, "none")}}, workspace},
	} {
		c.confine.Self = append(c.confine.Self, os.Args[0], "confined")
		cfg := ProcessConfig{Command: []string{os.Args[0]}, Dir: c.dir, TempDir: t.TempDir(), Now: time.Now, Confine: c.confine}
		if _, err := ConfinementVersion(); err != nil && cfg.Confine.validate() == nil {
			cfg.Confine.Require = true
		}
		if p, err := StartProcess(cfg); err == nil {
			p.Close()
			t.Errorf("%s: started", name)
		} else if !errors.Is(err, ErrConfine) && !errors.Is(err, ErrConfineUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConfiningStageMustAnswer: what does not say that it confines is no stage,
// and what cannot execute the server says why.
func TestConfiningStageMustAnswer(t *testing.T) {
	if _, err := ConfinementVersion(); err != nil {
		checkUnavailable(t, Confinement{Mode: ConfineHome, Hide: []string{t.TempDir()}}, t.TempDir())
		return
	}
	root, home := nodeHome(t)
	for name, c := range map[string]struct {
		command string
		self    []string
		says    string
	}{
		"another program":  {os.Args[0], []string{"/proc/self/exe", "-test.run=^$"}, "did not run"},
		"no program":       {os.Args[0], []string{filepath.Join(root, "none")}, "no such file"},
		"a closed program": {filepath.Join(home, "program"), []string{os.Args[0], "confined"}, "permission denied"},
		"no such server":   {filepath.Join(root, "none"), []string{os.Args[0], "confined"}, "no such file"},
	} {
		cfg := ProcessConfig{Command: []string{c.command}, Dir: root, TempDir: t.TempDir(), Now: time.Now,
			Confine: Confinement{Mode: ConfineHome, Hide: []string{home}, Self: c.self}}
		if p, err := StartProcess(cfg); err == nil {
			p.Close()
			t.Errorf("%s: started", name)
		} else if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// tree is a file system of folders for the pure half.
type tree map[string][]string

func (f tree) list(dir string) ([]entry, error) {
	var out []entry
	for _, name := range f[dir] {
		out = append(out, entry{name: strings.TrimSuffix(name, "@"), link: strings.HasSuffix(name, "@")})
	}
	return out, nil
}

func TestGrantsAround(t *testing.T) {
	f := tree{"/": {"bin", "home", "link@", "root", "tmp"}, "/root": {".chio", ".chio2", ".profile", "to@", "work"}, "/home": {"a", "b"}}
	for _, c := range []struct {
		name string
		root string
		hide []string
		want string
	}{
		{"a home under /root", "/", []string{"/root/.chio"}, "/bin /home /root/.chio2 /root/.profile /root/work /tmp"},
		{"two of them", "/", []string{"/root/.chio", "/home/b"}, "/bin /home/a /root/.chio2 /root/.profile /root/work /tmp"},
		{"one inside the other", "/", []string{"/root", "/root/.chio"}, "/bin /home /tmp"},
		{"a home not listed", "/", []string{"/root/none"}, "/bin /home /root/.chio /root/.chio2 /root/.profile /root/work /tmp"},
		{"nothing hidden there", "/tmp", []string{"/root/.chio"}, "/tmp"},
		{"a name that only begins alike", "/root/.chio2", []string{"/root/.chio"}, "/root/.chio2"},
		{"the hidden folder itself", "/root/.chio", []string{"/root/.chio"}, ""},
		{"below it", "/root/.chio/store", []string{"/root/.chio"}, ""},
		{"everything hidden", "/", []string{"/"}, ""},
	} {
		grants, err := grantsAround(grant{Path: c.root, Write: true}, c.hide, f.list)
		var got []string
		for _, g := range grants {
			got = append(got, g.Path)
		}
		slices.Sort(got)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, strings.Join(got, " "), err, c.want)
		}
	}
	for _, bad := range []string{"relative", "/a/../b", "/a/", ""} {
		if _, err := grantsAround(grant{Path: "/"}, []string{bad}, f.list); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	failing := func(string) ([]entry, error) { return nil, errors.New("no") }
	if _, err := grantsAround(grant{Path: "/"}, []string{"/root/.chio"}, failing); err == nil {
		t.Error("a folder that cannot be read gave grants")
	}
}

// TestGrantsCoverAllButTheHidden: in any tree, a path is covered by a grant
// exactly if it is not hidden, not on the way to something hidden, and no link.
func TestGrantsCoverAllButTheHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := tree{}
		paths := []string{"/"}
		for i := range rapid.IntRange(1, 30).Draw(t, "size") {
			dir := rapid.SampledFrom(paths).Draw(t, "dir")
			name := fmt.Sprintf("n%d", i)
			f[dir] = append(f[dir], name)
			paths = append(paths, path.Join(dir, name))
		}
		hide := rapid.SliceOfNDistinct(rapid.SampledFrom(paths), 1, 3, rapid.ID[string]).Draw(t, "hide")
		grants, err := grantsAround(grant{Path: "/"}, hide, f.list)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			open := slices.ContainsFunc(grants, func(g grant) bool { return within(p, g.Path) })
			closed := slices.ContainsFunc(hide, func(h string) bool { return within(p, h) || within(h, p) })
			if open == closed {
				t.Fatalf("%s: open %v, hidden or on the way %v; grants %v, hide %v", p, open, closed, grants, hide)
			}
		}
	})
}
