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

// TestHeadNewsThatIsNone: what is no head and no evidence of this log is no
// news of it.
func TestHeadNewsThatIsNone(t *testing.T) {
	k, err := wire.KeyFromSeed(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	const origin = "chio-log/00"
	sign := func(origin string, root byte) string {
		note, err := SignCheckpoint(Checkpoint{Origin: origin, Size: 7, Root: wire.Hash([]byte{root})}, k)
		if err != nil {
			t.Fatal(err)
		}
		return string(note)
	}
	e, err := NewEquivocation([]byte(sign(origin, 1)), []byte(sign(origin, 2)))
	if err != nil {
		t.Fatal(err)
	}
	turned := *e
	turned.A, turned.B = e.B, e.A
	news := func(m HeadNews) []byte { m.Schema, m.At = HeadNewsSchema, 1; return wire.MustMarshal(m) }
	for name, doc := range map[string][]byte{
		"no json":               []byte("head"),
		"another schema":        wire.MustMarshal(HeadNews{Schema: "chio.other.v1", At: 1, Note: sign(origin, 1)}),
		"nothing":               news(HeadNews{}),
		"both":                  news(HeadNews{Note: e.A, Evidence: e}),
		"no note":               news(HeadNews{Note: "head"}),
		"of another log":        news(HeadNews{Note: sign("chio-log/01", 1)}),
		"evidence of no notes":  news(HeadNews{Evidence: &Equivocation{Schema: e.Schema, A: "a", B: "b"}}),
		"evidence turned round": news(HeadNews{Evidence: &turned}),
	} {
		var refused *Error
		if _, _, err := ParseHeadNews(origin, doc, 64<<10); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, doc := range [][]byte{news(HeadNews{Note: e.A}), news(HeadNews{Evidence: e})} {
		if _, n, err := ParseHeadNews(origin, doc, 64<<10); err != nil || n.Checkpoint.Origin != origin {
			t.Errorf("%v", err)
		}
	}
}
