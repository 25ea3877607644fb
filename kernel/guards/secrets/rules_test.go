package secrets_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/wire"
)

// A token is one only where a word begins, and one that stands for another is
// none.
func TestWhatIsNoToken(t *testing.T) {
	token := "npm" + "_" + "R7kQm2Zx9LpT4vWc8NsYb3HdFg6JtUe1AoXi"
	if id, found := secrets.Detect("x " + token); !found || id != "npm_token" {
		t.Fatalf("%s %v", id, found)
	}
	for _, text := range []string{"x" + token, "9" + token, "npm" + "_" + "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE1", "npm" + "_" + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"ghp" + "_" + "YOUR" + "_TOKEN_HERE_0000000000000000000000000", "AKIA" + "EXAMPLEEXAMPLE00"} {
		if id, found := secrets.Detect(text); found {
			t.Errorf("%q is a %s", text, id)
		}
	}
}

// A file that a policy skips does not excuse another of the same call.
func TestEachFileOfACallIsSkippedForItself(t *testing.T) {
	g := leak(t, secrets.Config{SkipPaths: []string{"/fixtures/**"}, Patterns: []secrets.Pattern{{Name: "badge", Expression: "BDG[0-9]+", Severity: "error"}}})
	for path, want := range map[string]kernel.Verdict{"/fixtures/b": kernel.Allow, "/srv/b": kernel.Deny} {
		r := request("write_file", map[string]any{"path": "/fixtures/a", "content": "BDG1", "output_path": path})
		if d, err := g.Judge(r); err != nil || d.Verdict != want {
			t.Errorf("with %s: %+v %v, want %v", path, d, err, want)
		}
	}
}

// What is still found after a replacement takes the whole value with it.
func TestWhatIsLeftOverGoesToo(t *testing.T) {
	s := sanitizer(t, secrets.SanitizerConfig{Patterns: []secrets.Pattern{{Name: "word", Expression: `(?i)alpha|redacted`, Severity: "error"}}})
	d, err := s.Inspect(nil, wire.Raw(`{"a":"an alpha here"}`))
	if err != nil || d.Verdict != kernel.Allow || string(d.Content) != `{"a":"[REDACTED:word]"}` {
		t.Errorf("%+v %s %v", d, d.Content, err)
	}
}
