package cli_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/cli"
	"github.com/backbay-labs/chio-node/node"
)

// TestDoctorSurvivesTheStore: a store that ends the process which reads it is a
// finding, not the end of doctor.
func TestDoctorSurvivesTheStore(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	var out, errs bytes.Buffer
	env := cli.System()
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), &out, &errs
	env.Terminal = func() bool { return false }
	if code := cli.Main([]string{"--home", home, "init", "--name", "acme"}, env); code != node.ExitOK {
		t.Fatalf("init: exit %d: %s", code, errs.String())
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, fake := range map[string]func() ([]string, error){
		"ends with an error": func() ([]string, error) { return []string{self, "-no-such-flag"}, nil },
		"says nothing":       func() ([]string, error) { return []string{self, "-test.run=^$", "--"}, nil },
		"cannot start":       func() ([]string, error) { return []string{filepath.Join(home, "none")}, nil },
		"is unknown":         func() ([]string, error) { return nil, errors.New("no executable") },
	} {
		t.Run(name, func(t *testing.T) {
			out.Reset()
			env.Self = fake
			if code := cli.Main([]string{"doctor", "--home", home}, env); code != node.ExitFailure {
				t.Fatalf("exit %d: %s", code, out.String())
			}
			if !strings.Contains(out.String(), "✗ store") {
				t.Fatalf("%s", out.String())
			}
		})
	}
}
