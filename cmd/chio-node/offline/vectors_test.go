package offline_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors anew")

// TestVectors keeps one file of each kind that no other package has vectors
// of. They are frozen: a change here is a change of a format.
func TestVectors(t *testing.T) {
	active, revoked := passports(t)
	evidence, _ := price(t)
	trust, err := trusting(t, 7, 8).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string][]byte{
		"passport.json": active, "revoked.json": revoked, "treaty.json": treaty(t, 7, 8), "statement.json": statement(t, 7, 8),
		"voucher.json": voucher(t), "price.json": evidence, "trust.json": trust, "reputation.json": reputationFile(t, 7, nil),
	} {
		path := filepath.Join("testdata", "vectors", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, doc, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(doc, want) {
			t.Errorf("%s differs:\n%s\nwant\n%s", name, doc, want)
		}
	}
}
