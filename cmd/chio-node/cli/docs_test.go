package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestPolicyPage types docs/policy.md as it stands: every file it shows, every
// command, and what it says they print. In a block of commands, "# → TEXT" is
// what is printed, "# exit N" the exit code, "&" runs beside, and ID is the id
// of the receipt on top of the list before it.
func TestPolicyPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "policy.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, files, err := scriptOf(string(page))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.txtar"), []byte(script+files), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, scripts(dir))
}

// scriptOf turns a page into a test script and its files.
func scriptOf(page string) (script, files string, err error) {
	var out, attached strings.Builder
	tour := &tour{out: &out}
	name, fence := "", ""
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n")
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence = strings.TrimPrefix(line, "```")
			if fence == "yaml" {
				if name == "" {
					return "", "", fmt.Errorf("a YAML block without a file name above it")
				}
				fmt.Fprintf(&attached, "-- %s --\n", name)
			}
		case line == "```":
			fence, name = "", ""
		case fence == "sh":
			if err := tour.command(line); err != nil {
				return "", "", err
			}
		case fence == "yaml":
			fmt.Fprintln(&attached, line)
		case fence == "" && strings.HasPrefix(line, "`") && strings.HasSuffix(line, "`") && strings.Count(line, "`") == 2:
			name = strings.Trim(line, "`")
		}
	}
	return out.String(), attached.String(), nil
}

// tour writes the commands of a page.
type tour struct {
	out  *strings.Builder
	jobs int    // begun with &
	list string // the last listing: what ID is looked up in
}

func (p *tour) command(line string) error {
	line, comment, _ := strings.Cut(line, " #")
	line, comment = strings.TrimSpace(line), strings.TrimSpace(comment)
	want := "0"
	if rest, is := strings.CutPrefix(comment, "exit "); is {
		want, comment, _ = strings.Cut(rest, " ")
	}
	switch {
	case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "export CHIO_HOME="): // the script's home is the page's
	case strings.HasPrefix(line, "kill %"):
		fmt.Fprintf(p.out, "halt job%s\nuntil '\"servers\":[]' chio-node status --json\n", strings.TrimPrefix(line, "kill %"))
	case strings.HasSuffix(line, "&"):
		p.jobs++
		line = strings.TrimSpace(strings.TrimSuffix(line, "&"))
		if strings.HasPrefix(line, "chio-node up") {
			fmt.Fprintf(p.out, "start job%d %s\n", p.jobs, line)
			return nil
		}
		fmt.Fprintf(p.out, "begin job%d %s\nuntil read_file chio-node status\n", p.jobs, line)
	case strings.HasPrefix(line, "chio-node "):
		if strings.Contains(line, " receipt list") {
			p.list = line
		}
		if strings.Contains(line, " ID") {
			if p.list == "" {
				return fmt.Errorf("%q names an ID that nothing listed", line)
			}
			fmt.Fprintf(p.out, "exits 0 %s --json\nfield ID id\n", p.list)
			line = strings.ReplaceAll(line, " ID", " $ID")
		}
		fmt.Fprintf(p.out, "exits %s %s\n", want, strings.ReplaceAll(line, `"incident 12"`, `'incident 12'`))
	default:
		fmt.Fprintf(p.out, "exec sh -c '%s'\n", line)
	}
	if text, is := strings.CutPrefix(comment, "→ "); is {
		fmt.Fprintf(p.out, "printed '%s'\n", strings.ReplaceAll(text, "'", "''"))
	}
	return nil
}

// cmdPrinted looks for a text in what the last program printed, to either
// stream: printed TEXT.
func cmdPrinted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: printed TEXT")
	}
	if out := ts.ReadFile("stdout") + ts.ReadFile("stderr"); !strings.Contains(out, args[0]) {
		ts.Fatalf("%q was not printed", args[0])
	}
}
