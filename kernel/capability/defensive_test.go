package capability

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// failing has a key and cannot sign.
type failing struct{ wire.Signer }

var errSealed = errors.New("the key is sealed")

func (failing) Sign([]byte) (wire.Signature, error) { return wire.Signature{}, errSealed }

// TestSignerFails: a signing error is handed on, and nothing half signed is.
func TestSignerFails(t *testing.T) {
	w := newWorld(t)
	tok, err := Sign(Token{ID: "a", Subject: w.agent.Public(), ExpiresAt: 1}, failing{w.root})
	if tok != nil || !errors.Is(err, errSealed) {
		t.Errorf("token: %v", err)
	}
	req := AttenuateRequest{ID: "c", Subject: w.agent.Public(), Scope: childScope(), IssuedAt: testNow, ExpiresAt: testNow + 1}
	tok, err = Attenuate(&w.tokens[0], req, failing{w.middle})
	if tok != nil || !errors.Is(err, errSealed) {
		t.Errorf("link: %v", err)
	}
	env, err := SignProof(HolderProof{Nonce: strings.Repeat("0", 32)}, failing{w.agent})
	if env != nil || !errors.Is(err, errSealed) {
		t.Errorf("proof: %v", err)
	}
}

// TestNoCanonicalForm: a value that has none (a number no double holds) is
// refused wherever it would be signed or hashed.
func TestNoCanonicalForm(t *testing.T) {
	w := newWorld(t)
	infinite := Constraint{Type: MaxArgsSize, Value: wire.Raw(`1e400`)}
	odd := w.tokens[0]
	odd.Scope = Scope{Grants: []ToolGrant{{ServerID: "*", ToolName: "*", Operations: []Operation{Invoke, Delegate}, Constraints: []Constraint{infinite}}}}
	if _, err := Sign(odd, w.root); codeOf(err) != CodeInvalid {
		t.Errorf("sign: %v", err)
	}
	if err := odd.VerifySignature(); codeOf(err) != CodeInvalid {
		t.Errorf("verify: %v", err)
	}
	req := AttenuateRequest{ID: "c", Subject: w.agent.Public(), IssuedAt: testNow, ExpiresAt: testNow + 1}
	if _, err := Attenuate(&odd, req, w.middle); codeOf(err) != CodeInvalid {
		t.Errorf("attenuate: %v", err)
	}
	link := Link{Attenuations: []wire.Raw{wire.Raw(`1e400`)}}
	if err := link.VerifySignature(); codeOf(err) != CodeInvalid {
		t.Errorf("link: %v", err)
	}
}

// TestLinksGoBackInTime: rule 11, by a delegator who signs what it should not.
func TestLinksGoBackInTime(t *testing.T) {
	parent := Token{ID: "p", IssuedAt: 5, ExpiresAt: 100, DelegationChain: []Link{{Timestamp: 9}}}
	child := Token{ID: "c", IssuedAt: 10, ExpiresAt: 50, DelegationChain: []Link{{Timestamp: 9}, {Timestamp: 8}}}
	if err := verifyTiming(&parent, &child); codeOf(err) != CodeChain {
		t.Error(err)
	}
	child.DelegationChain[1].Timestamp = 9
	if err := verifyTiming(&parent, &child); err != nil {
		t.Error(err)
	}
}

// TestProofBody: what SignProof would not make, sealed by hand.
func TestProofBody(t *testing.T) {
	agent, other := seedKey(t, 9), seedKey(t, 8)
	body := HolderProof{Schema: ProofSchema, Audience: agent.Public(), AgentKey: agent.Public(), Nonce: "short", IssuedAt: testNow}
	want := ProofExpectation{Audience: agent.Public(), AgentKey: agent.Public(), Now: testNow}
	for code, change := range map[string]func(){
		CodeProofInvalid:  func() {},
		CodeProofMismatch: func() { body.AgentKey = other.Public() },
	} {
		body.AgentKey = agent.Public()
		change()
		env, err := wire.Seal(ProofSchema, body, agent)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyProof(env, want); codeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestDeepAndOddArguments: the walker's own bounds and edges.
func TestDeepAndOddArguments(t *testing.T) {
	runJudgements(t, []judgement{
		{NewMaxLength(9), strings.Repeat(`{"a":`, wire.ForeignLimits.Depth) + `1` + strings.Repeat("}", wire.ForeignLimits.Depth), true},
		{NewMaxLength(9), strings.Repeat(`{"a":`, wire.ForeignLimits.Depth+1) + `1` + strings.Repeat("}", wire.ForeignLimits.Depth+1), false},
		{NewMaxLength(9), strings.Repeat(`[`, wire.ForeignLimits.Depth+1) + `1` + strings.Repeat("]", wire.ForeignLimits.Depth+1), false},
		{NewMaxLength(1 << 40), `"` + strings.Repeat("a", wire.ForeignLimits.Bytes) + `"`, false},
		{NewDomainExact("h.example"), `{"origin":"not a host","url":"http://h.example"}`, false},
		{NewDomainExact("h.example"), `{"origin":"http:h.example","url":"http://h.example"}`, false},
		{NewDomainExact("h.example"), `{"servers":["h.example"]}`, true},
		{NewDomainExact("h.example"), `{"x":"a//b"}`, false},
	})
}
