package secrets_test

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
)

// prose is clean text with words that announce secrets and hold none.
var prose = strings.Repeat("The committee met on Tuesday to review the access token policy; nobody objected to rotating a password every 90 days.\n"+
	"func main() { fmt.Println(\"https://example.org/docs?page=2\", os.Args[1:]) } // see src/net/http/server.go\n", 20)

func BenchmarkDetectClean(b *testing.B) {
	b.SetBytes(int64(len(prose)))
	b.ReportAllocs()
	for b.Loop() {
		if d, found := secrets.Detect(prose); found {
			b.Fatal(d)
		}
	}
}

func BenchmarkJudgeClean(b *testing.B) {
	g, err := secrets.New(secrets.Config{})
	if err != nil {
		b.Fatal(err)
	}
	r := request("write_file", map[string]any{"path": "/srv/work/notes.md", "content": prose})
	b.SetBytes(int64(len(prose)))
	b.ReportAllocs()
	for b.Loop() {
		if d, _ := g.Judge(r); d.Verdict != kernel.Allow {
			b.Fatal(d)
		}
	}
}

func BenchmarkJudgeShort(b *testing.B) {
	g, err := secrets.New(secrets.Config{Patterns: []secrets.Pattern{{Name: "internal", Expression: `ACME-[0-9]{8}`, Severity: "error"}}})
	if err != nil {
		b.Fatal(err)
	}
	r := request("read_file", map[string]any{"path": "/srv/workspace/project/src/main.go"})
	b.ReportAllocs()
	for b.Loop() {
		if d, _ := g.Judge(r); d.Verdict != kernel.Allow {
			b.Fatal(d)
		}
	}
}

var _ guard.Guard = (*secrets.Leak)(nil)
