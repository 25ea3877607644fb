package hostile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// noFuzz are packages that decode and need no fuzz target of their own, and why.
var noFuzz = map[string]string{
	"cmd/chio-demo":        "it reads the answers of nodes that it started",
	"cmd/chio-node/cli":    "files go to the decoders of kernel and vc; the rest is the answer of its own node",
	"contracts":            "it reads artifacts that are compiled in",
	"examples/embedded":    "its arguments were canonicalised by the kernel",
	"examples/customguard": "its arguments were canonicalised by the kernel",
	"oracle":               "its documents enter through oracle/feed/signed, which fuzzes them",
	"internal/hostile":     "it is the table",
	"internal/shop":        "it reads an artifact that is checked in",
	"internal/extra/netns": "it reads the answers of nodes that it started",
}

var (
	decodes = regexp.MustCompile(`wire\.(Unmarshal|UnmarshalCanonical|UnmarshalLenient|OpenEnvelope|Canonicalize)\(|jsontext\.NewDecoder`)
	fuzzes  = regexp.MustCompile(`(?m)^func (Fuzz[A-Z]\w*)\(`)
)

// TestEveryDecoderIsFuzzed: a package that decodes has a fuzz target, and every
// fuzz target has a corpus that is checked in.
func TestEveryDecoderIsFuzzed(t *testing.T) {
	root := filepath.Join("..", "..")
	decoding, targets := map[string]bool{}, map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root && d.Name() != "..") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		doc, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		dir = filepath.ToSlash(dir)
		if strings.HasSuffix(path, "_test.go") {
			for _, m := range fuzzes.FindAllSubmatch(doc, -1) {
				targets[dir] = append(targets[dir], string(m[1]))
			}
		} else if decodes.Match(doc) {
			decoding[dir] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(decoding) < 20 {
		t.Fatalf("only %d packages decode: the search is broken", len(decoding))
	}
	for dir := range decoding {
		if len(targets[dir]) == 0 && noFuzz[dir] == "" {
			t.Errorf("%s decodes foreign bytes and has no fuzz target", dir)
		}
	}
	for dir, names := range targets {
		for _, name := range names {
			corpus, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(dir), "testdata", "fuzz", name))
			if err != nil || len(corpus) == 0 {
				t.Errorf("%s: %s has no corpus under testdata/fuzz: %v", dir, name, err)
			}
		}
	}
}
