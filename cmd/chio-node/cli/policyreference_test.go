package cli

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/docs"
	"github.com/backbay-labs/chio-node/kernel/guards"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/wire"
)

// TestPolicyReferenceIsCurrent: the page is made of the types, their comments,
// the defaults that reading fills in, the catalogue and the table of codes.
func TestPolicyReferenceIsCurrent(t *testing.T) {
	var want bytes.Buffer
	if err := writePolicyReference(&want); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join("..", "..", "..", "docs", "policy-reference.md")
	if *update {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/policy-reference.md is not what the program does: go test ./cmd/chio-node/cli -run Reference -update")
	}
}

// TestEveryGuardHasAPurpose: guard list says of each what it is for.
func TestEveryGuardHasAPurpose(t *testing.T) {
	for _, e := range guards.Catalogue() {
		if purposes[e.Name] == "" {
			t.Errorf("%s has no purpose", e.Name)
		}
	}
}

// sources are the comments of the types of package policy.
type sources struct {
	types  map[string]string            // type → comment
	fields map[string]map[string]string // type → Go field → comment
}

func readSources() (*sources, error) {
	s := &sources{map[string]string{}, map[string]map[string]string{}}
	for _, name := range []string{"document.go", "extensions.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "..", "kernel", "policy", name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, spec := range g.Specs {
				s.add(spec.(*ast.TypeSpec), g.Doc.Text())
			}
		}
	}
	return s, nil
}

func (s *sources) add(spec *ast.TypeSpec, doc string) {
	s.types[spec.Name.Name] = oneLine(doc)
	st, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	fields := map[string]string{}
	for _, f := range st.Fields.List {
		for _, n := range f.Names {
			fields[n.Name] = oneLine(f.Doc.Text() + " " + f.Comment.Text())
		}
	}
	s.fields[spec.Name.Name] = fields
}

func oneLine(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", "or")
}

// reference writes the page.
type reference struct {
	w    io.Writer
	s    *sources
	done map[reflect.Type]bool
}

func writePolicyReference(w io.Writer) error {
	s, err := readSources()
	if err != nil {
		return err
	}
	r := &reference{w, s, map[reflect.Type]bool{}}
	fmt.Fprint(w, "# Policy reference\n\nGenerated from the program: `go test ./cmd/chio-node/cli -run Reference -update`. "+
		"How to use it all is in [policy.md](policy.md).\n\nDefaults are what a field holds that is not written. A dash: none, "+
		"the comment says what absence means.\nA block that is absent sets no rule.\n\n## Document\n\n")
	r.table(reflect.TypeFor[policy.Document](), nil)
	for _, group := range []struct {
		path string
		t    reflect.Type
	}{{"rules", reflect.TypeFor[policy.Rules]()}, {"extensions", reflect.TypeFor[policy.Extensions]()}} {
		fmt.Fprintf(w, "\n## %s\n", group.path)
		for i := range group.t.NumField() {
			f := group.t.Field(i)
			if err := r.block(group.path+"."+jsonName(f), f.Type.Elem()); err != nil {
				return err
			}
		}
	}
	r.metadata()
	r.guards()
	r.rulesets()
	return r.codes()
}

// block writes one block with its defaults, and the types inside it.
func (r *reference) block(path string, t reflect.Type) error {
	fmt.Fprintf(r.w, "\n### %s\n\n%s\n\n", path, r.about(t, path))
	defaults, err := defaultsOf(path, t)
	if err != nil {
		return err
	}
	r.table(t, defaults)
	return nil
}

func (r *reference) table(t reflect.Type, defaults map[string]wire.Raw) {
	var inner []reflect.Type
	fmt.Fprint(r.w, "| Field | Type | Default | |\n|---|---|---|---|\n")
	r.rows(t, defaults, &inner)
	for _, in := range inner {
		if r.done[in] {
			continue
		}
		r.done[in] = true
		fmt.Fprintf(r.w, "\n**%s**: %s\n\n", in.Name(), r.about(in, ""))
		r.table(in, nil)
	}
}

func (r *reference) rows(t reflect.Type, defaults map[string]wire.Raw, inner *[]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			r.rows(f.Type, defaults, inner)
			continue
		}
		name := jsonName(f)
		if name == "-" {
			continue
		}
		word, in := typeWord(f.Type)
		if in != nil && in != reflect.TypeFor[policy.Rules]() && in != reflect.TypeFor[policy.Extensions]() && in != reflect.TypeFor[policy.Metadata]() {
			*inner = append(*inner, in)
		}
		value := "–"
		if d, have := defaults[name]; have {
			value = "`" + shortDefault(d) + "`"
		}
		fmt.Fprintf(r.w, "| `%s` | %s | %s | %s |\n", name, word, value, r.s.fields[t.Name()][f.Name])
	}
}

