package cli_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// killedHome is a home with receipts as a killed process leaves it: copied
// while its node is open.
func killedHome(t *testing.T, receipts int) string {
	t.Helper()
	live := filepath.Join(t.TempDir(), "live")
	o := node.Options{Home: live, Name: "acme"}
	if _, err := node.Init(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range receipts {
		args := wire.Raw(fmt.Sprintf(`{"n":%d}`, i))
		if a, err := n.Invoke(t.Context(), node.CallRequest{Server: "none", Tool: "none", Arguments: args}); err != nil || a.ReceiptID == "" {
			t.Fatal(a, err)
		}
	}
	killed := filepath.Join(t.TempDir(), "home")
	if err := os.CopyFS(killed, os.DirFS(live)); err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{killed, filepath.Join(killed, "master.key")} {
		if err := os.Chmod(path, map[bool]os.FileMode{true: 0o700, false: 0o600}[path == killed]); err != nil {
			t.Fatal(err)
		}
	}
	return killed
}

// doctor runs it as a user does, the store read by a process of its own.
func doctor(t *testing.T, home string, args ...string) (code int, out string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "chio-node") // its name tells the test binary what to be
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	env := cli.System()
	env.Stdin, env.Stdout, env.Stderr, env.Harden = strings.NewReader(""), &stdout, &stderr, nil
	env.Terminal = func() bool { return false }
	env.Self = func() ([]string, error) { return []string{program}, nil }
	code = cli.Main(append([]string{"doctor", "--home", home}, args...), env)
	return code, stdout.String() + stderr.String()
}

// contents is a digest of every file and mode under a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[path] = fmt.Sprintf("%s %x %s", info.Mode(), sha256.Sum256(b), info.ModTime().Format(time.RFC3339Nano))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDoctorChangesNothing(t *testing.T) {
	home := killedHome(t, 3)
	before := contents(t, home)
	code, out := doctor(t, home)
	if code != node.ExitOK || !strings.Contains(out, "✓ log          3 receipt(s)") {
		t.Fatalf("exit %d: %s", code, out)
	}
	after := contents(t, home)
	for path, was := range before {
		if after[path] != was {
			t.Errorf("%s was changed: %s, now %s", path, was, after[path])
		}
	}
	for path := range after {
		if before[path] == "" {
			t.Errorf("%s was made", path)
		}
	}
}

// rowFile is the newest file of the store that holds marker, and where.
func rowFile(t *testing.T, home, marker string) (name string, at int64) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(home, "store", "rows", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.LastIndex(b, []byte(marker)); i >= 0 {
			name, at = n, int64(i)
		}
	}
	if name == "" {
		t.Fatalf("no file holds %q", marker)
	}
	return name, at
}

func leafKey(index int) string { return fmt.Sprintf("r/l/%020d", index) }

// TestI11_DoctorSaysWhatIsLost damages a store in several ways; doctor names
// the transactions and the receipts that are gone.
func TestI11_DoctorSaysWhatIsLost(t *testing.T) {
	const receipts = 12
	for name, c := range map[string]struct {
		damage func(t *testing.T, home string)
		says   []string
	}{
		"the last receipts are cut off": {func(t *testing.T, home string) {
			file, at := rowFile(t, home, leafKey(receipts-3))
			check(t, os.Truncate(file, at))
		}, []string{"✗ store", "rolled back by", "✗ lost         transactions ", "of 12 receipts", "9 to 11, made after 20"}},
		"a bit flipped in one receipt": {func(t *testing.T, home string) {
			file, at := rowFile(t, home, leafKey(5))
			b, err := os.ReadFile(file)
			check(t, err)
			b[at+60] ^= 4
			check(t, os.WriteFile(file, b, 0o600))
		}, []string{"✗ store", "✗ lost", "5 to 11"}},
		"the rows are gone": {func(t *testing.T, home string) {
			check(t, os.RemoveAll(filepath.Join(home, "store", "rows")))
			check(t, os.Mkdir(filepath.Join(home, "store", "rows"), 0o700))
		}, []string{"✗ store", "12 of 12 receipts", "0 to 11"}},
		"the head file is gone": {func(t *testing.T, home string) {
			check(t, os.Remove(filepath.Join(home, "store", "HEAD")))
		}, []string{"✗ store", "head file is missing", "no readable head", "no receipt: all 12 can be read"}},
		"badger cannot read it": {func(t *testing.T, home string) {
			check(t, os.WriteFile(filepath.Join(home, "store", "rows", "MANIFEST"), []byte("no"), 0o600))
		}, []string{"✗ store", "✗ lost", "the receipts 0 to 11"}},
	} {
		t.Run(name, func(t *testing.T) {
			home := killedHome(t, receipts)
			c.damage(t, home)
			before := contents(t, home)
			code, out := doctor(t, home)
			if code != node.ExitFailure {
				t.Fatalf("exit %d: %s", code, out)
			}
			for _, say := range c.says {
				if !strings.Contains(out, say) {
					t.Errorf("it does not say %q:\n%s", say, out)
				}
			}
			if len(contents(t, home)) != len(before) {
				t.Error("it left or removed files")
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDoctorFixesWhatCannotHurt(t *testing.T) {
	home := killedHome(t, 1)
	if len(home) > 90 { // a Unix socket's path is short
		short, err := os.MkdirTemp("", "doctor-")
		check(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(short) })
		check(t, os.Rename(home, filepath.Join(short, "home")))
		home = filepath.Join(short, "home")
	}
	check(t, os.Chmod(home, 0o755))
	check(t, os.Chmod(filepath.Join(home, "master.key"), 0o644))
	socket := filepath.Join(home, "node.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	check(t, err)
	l.SetUnlinkOnClose(false)
	check(t, l.Close()) // what a killed node leaves
	if code, out := doctor(t, home); code != node.ExitFailure || !strings.Contains(out, "✗ home") || !strings.Contains(out, "✗ permissions") || !strings.Contains(out, "! socket") {
		t.Fatalf("exit %d: %s", code, out)
	}
	if code, out := doctor(t, home, "--fix"); code != node.ExitOK || strings.Contains(out, "✗") {
		t.Fatalf("with --fix: exit %d: %s", code, out)
	}
	if code, out := doctor(t, home); code != node.ExitOK {
		t.Fatalf("afterwards: exit %d: %s", code, out)
	}
	if _, err := os.Lstat(socket); err == nil {
		t.Error("the stale socket is still there")
	}
}

// TestDoctorLeavesAStoreInUseAlone: a process that has the store and serves no
// socket, as mcp serve does.
func TestDoctorLeavesAStoreInUseAlone(t *testing.T) {
	home := killedHome(t, 2)
	n, err := node.Open(t.Context(), node.Options{Home: home})
	check(t, err)
	code, out := doctor(t, home)
	if code != node.ExitOK || !strings.Contains(out, "! store        another process has it open") {
		t.Errorf("exit %d: %s", code, out)
	}
	if a, err := n.Invoke(t.Context(), node.CallRequest{Server: "none", Tool: "none", Arguments: wire.Raw(`{}`)}); err != nil || a.Unlogged {
		t.Errorf("the node that has it was disturbed: %+v, %v", a, err)
	}
	check(t, n.Stop(context.WithoutCancel(t.Context())))
}
