package guards

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// item is one line of a corpus.
type item struct {
	ID, Label, Text, Technique string
}

func corpus(t *testing.T, half, file string) []item {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "corpus", half, file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []item
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var it item
		if err := json.Unmarshal(lines.Bytes(), &it); err != nil {
			t.Fatal(err)
		}
		out = append(out, it)
	}
	return out
}

// The half the rules were written against, and the half nobody looked at. The
// floors are what was measured, so a change that costs precision or recall
// shows here. Percentages are rounded down.
func TestPathCorpus(t *testing.T) {
	g := defaultForbidden(t)
	for half, floor := range map[string]struct{ recall, precision int }{"tuning": {100, 100}, "heldout": {93, 99}} {
		var attacks, caught, benign, stopped int
		for _, it := range corpus(t, half, "paths.jsonl") {
			d, err := g.Judge(request("read_file", string(wire.MustMarshal(map[string]string{"path": it.Text}))))
			if err != nil {
				t.Fatal(err)
			}
			denied := d.Verdict == kernel.Deny
			if it.Label == "attack" {
				attacks++
				if denied {
					caught++
				} else if half == "tuning" {
					t.Logf("missed %s %q (%s)", it.ID, it.Text, it.Technique)
				}
				continue
			}
			benign++
			if denied {
				stopped++
				if half == "tuning" {
					t.Logf("stopped %s %q (%s): %+v", it.ID, it.Text, it.Technique, d.Evidence)
				}
			}
		}
		recall, precision := 100*caught/attacks, 100*caught/(caught+stopped)
		t.Logf("%s: %d attacks, %d caught; %d benign, %d stopped: recall %d %%, precision %d %%", half, attacks, caught, benign, stopped, recall, precision)
		if recall < floor.recall || precision < floor.precision {
			t.Errorf("%s: recall %d %%, precision %d %%; floors are %d and %d", half, recall, precision, floor.recall, floor.precision)
		}
	}
}
