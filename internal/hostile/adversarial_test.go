package hostile_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// adversarial lists the ways to cheat, and the failures, that federation must
// stand, as docs/federation.md names them.
var adversarial = []string{
	"replayed hello inside and after skew", "reflected message", "swapped roles", "unknown-key-share", "binding for another PeerID",
	"expired or lower-seq binding", "same DID on two PeerIDs at once", "downgrade", "300 s ± 1 skew", "slow-loris byte per second",
	"2^31 declared length", "duplicate JSON keys", "unicode/number canonicalisation differences", "10k concurrent hellos from one peer",
	"stream floods", "connection floods", "junk frames", "gossip spam", "addresses that lead elsewhere",

	"meet laws by property test", "absent-vs-empty allow-list", "unknown critical field", "currency disjoint", "conflicting windows",
	"peer tightens mid-call", "peer loosens unilaterally", "peer lies about its own policy", "stale attestation", "hash equal but body differs in key order", "effective hash mismatch between sides",

	"forged parent", "cycle in lineage", "hop limit", "co-sign for a call never requested", "changed receipt between sign and co-sign", "signature order swapped", "extra third signature",
	"keyid of revoked key", "equivocating heads", "truncated log", "rollback of a peer's log after restore from backup", "1M-receipt catch-up with a slow peer", "malicious range answers",

	"withheld roots", "epoch regression", "same epoch two roots", "catch-up with gaps", "4097-epoch request", "future timestamps", "revoked mid-flight call",

	"both sides spend slice", "lease replay after heal", "clock jump ±1 h", "kill during heal",
	"split for longer than lease TTL", "heal with conflicting totals", "three orgs with asymmetric reachability",
}

// quoted finds names in a table.
var quoted = regexp.MustCompile("`([^`]+)`")

// notKept begins the reason why a line has no test.
const notKept = "Not kept: "

// TestAdversarialListIsTested: the section of docs/federation.md has every line
// of the list, and each names tests that exist, or says why there is none.
func TestAdversarialListIsTested(t *testing.T) {
	rows := adversarialRows(t)
	for _, line := range adversarial {
		if rows[line] == "" {
			t.Errorf("no row for %q", line)
		}
	}
	wanted := map[string]bool{}
	for _, line := range adversarial {
		wanted[line] = true
	}
	tests := testIndex{}
	for line, cell := range rows {
		if !wanted[line] {
			t.Errorf("%q is not in the list", line)
		}
		if reason, ok := strings.CutPrefix(cell, notKept); ok {
			if len(reason) < 40 {
				t.Errorf("%s: that is no reason: %s", line, reason)
			}
			continue
		}
		found := quoted.FindAllStringSubmatch(cell, -1)
		if len(found) == 0 {
			t.Errorf("%s: no test is named", line)
		}
		for _, m := range found {
			folder, test, ok := strings.Cut(m[1], " ")
			if !ok || !tests.exists(t, folder, test) {
				t.Errorf("%s: no test %s", line, m[1])
			}
		}
	}
}

// TestLimitsAreNamed: every limit that docs/federation.md names is a constant.
func TestLimitsAreNamed(t *testing.T) {
	var source []byte
	for _, folder := range []string{"p2p", "federation"} {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			doc, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			source = append(source, doc...)
		}
	}
	names := 0
	for row := range strings.Lines(section(t, "## Limits")) {
		cells := strings.Split(row, " | ")
		if len(cells) != 3 {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			names++
			if !regexp.MustCompile(`(?m)^\s*(const |var )?` + m[1] + ` +=`).Match(source) {
				t.Errorf("%s is no constant", m[1])
			}
		}
	}
	if names < 20 {
		t.Errorf("only %d names: the search is broken", names)
	}
}

// section is a section of docs/federation.md.
func section(t *testing.T, title string) string {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "federation.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(doc), title+"\n")
	if !ok {
		t.Fatalf("docs/federation.md has no section %q", title)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// adversarialRows are the rows of the section's tables.
func adversarialRows(t *testing.T) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for row := range strings.Lines(section(t, "## What is tested against a hostile peer")) {
		cells := strings.Split(strings.TrimSpace(row), " | ")
		if len(cells) != 2 || strings.HasSuffix(cells[1], "Tests |") {
			continue
		}
		line := strings.TrimPrefix(cells[0], "| ")
		if rows[line] != "" {
			t.Errorf("%q is there twice", line)
		}
		rows[line] = strings.TrimSuffix(cells[1], " |")
	}
	return rows
}

// testIndex has the test functions of folders: by folder and name, the strings in
// each.
type testIndex map[string]map[string]map[string]bool

// exists reports whether a folder has a test, and the test a case of the name
// after the first slash.
func (x testIndex) exists(t *testing.T, folder, name string) bool {
	t.Helper()
	if x[folder] == nil {
		x[folder] = testsOf(t, folder)
	}
	function, sub, _ := strings.Cut(name, "/")
	texts, ok := x[folder][function]
	return ok && (sub == "" || texts[sub])
}

func testsOf(t *testing.T, folder string) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]bool{}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") && !strings.HasPrefix(fn.Name.Name, "Benchmark") {
				continue
			}
			texts := map[string]bool{}
			ast.Inspect(fn, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						texts[s] = true
					}
				}
				return true
			})
			tests[fn.Name.Name] = texts
		}
	}
	return tests
}
