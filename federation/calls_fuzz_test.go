package federation

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// FuzzPeerMessages: no request or answer of a peer, however malformed, panics
// in the decoder or in what reads it first.
func FuzzPeerMessages(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"type":"invoke"}`, `{"call_id":"0190a6a0-0000-7000-8000-000000000001","type":"query"}`,
		`{"type":"head"}`, `{"after":1,"limit":256,"size":9,"type":"receipts"}`, `{"epochs":[null],"type":"push"}`,
		`{"content":{},"receipt":{},"status":"done"}`, `{"code":"not_active","reason":"x","status":"error"}`,
		`{"note":"chio-log/x\n0\n\n","path":[],"status":"ok"}`,
		`{"continuation":{"body":{"call_id":"0190a6a0-0000-7000-8000-000000000001","schema":"chio.continuation.v1"},"signatures":[]},"type":"invoke"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var q invokeRequest
		if wire.UnmarshalCanonical(doc, &q, frameLimits) == nil {
			_, _ = peekContinuation(q.Continuation)
		}
		for _, v := range []any{new(syncRequest), new(revocationRequest), new(cosignRequest), new(treatyRequest), new(treatyAnswer), new(policyAnswer), new(settleRequest),
			new(settleReply), new(endedAnswer), new(confirm)} {
			if wire.UnmarshalCanonical(doc, v, frameLimits) == nil { // I10: what is read is written as the same bytes, or says so
				again, err := wire.Marshal(v)
				if err == nil && wire.IsCanonical(again, frameLimits) != nil {
					t.Fatalf("%s became %s", doc, again)
				}
			}
		}
		var a callAnswer
		if readAnswer(doc, &a) == nil {
			if _, err := checkReply(&a, new(Continuation), wire.Digest{}); err == nil {
				t.Fatal("an empty continuation was answered")
			}
		}
		for _, v := range []any{new(headAnswer), new(receiptsAnswer), new(revocationAnswer), new(cosignAnswer), new(capabilityAnswer)} {
			_ = readAnswer(doc, v)
		}
		_, _ = checkHead(doc, new(KnownHead), Record{})
	})
}

// FuzzContinuation: only an envelope that the expected key signed is accepted,
// and reading it back gives what was signed.
func FuzzContinuation(f *testing.F) {
	k := key(f, 11)
	want := ContinuationExpectation{From: didOf(f, 10), To: didOf(f, 20), SourceKernel: k.Public(), TargetKernel: key(f, 21).Public(),
		MaxHops: maxHops, Arguments: wire.Raw(`{}`), Now: startTime, Chain: []capability.Token{{ID: "root"}, {ID: "leaf", Issuer: k.Public()}}}
	good := &Continuation{Schema: ContinuationSchema, CallID: "0190a6a0-0000-7000-8000-000000000001", From: want.From, To: want.To,
		SourceKernel: want.SourceKernel, TargetKernel: want.TargetKernel, CapabilityID: "leaf", LeaseID: "root", Server: "files", Tool: "read",
		ArgsSHA256: wire.Hash(want.Arguments), Nonce: "000102030405060708090a0b0c0d0e0f", IssuedAt: startTime, ExpiresAt: startTime + 60, TimeoutSeconds: 60, HopLimit: 1}
	env, err := wire.Seal(ContinuationSchema, good, k)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := VerifyContinuation(env, want); err != nil {
		f.Fatal(err)
	}
	f.Add(env.Bytes())
	f.Add([]byte(`{"body":{"schema":"chio.continuation.v1"},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var e wire.Envelope
		if wire.UnmarshalCanonical(doc, &e, wire.DocumentLimits) != nil {
			return
		}
		if _, err := VerifyContinuation(&e, want); err == nil && e.ID() != env.ID() {
			t.Fatalf("accepted %s", doc)
		}
	})
}

func TestFramesAreCanonical(t *testing.T) {
	frame := object(part{"type", text("a\n\"b")}, part{"arguments", []byte(`{"x":1}`)}, part{"passport", nil}, part{"chain", []byte(`[]`)})
	if err := wire.IsCanonical(frame, frameLimits); err != nil {
		t.Fatalf("%v: %s", err, frame)
	}
	if got := object(); string(got) != `{}` {
		t.Fatalf("empty frame %s", got)
	}
}
