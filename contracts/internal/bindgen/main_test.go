package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/wire"
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
	sums := map[string]bool{} // of the sources that artifacts were made of, with their paths
	for _, folder := range []string{"artifacts", "devnet/testdata"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", folder, "*.json"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no artifacts in %s: %v", folder, err)
		}
		for _, path := range paths {
			doc, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var a contracts.Artifact
			if err := wire.Unmarshal(doc, &a, wire.ForeignLimits); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(a.Compiler, "0.8.37+") {
				t.Errorf("artifact %s was made by compiler %s", a.Name, a.Compiler)
			}
			text, err := os.ReadFile(filepath.Join("..", "..", a.Source.Path))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(text)
			if a.Source.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("%s is not what artifact %s was compiled from; see contracts/build", a.Source.Path, a.Name)
			}
			sums[a.Source.Path] = true
		}
	}
	for _, folder := range []string{"src", "testsrc"} {
		sources, err := filepath.Glob(filepath.Join("..", "..", folder, "*.sol"))
		if err != nil || len(sources) == 0 {
			t.Fatalf("no sources in %s: %v", folder, err)
		}
		for _, path := range sources {
			if !sums[folder+"/"+filepath.Base(path)] {
				t.Errorf("%s has no artifact; see contracts/build", path)
			}
		}
	}
}

// TestCodeHashes holds what names each version of a contract that real money may
// meet: whoever changes the code changes this list, and the addresses in use.
func TestCodeHashes(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "codehashes.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]wire.Digest{}
	if err := wire.Unmarshal(doc, &want, wire.DocumentLimits); err != nil {
		t.Fatal(err)
	}
	have := map[string]wire.Digest{}
	for _, target := range targets {
		a, err := contracts.Load(target.contract)
		if err != nil {
			t.Fatal(err)
		}
		if have[a.Name], err = a.CodeHash(); err != nil {
			t.Fatal(err)
		}
	}
	if string(wire.MustMarshal(have)) != string(wire.MustMarshal(want)) {
		t.Errorf("codehashes.json is not\n%s", wire.MustMarshal(have))
	}
}
