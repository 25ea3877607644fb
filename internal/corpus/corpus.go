// Package corpus reads the labelled texts that detectors are measured on, and
// holds docs/guards.md to what was measured.
//
// A corpus has two halves, written separately: tuning, which the rules were
// written against, and heldout, of which nobody looked at a single item.
// Measure prints the items of the first that were judged wrongly, and never
// those of the second.
//
// Test support only.
package corpus

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var update = flag.Bool("update-figures", false, "write the measured figures into docs/guards.md")

// Item is one text. Label is attack or benign.
type Item struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Text      string `json:"text"`
	Technique string `json:"technique"`
	Lang      string `json:"lang,omitempty"`
	Note      string `json:"note,omitempty"`
}

// Attack reports whether the text is one that must be caught.
func (i Item) Attack() bool { return i.Label == "attack" }

// marker stands inside what looks like a credential, so that scanners of
// repositories leave the corpus alone.
const marker = "{{}}"

// Halves are the names of both halves.
var Halves = [...]string{"tuning", "heldout"}

// Load reads one half of a corpus, for example "paths".
func Load(t testing.TB, half, name string) []Item {
	t.Helper()
	f, err := os.Open(filepath.Join(root(t), "kernel", "guards", "testdata", "corpus", half, name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var items []Item
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var it Item
		if err := json.Unmarshal(lines.Bytes(), &it); err != nil || it.Text == "" || it.Label != "attack" && it.Label != "benign" {
			t.Fatalf("%s/%s: line %d is no item", half, name, len(items)+1)
		}
		it.Text = strings.ReplaceAll(it.Text, marker, "")
		items = append(items, it)
	}
	if err := lines.Err(); err != nil || len(items) == 0 {
		t.Fatalf("%s/%s: %d items, %v", half, name, len(items), err)
	}
	return items
}

// Figures are what was measured on one half.
type Figures struct {
	Attacks, Caught, Benign, Stopped int
}

// Recall and Precision are in permille, rounded down.
func (f Figures) Recall() int { return share(f.Caught, f.Attacks) }

// Precision is the share of attacks among what was stopped.
func (f Figures) Precision() int { return share(f.Caught, f.Caught+f.Stopped) }

func share(part, all int) int {
	if all == 0 {
		return 0
	}
	return 1000 * part / all
}

// row is a line of the table in docs/guards.md.
func (f Figures) row(title, half string) string {
	percent := func(permille int) string { return fmt.Sprintf("%d.%d %%", permille/10, permille%10) }
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %s | %s |", title, half, f.Attacks, f.Caught, f.Benign, f.Stopped,
		percent(f.Recall()), percent(f.Precision()))
}

// Floor is the least the tuning half must reach, in permille.
type Floor struct{ Recall, Precision int }

// Measure judges both halves of a corpus and requires that the tuning half
// reaches its floor, and that docs/guards.md says exactly what was measured
// for both, under title. stops reports whether a text is stopped.
func Measure(t *testing.T, title, name string, floor Floor, stops func(Item) bool) {
	t.Helper()
	for _, half := range Halves {
		var f Figures
		for _, it := range Load(t, half, name) {
			stopped := stops(it)
			switch {
			case it.Attack():
				f.Attacks++
			default:
				f.Benign++
			}
			switch {
			case it.Attack() && stopped:
				f.Caught++
			case stopped:
				f.Stopped++
			}
			if half == "tuning" && stopped != it.Attack() {
				t.Logf("%s %s (%s): stopped is %v", it.ID, it.Label, it.Technique, stopped)
			}
		}
		t.Logf("%s: %s: %d of %d attacks caught, %d of %d benign stopped: recall %d, precision %d permille",
			title, half, f.Caught, f.Attacks, f.Stopped, f.Benign, f.Recall(), f.Precision())
		if half == "tuning" && (f.Recall() < floor.Recall || f.Precision() < floor.Precision) {
			t.Errorf("%s: recall %d, precision %d permille on the tuning half; the floors are %d and %d",
				title, f.Recall(), f.Precision(), floor.Recall, floor.Precision)
		}
		published(t, title, half, f.row(title, half))
	}
}

// published holds docs/guards.md to a row, or writes it there.
func published(t *testing.T, title, half, row string) {
	t.Helper()
	file := filepath.Join(root(t), "docs", "guards.md")
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("| %s | %s |", title, half)
	lines := strings.Split(string(doc), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, prefix) {
			continue
		}
		switch {
		case line == row:
		case *update:
			lines[i] = row
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("docs/guards.md says\n%s\nand measured was\n%s\nrun this test with -update-figures and say why in the commit", line, row)
		}
		return
	}
	t.Errorf("docs/guards.md has no row that begins with %s", prefix)
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("where this file is, is not known")
	}
	dir := filepath.Dir(file)
	if !filepath.IsAbs(dir) { // built with -trimpath
		wd, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for dir = wd; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
			if dir == filepath.Dir(dir) {
				t.Fatal("no go.mod above the working directory")
			}
		}
		return dir
	}
	return filepath.Dir(filepath.Dir(dir))
}
