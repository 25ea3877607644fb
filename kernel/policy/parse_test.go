package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

const head = "hushspec: \"0.1.0\"\n"

// Every refusal names file, line, column, dotted path, and what to do.
func TestRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		doc  string
		want string // the first problem, as printed
	}{
		"unknown top key": {head + "rule: {}\n", `p.yaml:2:1: rule: unknown key: did you mean rules?`},
		"unknown nested key": {head + "rules:\n  tool_access:\n    alow: [x]\n",
			`p.yaml:4:5: rules.tool_access.alow: unknown key: did you mean allow?`},
		"unknown block":          {head + "rules:\n  firewall: {}\n", `p.yaml:3:3: rules.firewall: unknown key: known keys are browser_automation, code_execution, computer_use, egress, forbidden_paths`},
		"duplicate key":          {head + "rules: {}\nrules: {}\n", `p.yaml:3:1: rules: duplicate key, first on line 2: keep one`},
		"duplicate nested":       {head + "rules:\n  tool_access:\n    block: [a]\n    block: []\n", `p.yaml:5:5: rules.tool_access.block: duplicate key, first on line 4: keep one`},
		"merge key":              {head + "x: &a {name: y}\n<<: *a\n", `p.yaml:2:1: x: unknown key`},
		"wrong type of block":    {head + "rules:\n  tool_access: [a]\n", `p.yaml:3:16: rules.tool_access: must be a mapping, is a list`},
		"empty block":            {head + "rules:\n  tool_access:\n", `p.yaml:3:15: rules.tool_access: must be a mapping, is empty`},
		"wrong type of list":     {head + "rules:\n  tool_access:\n    block: rm\n", `p.yaml:4:12: rules.tool_access.block: must be a list, is a string: write [] for an empty list`},
		"null list":              {head + "rules:\n  tool_access:\n    allow:\n", `p.yaml:4:11: rules.tool_access.allow: must be a list, is empty`},
		"wrong type of entry":    {head + "rules:\n  tool_access:\n    block: [a, 7]\n", `p.yaml:4:16: rules.tool_access.block[1]: must be a string, is a whole number: put it in quotes`},
		"bool as string":         {head + "rules:\n  tool_access:\n    enabled: \"true\"\n", `p.yaml:4:14: rules.tool_access.enabled: must be true or false, is a string`},
		"a tag makes no boolean": {head + "rules:\n  tool_access:\n    enabled: !!bool yes\n", `p.yaml:4:14: rules.tool_access.enabled: must be true or false, is "yes": write true or false`},
		"a mapping tagged":       {head + "rules: !x {}\n", `p.yaml:2:8: rules: must be a mapping, is a mapping tagged !x`},
		"a list tagged":          {head + "rules:\n  tool_access:\n    block: !x [a]\n", `p.yaml:4:12: rules.tool_access.block: must be a list, is a list tagged !x`},
		"a carried boolean":      {head + "extensions: {chio: {signing: {on: !!bool 1}}}\n", `p.yaml:2:35: extensions.chio.signing.on: must be a plain value, is "1"`},
		"yes is no boolean":      {head + "rules:\n  tool_access:\n    enabled: yes\n", `p.yaml:4:14: rules.tool_access.enabled: must be true or false, is a string`},
		"bad default":            {head + "rules:\n  tool_access:\n    default: deny\n", `p.yaml:4:14: rules.tool_access.default: "deny" is not a value of this key: write one of allow, block`},
		"float size":             {head + "rules:\n  tool_access:\n    max_args_size: 1.5\n", `p.yaml:4:20: rules.tool_access.max_args_size: must be a whole number, is a number`},
		"zero size":              {head + "rules:\n  tool_access:\n    max_args_size: 0\n", `p.yaml:4:20: rules.tool_access.max_args_size: 0 is outside 1 … 4194304`},
		"bad glob":               {head + "rules:\n  forbidden_paths:\n    patterns: [\"a\", \"/x/{a,b}\"]\n", `p.yaml:4:21: rules.forbidden_paths.patterns[1]: pattern is not a glob: "/x/{a,b}": braces are not supported; write one pattern for each alternative`},
		"inert allow list":       {head + "rules:\n  path_allowlist:\n    read: [\"**\"]\n", `p.yaml:4:5: rules.path_allowlist: has lists and does not say whether it is enabled`},
		"empty allow":            {head + "rules:\n  tool_access:\n    allow: []\n", `p.yaml:4:5: rules.tool_access.allow: is empty, which allows every tool unless the default is block`},
		"no version":             {"rules: {}\n", `p.yaml:1:1: hushspec: is missing: add hushspec: "0.1.0"`},
		"other version":          {"hushspec: \"0.2.0\"\n", `p.yaml:1:11: hushspec: version "0.2.0" is not supported: write "0.1.0"`},
		"version as number":      {"hushspec: 0.1\n", `p.yaml:1:11: hushspec: must be a string, is a number: put it in quotes`},
		"list document":          {"- a\n", `p.yaml:1:1: must be a mapping, is a list`},
		"second document":        {head + "---\nrules: {}\n", `p.yaml:2:1: file holds a second document: keep one`},
		"empty file":             {"", `p.yaml: file is empty`},
		"comment only":           {"# nothing\n", `p.yaml: file is empty`},
		"not yaml":               {head + "rules: [\n", `p.yaml:`},
		"tab":                    {head + "\trules: {}\n", `p.yaml:2: is not YAML`},
		"not utf-8":              {"hushspec: \"\xff\"\n", `p.yaml: file is not UTF-8`},
		"too large":              {head + "#" + strings.Repeat("x", MaxBytes), `p.yaml: file is larger than 1048576 bytes`},
		"tagged":                 {head + "name: !!binary aGk=\n", `p.yaml:2:7: name: must be a string, is a value tagged !!binary`},
		"alias of itself":        {head + "rules: &r\n  tool_access: *r\n", `p.yaml:3:3: rules.tool_access.tool_access: unknown key`},
		"bad lifecycle":          {head + "metadata: {lifecycle_state: live}\n", `p.yaml:2:29: metadata.lifecycle_state: "live" is not a value of this key`},
		"remote base":            {head + "extends: https://example.com/p.yaml\n", `p.yaml:2:10: extends: "https://example.com/p.yaml" is remote, and policies are not fetched`},
		"absolute base":          {head + "extends: /etc/p.yaml\n", `p.yaml:2:10: extends: "/etc/p.yaml" is not a relative path`},
		"base outside":           {head + "extends: ../p.yaml\n", `p.yaml:2:10: extends: "../p.yaml" leaves the folder`},
		"no such base":           {head + "extends: base.yaml\n", `p.yaml:2:10: extends: there is no file "base.yaml": name one beside this file, or one of default, strict`},
		"unknown builtin":        {head + "extends: builtin:none\n", `builtin:none: is not a policy of this build: they are default`},
		"cycle":                  {head + "extends: p.yaml\n", `p.yaml:2:10: extends: "p.yaml" extends itself through p.yaml: break the cycle`},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Load("p.yaml", fstest.MapFS{"p.yaml": {Data: []byte(tc.doc)}})
			if !errors.Is(err, ErrInvalid) || d != nil {
				t.Fatalf("document %v, error %v", d, err)
			}
			if !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got  %s\nwant %s", err, tc.want)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := Parse("p.yaml", []byte("hushspec: 9\nrules:\n  egress: {allow: x}\n  tool_access: {block: [\"\"], max_args_size: x}\nbogus: 1\n"))
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != 5 {
		t.Fatalf("%v", err)
	}
	var many strings.Builder
	many.WriteString(head)
	for i := range 40 {
		fmt.Fprintf(&many, "k%d: 1\n", i)
	}
	if _, err = Parse("p.yaml", []byte(many.String())); !errors.As(err, &e) || len(e.Problems) != MaxProblems {
		t.Fatalf("%v", err)
	}
}

