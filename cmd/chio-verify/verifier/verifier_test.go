package verifier

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"chio-verify": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs every script with the vectors of both packages at hand.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			for name, dir := range map[string]string{
				"lineage":    filepath.Join("..", "..", "..", "kernel", "receipt", "testdata", "lineage"),
				"receipt":    filepath.Join("..", "..", "..", "kernel", "receipt", "testdata", "vectors"),
				"capability": filepath.Join("..", "..", "..", "kernel", "capability", "testdata", "vectors"),
			} {
				if err := os.CopyFS(filepath.Join(env.WorkDir, name), os.DirFS(dir)); err != nil {
					return err
				}
			}
			return nil
		},
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   cmdExits,
			"flipall": cmdFlipAll,
		},
	})
}

// cmdExits runs chio-verify and compares its exit code: exits CODE ARGS…
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARGS…")
	}
	code := "0"
	if err := ts.Exec("chio-verify", args[1:]...); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = string('0' + rune(exit.ExitCode()))
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// cmdFlipAll changes one byte at a time of FILE, at every STEPth place, and
// expects exit code 4: flipall STEP FILE ARGS…, where @ in ARGS is the copy.
func cmdFlipAll(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: flipall STEP FILE ARGS…")
	}
	step := 0
	for _, c := range args[0] {
		step = step*10 + int(c-'0')
	}
	doc := []byte(ts.ReadFile(args[1]))
	copied := ts.MkAbs("flipped")
	run := make([]string, 0, len(args))
	run = append(run, "4")
	for _, a := range args[2:] {
		run = append(run, strings.Replace(a, "@", copied, 1))
	}
	for i := 0; i < len(doc); i += step {
		doc[i] ^= 1
		ts.Check(os.WriteFile(copied, doc, 0o600))
		cmdExits(ts, false, run)
		doc[i] ^= 1
	}
}

// TestLinks: the verifier links three packages of this module and one module
// under wire, and nothing that could reach a network.
func TestLinks(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "..").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/backbay-labs/chio-node/"
	allowed := map[string]bool{
		module + "wire": true, module + "kernel/capability": true,
		module + "kernel/receipt": true, module + "cmd/chio-verify": true, module + "cmd/chio-verify/verifier": true,
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		first, _, _ := strings.Cut(pkg, "/")
		switch {
		case strings.HasPrefix(pkg, "github.com/go-json-experiment/json"), allowed[pkg]:
		case pkg == "net" || pkg == "net/http" || pkg == "os/exec" || pkg == "crypto/tls":
			t.Errorf("links %s", pkg)
		case strings.Contains(first, "."):
			t.Errorf("links %s", pkg)
		}
	}
}
