package receipt

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// FuzzParseHeadNews: a message that parses has one spelling and is about the
// log that was asked for.
func FuzzParseHeadNews(f *testing.F) {
	k, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	const origin, maxBytes = "chio-log/00", 64 << 10
	sign := func(root byte) []byte {
		note, err := SignCheckpoint(Checkpoint{Origin: origin, Size: 7, Root: wire.Hash([]byte{root})}, k)
		if err != nil {
			f.Fatal(err)
		}
		return note
	}
	e, err := NewEquivocation(sign(1), sign(2))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire.MustMarshal(HeadNews{Schema: HeadNewsSchema, At: 1, Note: string(sign(1))}))
	f.Add(wire.MustMarshal(HeadNews{Schema: HeadNewsSchema, At: 1, Evidence: e}))
	f.Add([]byte(`{"at":1,"note":"","schema":"chio.head_gossip.v1"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, n, err := ParseHeadNews(origin, doc, maxBytes)
		if err != nil {
			if refused := new(Error); !errors.As(err, &refused) {
				t.Errorf("error %v", err)
			}
			return
		}
		if m.Evidence != nil {
			m.Note = "" // as it was sent
		}
		if again := wire.MustMarshal(m); string(again) != string(doc) {
			t.Errorf("a second spelling: %q", doc)
		}
		if n.Checkpoint.Origin != origin || len(doc) > maxBytes {
			t.Errorf("a head of %q in %d bytes", n.Checkpoint.Origin, len(doc))
		}
	})
}
