package federation

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// forkOf is evidence of two editions by the organisations of two seeds.
func forkOf(t testing.TB, a, b byte, changeA, changeB func(*PeerDirectory)) []byte {
	t.Helper()
	return wire.MustMarshal(DirectoryFork{Schema: DirectoryForkSchema, A: editionOf(t, a, changeA), B: editionOf(t, b, changeB)})
}

// nextTo makes an edition the one after another.
func nextTo(e *wire.Envelope, sequence uint64) func(*PeerDirectory) {
	id := e.ID()
	return func(d *PeerDirectory) { d.Sequence, d.Previous = sequence, &id }
}

// TestVerifyDirectoryFork: two editions are evidence if one issuer signed both
// and they cannot both be its list, in either order.
func TestVerifyDirectoryFork(t *testing.T) {
	longer := func(d *PeerDirectory) { d.Expires++ }
	first, other := editionOf(t, 10, nil), editionOf(t, 10, longer)
	for name, c := range map[string]struct {
		doc  []byte
		want error
	}{
		"of one sequence":         {forkOf(t, 10, 10, nil, longer), nil},
		"follows another":         {forkOf(t, 10, 10, nil, nextTo(other, 2)), nil},
		"follows another, before": {forkOf(t, 10, 10, nextTo(other, 2), nil), nil},
		"one edition twice":       {forkOf(t, 10, 10, nil, nil), ErrNoContradiction},
		"follows it":              {forkOf(t, 10, 10, nil, nextTo(first, 2)), ErrNoContradiction},
		"with a gap":              {forkOf(t, 10, 10, nil, nextTo(other, 3)), ErrNoContradiction},
		"of two issuers":          {forkOf(t, 10, 20, nil, longer), ErrPeerDirectory},
		"signed by another":       {forkOf(t, 10, 20, nil, func(d *PeerDirectory) { d.Issuer = didOf(t, 10) }), ErrPeerDirectory},
		"by nobody":               {forkOf(t, 10, 10, func(d *PeerDirectory) { d.Issuer = "did:chio:1" }, nil), ErrPeerDirectory},
		"no edition":              {forkOf(t, 10, 10, nil, func(d *PeerDirectory) { d.Sequence = 0 }), ErrPeerDirectory},
		"one only":                {wire.MustMarshal(DirectoryFork{Schema: DirectoryForkSchema, A: first}), ErrPeerDirectory},
		"without a schema":        {wire.MustMarshal(DirectoryFork{A: first, B: other}), ErrPeerDirectory},
		"nothing":                 {[]byte("{}"), ErrPeerDirectory},
	} {
		r, err := VerifyDirectoryFork(c.doc)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (r.Issuer != didOf(t, 10) || r.SHA256[0] == r.SHA256[1]) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// FuzzDirectoryFork: of all bytes only what the issuer signed twice is evidence
// against it.
func FuzzDirectoryFork(f *testing.F) {
	longer := func(d *PeerDirectory) { d.Expires++ }
	signed := map[wire.Digest]bool{editionOf(f, 10, nil).ID(): true, editionOf(f, 10, longer).ID(): true}
	f.Add(forkOf(f, 10, 10, nil, longer))
	f.Add(forkOf(f, 10, 10, nil, nil))
	f.Add([]byte(`{"schema":"chio.peer_directory_fork.v1"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := VerifyDirectoryFork(doc)
		if err == nil && r.Issuer == didOf(t, 10) && (!signed[r.SHA256[0]] || !signed[r.SHA256[1]] || r.SHA256[0] == r.SHA256[1]) {
			t.Fatalf("%s: %+v", doc, r)
		}
	})
}