func TestAliases(t *testing.T) {
	d := mustLoad(t, head+"name: &n tool\nrules:\n  tool_access:\n    block: [*n, b]\n    require_confirmation: &l [c]\n    allow: *l\n")
	if got := d.Rules.ToolAccess; got.Block[0] != "tool" || got.Allow[0] != "c" {
		t.Fatalf("%+v", got)
	}
	// A list of aliases of lists is the classic bomb; entries must be strings.
	bomb := head + "name: x\nrules:\n  tool_access:\n    block: &a [" + strings.Repeat("x,", maxEntries) + "]\n    allow: *a\n"
	if _, err := Parse("p.yaml", []byte(bomb)); err != nil {
		t.Fatalf("a list at its limit: %v", err)
	}
	over := head + "rules:\n  tool_access:\n    block: [" + strings.Repeat("x,", maxEntries+1) + "]\n"
	if _, err := Parse("p.yaml", []byte(over)); !errors.Is(err, ErrInvalid) {
		t.Fatalf("a list over its limit: %v", err)
	}
	r := newReader("p")
	r.visits = maxVisits
	root, err := rootOf("p", []byte(head))
	if err != nil {
		t.Fatal(err)
	}
	if r.mapping(root, "", nil, nil); r.err() == nil {
		t.Error("expansion over the limit is accepted")
	}
}

