package guards

import (
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

func benchmarkJudge(b *testing.B, g guard.Guard, tool, args string) {
	r := request(tool, args)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkForbiddenPathDefault(b *testing.B) {
	benchmarkJudge(b, defaultForbidden(b), "read_file", `{"path":"/srv/workspace/project/src/main.go"}`)
}

func BenchmarkForbiddenPathRelative(b *testing.B) {
	benchmarkJudge(b, defaultForbidden(b), "read_file", `{"path":"src/Main.go"}`)
}

func BenchmarkMcpTool(b *testing.B) {
	g, _ := NewMcpTool(McpToolConfig{Block: []string{"shell_exec", "run_command"}, Allow: []string{"read_file"}, MaxArgsBytes: 1 << 20})
	benchmarkJudge(b, g, "read_file", `{"path":"/srv/a"}`)
}

func BenchmarkPathAllowlist(b *testing.B) {
	g, _ := NewPathAllowlist(PathAllowlistConfig{Enabled: true, Read: []string{"/data/**", "/opt/**", "/srv/**"}})
	benchmarkJudge(b, g, "read_file", `{"path":"/srv/workspace/project/src/main.go"}`)
}

func BenchmarkExtract(b *testing.B) {
	r := request("read_file", `{"path":"/srv/workspace/project/src/main.go"}`)
	b.ReportAllocs()
	for b.Loop() {
		if a := guard.Extract(r.Call); len(a.Paths) != 1 {
			b.Fatal(a)
		}
	}
}

// A thousand rules must cost about what ten do.
func BenchmarkForbiddenPathThousandRules(b *testing.B) {
	patterns := make([]string, 1000)
	for i := range patterns {
		patterns[i] = fmt.Sprintf("**/secret-%d/**", i)
	}
	g, err := NewForbiddenPath(ForbiddenPathConfig{Patterns: patterns})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkJudge(b, g, "read_file", `{"path":"/srv/workspace/project/src/main.go"}`)
}
