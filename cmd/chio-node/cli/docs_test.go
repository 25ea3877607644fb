package cli_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestPolicyPage and TestIdentityPage type a page as it stands: every file it
// shows, every command, and what it says they print. In a block of commands,
// "# → TEXT" is what is printed, "# exit N" the exit code, "# NAME is the
// FIELD" names a member of what it prints with --json, "&" runs beside, and ID
// is the id of the receipt on top of the list before it. Blocks without a
// language are not typed.
func TestPolicyPage(t *testing.T) { typePage(t, "policy.md") }

func TestIdentityPage(t *testing.T) { typePage(t, "identity.md") }

func typePage(t *testing.T, name string) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	script, files, err := scriptOf(strings.ReplaceAll(string(page), "127.0.0.1:8080", free(t)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.txtar"), []byte(script+files), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, scripts(dir))
}

// free is an address of this machine that nobody listens at.
func free(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// scriptOf turns a page into a test script and its files.
func scriptOf(page string) (script, files string, err error) {
	var out, attached strings.Builder
	tour := &tour{out: &out, begun: make(map[string]string)}
	name, fence := "", ""
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n")
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence = strings.TrimPrefix(line, "```")
			if fence == "" {
				fence = "text"
			}
			if fence == "yaml" || fence == "json" {
				if name == "" {
					return "", "", fmt.Errorf("a block of %s without a file name above it", fence)
				}
				fmt.Fprintf(&attached, "-- %s --\n", name)
			}
		case line == "```":
			fence, name = "", ""
		case fence == "sh":
			if err := tour.command(line); err != nil {
				return "", "", err
			}
		case fence == "yaml" || fence == "json":
			fmt.Fprintln(&attached, line)
		case fence == "" && strings.HasPrefix(line, "`") && strings.HasSuffix(line, "`") && strings.Count(line, "`") == 2:
			name = strings.Trim(line, "`")
		}
	}
	return out.String(), tour.variables(attached.String()), nil
}

// tour writes the commands of a page.
type tour struct {
	out   *strings.Builder
	jobs  int               // begun with &
	begun map[string]string // each job's command
	list  string            // the last listing: what ID is looked up in
	names []string          // what was named
}

var named = regexp.MustCompile(`^([A-Z]+) is the ([a-z_]+)$`)

func (p *tour) command(line string) error {
	line, comment, _ := strings.Cut(line, " #")
	line, comment = strings.TrimSpace(line), strings.TrimSpace(comment)
	want := "0"
	if rest, is := strings.CutPrefix(comment, "exit "); is {
		want, comment, _ = strings.Cut(rest, " ")
	}
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, "export CHIO_HOME="):
		fmt.Fprintf(p.out, "env CHIO_HOME=$WORK/%s\n", filepath.Base(line[len("export CHIO_HOME="):]))
	case strings.HasPrefix(line, "kill %"):
		job := strings.TrimPrefix(line, "kill %")
		if job == "%" { // the last one
			job = strconv.Itoa(p.jobs)
		}
		fmt.Fprintf(p.out, "halt job%s\n", job)
		if strings.Contains(p.begun[job], " mcp serve ") {
			fmt.Fprintf(p.out, "until '\"servers\":[]' chio-node status --json\n")
		}
	case strings.HasSuffix(line, "&"):
		p.jobs++
		line = p.variables(strings.TrimSpace(strings.TrimSuffix(line, "&")))
		p.begun[strconv.Itoa(p.jobs)] = line
		if strings.HasPrefix(line, "chio-node up") || strings.HasPrefix(line, "chio-node vc serve") {
			fmt.Fprintf(p.out, "start job%d %s\n", p.jobs, line)
			return nil
		}
		fmt.Fprintf(p.out, "begin job%d %s\nuntil read_file chio-node status\n", p.jobs, line)
	case strings.HasPrefix(line, "curl -s "):
		return p.curl(p.variables(line), comment)
	case strings.HasPrefix(line, "chio-node "):
		line = p.variables(line)
		if command, file, is := strings.Cut(line, " > "); is {
			fmt.Fprintf(p.out, "exits %s %s\ncp stdout %s\n", want, command, file)
			return nil
		}
		if name := named.FindStringSubmatch(comment); name != nil {
			fmt.Fprintf(p.out, "exits %s %s --json\nfield %s %s\n", want, line, name[1], name[2])
			p.names = append(p.names, name[1])
			return nil
		}
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
		if !strings.Contains(line, "'") {
			line = strings.ReplaceAll(line, `"`, "'")
		}
		fmt.Fprintf(p.out, "exits %s %s\n", want, line)
	default:
		fmt.Fprintf(p.out, "exec sh -c '%s'\n", line)
	}
	if text, is := strings.CutPrefix(comment, "→ "); is {
		fmt.Fprintf(p.out, "printed '%s'\n", strings.ReplaceAll(text, "'", "''"))
	}
	return nil
}

// variables puts what was named into a command.
func (p *tour) variables(line string) string {
	for _, name := range p.names {
		line = strings.ReplaceAll(line, "'"+name, name+"'") // quotes keep scripts from putting it in
		line = strings.ReplaceAll(line, name, "${"+name+"}")
	}
	return line
}

// curl turns "curl -s [--json @FILE] URL" into a request: "# STATUS" is what
// comes back, "# STATUS → TEXT" a part of the answer.
func (p *tour) curl(line, comment string) error {
	words := strings.Fields(line)[2:]
	status, text, _ := strings.Cut(comment, " → ")
	method, file := http.MethodGet, ""
	if len(words) == 3 && words[0] == "--json" {
		method, file, words = http.MethodPost, strings.TrimPrefix(words[1], "@"), words[2:]
	}
	if len(words) != 1 || len(status) != 3 {
		return fmt.Errorf("%q # %q is not curl -s [--json @FILE] URL # STATUS", line, comment)
	}
	fmt.Fprintf(p.out, "http %s %s %s %s\n", status, method, words[0], file)
	if text != "" {
		fmt.Fprintf(p.out, "grep '%s' answer\n", regexp.QuoteMeta(text))
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
