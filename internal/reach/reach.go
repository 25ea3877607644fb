package reach

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// Lines counts the lines reachable from a method, by package path below the
// module.
func Lines(root, module, pkg, typ, method string, patterns ...string) (map[string]int, error) {
	p, err := load(root, patterns...)
	if err != nil {
		return nil, err
	}
	from := p.pkgs[module+"/"+pkg]
	if from == nil {
		return nil, fmt.Errorf("package %s was not loaded", pkg)
	}
	obj := from.Scope().Lookup(typ)
	if obj == nil {
		return nil, fmt.Errorf("%s has no %s", pkg, typ)
	}
	start, _, _ := types.LookupFieldOrMethod(types.NewPointer(obj.Type()), true, from, method)
	fn, ok := start.(*types.Func)
	if !ok {
		return nil, fmt.Errorf("%s.%s has no method %s", pkg, typ, method)
	}
	w := newWalk(p, module)
	w.visit(fn)
	for len(w.todo) > 0 {
		n := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.walk(n)
	}
	return w.count(), nil
}

// body is a function's declaration, or the initial value of a variable.
type body struct {
	pkg  *types.Package
	node ast.Node
}

type walk struct {
	p      *program
	module string
	bodies map[types.Object]body
	named  []*types.Named // of counted packages
	seen   map[types.Object]bool
	todo   []body
	lines  map[string]map[[2]any]bool // package -> file and line
}

func newWalk(p *program, module string) *walk {
	w := &walk{p: p, module: module, bodies: map[types.Object]body{}, seen: map[types.Object]bool{}, lines: map[string]map[[2]any]bool{}}
	for pkg, files := range p.files {
		if !counted(module, pkg.Path()) {
			continue
		}
		for _, f := range files {
			for _, d := range f.Decls {
				w.declare(pkg, d)
			}
		}
		for _, name := range pkg.Scope().Names() {
			if t, ok := pkg.Scope().Lookup(name).(*types.TypeName); ok {
				if named, ok := t.Type().(*types.Named); ok && named.TypeParams() == nil {
					w.named = append(w.named, named)
				}
			}
		}
	}
	return w
}

// declare remembers where functions and package variables have their bodies.
func (w *walk) declare(pkg *types.Package, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Body != nil {
			w.bodies[w.p.info.Defs[d.Name]] = body{pkg, d.Body}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, name := range v.Names {
				if _, isVar := w.p.info.Defs[name].(*types.Var); isVar && len(v.Values) > 0 {
					w.bodies[w.p.info.Defs[name]] = body{pkg, v.Values[min(i, len(v.Values)-1)]}
				}
			}
		}
	}
}

// visit marks an object as reachable.
func (w *walk) visit(o types.Object) {
	if fn, ok := o.(*types.Func); ok {
		fn = fn.Origin()
		o = fn
		if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) && !w.seen[fn] {
			w.seen[fn] = true
			w.implementations(fn, recv.Type().Underlying().(*types.Interface))
			return
		}
	}
	if w.seen[o] {
		return
	}
	w.seen[o] = true
	if b, ok := w.bodies[o]; ok {
		w.todo = append(w.todo, b)
	}
}

// implementations marks a method of every type that has the interface.
func (w *walk) implementations(fn *types.Func, iface *types.Interface) {
	for _, t := range w.named {
		if types.IsInterface(t) || !types.Implements(types.NewPointer(t), iface) {
			continue
		}
		m, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, fn.Pkg(), fn.Name())
		if m != nil {
			w.visit(m)
		}
	}
}

// walk counts the lines of a body and marks what it names.
func (w *walk) walk(b body) {
	path := strings.TrimPrefix(b.pkg.Path(), w.module+"/")
	if w.lines[path] == nil {
		w.lines[path] = map[[2]any]bool{}
	}
	ast.Inspect(b.node, func(n ast.Node) bool {
		if n == nil {
			return true
		}
		if _, block := n.(*ast.BlockStmt); !block {
			at := w.p.fset.Position(n.Pos())
			w.lines[path][[2]any{at.Filename, at.Line}] = true
		}
		if id, ok := n.(*ast.Ident); ok {
			switch o := w.p.info.Uses[id].(type) {
			case *types.Func, *types.Var:
				w.visit(o)
			}
		}
		return true
	})
}

func (w *walk) count() map[string]int {
	out := map[string]int{}
	for path, lines := range w.lines {
		out[path] = len(lines)
	}
	return out
}
