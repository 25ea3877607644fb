package capability

import (
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

const testNow = 1_710_000_400

// seedKey is the key of a seed of 32 equal bytes.
func seedKey(t testing.TB, b byte) *wire.Key {
	t.Helper()
	seed := make([]byte, 32)
	for i := range seed {
		seed[i] = b
	}
	k, err := wire.KeyFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func u32(n uint32) *uint32 { return &n }

func usd(n uint64) *wire.MonetaryAmount { return &wire.MonetaryAmount{Units: n, Currency: "USD"} }

func rootScope() Scope {
	return Scope{Grants: []ToolGrant{{
		ServerID: "files", ToolName: "read_file", Operations: []Operation{Invoke, Delegate},
		Constraints:    []Constraint{NewPathPrefix("/workspace")},
		MaxInvocations: u32(10), MaxCostPerInvocation: usd(5), MaxTotalCost: usd(50),
	}}}
}

func childScope() Scope {
	s := rootScope()
	g := s.Grants[0]
	g.Operations = []Operation{Invoke}
	g.MaxInvocations = u32(3)
	g.MaxTotalCost = usd(12)
	return Scope{Grants: []ToolGrant{g}}
}

// world is a root B → A and the keys that act in it.
type world struct {
	root, middle, agent *wire.Key
	tokens              []Token
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{root: seedKey(t, 7), middle: seedKey(t, 8), agent: seedKey(t, 9)}
	root, err := Sign(Token{
		ID: "cap-root", Subject: w.middle.Public(), Scope: rootScope(),
		IssuedAt: testNow - 100, ExpiresAt: testNow + 100,
	}, w.root)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := Attenuate(root, AttenuateRequest{
		ID: "cap-leaf", Subject: w.agent.Public(), Scope: childScope(),
		IssuedAt: testNow - 10, ExpiresAt: testNow + 50,
	}, w.middle)
	if err != nil {
		t.Fatal(err)
	}
	w.tokens = []Token{*root, *leaf}
	return w
}

func (w *world) input() ChainInput {
	return ChainInput{Now: testNow, MaxDepth: MaxDepth, TrustedRoot: func(k wire.PublicKey) bool { return k == w.root.Public() }}
}

func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestVerifyChainAccepts(t *testing.T) {
	w := newWorld(t)
	chain, err := VerifyChain(w.tokens, w.input())
	if err != nil {
		t.Fatal(err)
	}
	if chain.Depth() != 1 || chain.Leaf().ID != "cap-leaf" || chain.Root().ID != "cap-root" {
		t.Fatalf("chain %+v", chain)
	}
	if refs := chain.Refs(); len(refs) != 2 || refs[0].ID != "cap-leaf" || refs[1].Issuer != w.root.Public() {
		t.Fatalf("refs %+v", refs)
	}
	if _, err := VerifyChain(w.tokens[:1], w.input()); err != nil {
		t.Fatalf("root alone: %v", err)
	}
}

// resign signs a changed child, and its last link when relink is set, so that
// only the rule under test can refuse it.
func (w *world) resign(t *testing.T, tok Token, relink bool) Token {
	t.Helper()
	if relink {
		l := &tok.DelegationChain[len(tok.DelegationChain)-1]
		input, err := l.signingInput()
		if err != nil {
			t.Fatal(err)
		}
		if l.Signature, err = w.middle.Sign(input); err != nil {
			t.Fatal(err)
		}
	}
	signer := w.middle
	if tok.Issuer == w.root.Public() {
		signer = w.root
	}
	input, err := tok.SigningInput()
	if err != nil {
		t.Fatal(err)
	}
	if tok.Signature, err = signer.Sign(input); err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestVerifyChainFailsClosed(t *testing.T) {
	share := uint16(100)
	cases := []struct {
		name   string
		code   string
		change func(w *world, in *ChainInput)
		relink bool
		sign   bool
	}{
		{name: "empty", code: CodeMissing, change: func(w *world, _ *ChainInput) { w.tokens = nil }},
		{name: "too deep", code: CodeChain, change: func(_ *world, in *ChainInput) { in.MaxDepth = 0 }},
		{name: "nobody trusted", code: CodeIssuer, change: func(_ *world, in *ChainInput) { in.TrustedRoot = nil }},
		{name: "foreign root", code: CodeIssuer, change: func(_ *world, in *ChainInput) { in.TrustedRoot = func(wire.PublicKey) bool { return false } }},
		{name: "leaf without root", code: CodeIssuer, change: func(w *world, _ *ChainInput) { w.tokens = w.tokens[1:] }},
		{name: "leaf posing as root", code: CodeChain, change: func(w *world, in *ChainInput) {
			w.tokens = w.tokens[1:]
			in.TrustedRoot = func(wire.PublicKey) bool { return true }
		}},
		{name: "not yet valid", code: CodeNotYetValid, change: func(_ *world, in *ChainInput) { in.Now = testNow - 50 }},
		{name: "expired leaf", code: CodeExpired, change: func(_ *world, in *ChainInput) { in.Now = testNow + 50 }},
		{name: "root signature", code: CodeSignature, change: func(w *world, _ *ChainInput) { w.tokens[0].Signature[0] ^= 1 }},
		{name: "leaf signature", code: CodeSignature, change: func(w *world, _ *ChainInput) { w.tokens[1].Signature[0] ^= 1 }},
		{name: "link signature", code: CodeSignature, sign: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].Signature[0] ^= 1
		}},
		{name: "changed root", code: CodeSignature, change: func(w *world, _ *ChainInput) { w.tokens[0].ExpiresAt++ }},
		{name: "caveat", code: CodeInvalid, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].Caveats = []wire.Raw{wire.Raw(`{"kind":"x"}`)} }},
		{name: "share", code: CodeInvalid, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].BudgetShareBps = &share }},
		{name: "aggregate", code: CodeInvalid, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].AggregateInvocationBudget = wire.Raw(`{}`) }},
		{name: "attenuation proof", code: CodeInvalid, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].AttenuationProof = wire.Raw(`{"a":1}`) }},
		{name: "scope attenuations", code: CodeInvalid, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].ScopeAttenuations = []wire.Raw{wire.Raw(`1`)} }},
		{name: "link attenuations", code: CodeInvalid, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].Attenuations = []wire.Raw{wire.Raw(`{"type":"remove_tool"}`)}
		}},
		{name: "link binding", code: CodeInvalid, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].ChildBinding = wire.Raw(`{"a":1}`)
		}},
		{name: "repeated id", code: CodeChain, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].ID = "cap-root" }},
		{name: "other issuer", code: CodeChain, change: func(w *world, _ *ChainInput) { w.tokens[1].Issuer = w.agent.Public() }},
		{name: "link names another token", code: CodeChain, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].CapabilityID = "cap-other"
		}},
		{name: "other delegator", code: CodeChain, sign: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].Delegator = w.agent.Public()
		}},
		{name: "other delegatee", code: CodeChain, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].Delegatee = w.root.Public()
		}},
		{name: "no scope hash", code: CodeChain, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].ScopeHash = nil
		}},
		{name: "other scope hash", code: CodeChain, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			h := wire.Hash([]byte("other"))
			w.tokens[1].DelegationChain[0].ScopeHash = &h
		}},
		{name: "no links", code: CodeChain, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].DelegationChain = nil }},
		{name: "too many links", code: CodeChain, sign: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain = append(w.tokens[1].DelegationChain, w.tokens[1].DelegationChain[0])
		}},
		{name: "delegated before the root existed", code: CodeChain, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].Timestamp = testNow - 101
		}},
		{name: "delegated after issue", code: CodeChain, sign: true, relink: true, change: func(w *world, _ *ChainInput) {
			w.tokens[1].DelegationChain[0].Timestamp = testNow - 9
		}},
		{name: "outlives the root", code: CodeWidened, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].ExpiresAt = testNow + 101 }},
		{name: "widened scope", code: CodeWidened, sign: true, change: func(w *world, _ *ChainInput) { w.tokens[1].Scope.Grants[0].ToolName = "*" }},
		{name: "root not delegable", code: CodeChain, sign: true, change: func(w *world, _ *ChainInput) {
			w.tokens[0].Scope.Grants[0].Operations = []Operation{Invoke}
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			in := w.input()
			tc.change(w, &in)
			if tc.sign {
				w.tokens[0] = w.resign(t, w.tokens[0], false)
				w.tokens[1] = w.resign(t, w.tokens[1], tc.relink)
			}
			_, err := VerifyChain(w.tokens, in)
			if codeOf(err) != tc.code {
				t.Fatalf("got %v, want %s", err, tc.code)
			}
		})
	}
}

