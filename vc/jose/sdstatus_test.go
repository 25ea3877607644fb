package jose_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

const sdListURL = "https://acme.example/status/0"

// sdList is a signed list with one bit set.
func sdList(t testing.TB, signer byte, set int) *vc.StatusList {
	t.Helper()
	bits := make([]byte, vc.ListBits/8)
	bits[set/8] |= 0x80 >> (set % 8)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(bits); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	issuer := didOf(t, signer)
	unsecured := wire.MustMarshal(members{"@context": []any{vc.ContextV2}, "id": sdListURL, "issuer": issuer.String(),
		"type": []any{"VerifiableCredential", "BitstringStatusListCredential"}, "validFrom": from, "validUntil": till,
		"credentialSubject": members{"id": sdListURL + "#list", "type": "BitstringStatusList", "statusPurpose": "revocation",
			"encodedList": "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes())}})
	doc, err := vc.SignCredential(unsecured, key(t, signer), vc.SignOptions{Method: issuer.KeyID(), Created: new(vc.Time(t0))})
	if err != nil {
		t.Fatal(err)
	}
	l, err := vc.OpenStatusList(doc, issuer.String())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSDStatusIsThatOfTheList(t *testing.T) {
	entry := func(index string) []vc.StatusEntry {
		return []vc.StatusEntry{{Type: vc.TypeStatusEntry, StatusPurpose: vc.PurposeRevocation, StatusListIndex: index, StatusListCredential: sdListURL}}
	}
	list := sdList(t, 7, 5)
	lists := func(url string) (*vc.StatusList, error) {
		if url != sdListURL {
			return nil, errors.New("not known")
		}
		return list, nil
	}
	claim := func(entries []vc.StatusEntry) wire.Raw {
		raw, err := jose.StatusEntries(entries)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, c := range map[string]struct {
		status wire.Raw
		lists  func(string) (*vc.StatusList, error)
		want   vc.Status
		err    error
	}{
		"active":               {claim(entry("4")), lists, vc.StatusActive, nil},
		"revoked":              {claim(entry("5")), lists, vc.StatusRevoked, vc.ErrRevoked},
		"one of two revoked":   {claim(append(entry("4"), entry("5")...)), lists, vc.StatusRevoked, vc.ErrRevoked},
		"nobody to judge":      {claim(entry("4")), nil, vc.StatusUnknown, vc.ErrStatusUnknown},
		"list of another":      {claim(entry("4")), func(string) (*vc.StatusList, error) { return sdList(t, 8, 5), nil }, vc.StatusUnknown, vc.ErrStatusUnknown},
		"another mechanism":    {wire.Raw(`{"status_list":{"idx":1,"uri":"https://acme.example/s"}}`), lists, vc.StatusUnknown, vc.ErrStatusUnknown},
		"a mechanism besides":  {wire.Raw(`{"bitstring_status_list":[],"status_list":{}}`), lists, vc.StatusUnknown, vc.ErrStatusUnknown},
		"no entries":           {wire.Raw(`{"bitstring_status_list":[]}`), lists, vc.StatusUnknown, vc.ErrStatusUnknown},
		"values unexplained":   {wire.Raw(`{"bitstring_status_list":[{"statusListCredential":"` + sdListURL + `","statusListIndex":"4","statusPurpose":"revocation","statusSize":2,"type":"BitstringStatusListEntry"}]}`), lists, vc.StatusUnknown, vc.ErrStatusUnknown},
		"an id that is a list": {wire.Raw(`{"bitstring_status_list":[{"id":"` + sdListURL + `","statusListCredential":"` + sdListURL + `","statusListIndex":"4","statusPurpose":"revocation","type":"BitstringStatusListEntry"}]}`), lists, vc.StatusUnknown, vc.ErrStatusUnknown},
		"an entry of a nobody": {wire.Raw(`{"bitstring_status_list":[{"type":"Other"}]}`), lists, vc.StatusUnknown, vc.ErrStatusUnknown},
	} {
		issued, err := jose.IssueSD(jose.SDContent{VCT: vct, Holder: did.NewEd25519(key(t, 9).Public()), IssuedAt: t0 - 10, Status: c.status}, key(t, 7),
			rand.NewChaCha8([32]byte{1}))
		if err != nil {
			t.Fatal(err)
		}
		shown, err := jose.PresentSD(issued, nil, key(t, 9), jose.Binding{Audience: "verifier.example", Nonce: "n", Created: t0})
		if err != nil {
			t.Fatal(err)
		}
		g := sdGate()
		g.StatusList = c.lists
		if r := jose.VerifySD(shown, g); r.Status != c.want || !errors.Is(r.Err(), c.err) || c.err == nil && r.Err() != nil {
			t.Errorf("%s: %s, %v", name, r.Status, r.Err())
		}
	}
	if _, err := jose.StatusEntries(nil); !errors.Is(err, jose.ErrClaims) {
		t.Errorf("no entries: %v", err)
	}
	if _, err := jose.StatusEntries([]vc.StatusEntry{{Type: "Other"}}); !errors.Is(err, jose.ErrClaims) {
		t.Errorf("an entry that is none: %v", err)
	}
}

func TestMembersOfAPartAreWithheldOneByOne(t *testing.T) {
	issued, err := jose.IssueSD(jose.SDContent{VCT: vct, Holder: did.NewEd25519(key(t, 9).Public()), IssuedAt: t0 - 10,
		Parts: map[string]map[string]wire.Raw{"reputation": {"receipts": wire.Raw("100"), "score": wire.Raw("7")}}}, key(t, 7), rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		names []string
		want  string
	}{{nil, `{"reputation":{}}`}, {[]string{"score"}, `{"reputation":{"score":7}}`}} {
		shown, err := jose.PresentSD(issued, c.names, key(t, 9), jose.Binding{Audience: "verifier.example", Nonce: "n", Created: t0})
		if err != nil {
			t.Fatal(err)
		}
		if r := jose.VerifySD(shown, sdGate()); r.Err() != nil || !bytes.Equal(r.Claims, []byte(c.want)) {
			t.Errorf("%v: %s %v", c.names, r.Claims, r.Err())
		}
	}
	if _, err := jose.IssueSD(jose.SDContent{VCT: vct, Holder: did.NewEd25519(key(t, 9).Public()), IssuedAt: t0,
		Parts: map[string]map[string]wire.Raw{"cnf": {"a": wire.Raw("1")}}}, key(t, 7), rand.NewChaCha8([32]byte{1})); !errors.Is(err, jose.ErrClaims) {
		t.Errorf("a part in the place of cnf: %v", err)
	}
}