// about is what the comments say of a type and of those it contains, without
// the words by which Go's comments begin.
func (r *reference) about(t reflect.Type, path string) string {
	text := strings.TrimPrefix(r.s.types[t.Name()], t.Name()+" ")
	text = strings.TrimPrefix(text, "is "+path)
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			text += " It " + strings.TrimPrefix(r.s.types[f.Type.Name()], f.Type.Name()+" ")
		}
	}
	if text = strings.TrimLeft(text, "., ;"); text == "" {
		return "–"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// shortDefault is a default in a table's cell.
func shortDefault(d wire.Raw) string {
	if len(d) <= 60 {
		return string(d)
	}
	var list []wire.Raw
	if wire.UnmarshalLenient(d, &list, wire.DocumentLimits) == nil {
		return fmt.Sprintf("%d entries", len(list))
	}
	return string(d[:60]) + "…"
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// typeWord names a type as a person would write it, and the structure inside.
func typeWord(t reflect.Type) (string, reflect.Type) {
	switch {
	case t == reflect.TypeFor[policy.Decimal]():
		return "decimal", nil
	case t == reflect.TypeFor[wire.Raw]():
		return "carried", nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeWord(t.Elem())
	case reflect.Slice:
		word, in := typeWord(t.Elem())
		return "list of " + word, in
	case reflect.Map:
		word, in := typeWord(t.Elem())
		return "name → " + word, in
	case reflect.Struct:
		return t.Name(), t
	case reflect.Bool:
		return "true or false", nil
	case reflect.Int64:
		return "integer", nil
	case reflect.String:
		return "text", nil
	}
	return t.String(), nil
}

// defaultsOf reads a document with only that block in it and returns what the
// block then holds.
func defaultsOf(path string, t reflect.Type) (map[string]wire.Raw, error) {
	group, block, _ := strings.Cut(path, ".")
	d, err := policy.Parse("reference", []byte(fmt.Sprintf("hushspec: \"0.1.0\"\nname: r\n%s:\n  %s: {}\n", group, block)))
	if err != nil {
		return nil, nil // it cannot be empty, so nothing in it is by default
	}
	if c, err := policy.Compile(d, policy.CompileOptions{}); err == nil { // fills in what is only known then
		var doc struct {
			Rules      map[string]map[string]wire.Raw `json:"rules"`
			Extensions map[string]map[string]wire.Raw `json:"extensions"`
		}
		if err := wire.UnmarshalLenient(c.Canonical, &doc, wire.DocumentLimits); err != nil {
			return nil, err
		}
		found := doc.Rules[block]
		if group == "extensions" {
			found = doc.Extensions[block]
		}
		if found != nil {
			return found, nil
		}
	}
	v := reflect.ValueOf(*d).FieldByName(map[string]string{"rules": "Rules", "extensions": "Extensions"}[group])
	for i := range v.NumField() {
		if jsonName(v.Type().Field(i)) == block && !v.Field(i).IsNil() {
			out := map[string]wire.Raw{}
			doc, err := wire.Marshal(v.Field(i).Interface())
			if err != nil {
				return nil, err
			}
			return out, wire.UnmarshalLenient(doc, &out, wire.DocumentLimits)
		}
	}
	return nil, nil
}

func (r *reference) metadata() {
	fmt.Fprintf(r.w, "\n## metadata\n\n%s\n\n", r.s.types["Metadata"])
	r.table(reflect.TypeFor[policy.Metadata](), nil)
}

func (r *reference) guards() {
	fmt.Fprint(r.w, "\n## Guards\n\nIn the order in which they run; the first that denies ends the call.\n\n| Guard | Block | What it judges |\n|---|---|---|\n")
	for _, e := range guards.Catalogue() {
		fmt.Fprintf(r.w, "| %s | `%s` | %s |\n", e.Name, e.Block, purposes[e.Name])
	}
	fmt.Fprintf(r.w, "\nBefore them: %s (%s), %s (%s), %s (%s). After them: %s (%s), %s (%s), and guards that a program registered.\n",
		policy.PanicName, purposes[policy.PanicName], policy.OriginsName, purposes[policy.OriginsName], policy.PostureName, purposes[policy.PostureName],
		policy.ApprovalName, purposes[policy.ApprovalName], policy.AssuranceName, purposes[policy.AssuranceName])
	fmt.Fprintf(r.w, "Over results: output-sanitizer (%s), indirect-injection (%s).\n", purposes["output-sanitizer"], purposes["indirect-injection"])
}

func (r *reference) rulesets() {
	fmt.Fprint(r.w, "\n## Policies of the binary\n\n| Name | |\n|---|---|\n")
	for _, name := range policy.BuiltinNames() {
		d, err := policy.Load("builtin:"+name, nil)
		if err != nil {
			continue // its own test says so
		}
		fmt.Fprintf(r.w, "| `builtin:%s` | %s |\n", name, oneLine(d.Description))
	}
}

func (r *reference) codes() error {
	rows, err := docs.ErrorCodes()
	if err != nil {
		return err
	}
	fmt.Fprint(r.w, "\n## Codes\n\nOf denials by policy, and of policies that cannot be used.\n\n| Code | Cause |\n|---|---|\n")
	slices.SortStableFunc(rows, func(a, b docs.ErrorCode) int { return strings.Compare(a.Code, b.Code) })
	for _, row := range rows {
		if strings.HasPrefix(row.Code, "CHIO-GUARD-") || strings.HasPrefix(row.Code, "CHIO-POLICY-") {
			fmt.Fprintf(r.w, "| %s | %s |\n", row.Code, oneLine(row.Cause))
		}
	}
	return nil
}
