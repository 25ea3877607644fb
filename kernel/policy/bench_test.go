package policy

import (
	"fmt"
	"os"
	"testing"
	"testing/fstest"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/kernel"
)

// benchmark judges one call that is allowed.
func benchmark(b *testing.B, g kernel.Guard, k *kernel.Call) {
	b.Helper()
	m := unit.Start(b)
	for b.Loop() {
		if d, err := g.Evaluate(k); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
	m.Report()
}

// typical are calls as agents make them all day.
var typical = []struct{ name, tool, args string }{
	{"file", "read_file", `{"path":"/srv/workspace/project/src/main.go"}`},
	{"egress", "fetch", `{"url":"https://api.example.com/v1/items?page=2"}`},
	{"shell", "bash", `{"command":"go test ./... | tail -n 20"}`},
	{"tool", "search", `{"q":"weather in Berlin tomorrow","limit":10}`},
}

// eighteen is testdata/bench/eighteen.yaml: each of the eighteen in force.
func eighteen(b *testing.B) *Compiled {
	b.Helper()
	doc, err := os.ReadFile("testdata/bench/eighteen.yaml")
	if err != nil {
		b.Fatal(err)
	}
	d, err := Load("p.yaml", fstest.MapFS{"p.yaml": {Data: doc}})
	if err != nil {
		b.Fatal(err)
	}
	c, err := Compile(d, CompileOptions{ReadFile: readDB})
	if err != nil {
		b.Fatal(err)
	}
	if len(c.GuardNames) != 18 {
		b.Fatalf("guards %v", c.GuardNames)
	}
	return c
}

// A call under all eighteen guards: extraction, and every one of them.
func BenchmarkEighteen(b *testing.B) {
	g := eighteen(b).Guard
	for _, k := range typical {
		b.Run(k.name, func(b *testing.B) { benchmark(b, g, call(k.tool, k.args)) })
	}
}

// The same calls under the policy of a node that was given no other.
func BenchmarkDefault(b *testing.B) {
	d, err := Load(BuiltinDefault, nil)
	if err != nil {
		b.Fatal(err)
	}
	g := mustCompile(b, d).Guard
	for _, k := range typical {
		b.Run(k.name, func(b *testing.B) { benchmark(b, g, call(k.tool, k.args)) })
	}
}

// rulesOf is a policy with n rules spread over the lists that grow in
// practice: tools, hosts, paths, commands, secrets.
func rulesOf(t testing.TB, n int) *Compiled {
	t.Helper()
	tools := &ToolAccessRule{Enabled: true, ToolAccess: ToolAccess{Default: DefaultAllow}}
	hosts := &EgressRule{Enabled: true, Egress: Egress{Default: DefaultBlock}}
	paths := &ForbiddenPathsRule{Enabled: true}
	commands := &ShellCommandsRule{Enabled: true}
	secrets := &SecretPatternsRule{Enabled: true}
	for i := range n {
		switch i % 5 {
		case 0:
			tools.Block = append(tools.Block, fmt.Sprintf("tool_%d", i))
		case 1:
			hosts.Allow = append(hosts.Allow, fmt.Sprintf("**.host%d.example", i))
		case 2:
			paths.Patterns = append(paths.Patterns, fmt.Sprintf("**/secret%d/**", i), fmt.Sprintf("**/*.key%d", i))
		case 3:
			commands.ForbiddenPatterns = append(commands.ForbiddenPatterns, fmt.Sprintf(`(?i)\bdeploy%d\s+--force`, i))
		case 4:
			secrets.Patterns = append(secrets.Patterns, SecretPattern{Name: fmt.Sprintf("badge%d", i), Pattern: fmt.Sprintf(`(?i)badge%d-[0-9]{6}`, i), Severity: "error"})
		}
	}
	hosts.Allow = append(hosts.Allow, "api.example.com")
	c, err := Compile(&Document{HushSpec: "0.1.0", Rules: Rules{ToolAccess: tools, Egress: hosts, ForbiddenPaths: paths, ShellCommands: commands, SecretPatterns: secrets}}, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A thousand rules cost what the matching few cost.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{10, 1000} {
		g := rulesOf(b, n).Guard
		for _, k := range typical {
			b.Run(fmt.Sprintf("%d/%s", n, k.name), func(b *testing.B) { benchmark(b, g, call(k.tool, k.args)) })
		}
	}
}

func BenchmarkCompileDefault(b *testing.B) {
	d, err := Load(BuiltinDefault, nil)
	if err != nil {
		b.Fatal(err)
	}
	m := unit.Start(b)
	for b.Loop() {
		if _, err := Compile(d, CompileOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	m.Report()
}

func BenchmarkEvaluateAction(b *testing.B) {
	c := rulesOf(b, 10)
	a := Action{Type: ActionFileRead, Target: "/srv/workspace/src/main.go"}
	m := unit.Start(b)
	for b.Loop() {
		if r := c.Evaluate(a, Context{}); r.Decision != DecisionAllow {
			b.Fatal(r)
		}
	}
	m.Report()
}

func BenchmarkMeet(b *testing.B) {
	s, err := PortableFromDocument(mustLoad(b, head+"rules: {forbidden_paths: {}, tool_access: {block: [a, b, c]}, egress: {allow: [x.example, y.example]}}\n"))
	if err != nil {
		b.Fatal(err)
	}
	m := unit.Start(b)
	for b.Loop() {
		Meet(s, s)
	}
	m.Report()
}
