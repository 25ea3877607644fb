package did_test

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/did"
)

func TestSelfCertified(t *testing.T) {
	id := did.FromKey(key(t, 7).Public())
	for url, controller := range map[string]string{id.KeyID(): id.String(), id.DIDKey() + "#" + id.Multibase(): id.DIDKey()} {
		m, err := did.SelfCertified(url, did.PurposeAssertion)
		if err != nil || m.ID != url || m.Controller != controller {
			t.Fatalf("%s: %+v, %v", url, m, err)
		}
		if k, ok := m.Key.Ed25519(); !ok || k != id.Key() || m.Key.Kind() != did.KindEd25519 || len(m.Key.Bytes()) != 32 {
			t.Errorf("%s: key %v", url, m.Key)
		}
		if _, err := did.SelfCertified(url, did.PurposeKeyAgreement); !errors.Is(err, did.ErrPurpose) {
			t.Errorf("%s for key agreement: %v", url, err)
		}
	}
	for _, url := range []string{"", id.String(), id.String() + "#key-2", id.DIDKey() + "#key-1", "did:web:example.com#key-1", id.KeyID() + "#x"} {
		if _, err := did.SelfCertified(url, did.PurposeAssertion); !errors.Is(err, did.ErrMethod) {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, ok := (did.Key{}).Ed25519(); ok {
		t.Error("the zero key is a key")
	}
}
