package policy

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

// One call under the built-in policy: extraction and every guard.
func BenchmarkEvaluateDefault(b *testing.B) {
	d, err := Load(BuiltinDefault, nil)
	if err != nil {
		b.Fatal(err)
	}
	g := mustCompile(b, d).Guard
	c := call("read_file", `{"path":"/srv/workspace/project/src/main.go"}`)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := g.Evaluate(c); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkMeet(b *testing.B) {
	s, err := PortableFromDocument(mustLoad(b, head+"rules: {forbidden_paths: {}, tool_access: {block: [a, b, c]}, egress: {allow: [x.example, y.example]}}\n"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Meet(s, s)
	}
}
