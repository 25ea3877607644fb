package federation

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

const listedPeer = "/p2p/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"

// entriesOf are entries for the organisations of seeds, sorted.
func entriesOf(t testing.TB, seeds ...byte) []DirectoryEntry {
	t.Helper()
	out := []DirectoryEntry{}
	for _, s := range seeds {
		out = append(out, DirectoryEntry{DID: didOf(t, s), Name: "one", Addresses: []string{"/ip4/127.0.0.1/tcp/4001" + listedPeer}})
	}
	slices.SortFunc(out, func(a, b DirectoryEntry) int { return strings.Compare(string(a.DID), string(b.DID)) })
	return out
}

// editionOf is an edition by the organisation of a seed.
func editionOf(t testing.TB, seed byte, change func(*PeerDirectory)) *wire.Envelope {
	t.Helper()
	d := PeerDirectory{Schema: PeerDirectorySchema, Issuer: didOf(t, seed), Sequence: 1, IssuedAt: startTime, Expires: startTime + 3600, Entries: entriesOf(t, 20, 30)}
	if change != nil {
		change(&d)
	}
	env, err := wire.Seal(PeerDirectorySchema, d, key(t, seed))
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func TestVerifyPeerDirectory(t *testing.T) {
	some := wire.Hash(nil)
	for name, change := range map[string]func(*PeerDirectory){
		"":                      nil,
		"of nobody":             func(d *PeerDirectory) { d.Entries = []DirectoryEntry{} },
		"!by another":           func(d *PeerDirectory) { d.Issuer = didOf(t, 99) },
		"!no sequence":          func(d *PeerDirectory) { d.Sequence = 0 },
		"!too large a sequence": func(d *PeerDirectory) { d.Sequence, d.Previous = wire.MaxUnits+1, &some },
		"!first with previous":  func(d *PeerDirectory) { d.Previous = &some },
		"!later without":        func(d *PeerDirectory) { d.Sequence = 2 },
		"later":                 func(d *PeerDirectory) { d.Sequence, d.Previous = 2, &some },
		"!no time":              func(d *PeerDirectory) { d.IssuedAt, d.Expires = 0, 10 },
		"!ends before":          func(d *PeerDirectory) { d.Expires = d.IssuedAt },
		"as long as it may":     func(d *PeerDirectory) { d.Expires = d.IssuedAt + MaxDirectorySeconds },
		"!too long":             func(d *PeerDirectory) { d.Expires = d.IssuedAt + MaxDirectorySeconds + 1 },
		"!not sorted":           func(d *PeerDirectory) { slices.Reverse(d.Entries) },
		"!twice":                func(d *PeerDirectory) { d.Entries[1] = d.Entries[0] },
		"!no DID":               func(d *PeerDirectory) { d.Entries[0].DID = "did:chio:1" },
		"no name":               func(d *PeerDirectory) { d.Entries[0].Name = "" },
		"!drives a terminal":    func(d *PeerDirectory) { d.Entries[0].Name = "a\x1b[2J" },
		"!long name":            func(d *PeerDirectory) { d.Entries[0].Name = strings.Repeat("a", maxListedName+1) },
		"!no address":           func(d *PeerDirectory) { d.Entries[0].Addresses = []string{} },
		"!address twice":        func(d *PeerDirectory) { a := d.Entries[0].Addresses; d.Entries[0].Addresses = append(a, a[0]) },
		"!address without key":  func(d *PeerDirectory) { d.Entries[0].Addresses[0] = "/ip4/127.0.0.1/tcp/1" },
		"!address with a DID": func(d *PeerDirectory) {
			d.Entries[0].Addresses[0] = didOf(t, 20).String() + "@" + d.Entries[0].Addresses[0]
		},
		"!another spelling": func(d *PeerDirectory) { d.Entries[0].Addresses[0] = "/ip6/0:0:0:0:0:0:0:1/tcp/1" + listedPeer },
		"!long address": func(d *PeerDirectory) {
			d.Entries[0].Addresses[0] = "/dns4/" + strings.Repeat("a", maxHint) + "/tcp/1" + listedPeer
		},
		"!many addresses": func(d *PeerDirectory) {
			for i := range maxAddresses {
				d.Entries[0].Addresses = append(d.Entries[0].Addresses, "/ip4/127.0.0."+string(rune('1'+i))+"/tcp/1"+listedPeer)
			}
		},
		"!many entries": func(d *PeerDirectory) {
			d.Entries = nil
			for i := range MaxListed + 1 {
				h := wire.Hash([]byte{byte(i), byte(i >> 8)})
				d.Entries = append(d.Entries, DirectoryEntry{DID: did.DID("did:chio:" + h.String()), Addresses: []string{"/ip4/1.1.1.1/tcp/1" + listedPeer}})
			}
		},
	} {
		env := editionOf(t, 10, change)
		_, _, err := VerifyPeerDirectory(env.Bytes(), didOf(t, 10))
		if refused := strings.HasPrefix(name, "!"); refused != errors.Is(err, ErrPeerDirectory) || !refused && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	good := editionOf(t, 10, nil)
	if _, _, err := VerifyPeerDirectory(good.Bytes(), didOf(t, 11)); !errors.Is(err, ErrPeerDirectory) {
		t.Error("somebody else's list:", err)
	}
	two := *good
	if err := two.AddSignature(PeerDirectorySchema, key(t, 11)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := VerifyPeerDirectory(two.Bytes(), didOf(t, 10)); !errors.Is(err, ErrPeerDirectory) {
		t.Error("signed by two:", err)
	}
	other, err := wire.Seal(PeerDirectorySchema, wire.Raw(good.Body), key(t, 11))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := VerifyPeerDirectory(other.Bytes(), didOf(t, 10)); !errors.Is(err, ErrPeerDirectory) {
		t.Error("signed by another:", err)
	}
	for name, body := range map[string]string{
		"an empty name":     strings.Replace(string(good.Body), `"name":"one"`, `"name":""`, 1),
		"an unknown member": strings.Replace(string(good.Body), `"name":"one"`, `"name":"one","trust":1`, 1),
		"null entries":      `{"entries":null` + string(good.Body)[strings.Index(string(good.Body), `,"expires"`):],
	} {
		env, err := wire.Seal(PeerDirectorySchema, wire.Raw(body), key(t, 10))
		if err != nil {
			t.Fatal(name, err)
		}
		if _, _, err := VerifyPeerDirectory(env.Bytes(), didOf(t, 10)); !errors.Is(err, ErrPeerDirectory) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadPeers(t *testing.T) {
	a, b := didOf(t, 20), didOf(t, 30)
	if b < a {
		a, b = b, a
	}
	entry := func(d did.DID) string {
		return "  - {did: \"" + d.String() + "\", name: Globex, addresses: [/ip4/1.1.1.1/tcp/1" + listedPeer + "]}\n"
	}
	list, err := LoadPeers([]byte("peers:\n" + entry(b) + entry(a)))
	if err != nil || len(list) != 2 || list[0].DID != a || list[0].Name != "Globex" {
		t.Fatal(list, err)
	}
	if list, err = LoadPeers([]byte("peers: []")); err != nil || list == nil || len(list) != 0 {
		t.Fatal(list, err)
	}
	for _, doc := range []string{"", "peers:\n" + entry(a) + entry(a), "peer: []", "null", "peers:", "peers: []\n---\npeers: []", "peers: [{did: x}]", "{", "peers: 1",
		"peers: []" + strings.Repeat(" ", wire.DocumentLimits.Bytes)} {
		if _, err := LoadPeers([]byte(doc)); !errors.Is(err, ErrPeerDirectory) {
			t.Errorf("%.40q: %v", doc, err)
		}
	}
}

// FuzzPeerDirectory: what is accepted is what its issuer signed, in the one
// spelling, and within its limits.
func FuzzPeerDirectory(f *testing.F) {
	issuer := didOf(f, 10)
	good := editionOf(f, 10, nil)
	f.Add(good.Bytes())
	f.Add([]byte(`{"body":{"schema":"chio.peer_directory.v1"},"signatures":[]}`))
	f.Add([]byte("peers: []"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if d, env, err := VerifyPeerDirectory(doc, issuer); err == nil && (env.ID() != good.ID() || len(d.Entries) != 2) {
			t.Fatalf("nobody signed %q", doc)
		}
		list, err := LoadPeers(doc)
		if err != nil {
			return
		}
		d := PeerDirectory{Sequence: 1, IssuedAt: 1, Expires: 2, Entries: list}
		if err := d.check(); err != nil {
			t.Fatalf("loaded, and not publishable: %v", err)
		}
	})
}
