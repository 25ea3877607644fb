package secrets_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/wire"
)

func BenchmarkDetect(b *testing.B) {
	for kind, text := range unit.Texts() {
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			m := unit.Start(b)
			for b.Loop() {
				if d, found := secrets.Detect(text); found {
					b.Fatal(d)
				}
			}
			m.PerByte(len(text))
		})
	}
}

func BenchmarkLeak(b *testing.B) {
	g, err := secrets.New(secrets.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for kind, text := range unit.Texts() {
		b.Run(kind, func(b *testing.B) {
			r := request("write_file", map[string]any{"path": "/srv/work/notes.md", "content": text})
			b.SetBytes(int64(len(text)))
			m := unit.Start(b)
			for b.Loop() {
				if d, _ := g.Judge(r); d.Verdict != kernel.Allow {
					b.Fatal(d)
				}
			}
			m.PerByte(len(text))
		})
	}
}

func BenchmarkSanitizer(b *testing.B) {
	g, err := secrets.NewSanitizer(secrets.SanitizerConfig{Secrets: true, Personal: true})
	if err != nil {
		b.Fatal(err)
	}
	for kind, text := range unit.Texts() {
		b.Run(kind, func(b *testing.B) {
			doc := wire.MustMarshal(map[string]any{"content": []map[string]string{{"type": "text", "text": text}}})
			b.SetBytes(int64(len(doc)))
			m := unit.Start(b)
			for b.Loop() {
				if d, err := g.Inspect(nil, doc); err != nil || d.Content != nil {
					b.Fatal(d, err)
				}
			}
			m.PerByte(len(doc))
		})
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