func TestExtends(t *testing.T) {
	files := fstest.MapFS{
		"team/a.yaml":   {Data: []byte(head + "name: a\nextends: ../base/b.yaml\nrules:\n  tool_access: {block: [x]}\n")},
		"base/b.yaml":   {Data: []byte(head + "name: b\ndescription: of b\nextends: builtin:default\nrules:\n  path_allowlist: {enabled: true, read: [\"/srv/**\"]}\nmetadata: {author: b}\n")},
		"r.yaml":        {Data: []byte(head + "extends: builtin:default\nmerge_strategy: replace\nrules:\n  tool_access: {default: block}\n")},
		"c1.yaml":       {Data: []byte(head + "extends: c2.yaml\n")},
		"c2.yaml":       {Data: []byte(head + "extends: c1.yaml\n")},
		"bad/leaf.yaml": {Data: []byte(head + "extends: base.yaml\n")},
		"bad/base.yaml": {Data: []byte(head + "rules: {egress: {allow: 1}}\n")},
	}
	d, err := Load("team/a.yaml", files)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "a" || d.Description != "of b" || d.Metadata.Author != "b" || d.Extends != "" || d.MergeStrategy != "" {
		t.Errorf("%+v", d)
	}
	if got := strings.Join(d.Sources, " "); got != "builtin:default base/b.yaml team/a.yaml" {
		t.Errorf("sources %s", got)
	}
	if d.Rules.ForbiddenPaths == nil || d.Rules.PathAllowlist == nil || len(d.Rules.ToolAccess.Block) != 1 {
		t.Errorf("rules %+v: blocks are taken whole, the child's first", d.Rules)
	}
	r, err := Load("r.yaml", files)
	if err != nil || r.Rules.ForbiddenPaths != nil || r.Rules.ToolAccess.Default != DefaultBlock {
		t.Errorf("replace: %+v %v", r, err)
	}
	if _, err := Load("c1.yaml", files); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "c1.yaml → c2.yaml") {
		t.Errorf("cycle: %v", err)
	}
	if _, err := Load("bad/leaf.yaml", files); err == nil || !strings.HasPrefix(err.Error(), "bad/base.yaml:2:25: rules.egress.allow") {
		t.Errorf("a problem in the base: %v", err)
	}
	if _, err := Load("none.yaml", files); err == nil || errors.Is(err, ErrInvalid) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Load("p.yaml", nil); err == nil {
		t.Error("no file system is accepted")
	}
	long := fstest.MapFS{}
	for i := range maxExtends + 1 {
		long[fmt.Sprintf("%d.yaml", i)] = &fstest.MapFile{Data: []byte(fmt.Sprintf("%sextends: %d.yaml\n", head, i+1))}
	}
	if _, err := Load("0.yaml", long); !errors.Is(err, ErrInvalid) {
		t.Errorf("a chain over the limit: %v", err)
	}
	leaf, err := Parse("a.yaml", files["team/a.yaml"].Data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(leaf, CompileOptions{}); !errors.Is(err, ErrUnresolved) {
		t.Errorf("compiling an unresolved document: %v", err)
	}
}

