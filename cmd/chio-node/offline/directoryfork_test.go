package offline_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/cmd/chio-node/offline"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/wire"
)

// TestDirectoryEvidence: two editions of an issuer that contradict each other are
// judged without a trust set, and every byte of them is covered; two that agree
// are no evidence.
func TestDirectoryEvidence(t *testing.T) {
	edition := func(expires int64) *wire.Envelope {
		e, err := wire.Seal(federation.PeerDirectorySchema, federation.PeerDirectory{Schema: federation.PeerDirectorySchema, Issuer: didOf(t, 10),
			Sequence: 1, IssuedAt: 1, Expires: expires, Entries: []federation.DirectoryEntry{}}, key(t, 10))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	evidence := func(a, b int64) []byte {
		return wire.MustMarshal(federation.DirectoryFork{Schema: federation.DirectoryForkSchema, A: edition(a), B: edition(b)})
	}
	doc := evidence(2, 3)
	f := offline.File("x.json", doc, offline.Options{})
	if f.Kind != offline.KindFork || !f.Valid || !f.Integrity || f.SignerTrusted != nil || f.Status == "" || f.Code != "" {
		t.Fatalf("%+v", f)
	}
	if f := offline.File("x.json", evidence(2, 2), offline.Options{}); f.Valid || f.Code != "CHIO-VERIFY-DIRECTORY" {
		t.Errorf("one edition twice: %+v", f)
	}
	for i := 0; i < len(doc); i += 7 {
		bad := bytes.Clone(doc)
		bad[i] ^= 1
		if f := offline.File("x.json", bad, offline.Options{}); f.Valid {
			t.Fatalf("byte %d (%q in %q): %+v", i, doc[i], doc[max(0, i-20):min(len(doc), i+20)], f)
		}
	}
}
