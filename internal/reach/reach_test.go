package reach

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/backbay-labs/chio-node"

var update = flag.Bool("update", false, "write reach.txt anew")

// TestLinesReachableFromMediate is the ratchet.
func TestLinesReachableFromMediate(t *testing.T) {
	lines, err := Lines(filepath.Join("..", ".."), module, "kernel", "Kernel", "Mediate", "./wire", "./store", "./kernel/...")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	var text strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&text, "%-24s %6d\n", pkg, lines[pkg])
		total += lines[pkg]
	}
	fmt.Fprintf(&text, "%-24s %6d\n", "total", total)
	t.Logf("lines reachable from kernel.Mediate:\n%s", text.String())
	if *update {
		if err := os.WriteFile("reach.txt", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile("reach.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\ntotal")
	limit := 0
	if _, err := fmt.Sscan(rest, &limit); !found || err != nil {
		t.Fatalf("reach.txt has no total: %v", err)
	}
	const how = "go test ./internal/reach -update, in a commit that says why"
	switch {
	case total > limit:
		t.Errorf("%d lines are reachable from kernel.Mediate, reach.txt allows %d: the trusted core grew. Take something out, or raise the number on purpose: %s", total, limit, how)
	case total < limit:
		t.Errorf("%d lines are reachable from kernel.Mediate, reach.txt says %d: the core shrank; keep it: %s", total, limit, how)
	}
}

// TestCount: calls, values passed on, interfaces and package variables lead on;
// what nobody names does not count.
func TestCount(t *testing.T) {
	lines, err := Lines(filepath.Join("testdata", "module"), "example.org/m", "kernel", "Kernel", "Mediate", "./...")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"kernel": 7, "kernel/guards": 3, "wire": 1}
	if !maps.Equal(lines, want) {
		t.Errorf("%v, want %v", lines, want)
	}
}
