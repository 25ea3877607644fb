package shell

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// sample is one line of a corpus.
type sample struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Technique string `json:"technique"`
	Text      string `json:"text"`
	Note      string `json:"note,omitempty"`
}

func load(t testing.TB, half string) []sample {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "corpus", half, "shell.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var list []sample
	in := bufio.NewScanner(f)
	for in.Scan() {
		var s sample
		if err := wire.Unmarshal(in.Bytes(), &s, wire.ForeignLimits); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func call(tool string, args any) *guard.Request {
	c := &kernel.Call{Mandate: &kernel.Mandate{Server: "s", Tool: tool, Arguments: wire.MustMarshal(args)}}
	return &guard.Request{Call: c, Action: guard.Extract(c)}
}

func command(text string) *guard.Request { return call("bash", map[string]string{"command": text}) }

func judged(t testing.TB, g *Guard, text string) kernel.Decision {
	t.Helper()
	d, err := g.Judge(command(text))
	if err != nil || len(d.Evidence) != 1 {
		t.Fatalf("%v %+v", err, d)
	}
	return d
}

// TestCorpus measures both halves. The floors of the tuning half are promises;
// those of the other half are what was measured, so that a change that makes
// the guard worse on lines it was not written for is seen.
func TestCorpus(t *testing.T) {
	g := must(t, Config{})
	for _, half := range []struct {
		name              string
		recall, precision float64
	}{{"tuning", 0.95, 0.95}, {"heldout", 0.95, 0.99}} {
		var tp, fp, fn, tn int
		for _, s := range load(t, half.name) {
			denied := judged(t, g, s.Text).Verdict != kernel.Allow
			attack := s.Label == "attack"
			switch {
			case denied && attack:
				tp++
			case denied:
				fp++
			case attack:
				fn++
			default:
				tn++
			}
			if half.name == "tuning" && denied != attack && testing.Verbose() {
				t.Logf("%s %s %s: denied %v", s.ID, s.Label, s.Technique, denied)
			}
		}
		recall, precision := float64(tp)/float64(max(1, tp+fn)), float64(tp)/float64(max(1, tp+fp))
		fmt.Printf("shell corpus %s: %d attacks, %d benign, recall %.3f, precision %.3f\n", half.name, tp+fn, fp+tn, recall, precision)
		if recall < half.recall || precision < half.precision {
			t.Errorf("%s: recall %.3f, want %.2f; precision %.3f, want %.2f", half.name, recall, half.recall, precision, half.precision)
		}
	}
}

func must(t testing.TB, c Config) *Guard {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
