package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/contracts"
)

// TestBindingsAreCurrent fails when an artifact changed and go generate was
// not run.
func TestBindingsAreCurrent(t *testing.T) {
	for _, target := range targets {
		want, err := generate(target.contract, target.pkg)
		if err != nil {
			t.Fatal(err)
		}
		have, err := os.ReadFile(filepath.Join("..", "..", "bindings", target.pkg, target.pkg+".go"))
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != want {
			t.Errorf("bindings/%s is not what the artifact gives; run go generate ./contracts", target.pkg)
		}
	}
}

// TestArtifactsAreCurrent fails when a source changed and was not compiled.
func TestArtifactsAreCurrent(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join("..", "..", "src", "*.sol"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources found: %v", err)
	}
	for _, path := range sources {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		a, err := contracts.Load(strings.TrimSuffix(filepath.Base(path), ".sol"))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		if a.Source.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not what artifact %s was compiled from; see contracts/build", path, a.Name)
		}
		if !strings.HasPrefix(a.Compiler, "0.8.37+") {
			t.Errorf("artifact %s was made by compiler %s", a.Name, a.Compiler)
		}
	}
}
