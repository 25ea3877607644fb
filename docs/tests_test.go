package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// TestNamedTestsExist: a page that says which test holds something names one
// that there is. A name that ends in an ellipsis stands for all that begin so.
func TestNamedTestsExist(t *testing.T) {
	sources := map[string]string{} // of a package's tests
	read := func(dir string) string {
		if text, known := sources[dir]; known {
			return text
		}
		files, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
		sources[dir] = all.String()
		return sources[dir]
	}
	for _, page := range []string{"THREATS.md", "faults.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		named := 0
		for line := range strings.Lines(string(text)) {
			dir := ""
			for _, m := range quoted.FindAllStringSubmatch(line, -1) {
				name := m[1]
				if !strings.HasPrefix(name, "Test") {
					if info, err := os.Stat(filepath.Join("..", filepath.FromSlash(name))); err == nil && info.IsDir() {
						dir = name
					}
					continue
				}
				named++
				want := "func " + name + "("
				if prefix, all := strings.CutSuffix(name, "…"); all {
					want = "func " + prefix
				}
				if dir == "" || !strings.Contains(read(dir), want) {
					t.Errorf("%s: package %q has no %s", page, dir, name)
				}
			}
		}
		if named < 20 {
			t.Errorf("%s: only %d tests were found", page, named)
		}
	}
}
