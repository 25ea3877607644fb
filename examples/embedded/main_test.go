package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-verify/verifier"
)

// TestEmbedded runs the example twice over one home, and verifies what it
// prints as anyone would.
func TestEmbedded(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	for range 2 {
		var receipt, log bytes.Buffer
		if err := run(t.Context(), home, &receipt, &log); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(log.String(), `allow {"greeting":"hello, world"}`) {
			t.Fatalf("it says %s", log.String())
		}
		_, key, found := strings.Cut(strings.TrimSpace(log.String()), "kernel key ")
		file := filepath.Join(t.TempDir(), "receipt.json")
		if err := os.WriteFile(file, bytes.TrimSpace(receipt.Bytes()), 0o600); err != nil || !found {
			t.Fatal(err, log.String())
		}
		var out, errs bytes.Buffer
		if code := verifier.Main([]string{"receipt", file, "--kernel-root", key, "--json"}, strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("chio-verify: exit %d: %s%s", code, out.String(), errs.String())
		}
		if !strings.Contains(out.String(), `"authorized":true`) {
			t.Errorf("chio-verify says %s", out.String())
		}
	}
	for _, name := range []string{"node.sock", "api.token"} { // what a listening node makes
		if _, err := os.Stat(filepath.Join(home, name)); err == nil {
			t.Errorf("%s is there: it listened", name)
		}
	}
}
