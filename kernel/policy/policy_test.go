package policy

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

func call(tool, args string) *kernel.Call {
	return &kernel.Call{Mandate: &kernel.Mandate{Server: "files", Tool: tool, Arguments: wire.Raw(args)}}
}

func verdict(t testing.TB, g kernel.Guard, c *kernel.Call) (kernel.Verdict, kernel.Code) {
	t.Helper()
	d, err := g.Evaluate(c)
	if err != nil {
		t.Fatalf("guard answered an error: %v", err)
	}
	var code kernel.Code
	for _, e := range d.Evidence {
		if e.Verdict == d.Verdict {
			code = e.Code
		}
	}
	return d.Verdict, code
}

func mustLoad(t testing.TB, doc string) *Document {
	t.Helper()
	d, err := Load("p.yaml", fstest.MapFS{"p.yaml": {Data: []byte(doc)}})
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return d
}

func mustCompile(t testing.TB, d *Document) *Compiled {
	t.Helper()
	c, err := Compile(d, CompileOptions{})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return c
}

func TestBuiltinDefaultDecides(t *testing.T) {
	d, err := Load(BuiltinDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := mustCompile(t, d)
	if got := c.GuardNames; len(got) < 2 || got[0] != "forbidden-path" {
		t.Fatalf("guards %v", got)
	}
	for _, tc := range []struct {
		tool, args string
		want       kernel.Verdict
		code       kernel.Code
	}{
		{"read_file", `{"path":"/srv/work/readme.md"}`, kernel.Allow, ""},
		{"read_file", `{"path":"/home/u/.ssh/id_rsa"}`, kernel.Deny, "CHIO-GUARD-FORBIDDEN-PATH"},
		{"read_file", `{"path":".env"}`, kernel.Deny, "CHIO-GUARD-FORBIDDEN-PATH"},
		{"read_file", `{"path":".env.example"}`, kernel.Allow, ""},
		{"read_file", `{"path":"../../../etc/shadow"}`, kernel.Deny, "CHIO-GUARD-FORBIDDEN-PATH"},
		{"read_file", `{"path":7}`, kernel.Deny, "CHIO-GUARD-MALFORMED"},
		{"summon", `{"what":"C:\\Users\\u\\.SSH\\id_rsa"}`, kernel.Deny, "CHIO-GUARD-FORBIDDEN-PATH"},
		{"shell_exec", `{"command":"true"}`, kernel.Deny, "CHIO-GUARD-TOOL-BLOCKED"},
		{"echo", `{"text":"hello"}`, kernel.Allow, ""},
		{"bash", `{"command":"cat ~/.ssh/id_rsa"}`, kernel.Deny, "CHIO-GUARD-FORBIDDEN-PATH"},
	} {
		v, code := verdict(t, c.Guard, call(tc.tool, tc.args))
		if v != tc.want || code != tc.code {
			t.Errorf("%s %s: %v %s, want %v %s", tc.tool, tc.args, v, code, tc.want, tc.code)
		}
	}
}

func TestI5_EmptyPolicyDenies(t *testing.T) {
	for name, doc := range map[string]string{
		"no rules":     "hushspec: \"0.1.0\"\n",
		"empty rules":  "hushspec: \"0.1.0\"\nrules: {}\n",
		"all disabled": "hushspec: \"0.1.0\"\nrules:\n  tool_access: {enabled: false}\n  forbidden_paths: {enabled: false}\n  path_allowlist: {enabled: false, read: [\"**\"]}\n",
	} {
		d := mustLoad(t, doc)
		c, err := Compile(d, CompileOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v, code := verdict(t, c.Guard, call("echo", `{}`)); v != kernel.Deny || code != kernel.CodeNoPolicy {
			t.Errorf("%s: %v %s", name, v, code)
		}
		if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].Message, "no rule in force") {
			t.Errorf("%s: nobody is told: %v", name, c.Warnings)
		}
	}
	if _, err := Compile(nil, CompileOptions{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("nil document: %v", err)
	}
	g, err := CompileSection(Section{}, "peer_terms")
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := verdict(t, g, call("echo", `{}`)); v != kernel.Deny {
		t.Error("an empty section allows")
	}
}
