package federation

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/wire"
)

// TestReplayedHello: what was said once completes nothing again, neither while
// its clock reading still counts nor when the nonce has been forgotten.
func TestReplayedHello(t *testing.T) {
	for name, later := range map[string]int64{"inside the skew": 1, "after the skew": nonceSeconds + ClockSkewSeconds + 1} {
		t.Run(name, func(t *testing.T) {
			b, e := newOrg(t, 20), newEvil(t, 60, nil)
			var said []byte
			record := func(tr *transcript) []byte { said = mustSign(t, tr, roleInitiator, e.org.org); return said }
			if err := e.initiate(t, b, nil, record); err != nil {
				t.Fatal(err)
			}
			before := b.record(e.org)
			b.clock.Add(later)
			replay := func(*transcript) []byte { return said }
			if err := e.initiate(t, b, nil, replay); err == nil {
				t.Error("recorded messages completed another hello")
			}
			if err := e.initiate(t, b, nil, nil); err == nil { // the key signs again, the first message is the same
				t.Error("a recorded first message completed another hello")
			}
			if after := b.record(e.org); after.HelloAt != before.HelloAt {
				t.Errorf("the hello was extended to %d", after.HelloAt)
			}
		})
	}
}

// TestSameDIDOnTwoPeerIDs: an organisation is at one transport identity. A second
// one with the same sequence is a contradiction; with a higher one the first is
// a stranger from then on, and does not come back.
func TestSameDIDOnTwoPeerIDs(t *testing.T) {
	b, first, second := newOrg(t, 20), newEvil(t, 60, nil), newEvil(t, 70, nil)
	as := func(sequence uint64, nonce string) func(*offer) {
		return func(o *offer) {
			bound := first.bind(sequence, second.transport, first.kernel)
			o.DID, o.Transport, o.Kernel, o.Nonce = first.did(), bound.Transport, bound.Kernel, nonceOf(nonce)
		}
	}
	twin := &evil{org: &org{t: t, org: first.org.org, kernel: first.kernel, transport: second.transport, bindings: first.bindings}, host: second.host}
	if err := first.initiate(t, b, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := twin.initiate(t, b, as(1, "same"), nil); err == nil {
		t.Fatal("two transport identities of one sequence")
	}
	if !b.service.Directory().Knows(first.host.ID()) || b.service.Directory().Knows(second.host.ID()) {
		t.Fatal("the first lost its place")
	}
	if err := twin.initiate(t, b, as(2, "higher"), nil); err != nil {
		t.Fatalf("a rotation was refused: %v", err)
	}
	if b.service.Directory().Knows(first.host.ID()) || b.record(first.org).PeerID != second.host.ID() {
		t.Fatal("both are known at once")
	}
	within(t, "the first is cut off", func() bool { return !first.host.Connected(b.host.ID()) })
	if err := first.initiate(t, b, func(o *offer) { o.Nonce = nonceOf("back") }, nil); err == nil {
		t.Fatal("the first came back with a lower sequence")
	}
}

// TestDowngradeToAnOldProtocol: versions are protocol ids; one that is not ours is
// neither served nor asked for, whoever offers it.
func TestDowngradeToAnOldProtocol(t *testing.T) {
	const old = "/chio/fed/hello/0.9.0"
	host, err := p2p.New(p2p.Config{Key: key(t, 62), Open: true, Allow: func(p2p.PeerID) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 1)
	serve := func(context.Context, p2p.Peer, *p2p.Stream) error { asked <- struct{}{}; return nil }
	if err := errors.Join(host.Handle(old, helloLimits, serve), host.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Stop() })
	a := newOrg(t, 10)
	if _, err := a.service.Hello(t.Context(), host.Addrs()[0]); err == nil || len(asked) != 0 {
		t.Fatalf("hello over an old protocol: %v, asked %d times", err, len(asked))
	}
	if _, err := host.Call(t.Context(), a.host.ID(), old, []byte(`{}`)); err == nil {
		t.Fatal("an old protocol was served")
	}
	if len(a.service.List()) != 0 {
		t.Fatal("somebody was recorded")
	}
}

// TestHelloSpelling: a message has one spelling. Whatever two parsers could read
// differently is refused before anything of it counts.
func TestHelloSpelling(t *testing.T) {
	b, e := newOrg(t, 20), newEvil(t, 60, nil)
	self, err := b.service.offer("")
	if err != nil {
		t.Fatal(err)
	}
	good := string(wire.MustMarshal(e.offer(nonceOf("n"))))
	if _, err := introduce([]byte(good), self, "", p2p.Peer{ID: e.host.ID()}, startTime); err != nil {
		t.Fatal(err)
	}
	change := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in the message", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	for name, doc := range map[string]string{
		"duplicate key":           change(`"at":`, `"at":1,"at":`),
		"duplicate key, escaped":  change(`"at":`, `"\u0061t":1,"at":`),
		"another order":           change(`{"at":1800000000,`, `{`)[:len(good)-len(`"at":1800000000,`)-1] + `,"at":1800000000}`,
		"number as 18e8":          change(`1800000000`, `18e8`),
		"number as 1800000000.0":  change(`1800000000`, `1800000000.0`),
		"number below zero":       change(`1800000000`, `-0`),
		"number over 2^53":        change(`1800000000`, `9007199254740993`),
		"letter as escape":        change(`did:chio`, `did\u003achio`),
		"not utf-8":               change(`chio.hello.v1`, "chio.hello.v1\xff"),
		"lone surrogate":          change(`chio.hello.v1`, `\ud800`),
		"white space":             change(`:`, `: `),
		"unknown member":          change(`{`, `{"a":1,`),
		"a byte after it":         good + " ",
		"deeper than any message": change(`{`, `{"a":`+strings.Repeat(`[`, 100)+strings.Repeat(`]`, 100)+`,`),
	} {
		if _, err := introduce([]byte(doc), self, "", p2p.Peer{ID: e.host.ID()}, startTime); !errors.Is(err, ErrHello) && !errors.Is(err, ErrHelloExpired) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHashEqualInAnotherKeyOrder: a body whose canonical form has the same hash
// is not the artifact: only the canonical bytes are.
func TestHashEqualInAnotherKeyOrder(t *testing.T) {
	x, _ := testAttestations(t)
	env, err := wire.Seal(AttestationSchema, x.Attestation, key(t, 10))
	if err != nil {
		t.Fatal(err)
	}
	doc := env.Bytes()
	moved := bytes.Replace(doc, []byte(`{"body":`), []byte(`{"signatures":[],"body":`), 1)
	i := bytes.LastIndex(moved, []byte(`,"signatures":`))
	moved = append(bytes.Replace(moved[:i:i], []byte(`[]`), moved[i+len(`,"signatures":`):len(moved)-1], 1), '}')
	again, err := wire.Canonicalize(moved, wire.DocumentLimits)
	if err != nil || wire.Hash(again) != wire.Hash(doc) {
		t.Fatalf("the hashes differ: %v", err)
	}
	var out wire.Envelope
	if err := wire.UnmarshalCanonical(moved, &out, wire.DocumentLimits); err == nil {
		t.Fatal("an envelope in another order was taken")
	}
	var q treatyRequest
	request := append(append([]byte(`{"attestation":`), moved...), []byte(`,"schema":"`+treatyRequestSchema+`"}`)...)
	if err := wire.UnmarshalCanonical(request, &q, wire.DocumentLimits); err == nil {
		t.Fatal("a request with it was taken")
	}
}

// TestUnknownTermIsRefused: terms that we do not know could forbid something, so
// an attestation that has one is no attestation.
func TestUnknownTermIsRefused(t *testing.T) {
	x, _ := testAttestations(t)
	body := wire.MustMarshal(x.Attestation)
	for extra, want := range map[string]bool{`{`: true, `{"a_new_term":{"forbid":"everything"},`: false, `{"a-optional":1,`: false} {
		env := &wire.Envelope{Body: wire.Raw(strings.Replace(string(body), `{`, extra, 1))}
		if err := env.AddSignature(AttestationSchema, key(t, 10)); err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyAttestation(env, x.Issuer, x.Audience); (err == nil) != want || err != nil && !errors.Is(err, ErrAttestation) {
			t.Errorf("%s: %v", extra, err)
		}
	}
}

// TestReceiptsOfAnotherLog: a range is answered with receipts that are valid, but
// are another's, of another place, or proven under another tree.
func TestReceiptsOfAnotherLog(t *testing.T) {
	a, b := federated(t)
	if out := a.call(b); out.Verdict != kernel.Allow {
		t.Fatalf("%+v", out.Denial)
	}
	b.logLocal(1)
	rec := a.record(b.org)
	var head headAnswer
	if err := a.exchange.syncRequest(t.Context(), rec, syncRequest{Type: "head"}, &head); err != nil {
		t.Fatal(err)
	}
	cp, err := checkHead([]byte(head.Note), new(KnownHead), rec)
	if err != nil {
		t.Fatal(err)
	}
	known := &KnownHead{Peer: rec.DID, Origin: cp.Origin, Size: cp.Size, Root: cp.Root}
	var answer receiptsAnswer
	if err := a.exchange.syncRequest(t.Context(), rec, syncRequest{Type: "receipts", Limit: 10, Size: cp.Size}, &answer); err != nil || len(answer.Receipts) != 1 {
		t.Fatalf("%+v, %v", answer, err)
	}
	honest := answer.Receipts[0]
	if _, err := a.exchange.checkForeign(rec, known, &honest, 0); err != nil {
		t.Fatal(err)
	}
	own := receiptByID(t, a, a.receipts()[0].ID)
	for name, change := range map[string]func(*loggedReceipt, *KnownHead){
		"a receipt of ours": func(l *loggedReceipt, _ *KnownHead) { l.Receipt = own },
		"another place":     func(l *loggedReceipt, _ *KnownHead) { l.Index++ },
		"no path":           func(l *loggedReceipt, _ *KnownHead) { l.Path = nil },
		"a path too long": func(l *loggedReceipt, _ *KnownHead) {
			l.Path = append(l.Path[:len(l.Path):len(l.Path)], wire.Hash(nil))
		},
		"the tree of another":    func(_ *loggedReceipt, h *KnownHead) { h.Root = wire.Hash([]byte("x")) },
		"an index past the head": func(l *loggedReceipt, h *KnownHead) { l.Index = h.Size },
	} {
		l, h := honest, *known
		change(&l, &h)
		if _, err := a.exchange.checkForeign(rec, &h, &l, 0); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := receipt.VerifyCheckpoint([]byte(answer.Checkpoint), b.logOrigin, b.kernel.Public()); err != nil {
		t.Error(err)
	}
}
