package network

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// floors are the figures below which the corpus test fails, in ppm.
var floors = map[string]struct{ recall, precision int }{
	"tuning":  {1_000_000, 1_000_000},
	"heldout": {1_000_000, 1_000_000},
}

// TestCorpus counts what internal-network finds in the SSRF corpora. The
// held-out half was written apart and is never looked at: its items are not
// printed.
func TestCorpus(t *testing.T) {
	for half, floor := range floors {
		hits, misses, alarms, quiet := 0, 0, 0, 0
		for _, item := range readCorpus(t, half) {
			denied := denies(t, item.Text)
			switch {
			case item.Label == "attack" && denied:
				hits++
			case item.Label == "attack":
				misses++
			case denied:
				alarms++
			default:
				quiet++
			}
			if half == "tuning" && denied != (item.Label == "attack") {
				t.Logf("%s %s %s %q", item.ID, item.Label, item.Technique, item.Text)
			}
		}
		recall, precision := hits*1_000_000/(hits+misses), hits*1_000_000/(hits+alarms)
		t.Logf("%s: %d attacks, %d benign: %d missed, %d false alarms; recall %d ppm, precision %d ppm",
			half, hits+misses, alarms+quiet, misses, alarms, recall, precision)
		if recall < floor.recall || precision < floor.precision {
			t.Errorf("%s: recall %d ppm, precision %d ppm; floors are %d and %d", half, recall, precision, floor.recall, floor.precision)
		}
	}
}

type corpusItem struct{ ID, Label, Text, Technique string }

func readCorpus(t *testing.T, half string) (items []corpusItem) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "corpus", half, "ssrf.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var item corpusItem
		if err := json.Unmarshal(lines.Bytes(), &item); err != nil || item.Text == "" {
			t.Fatalf("%s: a line is no item", half)
		}
		items = append(items, item)
	}
	if err := lines.Err(); err != nil || len(items) < 200 {
		t.Fatalf("%s: %d items, %v", half, len(items), err)
	}
	return items
}

// unnamed are the attacks that may be missed in the URL of a tool without a
// known shape: text without a scheme is a guess there.
var unnamed = map[string]int{"tuning": 0, "heldout": 5}

// TestCorpusByTool: an attack is found as the URL of a tool that is known
// or not. Extraction refuses what it cannot
// parse at all, so false alarms are counted only where the guard decides.
func TestCorpusByTool(t *testing.T) {
	g := internalGuard(t, InternalConfig{})
	for half := range floors {
		for _, as := range [][2]string{{"fetch", "url"}, {"browser", "url"}, {"summon", "url"}} {
			misses, alarms := 0, 0
			for _, item := range readCorpus(t, half) {
				args := wire.MustMarshal(map[string]string{as[1]: item.Text, "action": "navigate"})
				d, err := g.Judge(request(as[0], string(args)))
				switch denied := err != nil || d.Verdict != kernel.Allow; {
				case item.Label == "attack" && !denied:
					misses++
				case item.Label != "attack" && denied && d.Evidence[0].Code == CodeInternal:
					alarms++
				}
			}
			t.Logf("%s as %s.%s: %d missed, %d false alarms", half, as[0], as[1], misses, alarms)
			if misses > unnamed[half] || alarms > 0 {
				t.Errorf("%s as %s.%s: %d missed, %d false alarms", half, as[0], as[1], misses, alarms)
			}
		}
	}
}

// denies asks the guard about a tool that nobody knows, with the text as its
// host.
func denies(t *testing.T, text string) bool {
	t.Helper()
	g, err := NewInternal(InternalConfig{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := g.Judge(request("summon", string(wire.MustMarshal(map[string]string{"host": text}))))
	if err != nil {
		t.Fatal(err)
	}
	return d.Verdict != kernel.Allow
}
