package did_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

func key(t testing.TB, fill byte) *wire.Key {
	t.Helper()
	k, err := wire.KeyFromSeed(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The published pairs of one key in its spellings.
var pairs = []struct {
	fill           byte
	hex, mb, peerI string
}{
	{7, "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
		"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z",
		"12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7"},
	{9, "fd1724385aa0c75b64fb78cd602fa1d991fdebf76b13c58ed702eac835e9f618",
		"", "12D3KooWSrKnMZUcSxK8G7wmBbXdU8nFEfWGhLu6H8xjn8LmCSJb"},
}

func TestPublishedPairs(t *testing.T) {
	for _, p := range pairs {
		d := did.FromKey(key(t, p.fill).Public())
		if d.String() != "did:chio:"+p.hex {
			t.Errorf("did = %s", d)
		}
		if p.mb != "" && (d.Multibase() != p.mb || d.DIDKey() != "did:key:"+p.mb) {
			t.Errorf("multibase = %s, did:key = %s", d.Multibase(), d.DIDKey())
		}
		if d.PeerID() != p.peerI {
			t.Errorf("peer id = %s", d.PeerID())
		}
		if d.Key() != key(t, p.fill).Public() {
			t.Errorf("key = %s", d.Key())
		}
	}
}

func TestEverySpellingComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, err := wire.KeyFromSeed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		d := did.FromKey(k.Public())
		for name, back := range map[string]func() (did.DID, error){
			"did":       func() (did.DID, error) { return did.Parse(d.String()) },
			"multibase": func() (did.DID, error) { return did.FromMultibase(d.Multibase()) },
			"did:key":   func() (did.DID, error) { return did.FromDIDKey(d.DIDKey()) },
			"peer id":   func() (did.DID, error) { return did.FromPeerID(d.PeerID()) },
		} {
			if got, err := back(); err != nil || got != d {
				t.Fatalf("%s: %s, %v", name, got, err)
			}
		}
	})
}

func TestParseRefuses(t *testing.T) {
	good := string(did.FromKey(key(t, 7).Public()))
	for name, s := range map[string]string{
		"empty":         "",
		"no method":     good[9:],
		"other method":  "did:key:" + good[9:],
		"upper hex":     strings.ToUpper(good[:9]) + good[9:],
		"upper digits":  good[:9] + strings.ToUpper(good[9:]),
		"short":         good[:len(good)-1],
		"long":          good + "0",
		"fragment":      good + "#key-1",
		"space":         " " + good[:len(good)-1],
		"small order":   "did:chio:01" + strings.Repeat("0", 62),
		"not canonical": "did:chio:ee" + strings.Repeat("f", 60) + "7f",
	} {
		if d, err := did.Parse(s); !errors.Is(err, did.ErrDID) || d != "" {
			t.Errorf("%s: accepted as %q, %v", name, d, err)
		}
	}
	if k := did.DID("did:chio:nonsense").Key(); !k.IsZero() {
		t.Errorf("malformed DID has key %s", k)
	}
}

func TestOtherSpellingsRefuse(t *testing.T) {
	d := did.FromKey(key(t, 7).Public())
	mb, peer := d.Multibase(), d.PeerID()
	for name, err := range map[string]error{
		"multibase of a peer id": second(did.FromMultibase("z" + peer)),
		"peer id of a multikey":  second(did.FromPeerID(mb[1:])),
		"leading one":            second(did.FromMultibase("z1" + mb[1:])),
		"bad alphabet":           second(did.FromMultibase("z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T0l")),
		"base64url":              second(did.FromMultibase("u7QHqSmxj4pxSCr71UHsTLsX5lUd2rr6-e5JCHuppFEbSLA")),
		"long":                   second(did.FromMultibase("z" + strings.Repeat("z", 4000))),
		"empty peer":             second(did.FromPeerID("")),
		"did:key with fragment":  second(did.FromDIDKey(d.DIDKey() + "#" + mb)),
		"did:chio as did:key":    second(did.FromDIDKey(string(d))),
		"RSA-like peer":          second(did.FromPeerID("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func second(_ did.DID, err error) error { return err }

func TestDecodedArtifactNeverHoldsMalformedDID(t *testing.T) {
	var v struct {
		DID did.DID `json:"did"`
	}
	if err := wire.Unmarshal([]byte(`{"did":"did:chio:EA"}`), &v, wire.DocumentLimits); err == nil {
		t.Fatal("accepted")
	}
	good := did.FromKey(key(t, 7).Public())
	if err := wire.Unmarshal([]byte(`{"did":"`+string(good)+`"}`), &v, wire.DocumentLimits); err != nil || v.DID != good {
		t.Fatal(v.DID, err)
	}
}

func FuzzSpellings(f *testing.F) {
	d := did.FromKey(key(f, 7).Public())
	for _, s := range []string{string(d), d.DIDKey(), d.Multibase(), d.PeerID(), "z", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := did.Parse(s); err == nil && string(d) != s {
			t.Fatalf("two spellings: %q %q", s, d)
		}
		if d, err := did.FromMultibase(s); err == nil && d.Multibase() != s {
			t.Fatalf("two spellings: %q", s)
		}
		if d, err := did.FromDIDKey(s); err == nil && d.DIDKey() != s {
			t.Fatalf("two spellings: %q", s)
		}
		if d, err := did.FromPeerID(s); err == nil && d.PeerID() != s {
			t.Fatalf("two spellings: %q", s)
		}
	})
}
