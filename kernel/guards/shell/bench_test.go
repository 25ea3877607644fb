package shell

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/kernel"
)

// Commands as agents run them all day.
func BenchmarkCommand(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"simple", "git status"},
		{"pipeline", "go test ./... | tail -n 20"},
		{"sequence", "cd src && npm run build -- --mode=production"},
		{"redirected", "go test -race ./internal/... 2>&1 | tee test.log | tail -n 20"},
		{"nested", `cd web && NODE_ENV=production bash -c "npm ci --ignore-scripts && npm run build"`},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := must(b, Config{})
			r := command(c.text)
			m := unit.Start(b)
			for b.Loop() {
				if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
					b.Fatal(d, err)
				}
			}
			m.Report()
		})
	}
}
