package prompt

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
)

// clean texts of about 8 KiB each.
func cleanTexts() map[string]string {
	prose := "The harbour office keeps a record of every ship that arrives, and of the goods it carries. When the weather turns, the pilots wait " +
		"behind the breakwater until the wind has dropped. In the evening the market closes early, because the fishermen leave before dawn. "
	code := "func (s *Store) Get(key string) ([]byte, error) {\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\tif v, ok := s.rows[key]; ok {\n\t\treturn v.data, nil\n\t}\n\treturn nil, ErrNotFound\n}\n\n"
	doc := `{"id":"4f1c2b9a-77de-4a55-9c1e-0b3b52a1f001","amount_minor":1299,"currency":"EUR","lines":[{"sku":"AB-1009","qty":2},{"sku":"XZ-0031","qty":1}],"ok":true},` + "\n"
	cyrillic := "Управление порта ведёт запись каждого судна, которое приходит, и груза, который оно везёт. Когда погода меняется, лоцманы ждут за молом. "
	out := map[string]string{}
	for name, s := range map[string]string{"prose": prose, "code": code, "json": doc, "cyrillic": cyrillic} {
		out[name] = strings.Repeat(s, 8192/len(s)+1)
	}
	return out
}

func benchmark(b *testing.B, g guard.Guard) {
	for name, text := range cleanTexts() {
		b.Run(name, func(b *testing.B) {
			r := say(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
					b.Fatal(d, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)), "ns/byte")
		})
	}
}

func BenchmarkInjection(b *testing.B) { benchmark(b, injection(b)) }

func BenchmarkJailbreak(b *testing.B) { benchmark(b, jailbreak(b)) }

func BenchmarkCanonical(b *testing.B) {
	for name, text := range cleanTexts() {
		b.Run(name, func(b *testing.B) {
			var f folded
			raw := []byte(text)
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				f.fold(raw)
			}
		})
	}
}

func BenchmarkOutput(b *testing.B) {
	g, err := NewOutput(OutputConfig{Injection: &InjectionConfig{BlockAtOrAbove: "high"}, Jailbreak: &JailbreakConfig{BlockThreshold: ptr(80)}})
	if err != nil {
		b.Fatal(err)
	}
	doc := []byte(`{"content":[{"type":"text","text":"` + strings.ReplaceAll(cleanTexts()["prose"], "\n", " ") + `"}]}`)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if d, err := g.Inspect(nil, doc); err != nil || d.Verdict != kernel.Allow {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkCompileLexicon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compileLexicon(); err != nil {
			b.Fatal(err)
		}
	}
}
