package resolver

import (
	"context"
	"errors"
	"testing"
	"time"

	ariesdid "github.com/hyperledger/aries-framework-go/component/models/did"
	"github.com/hyperledger/aries-framework-go/component/vdr/api"

	"github.com/backbay-labs/chio-node/did"
)

// fixed is did:web without a web.
type fixed map[string]string

func (fixed) name() string { return "web" }

func (f fixed) read(_ context.Context, u did.URL, _ *Options) (*document, error) {
	text, ok := f[u.DID()]
	if !ok {
		return nil, NotFound
	}
	d, err := ParseDocument([]byte(text), u.DID())
	return &document{json: []byte(text), parsed: d}, err
}

const ariesWeb = `{"id":"did:web:a.example","verificationMethod":[
	{"id":"#ed","type":"Multikey","controller":"did:web:a.example","publicKeyMultibase":"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"},
	{"id":"#p256","type":"Multikey","controller":"did:web:a.example","publicKeyMultibase":"zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"},
	{"id":"#theirs","type":"Multikey","controller":"did:web:b.example","publicKeyMultibase":"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"},
	{"id":"#old","type":"Multikey","controller":"did:web:a.example","revoked":"2020-01-01T00:00:00Z","publicKeyMultibase":"z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"},
	{"id":"#unknown","type":"New2099","controller":"did:web:a.example"}],
	"assertionMethod":["#ed","#p256","#theirs","#old","#unknown"],"keyAgreement":["#ed"],
	"service":[{"id":"#s","type":"A","serviceEndpoint":["https://a.example"]}]}`

// TestAriesReadsTheSameKeys: what aries is given is what it accepts after
// writing it out, with exactly the keys and purposes that Method would return.
func TestAriesReadsTheSameKeys(t *testing.T) {
	r, err := New(Config{Now: func() time.Time { return time.Unix(1<<31, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	r.registry = newRegistry([]method{&chio{r}, &key{r}, fixed{"did:web:a.example": ariesWeb}}, r.deactivated)
	const hex, mb = "did:chio:ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c", "did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z"
	for id, want := range map[string]map[did.Purpose]int{
		hex: {did.PurposeAssertion: 1, did.PurposeAuthenticate: 1},
		mb:  {did.PurposeAssertion: 1, did.PurposeAuthenticate: 1, did.PurposeInvocation: 1, did.PurposeDelegation: 1, did.PurposeKeyAgreement: 1},
		"did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv": {did.PurposeAssertion: 1, did.PurposeAuthenticate: 1, did.PurposeInvocation: 1, did.PurposeDelegation: 1},
		"did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme": {did.PurposeAssertion: 1, did.PurposeAuthenticate: 1, did.PurposeInvocation: 1, did.PurposeDelegation: 1},
		"did:web:a.example": {did.PurposeAssertion: 2},
	} {
		res, err := r.registry.vdr.Resolve(id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		written, err := res.DIDDocument.JSONBytes()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := ariesdid.ParseDocument(written)
		if err != nil {
			t.Errorf("%s: aries refuses its own %s: %v", id, written, err)
			continue
		}
		lists := map[did.Purpose][]ariesdid.Verification{did.PurposeAuthenticate: doc.Authentication, did.PurposeAssertion: doc.AssertionMethod,
			did.PurposeKeyAgreement: doc.KeyAgreement, did.PurposeInvocation: doc.CapabilityInvocation, did.PurposeDelegation: doc.CapabilityDelegation}
		for p, list := range lists {
			if len(list) != want[p] {
				t.Errorf("%s: %d methods for %s", id, len(list), p)
			}
			for _, v := range list {
				m, err := r.Method(t.Context(), v.VerificationMethod.ID, p)
				if err != nil {
					t.Errorf("%s: aries has %s for %s: %v", id, v.VerificationMethod.ID, p, err)
					continue
				}
				theirs, err := v.VerificationMethod.JSONWebKey().MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				if k, err := did.ParseJWK(theirs); err != nil || k != m.Key {
					t.Errorf("%s: aries has the key %s: %v", id, theirs, err)
				}
			}
		}
	}
}

func TestAriesIsToldNo(t *testing.T) {
	r, err := New(Config{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r.registry = newRegistry([]method{&chio{r}, fixed{}}, r.deactivated)
	for id, want := range map[string]error{"did:chio:x": InvalidDID, "did:chio:": InvalidDID, "did:web:a.example": api.ErrNotFound} {
		if res, err := r.registry.vdr.Resolve(id); !errors.Is(err, want) || res != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{"did:peer:x", "did", ""} {
		if res, err := r.registry.vdr.Resolve(id); err == nil || res != nil {
			t.Errorf("%q: resolved", id)
		}
	}
	a := &adapter{&chio{r}, r.deactivated}
	if _, err := a.Create(nil); !errors.Is(err, errReadOnly) {
		t.Error(err)
	}
	if !errors.Is(a.Update(nil), errReadOnly) || !errors.Is(a.Deactivate(""), errReadOnly) || a.Close() != nil {
		t.Error("a DID can be changed")
	}
}
