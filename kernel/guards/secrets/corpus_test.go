package secrets_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/wire"
)

// sample is one line of a corpus: {{}} breaks up what scanners of this
// repository would otherwise report, and is removed.
type sample struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Technique string `json:"technique"`
	Text      string `json:"text"`
}

func corpus(t *testing.T, half string) []sample {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "corpus", half, "secrets.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []sample
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s sample
		if err := wire.Unmarshal(lines.Bytes(), &s, wire.ForeignLimits); err != nil {
			t.Fatal("a line of the corpus is not a sample")
		}
		s.Text = strings.ReplaceAll(s.Text, "{{}}", "")
		out = append(out, s)
	}
	return out
}

// judged runs the guard as a call does: the text is an argument of a tool.
func judged(t *testing.T, g *secrets.Leak, text string) kernel.Verdict {
	t.Helper()
	args := wire.MustMarshal(map[string]string{"text": text})
	call := &kernel.Call{Mandate: &kernel.Mandate{Tool: "post_message", Arguments: args}}
	d, err := g.Judge(&guard.Request{Call: call, Action: guard.Extract(call)})
	if err != nil {
		t.Fatal(err)
	}
	return d.Verdict
}

// TestCorpus measures both halves. The floors of the tuning half are what the
// detectors must reach; those of the held-out half are what was measured on
// texts that the detectors were never adjusted to.
func TestCorpus(t *testing.T) {
	g, err := secrets.New(secrets.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, half := range []struct {
		name                              string
		recallPermille, precisionPermille int
		show                              bool
	}{{"tuning", 950, 970, true}, {"heldout", 963, 994, false}} {
		var attacks, caught, alarms int
		for _, s := range corpus(t, half.name) {
			denied := judged(t, g, s.Text) == kernel.Deny
			switch {
			case s.Label == "attack":
				attacks++
				if denied {
					caught++
				} else if half.show {
					t.Log("missed", s.ID, s.Technique)
				}
			case denied:
				alarms++
				if half.show {
					t.Log("false alarm", s.ID, s.Technique)
				}
			}
		}
		recall, precision := caught*1000/max(1, attacks), caught*1000/max(1, caught+alarms)
		t.Logf("%s: recall %d of %d, %d permille; false alarms %d, precision %d permille", half.name, caught, attacks, recall, alarms, precision)
		if recall < half.recallPermille || precision < half.precisionPermille {
			t.Errorf("%s: recall %d, precision %d permille; the floors are %d and %d", half.name, recall, precision, half.recallPermille, half.precisionPermille)
		}
	}
}
