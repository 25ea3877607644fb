package codes

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/docs"
)

const module = "github.com/backbay-labs/chio-node"

// TestEveryCodeIsDocumentedProducedAndProvoked holds source, table and tests
// together.
func TestEveryCodeIsDocumentedProducedAndProvoked(t *testing.T) {
	found, err := Scan(filepath.Join("..", ".."), module)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := docs.ErrorCodes()
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]bool{}
	for _, r := range rows {
		if table[r.Code] {
			t.Errorf("docs/errors.md has %s twice", r.Code)
		}
		table[r.Code] = true
		if !slices.Contains([]string{"no", "later", "new call"}, r.Retry) {
			t.Errorf("%s: retry is %q, want no, later or new call", r.Code, r.Retry)
		}
		if c := found[r.Code]; c == nil || len(c.Produced) == 0 && len(c.Declared) == 0 {
			t.Errorf("docs/errors.md has %s, which no code outside tests has", r.Code)
		}
	}
	codes := slices.Sorted(maps.Keys(found))
	for _, code := range codes {
		c := found[code]
		if len(c.Produced) == 0 && len(c.Declared) == 0 {
			continue // a test's own, or a pattern of a script
		}
		if !table[code] {
			t.Errorf("%s is not in docs/errors.md: %v", code, append(c.Declared, c.Produced...))
		}
		if len(c.Produced) == 0 {
			t.Errorf("%s is declared and nothing produces it: %v", code, c.Declared)
		}
		if len(c.Tested) == 0 {
			t.Errorf("%s: no test provokes it: %v", code, c.Produced)
		}
	}
}

// TestScanTellsUsesApart: the scanner finds what it must in a small module.
func TestScanTellsUsesApart(t *testing.T) {
	found, err := Scan(filepath.Join("testdata", "module"), "example.org/m")
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string][3]int{ // produced, declared, tested
		"CHIO-A-DECLARED": {0, 1, 0}, "CHIO-A-USED": {1, 1, 1}, "CHIO-A-LITERAL": {1, 0, 1},
		"CHIO-A-SCRIPT": {0, 0, 1}, "CHIO-A-ELSEWHERE": {1, 1, 0},
	} {
		c := found[code]
		if c == nil {
			t.Errorf("%s was not found", code)
			continue
		}
		if got := [3]int{len(c.Produced), len(c.Declared), len(c.Tested)}; got != want {
			t.Errorf("%s: produced, declared, tested %v, want %v", code, got, want)
		}
	}
	for _, no := range []string{"CHIO-A-COMMENT", "CHIO-A-PREFIX"} {
		if found[no] != nil {
			t.Errorf("%s counts, and should not: %+v", no, found[no])
		}
	}
}