func TestPolicyHash(t *testing.T) {
	hash := func(doc string) string { return mustCompile(t, mustLoad(t, doc)).Hash.String() }
	a := hash(head + "rules:\n  tool_access: {block: [x]}\n")
	if b := hash("rules: {tool_access: {enabled: true, default: allow, block: [\"x\"], allow: []}}\nhushspec: '0.1.0'\n"); a != b {
		t.Error("one meaning in two spellings has two hashes")
	}
	if b := hash(head + "rules:\n  tool_access: {block: [y]}\n"); a == b {
		t.Error("two policies have one hash")
	}
}

func TestDefaultScope(t *testing.T) {
	for doc, want := range map[string]string{
		"rules: {forbidden_paths: {}}":                                                       "*",
		"rules: {tool_access: {allow: [a, b], require_confirmation: [b, c]}}":                "a b c",
		"rules: {tool_access: {allow: [a, \"b*\"]}}":                                         "a",
		"rules: {tool_access: {allow: [a, \"b*\"]}}\nextensions: {chio: {tool_names: glob}}": "*",
		"rules: {tool_access: {default: block}}":                                             "",
		"rules: {tool_access: {enabled: false, allow: [a]}, forbidden_paths: {}}":            "*",
	} {
		var got []string
		for _, g := range mustCompile(t, mustLoad(t, head+doc+"\n")).Scope.Grants {
			got = append(got, g.ToolName)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", doc, got, want)
		}
	}
}

func TestValidateWithoutPositions(t *testing.T) {
	size := int64(-1)
	d := &Document{HushSpec: "0.1.0", Rules: Rules{
		ForbiddenPaths: &ForbiddenPathsRule{Enabled: true, ForbiddenPaths: ForbiddenPaths{Patterns: []string{"["}}},
		PathAllowlist:  &PathAllowlistRule{Enabled: true, PathAllowlist: PathAllowlist{Read: []string{""}}},
		ToolAccess:     &ToolAccessRule{Enabled: true, ToolAccess: ToolAccess{Default: "maybe", MaxArgsSize: &size, Block: []string{" "}}},
	}}
	var e *Error
	if err := Validate(d); !errors.As(err, &e) || len(e.Problems) != 5 {
		t.Fatalf("%v", err)
	}
	if _, err := Compile(d, CompileOptions{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("compiling it: %v", err)
	}
}

// Parsing never panics. What parses compiles, to the same hash twice, or is
// refused as something that this node cannot enforce: a database that is not
// there, a custom guard that nobody registered.
func FuzzParse(f *testing.F) {
	f.Add(builtinText(f, "default"))
	f.Add([]byte(head + "rules:\n  path_allowlist: {enabled: true, read: [\"/a/**\"]}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("hushspec: &v \"0.1.0\"\nname: *v\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := Parse("p.yaml", doc)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || err.Error() == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		d.Extends = ""
		a, err := Compile(d, CompileOptions{})
		if err != nil {
			if errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), "compiling policy") {
				t.Fatalf("parsed and is not valid: %v", err)
			}
			return
		}
		if b, err := Compile(d, CompileOptions{}); err != nil || a.Hash != b.Hash {
			t.Fatal("the hash is not a function of the document")
		}
	})
}
