package prompt

import (
	"testing"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

func benchmark(b *testing.B, g guard.Guard) {
	for name, text := range unit.Texts() {
		b.Run(name, func(b *testing.B) {
			r := say(text)
			b.SetBytes(int64(len(text)))
			m := unit.Start(b)
			for b.Loop() {
				if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
					b.Fatal(d, err)
				}
			}
			m.PerByte(len(text))
		})
	}
}

func BenchmarkInjection(b *testing.B) { benchmark(b, injection(b)) }

func BenchmarkJailbreak(b *testing.B) { benchmark(b, jailbreak(b)) }

// Both guards, as a policy with both runs them: the text is read once.
func BenchmarkBoth(b *testing.B) {
	first, next := injection(b), jailbreak(b)
	first.ReadFor(next)
	benchmark(b, pair{first, next})
}

type pair struct {
	*Injection
	next *Jailbreak
}

func (p pair) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, err := p.Injection.Judge(r); err != nil || d.Verdict != kernel.Allow {
		return d, err
	}
	return p.next.Judge(r)
}

func BenchmarkCanonical(b *testing.B) {
	for name, text := range unit.Texts() {
		b.Run(name, func(b *testing.B) {
			var f folded
			raw := []byte(text)
			b.SetBytes(int64(len(raw)))
			m := unit.Start(b)
			for b.Loop() {
				f.fold(raw)
			}
			m.PerByte(len(raw))
		})
	}
}

func BenchmarkOutput(b *testing.B) {
	g, err := NewOutput(OutputConfig{Injection: &InjectionConfig{BlockAtOrAbove: "high"}, Jailbreak: &JailbreakConfig{BlockThreshold: ptr(80)}})
	if err != nil {
		b.Fatal(err)
	}
	doc := wire.MustMarshal(map[string]any{"content": []map[string]string{{"type": "text", "text": unit.Texts()["prose"]}}})
	b.SetBytes(int64(len(doc)))
	m := unit.Start(b)
	for b.Loop() {
		if d, err := g.Inspect(nil, doc); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
	m.PerByte(len(doc))
}

func BenchmarkCompileLexicon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compileLexicon(); err != nil {
			b.Fatal(err)
		}
	}
}
