package codes

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Code is what the source says of one stable code.
type Code struct {
	Produced []string // places outside tests that use it, other than its declaration
	Declared []string // constants of this value outside tests
	Tested   []string // tests, scripts and vectors that name it
}

var (
	whole  = regexp.MustCompile(`^CHIO-[A-Z0-9]+(-[A-Z0-9]+)*$`)
	within = regexp.MustCompile(`CHIO-[A-Z0-9]+(-[A-Z0-9]+)*`)
)

// file is one parsed Go file.
type file struct {
	dir, name string
	test      bool
	syntax    *ast.File
}

// scan is one pass over a module: constants first, then who uses them.
type scan struct {
	module string
	fset   *token.FileSet
	files  []file
	consts map[string]string // directory + "." + constant -> code
	codes  map[string]*Code
}

// Scan reads the Go files, scripts and test vectors below root, the folder of
// module, and answers what it found by code.
func Scan(root, module string) (map[string]*Code, error) {
	s := &scan{module: module, fset: token.NewFileSet(), consts: map[string]string{}, codes: map[string]*Code{}}
	if err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && (d.Name() == ".git" || d.Name() == "node_modules") {
				return filepath.SkipDir
			}
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		return s.read(p, filepath.ToSlash(rel))
	}); err != nil {
		return nil, err
	}
	for _, f := range s.files {
		s.declarations(f)
	}
	for _, f := range s.files {
		s.uses(f)
	}
	return s.codes, nil
}

func (s *scan) read(p, rel string) error {
	switch {
	case strings.HasSuffix(rel, ".go") && strings.Contains(rel, "testdata/"):
		return nil // not of this module
	case strings.HasSuffix(rel, ".go"):
		syntax, err := parser.ParseFile(s.fset, p, nil, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parsing %s: %w", rel, err)
		}
		s.files = append(s.files, file{dir: path.Dir(rel), name: rel, test: strings.HasSuffix(rel, "_test.go"), syntax: syntax})
	case strings.Contains(rel, "testdata/"):
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, code := range within.FindAllString(string(text), -1) {
			s.code(code).Tested = append(s.code(code).Tested, rel)
		}
	}
	return nil
}

func (s *scan) code(name string) *Code {
	if s.codes[name] == nil {
		s.codes[name] = &Code{}
	}
	return s.codes[name]
}

// declarations records the constants whose value is a code.
func (s *scan) declarations(f file) {
	for _, decl := range f.syntax.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, name := range v.Names {
				if i >= len(v.Values) {
					continue
				}
				if code, ok := literal(v.Values[i]); ok && whole.MatchString(code) {
					s.consts[f.dir+"."+name.Name] = code
				}
			}
		}
	}
}

// uses records where codes stand, by literal or by constant.
func (s *scan) uses(f file) {
	imports := s.imports(f)
	declared := map[ast.Node]bool{}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.GenDecl:
			if n.Tok == token.CONST {
				s.markDeclared(f, n, declared)
			}
		case *ast.CallExpr:
			// A prefix of codes is no code.
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "HasPrefix" && !f.test {
				return false
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				if code, ok := s.consts[imports[x.Name]+"."+n.Sel.Name]; ok && imports[x.Name] != "" {
					s.used(f, n, code)
					return false
				}
			}
		case *ast.Ident:
			if code, ok := s.consts[f.dir+"."+n.Name]; ok && !declared[n] {
				s.used(f, n, code)
			}
		case *ast.BasicLit:
			s.text(f, n, declared[n])
		}
		return true
	})
}

func (s *scan) markDeclared(f file, group *ast.GenDecl, declared map[ast.Node]bool) {
	for _, spec := range group.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range v.Names {
			if code, ok := s.consts[f.dir+"."+name.Name]; ok && i < len(v.Values) {
				declared[name], declared[v.Values[i]] = true, true
				if !f.test {
					s.code(code).Declared = append(s.code(code).Declared, s.place(f, name))
				}
			}
		}
	}
}

func (s *scan) text(f file, n *ast.BasicLit, declared bool) {
	text, ok := literal(n)
	switch {
	case !ok || declared:
	case f.test:
		for _, code := range within.FindAllString(text, -1) {
			s.used(f, n, code)
		}
	case whole.MatchString(text):
		s.used(f, n, text)
	}
}

func (s *scan) used(f file, n ast.Node, code string) {
	c := s.code(code)
	if f.test {
		c.Tested = append(c.Tested, s.place(f, n))
		return
	}
	c.Produced = append(c.Produced, s.place(f, n))
}

func (s *scan) place(f file, n ast.Node) string {
	return f.name + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// imports maps the names of a file's imports of this module to their folders.
func (s *scan) imports(f file) map[string]string {
	m := map[string]string{}
	for _, spec := range f.syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		dir, ours := strings.CutPrefix(p, s.module+"/")
		if err != nil || !ours {
			continue
		}
		name := path.Base(dir)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		m[name] = dir
	}
	return m
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
