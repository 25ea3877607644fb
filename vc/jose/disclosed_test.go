package jose_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

// A report names what the holder chose to disclose, and no claim that is
// always there.
func TestDisclosedClaimsAreNamed(t *testing.T) {
	issued, err := jose.IssueSD(jose.SDContent{VCT: "urn:x", Holder: did.NewEd25519(key(t, 9).Public()), IssuedAt: t0,
		Claims: map[string]wire.Raw{"always": wire.Raw("1")}, Disclosed: map[string]wire.Raw{"b": wire.Raw(`{"c":1}`), "a": wire.Raw("2"), "z": wire.Raw("3")},
		Parts: map[string]map[string]wire.Raw{"part": {"d": wire.Raw("4"), "e": wire.Raw("5")}},
	}, key(t, 7), rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	shown, err := jose.PresentSD(issued, []string{"b", "a", "e"}, key(t, 9), jose.Binding{Audience: "aud", Nonce: "n", Created: t0})
	if err != nil {
		t.Fatal(err)
	}
	r := jose.VerifySD(shown, jose.SDGate{Now: t0, Audience: "aud", Nonce: "n", Type: func(string) bool { return true }, AllowNoStatus: true})
	if !r.Integrity || fmt.Sprint(r.Disclosed) != "[[a] [b] [part e]]" {
		t.Errorf("%v: %v", r.Disclosed, r.Err())
	}
}

func TestTokenOfAProtocolHasTypeAndKey(t *testing.T) {
	for _, c := range []struct{ typ, kid string }{{"", "did:x#k"}, {"x+jwt", ""}} {
		if _, err := jose.Sign(c.typ, c.kid, []byte("{}"), key(t, 7)); err == nil {
			t.Errorf("typ %q and kid %q", c.typ, c.kid)
		}
	}
}
