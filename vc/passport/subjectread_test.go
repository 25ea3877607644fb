package passport

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// The quick reader reads what the general one reads, or leaves it to that.
func FuzzPlainSubject(f *testing.F) {
	agent := did.FromKey(wire.PublicKey{3})
	for _, s := range []Subject{
		{ID: agent, Name: "n", Organization: "o", Roles: []string{}, AutonomyTier: TierDirect},
		{ID: agent, Name: "n\u00e9", Organization: "o", Roles: []string{"a", "b"}, AutonomyTier: TierDirect, Assurance: &Assurance{KeyCustody: CustodyOwn}},
		{ID: agent, Roles: []string{"a"}, Assurance: &Assurance{KeyCustody: CustodyOwn, RuntimeTier: "basic"}},
		{Roles: []string{`\`}, Reputation: &Reputation{}},
	} {
		f.Add([]byte(wire.MustMarshal(s)))
	}
	f.Add([]byte(`{"autonomyTier":"","id":"","name":"","organization":"","roles":["a",]}`))
	f.Add([]byte(`{"autonomyTier":"","id":"","name":"","organization":"","roles":[]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		canonical, err := wire.Canonicalize(doc, wire.DocumentLimits)
		if err != nil || !bytes.Equal(canonical, doc) {
			return
		}
		var quick, general Subject
		if !quick.plain(doc) {
			return
		}
		if _, err := did.Parse(string(quick.ID)); err != nil {
			return // S1 refuses it
		}
		if err := wire.Unmarshal(doc, &general, wire.DocumentLimits); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if !reflect.DeepEqual(quick, general) {
			t.Fatalf("%s: %+v, the general decoder %+v", doc, quick, general)
		}
	})
}

// What is issued every day takes the quick way.
func TestPlainSubject(t *testing.T) {
	s := Subject{ID: "did:chio:x", Name: "n", Organization: "o", Roles: []string{"a", "b"}, AutonomyTier: TierDirect,
		Assurance: &Assurance{KeyCustody: CustodyCustodial, RuntimeTier: "basic"}}
	for range 2 {
		var got Subject
		if !got.plain(wire.MustMarshal(s)) || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v", got)
		}
		s.Assurance = nil
	}
}
