package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestMergeAndCompare(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "wire"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "wire", "a.go"), []byte("package wire\n\n\tif err != nil {\n\t\treturn err\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := merge("mode: set\n" + module + "wire/a.go:1.1,2.2 3 0\n" + module + "wire/a.go:3.2,4.3 1 0\n" + module + "wire/a.go:1.1,2.2 3 7\n")
	if err != nil {
		t.Fatal(err)
	}
	if total, covered := m.of("wire"); total != 4 || covered != 3 {
		t.Errorf("%d of %d", covered, total)
	}
	open, err := m.open(root, []string{"wire"})
	if err != nil || !slices.Equal(open, []string{"wire/a.go: if err != nil { return err"}) {
		t.Fatalf("%q, %v", open, err)
	}
	if other, err := m.open(root, []string{"kernel"}); err != nil || len(other) != 0 {
		t.Errorf("%q, %v", other, err)
	}
	if m.above([]floor{{"wire", 750}}) != nil || m.above([]floor{{"wire", 751}}) == nil {
		t.Error("three of four statements are 75 %")
	}
	listed := rows("# page\n- ``wire/a.go: if err != nil { return err``: a disk that fails\n- ``wire/a.go: other``: \n")
	if err := compare(open, listed); err != nil {
		t.Error(err)
	}
	if compare(open, nil) == nil || compare(nil, listed) != nil {
		t.Error("a block without a reason passes, or a reason without a block does not")
	}
	if _, err := merge("nonsense"); err == nil {
		t.Error("a line that is none passes")
	}
}
