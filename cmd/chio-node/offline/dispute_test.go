package offline_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/kernel/receipt"
)

// TestDisputeFile: a dispute is judged by the kernels that the trust set names
// for both sides, and every byte of it is covered.
func TestDisputeFile(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "federation", "testdata", "dispute.json"))
	if err != nil {
		t.Fatal(err)
	}
	trust := &receipt.TrustSet{Schema: receipt.TrustSchema, Kernels: []receipt.TrustedKernel{
		{Key: key(t, 11).Public(), DID: didOf(t, 10).String(), Logs: []string{}}, {Key: key(t, 21).Public(), DID: didOf(t, 20).String(), Logs: []string{}}}}
	f := offline.File("x.json", doc, offline.Options{Trust: trust})
	if f.Kind != offline.KindDispute || !f.Valid || !f.Integrity || !*f.SignerTrusted || f.Status == "" || f.Code != "" {
		t.Fatalf("%+v", f)
	}
	if f := offline.File("x.json", doc, offline.Options{}); f.Valid || f.Code != receipt.CodeUntrusted || !offline.NeedsTrust(doc) {
		t.Errorf("without a trust set: %+v", f)
	}
	one := *trust
	one.Kernels = one.Kernels[:1]
	if f := offline.File("x.json", doc, offline.Options{Trust: &one}); f.Valid || f.Code != "CHIO-VERIFY-DISPUTE" {
		t.Errorf("trusting one side: %+v", f)
	}
	for i := 0; i < len(doc); i += 31 {
		bad := bytes.Clone(doc)
		bad[i] ^= 1
		if f := offline.File("x.json", bad, offline.Options{Trust: trust}); f.Valid {
			t.Fatalf("byte %d (%q in %q): %+v", i, doc[i], doc[max(0, i-20):min(len(doc), i+20)], f)
		}
	}
}
