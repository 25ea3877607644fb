package cli

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/backbay-labs/chio-node/docs"
)

var update = flag.Bool("update", false, "write docs/cli.md anew")

func TestReferenceIsCurrent(t *testing.T) {
	var want bytes.Buffer
	if err := writeReference(&want); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join("..", "..", "..", "docs", "cli.md")
	if *update {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/cli.md is not what the program says: go test ./cmd/chio-node/cli -run Reference -update")
	}
}

// TestEveryVerbExplainsItself: a line of help, an example that the verb would
// accept, and --json.
func TestEveryVerbExplainsItself(t *testing.T) {
	used := map[string]bool{}
	for _, c := range verbs((&app{Env: System()}).root()) {
		name := verbPath(c)
		used[name] = true
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q: one line without a full stop", name, c.Short)
		}
		if c.Example == "" {
			t.Errorf("%s has no example; add one to examples", name)
			continue
		}
		if f := c.Flag("json"); f == nil || f.Value.Type() != "bool" {
			t.Errorf("%s does not take --json", name)
		}
		accepts(t, name, words(c.Example), false)
		accepts(t, name, append([]string{"chio-node", "--json"}, words(c.Example)[1:]...), true)
	}
	for name := range examples {
		if !used[name] {
			t.Errorf("there is an example of %q and no such verb", name)
		}
	}
}

// accepts parses a command line as the program does, without running it.
func accepts(t *testing.T, name string, line []string, json bool) {
	t.Helper()
	a := &app{Env: System()}
	root := a.root()
	c, rest, err := root.Find(line[1:])
	if err != nil || verbPath(c) != name {
		t.Errorf("%q is not a line of %s: %v", line, name, err)
		return
	}
	if err := c.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", line, err)
		return
	}
	for _, check := range []func() error{c.ValidateRequiredFlags, c.ValidateFlagGroups, func() error { return validArgs(c) }} {
		if err := check(); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	if json && !a.json {
		t.Errorf("%q: --json has no effect", line)
	}
}

func validArgs(c *cobra.Command) error { return c.ValidateArgs(c.Flags().Args()) }

var word = regexp.MustCompile(`'[^']*'|"[^"]*"|[^ ]+`)

// words splits a command line at spaces outside of quotes.
func words(line string) []string {
	all := word.FindAllString(line, -1)
	for i := range all {
		all[i] = strings.Trim(all[i], `'"`)
	}
	return all
}

// TestErrorTableNamesRealVerbs: what the table of codes tells people to run
// exists.
func TestErrorTableNamesRealVerbs(t *testing.T) {
	rows, err := docs.ErrorCodes()
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("`chio-node ([^`]*)`")
	seen := 0
	for _, r := range rows {
		for _, found := range line.FindAllStringSubmatch(r.Cause+" "+r.Fix+" "+r.Where, -1) {
			root := (&app{Env: System()}).root()
			c, rest, err := root.Find(words(found[1]))
			if err != nil || c == root || !does(c) {
				t.Errorf("%s: there is no verb chio-node %s", r.Code, found[1])
				continue
			}
			if err := c.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) && !strings.HasPrefix(err.Error(), "flag needs") {
				t.Errorf("%s: chio-node %s: %v", r.Code, found[1], err)
			}
			seen++
		}
	}
	if seen == 0 {
		t.Error("no verb was found: the pattern is wrong")
	}
}
