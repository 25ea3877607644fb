package reach

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is what go list says of one package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Module                  *struct{ Main bool }
}

// program is the module's packages from source, all others from export data.
type program struct {
	fset  *token.FileSet
	info  *types.Info
	files map[*types.Package][]*ast.File
	pkgs  map[string]*types.Package
}

// load type-checks the packages that match patterns, and what they need.
func load(root string, patterns ...string) (*program, error) {
	args := append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Module"}, patterns...)
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.String())
	}
	p := &program{fset: token.NewFileSet(), files: map[*types.Package][]*ast.File{}, pkgs: map[string]*types.Package{},
		info: &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
	exports := map[string]string{}
	foreign := importer.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for dec := json.NewDecoder(bytes.NewReader(out)); ; { // dependencies come first
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return p, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if l.Module == nil || !l.Module.Main {
			exports[l.ImportPath] = l.Export
			continue
		}
		if err := p.check(&l, foreign); err != nil {
			return nil, err
		}
	}
}

// check parses and type-checks one package of the module.
func (p *program) check(l *listed, foreign types.Importer) error {
	var files []*ast.File
	for _, name := range l.GoFiles {
		f, err := parser.ParseFile(p.fset, filepath.Join(l.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: importing(func(path string) (*types.Package, error) {
		if own := p.pkgs[path]; own != nil {
			return own, nil
		}
		return foreign.Import(path)
	})}
	pkg, err := conf.Check(l.ImportPath, p.fset, files, p.info)
	if err != nil {
		return err
	}
	p.pkgs[l.ImportPath], p.files[pkg] = pkg, files
	return nil
}

type importing func(path string) (*types.Package, error)

func (f importing) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return f(path)
}

// counted reports whether a package is one whose lines count.
func counted(module, path string) bool {
	rel, ours := strings.CutPrefix(path, module+"/")
	return ours && (rel == "wire" || rel == "store" || rel == "kernel" || strings.HasPrefix(rel, "kernel/"))
}