// TestDelegateOperation: a parent grant that does not list "delegate" cannot be
// handed on, even when the link commits to the right scope.
func TestDelegateOperation(t *testing.T) {
	w := newWorld(t)
	w.tokens[0].Scope.Grants[0].Operations = []Operation{Invoke}
	w.tokens[0] = w.resign(t, w.tokens[0], false)
	hash, err := wire.DigestOf(w.tokens[0].Scope)
	if err != nil {
		t.Fatal(err)
	}
	w.tokens[1].DelegationChain[0].ScopeHash = &hash
	w.tokens[1] = w.resign(t, w.tokens[1], true)
	if _, err := VerifyChain(w.tokens, w.input()); codeOf(err) != CodeWidened {
		t.Fatalf("got %v", err)
	}
	_, err = Attenuate(&w.tokens[0], AttenuateRequest{ID: "x", Subject: w.agent.Public(), Scope: childScope(), IssuedAt: testNow, ExpiresAt: testNow + 1}, w.middle)
	if codeOf(err) != CodeWidened {
		t.Fatalf("attenuate: %v", err)
	}
}

// TestDepth builds chains to the limit and one beyond it.
func TestDepth(t *testing.T) {
	w := newWorld(t)
	chain := []Token{w.tokens[0]}
	signer := w.middle
	for i := range MaxDepth {
		next := seedKey(t, byte(20+i))
		scope := rootScope()
		child, err := Attenuate(&chain[i], AttenuateRequest{
			ID: "hop-" + string(rune('a'+i)), Subject: next.Public(), Scope: scope,
			IssuedAt: testNow - 50 + int64(i), ExpiresAt: testNow + 50,
		}, signer)
		if err != nil {
			t.Fatal(err)
		}
		chain, signer = append(chain, *child), next
	}
	if _, err := VerifyChain(chain, w.input()); err != nil {
		t.Fatal(err)
	}
	in := w.input()
	in.MaxDepth--
	if _, err := VerifyChain(chain, in); codeOf(err) != CodeChain {
		t.Fatalf("limit-1: %v", err)
	}
	_, err := Attenuate(&chain[MaxDepth], AttenuateRequest{ID: "deep", Subject: w.agent.Public(), Scope: rootScope(), IssuedAt: testNow, ExpiresAt: testNow + 1}, signer)
	if codeOf(err) != CodeChain {
		t.Fatalf("over the limit: %v", err)
	}
	chain[2].DelegationChain[0].Timestamp++ // an older link no longer equals the parent's
	if _, err := VerifyChain(chain, w.input()); err == nil {
		t.Fatal("changed link accepted")
	}
}

