package capability

import (
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

func TestAggregateDecodes(t *testing.T) {
	for doc, want := range map[string]Aggregate{
		`{"scope":"capability","max_invocations":0}`:                 {AggregateCapability, 0},
		`{"max_invocations":4294967295,"scope":"delegation-family"}`: {AggregateFamily, 1<<32 - 1},
	} {
		got, err := (&Token{AggregateInvocationBudget: wire.Raw(doc)}).Aggregate()
		if err != nil || *got != want {
			t.Errorf("%s: %+v, %v", doc, got, err)
		}
		again, err := (&Token{AggregateInvocationBudget: want.Value()}).Aggregate()
		if err != nil || *again != want {
			t.Errorf("%+v: %+v, %v", want, again, err)
		}
	}
	if got, err := (&Token{}).Aggregate(); got != nil || err != nil {
		t.Errorf("none: %v %v", got, err)
	}
	for _, doc := range []string{
		`null`, `{}`, `[]`, `7`, `{`, `{"scope":"capability"}`, `{"max_invocations":1}`,
		`{"scope":"family","max_invocations":1}`, `{"scope":null,"max_invocations":1}`, `{"scope":"capability","max_invocations":null}`,
		`{"scope":"capability","max_invocations":-1}`, `{"scope":"capability","max_invocations":1.5}`,
		`{"scope":"capability","max_invocations":4294967296}`, `{"scope":"capability","max_invocations":1,"max_invocations":2}`,
		`{"scope":"capability","max_invocations":1,"root_binding":null}`, `{"scope":"capability","max_invocations":1,"root_binding":{}}`,
	} {
		tok := Token{AggregateInvocationBudget: wire.Raw(doc)}
		if got, err := tok.Aggregate(); codeOf(err) != CodeInvalid || got != nil {
			t.Errorf("%s: %v, %v", doc, got, err)
		}
		if tok.unsupported() == "" {
			t.Errorf("%s is admitted", doc)
		}
	}
}

// TestAggregateInChain: a bound anywhere in a chain is refused by whoever does
// not count, and passes for whoever does.
func TestAggregateInChain(t *testing.T) {
	w := newWorld(t)
	bound := Aggregate{AggregateFamily, 5}
	root := w.tokens[0]
	root.AggregateInvocationBudget = bound.Value()
	root = w.resign(t, root, false)
	leaf, err := Attenuate(&root, AttenuateRequest{ID: "leaf", Subject: w.agent.Public(), Scope: childScope(),
		IssuedAt: testNow, ExpiresAt: testNow + 10, Aggregate: &Aggregate{AggregateCapability, 9}}, w.middle)
	if err != nil {
		t.Fatal(err)
	}
	for name, chain := range map[string][]Token{"root": {root}, "both": {root, *leaf}} {
		in := w.input()
		if _, err := VerifyChain(chain, in); codeOf(err) != CodeInvalid {
			t.Errorf("%s, not counted: %v", name, err)
		}
		in.CountsAggregates = true
		if _, err := VerifyChain(chain, in); err != nil {
			t.Errorf("%s, counted: %v", name, err)
		}
		if err := VerifyDelegation(chain); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := leaf.Aggregate(); err != nil || got.MaxInvocations != 9 {
		t.Errorf("own bound: %+v %v", got, err)
	}
	if _, err := Attenuate(&root, AttenuateRequest{ID: "leaf", Subject: w.agent.Public(), Scope: childScope(),
		IssuedAt: testNow, ExpiresAt: testNow + 10, Aggregate: &Aggregate{Scope: "else"}}, w.middle); codeOf(err) != CodeInvalid {
		t.Errorf("unknown scope: %v", err)
	}
	root.AggregateInvocationBudget = wire.Raw(`{"scope":"delegation-family","max_invocations":6}`)
	in := w.input()
	in.CountsAggregates = true
	if _, err := VerifyChain([]Token{root}, in); codeOf(err) != CodeSignature {
		t.Errorf("the bound is not signed: %v", err)
	}
}

// TestAggregateNeedsSchema: the older signature, without schema, is not
// accepted for a token that carries a bound.
func TestAggregateNeedsSchema(t *testing.T) {
	w := newWorld(t)
	tok := w.tokens[0]
	tok.Schema, tok.AggregateInvocationBudget = "", Aggregate{AggregateCapability, 5}.Value()
	input, err := tok.bodyBytes("")
	if err != nil {
		t.Fatal(err)
	}
	if tok.Signature, err = w.root.Sign(input); err != nil {
		t.Fatal(err)
	}
	if err := tok.VerifySignature(); codeOf(err) != CodeSignature {
		t.Errorf("plain body: %v", err)
	}
	if input, err = tok.bodyBytes(Schema); err != nil {
		t.Fatal(err)
	}
	if tok.Signature, err = w.root.Sign(input); err != nil {
		t.Fatal(err)
	}
	if err := tok.VerifySignature(); err != nil {
		t.Errorf("schema body of a token that omits schema: %v", err)
	}
}

// TestI3_OwnBoundIsNotDelegated: a holder cannot leave a bound on one token
// behind by delegating to itself.
func TestI3_OwnBoundIsNotDelegated(t *testing.T) {
	w := newWorld(t)
	root := w.tokens[0]
	root.AggregateInvocationBudget = Aggregate{AggregateCapability, 5}.Value()
	root = w.resign(t, root, false)
	req := AttenuateRequest{ID: "leaf", Subject: w.middle.Public(), Scope: childScope(), IssuedAt: testNow, ExpiresAt: testNow + 10}
	if _, err := Attenuate(&root, req, w.middle); codeOf(err) != CodeWidened {
		t.Errorf("attenuate: %v", err)
	}
	if err := VerifyDelegation([]Token{root, w.tokens[1]}); codeOf(err) != CodeWidened {
		t.Errorf("verify: %v", err)
	}
	root.AggregateInvocationBudget = wire.Raw(`{}`)
	if err := root.delegable(); codeOf(err) != CodeInvalid {
		t.Errorf("malformed: %v", err)
	}
}
