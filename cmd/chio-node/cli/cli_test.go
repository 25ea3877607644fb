package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
	"github.com/backbay-labs/chio-node/cmd/chio-verify/verifier"
	"github.com/backbay-labs/chio-node/edge/mcp"
	"github.com/backbay-labs/chio-node/edge/mcp/fileserver"
	"github.com/backbay-labs/chio-node/oracle"
)

// TestMain makes the real programs available to scripts, each as a process of
// its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"chio-node":   func() { os.Exit(cli.Main(os.Args[1:], cli.System())) },
		"chio-verify": func() { os.Exit(verifier.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"callon":      toolServer(serveCallOn),
		"waiter":      toolServer(serveWait),

		"stripedouble": toolServer(serveStripeDouble),
		"stripesay":    toolServer(sayAsStripe),
		"fileserver": func() {
			if err := fileserver.Run(context.Background(), os.Args[1]); err != nil {
				fmt.Fprintln(os.Stderr, "fileserver:", err)
				os.Exit(1)
			}
		},
	})
}

func TestScripts(t *testing.T) { testscript.Run(t, scripts(filepath.Join("testdata", "script"))) }

// scripts runs those of a folder, with the programs and commands they use.
func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		Condition: func(name string) (bool, error) {
			if name != "landlock" {
				return false, fmt.Errorf("no condition %q", name)
			}
			_, err := mcp.ConfinementVersion()
			return err == nil, nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("CHIO_HOME", filepath.Join(env.WorkDir, "home"))
			for name, dir := range map[string]string{"receipt": "receipt", "capability": "capability"} {
				vectors := filepath.Join("..", "..", "..", "kernel", dir, "testdata", "vectors")
				if err := os.CopyFS(filepath.Join(env.WorkDir, "vectors", name), os.DirFS(vectors)); err != nil {
					return err
				}
			}
			files := filepath.Join("..", "offline", "testdata", "vectors")
			if err := os.CopyFS(filepath.Join(env.WorkDir, "files"), os.DirFS(files)); err != nil {
				return err
			}
			operators, err := operators(filepath.Join(files, "price.json"))
			env.Setenv("OPERATORS", strings.Join(operators, ","))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   cmdExits,
			"field":   cmdField,
			"drive":   cmdDrive,
			"begin":   cmdBegin,
			"until":   cmdUntil,
			"start":   cmdStart,
			"halt":    cmdHalt,
			"flip":    cmdFlip,
			"dead":    cmdDead,
			"corrupt": cmdCorrupt,
			"printed": cmdPrinted,
			"hangup":  cmdHangup,
			"http":    cmdHTTP,
			"fill":    cmdFill,
			"last8":   cmdLast8,
			"idp":     cmdIDP,
			"signin":  cmdSignIn,
		},
	}
}

// operators are those that signed price evidence.
func operators(path string) ([]string, error) {
	doc, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	e, err := oracle.ParseEvidence(doc)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, o := range e.Body.Round.Observations {
		out = append(out, o.Operator)
	}
	return out, nil
}

// cmdCorrupt damages what a store has written: corrupt DIR zeroes part
// of the first receipt-log row in each file.
func cmdCorrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: corrupt DIR")
	}
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "rows", "*.*"))
	ts.Check(err)
	hit := false
	for _, name := range files {
		doc, err := os.ReadFile(name)
		ts.Check(err)
		if i := bytes.Index(doc, []byte("r/")); i >= 0 {
			copy(doc[i:], make([]byte, 64))
			ts.Check(os.WriteFile(name, doc, 0o600))
			hit = true
		}
	}
	if !hit {
		ts.Fatalf("found no row to damage in %v", files)
	}
}

// cmdExits runs a program and compares its exit code: exits CODE PROGRAM ARGS…
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// cmdField keeps a string member of the JSON on standard output as a variable:
// field NAME MEMBER takes the first "MEMBER":"value".
func cmdField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field NAME MEMBER")
	}
	_, rest, found := strings.Cut(ts.ReadFile("stdout"), `"`+args[1]+`":"`)
	value, _, closed := strings.Cut(rest, `"`)
	if !found || !closed {
		ts.Fatalf("standard output has no string %q", args[1])
	}
	ts.Setenv(args[0], value)
}

// cmdFlip changes one byte of a copy: flip FILE COPY OLD NEW replaces the first
// OLD by NEW.
func cmdFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: flip FILE COPY OLD NEW")
	}
	doc := ts.ReadFile(args[0])
	if !strings.Contains(doc, args[2]) {
		ts.Fatalf("%s has no %q", args[0], args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Replace(doc, args[2], args[3], 1)), 0o600))
}

// cmdLast8 sets a variable to what a person reads of a DID: its last eight
// characters.
func cmdLast8(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || len(args[1]) < 8 {
		ts.Fatalf("usage: last8 NAME DID")
	}
	ts.Setenv(args[0], args[1][len(args[1])-8:])
}
