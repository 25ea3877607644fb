package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// everyRuleset is each file of builtin/, by name.
func everyRuleset(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir("builtin")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		doc, err := os.ReadFile(filepath.Join("builtin", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(e.Name(), ".yaml")] = doc
	}
	return out
}

func TestEveryRulesetCompiles(t *testing.T) {
	for name, doc := range everyRuleset(t) {
		d, err := Load("p.yaml", fstest.MapFS{"p.yaml": &fstest.MapFile{Data: doc, Mode: fs.ModePerm}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := Compile(d, CompileOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, w := range c.Warnings {
			t.Errorf("%s: warns: %v", name, w)
		}
		if d.Name != name || d.Description == "" {
			t.Errorf("%s: name %q, description %q", name, d.Name, d.Description)
		}
		for _, industry := range []string{"hipaa", "pci-dss", "soc2", "fedramp"} {
			if name == industry && (!strings.Contains(d.Description, "does not cover") || !strings.Contains(string(doc), "# It does not cover")) {
				t.Errorf("%s does not say what it does not cover", name)
			}
		}
	}
}
