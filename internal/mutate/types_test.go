package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// TestMutationsCompile: a mutation that does not compile kills no test and proves
// nothing. Only a few are tried for each commit; this finds the others, without
// running anything.
func TestMutationsCompile(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	c := newChecker(t, root)
	all, err := load("list")
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		m := &all[i]
		text, err := m.apply(root)
		if err == nil {
			err = c.check(filepath.Join(root, m.file), text)
		}
		if err != nil {
			t.Errorf("%s, %q: %v", m.invariant, m.name, err)
		}
	}
}

// checker type-checks packages of the module with one file changed.
type checker struct {
	files    *token.FileSet
	packages map[string]listed // by folder
	parsed   map[string]*ast.File
	imports  types.Importer
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

func newChecker(t *testing.T, root string) *checker {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "./...")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{files: token.NewFileSet(), packages: make(map[string]listed), parsed: make(map[string]*ast.File)}
	exports := make(map[string]string)
	for d := json.NewDecoder(out); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		c.packages[p.Dir], exports[p.ImportPath] = p, p.Export
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	c.imports = importer.ForCompiler(c.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return c
}

// check is nil if the package of a file compiles with another text in its place.
// What is no Go, or of another system, is not judged.
func (c *checker) check(path string, text []byte) error {
	if filepath.Ext(path) != ".go" {
		return nil
	}
	p, known := c.packages[filepath.Dir(path)]
	if !known {
		return errors.New("its file is in no package")
	}
	if !slices.Contains(p.GoFiles, filepath.Base(path)) {
		return nil
	}
	changed, err := parser.ParseFile(c.files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	files := []*ast.File{changed}
	for _, name := range p.GoFiles {
		other := filepath.Join(p.Dir, name)
		if other == path {
			continue
		}
		if c.parsed[other] == nil {
			if c.parsed[other], err = parser.ParseFile(c.files, other, nil, parser.SkipObjectResolution); err != nil {
				return err
			}
		}
		files = append(files, c.parsed[other])
	}
	_, err = (&types.Config{Importer: c.imports}).Check(p.ImportPath, c.files, files, nil)
	return err
}
