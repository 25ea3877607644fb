package code

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/kernel"
)

func BenchmarkCode(b *testing.B) {
	g := must(b, Config{})
	for language, text := range map[string]string{
		"python":     "import json\nfrom collections import Counter\n\ndef count(rows):\n    # how often each name occurs\n    return Counter(r['name'] for r in rows)\n",
		"javascript": "const total = rows.map((r) => r.amount * 2).reduce((a, c) => a + c, 0);\nconsole.log(`total ${total}`, JSON.stringify({ rows }));\n",
		"unknown":    "values = [row['amount'] for row in rows if row['ok']]\nprint(sum(values) / len(values))\n",
	} {
		b.Run(language, func(b *testing.B) {
			text := strings.Repeat(text, 8192/len(text)+1)
			r := source(language, text)
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
