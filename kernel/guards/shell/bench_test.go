package shell

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
)

func benchmark(b *testing.B, text string) {
	g := must(b, Config{})
	r := command(text)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkSimple(b *testing.B) { benchmark(b, "git status --short") }

func BenchmarkPipeline(b *testing.B) {
	benchmark(b, "go test -race ./internal/... 2>&1 | tee test.log | tail -n 20")
}

func BenchmarkNested(b *testing.B) {
	benchmark(b, `cd web && NODE_ENV=production bash -c "npm ci --ignore-scripts && npm run build"`)
}
