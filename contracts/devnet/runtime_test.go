package devnet_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/contracts"
)

// What is deployed is the artifact's code whatever it was deployed with, and one
// changed byte, or one byte more, is not.
func TestMatchesRuntime(t *testing.T) {
	b := newBed(t)
	a, err := contracts.Load(contracts.Channel)
	if err != nil {
		t.Fatal(err)
	}
	code, err := b.chain.Client().CodeAt(t.Context(), b.chain.Channel(), nil)
	if err != nil {
		t.Fatal(err)
	}
	matches := func(code []byte) bool {
		t.Helper()
		ok, err := a.MatchesRuntime(code)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if len(a.Immutables) == 0 || !matches(code) {
		t.Errorf("the deployed code is not the artifact's, with %d immutables", len(a.Immutables))
	}
	other := append([]byte{}, code...)
	other[0] ^= 1
	if matches(other) || matches(append(code, 0)) || matches(nil) {
		t.Error("other code matches")
	}
	a.Immutables = append(a.Immutables, contracts.Span{Start: len(code), Length: 1})
	if _, err := a.MatchesRuntime(code); err == nil {
		t.Error("an immutable outside the code is taken")
	}
}
