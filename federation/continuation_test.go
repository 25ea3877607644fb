package federation

import (
	"errors"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

func dropRows(prefix string) func(store.Tx) error {
	return func(tx store.Tx) error {
		var keys []string
		err := tx.Scan(prefix, "", func(key string, _ []byte) error {
			keys = append(keys, key)
			return nil
		})
		for _, key := range keys {
			tx.Delete(key)
		}
		return err
	}
}

// TestContinuationsThatAreRefused: every rule fails closed, each with a receipt
// that names the code, and no tool runs. The host files the denials of what the
// peer's kernel did sign for this call to us, owing nothing, and no others.
func TestContinuationsThatAreRefused(t *testing.T) {
	a, b := federated(t)
	other := didOf(t, 30)
	notOfThisCall := []string{"from another organisation", "to another organisation", "another source kernel", "another target kernel",
		"other arguments", "another capability"}
	filed := make(map[string]bool)
	for name, change := range map[string]func(*Continuation){
		"from another organisation": func(c *Continuation) { c.From = other },
		"to another organisation":   func(c *Continuation) { c.To = other },
		"another source kernel":     func(c *Continuation) { c.SourceKernel = b.kernel.Public() },
		"another target kernel":     func(c *Continuation) { c.TargetKernel = a.kernel.Public() },
		"another treaty":            func(c *Continuation) { c.TreatyID = wire.Hash([]byte("x")) },
		"another effective policy":  func(c *Continuation) { c.EffectiveSHA256 = wire.Hash([]byte("x")) },
		"expired":                   func(c *Continuation) { c.IssuedAt, c.ExpiresAt = startTime-200, startTime },
		"from the future": func(c *Continuation) {
			c.IssuedAt = startTime + ContinuationSkewSeconds + 1
			c.ExpiresAt = c.IssuedAt + 10
		},
		"lives too long":         func(c *Continuation) { c.ExpiresAt = c.IssuedAt + ContinuationTTLSeconds + 1 },
		"hop over the limit":     func(c *Continuation) { c.HopIndex, c.Lineage = 2, make([]wire.Digest, 2) },
		"a lineage too short":    func(c *Continuation) { c.HopIndex = 1 },
		"a lineage too long":     func(c *Continuation) { c.Lineage = make([]wire.Digest, 1) },
		"no time to run":         func(c *Continuation) { c.TimeoutSeconds = 0 },
		"time without end":       func(c *Continuation) { c.TimeoutSeconds = maxTimeoutSeconds + 1 },
		"more hops than we take": func(c *Continuation) { c.HopLimit = maxHops + 1 },
		"other arguments":        func(c *Continuation) { c.ArgsSHA256 = wire.Hash([]byte("{}")) },
		"another capability":     func(c *Continuation) { c.CapabilityID = "x" },
		"another lease":          func(c *Continuation) { c.LeaseID = "x" },
		"a bad nonce":            func(c *Continuation) { c.Nonce = "ABC" },
		"a passport of somebody else's": func(c *Continuation) {
			c.Passport = &kernel.PassportRef{Issuer: other.String(), ID: "urn:uuid:1"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := a.mandate(b, "read_file", readArgs)
			filed[m.CallID] = !slices.Contains(notOfThisCall, name)
			frame, _ := a.frame(m, change)
			r, md := answered(t, a.raw(b, frame))
			if r.Decision.Verdict != receipt.Deny || md.Code != string(kernel.CodeContinuation) || r.KernelKey != b.kernel.Public() {
				t.Fatalf("verdict %s, code %s", r.Decision.Verdict, md.Code)
			}
			if md.Federation == nil || md.Federation.Role != RoleHost || md.Federation.PeerDID != a.did().String() {
				t.Fatalf("the receipt does not name the peer: %+v", md.Federation)
			}
		})
	}
	if b.ran.Load() != 0 {
		t.Fatalf("the tool ran %d times", b.ran.Load())
	}
	for _, j := range b.joints(a) {
		if !filed[j.CallID] || j.Verdict != receipt.Deny || j.Accrued || j.Charge != nil {
			t.Errorf("the host filed %+v", j)
		}
		delete(filed, j.CallID)
	}
	for id, missing := range filed {
		if missing {
			t.Errorf("the denial of call %s was not filed", id)
		}
	}
}

func TestContinuationByAnotherKey(t *testing.T) {
	a, b := federated(t)
	for name, keys := range map[string][]*wire.Key{
		"organisation key": {a.org.org}, "host's key": {b.kernel}, "unknown key": {key(t, 99)}, "two keys": {a.kernel, a.org.org},
	} {
		t.Run(name, func(t *testing.T) {
			m := a.mandate(b, "read_file", readArgs)
			_, out := a.frame(m, nil)
			env := &wire.Envelope{Body: out.continuation.Body}
			for _, k := range keys {
				if err := env.AddSignature(ContinuationSchema, k); err != nil {
					t.Fatal(err)
				}
			}
			out.continuation = env
			frame, err := a.exchange.invokeFrame(m, out)
			if err != nil {
				t.Fatal(err)
			}
			if _, md := answered(t, a.raw(b, frame)); md.Code != string(kernel.CodeContinuation) {
				t.Fatalf("code %s", md.Code)
			}
		})
	}
	if b.ran.Load() != 0 {
		t.Fatal("the tool ran")
	}
}

// TestArgumentsChangedOnTheWay: arguments other than the signed ones never
// reach the kernel's decision as an allowed call.
func TestArgumentsChangedOnTheWay(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	_, out := a.frame(m, nil)
	m.Arguments = wire.Raw(`{"path":"notes/b.txt"}`)
	frame, err := a.exchange.invokeFrame(m, out)
	if err != nil {
		t.Fatal(err)
	}
	if _, md := answered(t, a.raw(b, frame)); md.Code != string(kernel.CodeContinuation) || b.ran.Load() != 0 {
		t.Fatalf("code %s", md.Code)
	}
}

// TestLeafOfAnotherKernel: a chain whose leaf the calling kernel did not issue.
func TestLeafOfAnotherKernel(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	m.Chain = m.Chain[:1] // the treaty capability itself: issued by the host
	frame, _ := a.frame(m, nil)
	if _, md := answered(t, a.raw(b, frame)); md.Code != string(kernel.CodeContinuation) {
		t.Fatalf("code %s", md.Code)
	}
}

// TestStrangersAreRefused: without a treaty in force there is a protocol error
// and no receipt.
func TestStrangersAreRefused(t *testing.T) {
	a, b := federated(t)
	frame, _ := a.frame(a.mandate(b, "read_file", readArgs), nil)
	if err := b.service.Directory().Freeze(t.Context(), a.did(), "dispute"); err != nil {
		t.Fatal(err)
	}
	before := len(b.receipts())
	for _, doc := range [][]byte{frame, []byte(`{}`), []byte(`{"type":"query"}`)} {
		var refused *PeerError
		if err := readAnswer(a.raw(b, doc), new(callAnswer)); !errors.As(err, &refused) || refused.Code != refusedNotActive {
			t.Fatalf("answer: %v", err)
		}
	}
	if err := b.service.Directory().Resume(t.Context(), a.did(), "test"); err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{`{}`, `{"type":"invoke"}`, `{"type":"query","call_id":"1"}`, `{"type":"other"}`, `{"x":1}`, `[]`, `{"type":"capability"}`} {
		if err := readAnswer(a.raw(b, []byte(doc)), new(callAnswer)); !errors.Is(err, ErrRefused) {
			t.Fatalf("%s: %v", doc, err)
		}
	}
	if len(b.receipts()) != before {
		t.Fatal("junk was receipted")
	}
}

// TestOriginRefusesWhatDoesNotProveTheCall: a table of lies a host could tell.
func TestOriginRefusesWhatDoesNotProveTheCall(t *testing.T) {
	a, b := federated(t)
	m := a.mandate(b, "read_file", readArgs)
	frame, out := a.frame(m, nil)
	var honest callAnswer
	if err := readAnswer(a.raw(b, frame), &honest); err != nil {
		t.Fatal(err)
	}
	if _, err := checkReply(&honest, out.body, out.continuation.ID()); err != nil {
		t.Fatal(err)
	}
	forge := func(change func(*receipt.Receipt, *receipt.Metadata), signer *wire.Key) wire.Raw {
		r, err := receipt.Parse(honest.Receipt)
		if err != nil {
			t.Fatal(err)
		}
		md, err := metadataOf(r)
		if err != nil {
			t.Fatal(err)
		}
		change(r, md)
		r.Metadata = wire.MustMarshal(md)
		doc, err := receipt.Sign(r, signer)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	nothing := func(*receipt.Receipt, *receipt.Metadata) {}
	for name, lie := range map[string]callAnswer{
		"no receipt":        {Content: honest.Content},
		"another signer":    {Receipt: forge(nothing, a.kernel), Content: honest.Content},
		"a changed byte":    {Receipt: wire.Raw(string(honest.Receipt[:len(honest.Receipt)-3]) + `0"}`), Content: honest.Content},
		"other content":     {Receipt: honest.Receipt, Content: wire.Raw(`{"text":"bye"}`)},
		"no content":        {Receipt: honest.Receipt},
		"another server":    {Receipt: forge(func(r *receipt.Receipt, _ *receipt.Metadata) { r.ToolServer = "x" }, b.kernel), Content: honest.Content},
		"another tool":      {Receipt: forge(func(r *receipt.Receipt, _ *receipt.Metadata) { r.ToolName = "x" }, b.kernel), Content: honest.Content},
		"another token":     {Receipt: forge(func(r *receipt.Receipt, _ *receipt.Metadata) { r.CapabilityID = "x" }, b.kernel), Content: honest.Content},
		"another call":      {Receipt: forge(func(_ *receipt.Receipt, md *receipt.Metadata) { md.CallID = "x" }, b.kernel), Content: honest.Content},
		"other arguments":   {Receipt: forge(func(_ *receipt.Receipt, md *receipt.Metadata) { md.ArgsSHA256 = wire.Digest{} }, b.kernel), Content: honest.Content},
		"another treaty":    {Receipt: forge(func(_ *receipt.Receipt, md *receipt.Metadata) { md.Federation.TreatyID = wire.Digest{} }, b.kernel), Content: honest.Content},
		"no continuation":   {Receipt: forge(func(_ *receipt.Receipt, md *receipt.Metadata) { md.Federation.ContinuationSHA256 = nil }, b.kernel), Content: honest.Content},
		"not as the host":   {Receipt: forge(func(_ *receipt.Receipt, md *receipt.Metadata) { md.Federation.Role = RoleOrigin }, b.kernel), Content: honest.Content},
		"for somebody else": {Receipt: forge(func(_ *receipt.Receipt, md *receipt.Metadata) { md.Federation.PeerDID = b.did().String() }, b.kernel), Content: honest.Content},
		"denied with content": {Receipt: forge(func(r *receipt.Receipt, _ *receipt.Metadata) {
			r.Decision = &receipt.Decision{Verdict: receipt.Deny, Reason: "x", Guard: "y"}
		}, b.kernel), Content: honest.Content},
	} {
		if _, err := checkReply(&lie, out.body, out.continuation.ID()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCapabilityIsGivenOncePerTreaty(t *testing.T) {
	a, b := federated(t)
	first, err := a.exchange.TreatyCapability(t.Context(), b.did())
	if err != nil {
		t.Fatal(err)
	}
	if first.Issuer != b.kernel.Public() || first.Subject != a.kernel.Public() || len(first.Scope.Grants) != 2 {
		t.Fatalf("token %+v", first)
	}
	for _, g := range first.Scope.Grants {
		if len(g.Operations) != 2 || g.Operations[1] != capability.Delegate || g.ToolName == "read_file" && g.MaxCostPerInvocation.Units != 3 {
			t.Fatalf("grant %+v", g)
		}
	}
	same := func(want bool) {
		t.Helper()
		if err := a.db.Update(t.Context(), dropRows(prefixCap)); err != nil {
			t.Fatal(err)
		}
		again, err := a.exchange.TreatyCapability(t.Context(), b.did())
		if err != nil {
			t.Fatal(err)
		}
		if (again.ID == first.ID) != want {
			t.Fatalf("same token: %t, want %t", again.ID == first.ID, want)
		}
		first = again
	}
	same(true)
	for _, o := range []*peerNode{a, b} {
		o.clock.Add(TreatyCapabilityTTLSeconds*3/4 + 1)
	}
	if _, err := a.service.Hello(t.Context(), b.address()); err != nil {
		t.Fatal(err)
	}
	same(false)
	same(true)
}