func TestProof(t *testing.T) {
	agent, kernel := seedKey(t, 9), seedKey(t, 7)
	want := ProofExpectation{
		CallID: "call", Audience: kernel.Public(), Server: "files", Tool: "read_file",
		ArgsSHA256: wire.Hash([]byte("{}")), CapabilityID: "cap-leaf", AgentKey: agent.Public(), Now: testNow,
	}
	body := HolderProof{
		CallID: want.CallID, Audience: want.Audience, Server: want.Server, Tool: want.Tool,
		ArgsSHA256: want.ArgsSHA256, CapabilityID: want.CapabilityID,
		Nonce: "00112233445566778899aabbccddeeff", IssuedAt: testNow,
	}
	cases := []struct {
		name, code string
		signer     *wire.Key
		body       func(*HolderProof)
		want       func(*ProofExpectation)
		env        func(*wire.Envelope) *wire.Envelope
	}{
		{name: "sound"},
		{name: "at the skew", body: func(p *HolderProof) { p.IssuedAt += ProofSkewSeconds }},
		{name: "at the ttl", body: func(p *HolderProof) { p.IssuedAt -= ProofTTLSeconds }},
		{name: "from the future", code: CodeProofStale, body: func(p *HolderProof) { p.IssuedAt += ProofSkewSeconds + 1 }},
		{name: "too old", code: CodeProofStale, body: func(p *HolderProof) { p.IssuedAt -= ProofTTLSeconds + 1 }},
		{name: "missing", code: CodeProofMissing, env: func(*wire.Envelope) *wire.Envelope { return nil }},
		{name: "other signer", code: CodeProofMismatch, signer: kernel},
		{name: "call id", code: CodeProofMismatch, want: func(w *ProofExpectation) { w.CallID = "x" }},
		{name: "audience", code: CodeProofMismatch, want: func(w *ProofExpectation) { w.Audience = agent.Public() }},
		{name: "server", code: CodeProofMismatch, want: func(w *ProofExpectation) { w.Server = "x" }},
		{name: "tool", code: CodeProofMismatch, want: func(w *ProofExpectation) { w.Tool = "x" }},
		{name: "arguments", code: CodeProofMismatch, want: func(w *ProofExpectation) { w.ArgsSHA256 = wire.Digest{} }},
		{name: "capability", code: CodeProofMismatch, want: func(w *ProofExpectation) { w.CapabilityID = "x" }},
		{name: "tampered", code: CodeProofInvalid, env: func(e *wire.Envelope) *wire.Envelope {
			e.Body[len(e.Body)-3] ^= 1
			return e
		}},
		{name: "two signatures", code: CodeProofInvalid, env: func(e *wire.Envelope) *wire.Envelope {
			if err := e.AddSignature(ProofSchema, kernel); err != nil {
				t.Fatal(err)
			}
			return e
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			p, w, signer := body, want, agent
			if tc.body != nil {
				tc.body(&p)
			}
			if tc.want != nil {
				tc.want(&w)
			}
			if tc.signer != nil {
				signer = tc.signer
			}
			env, err := SignProof(p, signer)
			if err != nil {
				t.Fatal(err)
			}
			if tc.env != nil {
				env = tc.env(env)
			}
			if _, err = VerifyProof(env, w); codeOf(err) != tc.code || (err == nil) != (tc.code == "") {
				t.Fatalf("got %v, want %q", err, tc.code)
			}
		})
	}
	body.Nonce = "short"
	if _, err := SignProof(body, agent); codeOf(err) != CodeProofInvalid {
		t.Fatalf("short nonce: %v", err)
	}
}
