package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// builtins are the commands of testscript itself. They come before those of
// the test, and two of them end a script early and let it pass.
var builtins = strings.Fields("cd chmod cmp cmpenv cp env exec exists grep kill mkdir mv rm skip stderr stdin stdout stop symlink ttyin ttyout unix2dos unquote wait")

// TestScriptsAreTypedWhole finds a command of ours that testscript would take
// for its own, and a script that ends before its last line.
func TestScriptsAreTypedWhole(t *testing.T) {
	for _, name := range builtins {
		if _, ours := scripts("").Cmds[name]; ours {
			t.Errorf("testscript has its own %q, which would run instead of ours", name)
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(doc), "\n") {
			if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word == "stop" || word == "skip" {
				t.Errorf("%s:%d ends the script: %s", file, n+1, line)
			}
		}
	}
}
