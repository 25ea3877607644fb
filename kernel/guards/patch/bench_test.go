package patch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/internal/unit"
	"github.com/backbay-labs/chio-node/kernel"
)

// added is a diff that adds the lines of a text.
func added(text string) string {
	text = strings.TrimSuffix(text, "\n")
	lines := strings.Split(text, "\n")
	return fmt.Sprintf("--- a/notes\n+++ b/notes\n@@ -1,0 +1,%d @@\n+%s\n", len(lines), strings.Join(lines, "\n+"))
}

// The default patterns over clean lines.
func BenchmarkPatch(b *testing.B) {
	g := must(b, Config{MaxAdditions: 1000, MaxDeletions: 500})
	for kind, text := range unit.Texts() {
		b.Run(kind, func(b *testing.B) {
			diff := added(text)
			r := apply(diff)
			b.SetBytes(int64(len(diff)))
			m := unit.Start(b)
			for b.Loop() {
				if d, err := g.Judge(r); err != nil || d.Verdict != kernel.Allow {
					b.Fatal(d, err)
				}
			}
			m.PerByte(len(diff))
		})
	}
}
