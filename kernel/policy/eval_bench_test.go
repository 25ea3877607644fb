package policy

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/backbay-labs/chio-node/kernel"
)

// rulesOf is a policy with n rules spread over the lists that grow in
// practice: tools, hosts, paths.
func rulesOf(t testing.TB, n int) *Compiled {
	t.Helper()
	tools := &ToolAccessRule{Enabled: true, ToolAccess: ToolAccess{Default: DefaultAllow}}
	hosts := &EgressRule{Enabled: true, Egress: Egress{Default: DefaultBlock}}
	paths := &ForbiddenPathsRule{Enabled: true}
	for i := range n {
		switch i % 3 {
		case 0:
			tools.Block = append(tools.Block, fmt.Sprintf("tool_%d", i))
		case 1:
			hosts.Allow = append(hosts.Allow, fmt.Sprintf("**.host%d.example", i))
		case 2:
			paths.Patterns = append(paths.Patterns, fmt.Sprintf("**/secret%d/**", i))
		}
	}
	hosts.Allow = append(hosts.Allow, "api.example.com")
	c, err := Compile(&Document{HushSpec: "0.1.0", Rules: Rules{ToolAccess: tools, Egress: hosts, ForbiddenPaths: paths}}, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A thousand rules cost what the matching few cost.
func BenchmarkRules(b *testing.B) {
	for name, k := range map[string]*kernel.Call{
		"tool":   call("search", `{"q":"weather"}`),
		"file":   call("read_file", `{"path":"/srv/workspace/project/src/main.go"}`),
		"egress": call("fetch", `{"url":"https://api.example.com/v1/items"}`),
	} {
		for _, n := range []int{10, 1000} {
			c := rulesOf(b, n)
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if d, err := c.Guard.Evaluate(k); err != nil || d.Verdict != kernel.Allow {
						b.Fatal(d, err)
					}
				}
			})
		}
	}
}

func BenchmarkCompileDefault(b *testing.B) {
	doc := everyRuleset(b)["default"]
	files := fstest.MapFS{"p.yaml": &fstest.MapFile{Data: doc, Mode: fs.ModePerm}}
	d, err := Load("p.yaml", files)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(d, CompileOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// A call under a policy with all eighteen guards.
func BenchmarkEighteen(b *testing.B) {
	d, err := Load("builtin:default", nil)
	if err != nil {
		b.Fatal(err)
	}
	all := compileAll(b, CompileOptions{})
	byDefault, err := Compile(d, CompileOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for name, g := range map[string]kernel.Guard{"all": all.Guard, "default": byDefault.Guard} {
		for _, k := range []*kernel.Call{call("search", `{"q":"weather in Berlin tomorrow"}`), call("read_file", `{"path":"/srv/workspace/src/main.go"}`)} {
			b.Run(name+"/"+k.Mandate.Tool, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if d, err := g.Evaluate(k); err != nil || d.Verdict != kernel.Allow {
						b.Fatal(d, err)
					}
				}
			})
		}
	}
}

func BenchmarkEvaluateAction(b *testing.B) {
	c := rulesOf(b, 10)
	a := Action{Type: ActionFileRead, Target: "/srv/workspace/src/main.go"}
	b.ReportAllocs()
	for b.Loop() {
		if r := c.Evaluate(a, Context{}); r.Decision != DecisionAllow {
			b.Fatal(r)
		}
	}
}
