package node

import (
	"os"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/federation"
)

// yamlBlock returns the first YAML block of a page.
func yamlBlock(t *testing.T, page string) string {
	t.Helper()
	doc, err := os.ReadFile("../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "```yaml\n")
	block, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("%s shows no YAML", page)
	}
	return block
}

// TestPagesShowWhatLoads: what the pages tell people to write is accepted.
func TestPagesShowWhatLoads(t *testing.T) {
	terms, err := federation.LoadTerms("docs/terms.md", []byte(yamlBlock(t, "terms.md")))
	if err != nil {
		t.Fatal(err)
	}
	if terms.Money == nil || terms.Money.CreditMinor != 500 || terms.Ingress.ToolAccess == nil {
		t.Errorf("terms.md: %+v", terms)
	}
	filled := strings.NewReplacer(`"0x…"`, `"0x0000000000000000000000000000000000000001"`).Replace(yamlBlock(t, "config.md"))
	c, err := ParseConfig([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	if c.chain() == nil || c.chain().ChainID != 31337 {
		t.Errorf("config.md: %+v", c)
	}
	if _, err := federation.LoadTerms("initial", []byte(initialTerms)); err != nil {
		t.Errorf("the terms a new home starts with: %v", err)
	}
}
