package capability

import (
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// TestProofBindsIntentAndSession: both are bound in both directions, by the
// proof that travels and by the one that stays in the process.
func TestProofBindsIntentAndSession(t *testing.T) {
	agent := seedKey(t, 9)
	one, other := wire.Hash([]byte("one")), wire.Hash([]byte("other"))
	type bound struct {
		intent  *wire.Digest
		session string
	}
	values := []bound{{}, {&one, ""}, {&other, ""}, {nil, "s-1"}, {nil, "s-2"}, {&one, "s-1"}}
	for i, signed := range values {
		body := HolderProof{Audience: agent.Public(), Nonce: strings.Repeat("0", 32), IssuedAt: testNow, IntentSHA256: signed.intent, Session: signed.session}
		env, err := SignProof(body, agent)
		if err != nil {
			t.Fatal(err)
		}
		made, err := MakeProof(body, agent)
		if err != nil {
			t.Fatal(err)
		}
		for j, want := range values {
			expect := ProofExpectation{Audience: agent.Public(), AgentKey: agent.Public(), Now: testNow, IntentSHA256: want.intent, Session: want.session}
			_, err := VerifyProof(env, expect)
			if (err == nil) != (i == j) || err != nil && codeOf(err) != CodeProofMismatch {
				t.Errorf("signed %+v, expected %+v: %v", signed, want, err)
			}
			if _, local := made.Check(expect); codeOf(local) != codeOf(err) {
				t.Errorf("made %+v, expected %+v: %v", signed, want, local)
			}
		}
		if absent := !strings.Contains(string(env.Body), "intent_sha256"); absent != (signed.intent == nil) {
			t.Errorf("%s", env.Body)
		}
	}
}

// TestMadeProofIsFrozen: what the caller does to its digest afterwards changes
// nothing.
func TestMadeProofIsFrozen(t *testing.T) {
	agent := seedKey(t, 9)
	intent := wire.Hash([]byte("one"))
	made, err := MakeProof(HolderProof{Audience: agent.Public(), Nonce: strings.Repeat("0", 32), IssuedAt: testNow, IntentSHA256: &intent}, agent)
	if err != nil {
		t.Fatal(err)
	}
	intent = wire.Hash([]byte("other"))
	if _, err := made.Check(ProofExpectation{Audience: agent.Public(), AgentKey: agent.Public(), Now: testNow, IntentSHA256: &intent}); codeOf(err) != CodeProofMismatch {
		t.Errorf("the proof follows the caller's variable: %v", err)
	}
	if made.Envelope() == nil {
		t.Error("no envelope")
	}
	var none *MadeProof
	if _, err := none.Check(ProofExpectation{}); codeOf(err) != CodeProofMissing {
		t.Errorf("nil: %v", err)
	}
	if _, err := MakeProof(HolderProof{}, agent); codeOf(err) != CodeProofInvalid {
		t.Errorf("no nonce: %v", err)
	}
}

func TestSessionNames(t *testing.T) {
	agent := seedKey(t, 9)
	for session, ok := range map[string]bool{
		"": true, "a": true, strings.Repeat("x", MaxIDBytes): true,
		strings.Repeat("x", MaxIDBytes+1): false, "a b": false, "é": false, "a\n": false,
	} {
		body := HolderProof{Audience: agent.Public(), Nonce: strings.Repeat("0", 32), IssuedAt: testNow, Session: session}
		if _, err := SignProof(body, agent); (err == nil) != ok || err != nil && codeOf(err) != CodeProofInvalid {
			t.Errorf("sign %q: %v", session, err)
		}
		body.Schema, body.AgentKey = ProofSchema, agent.Public()
		env, err := wire.Seal(ProofSchema, body, agent)
		if err != nil {
			t.Fatal(err)
		}
		_, err = VerifyProof(env, ProofExpectation{Audience: agent.Public(), AgentKey: agent.Public(), Now: testNow, Session: session})
		if (err == nil) != ok || err != nil && codeOf(err) != CodeProofInvalid {
			t.Errorf("verify %q: %v", session, err)
		}
	}
}
