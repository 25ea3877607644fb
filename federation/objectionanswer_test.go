package federation

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// contestedCall makes a call that both sides filed an objection to, and returns the
// host's receipt.
func contestedCall(t *testing.T) (a, b *peerNode, callID, receiptID string) {
	t.Helper()
	a, b, out := withheld(t)
	a.sync(b)
	callID, receiptID = a.joints(b)[0].CallID, out.Peer.ReceiptID
	if _, err := a.exchange.Object(t.Context(), b.did(), callID, VerdictDisagreement); err != nil {
		t.Fatal(err)
	}
	a.sync(b)
	if len(b.contestedWith(a)) != 1 {
		t.Fatal("the host has no objection")
	}
	return a, b, callID, receiptID
}

func (p *peerNode) answers(other *peerNode, receiptID string, waive bool, statement string) error {
	return p.exchange.AnswerObjection(p.t.Context(), other.did(), receiptID, waive, statement)
}

// only is the one objection that a party filed with another.
func (p *peerNode) only(other *peerNode) *Contested {
	p.t.Helper()
	list := p.contestedWith(other)
	if len(list) != 1 {
		p.t.Fatalf("objections %+v", list)
	}
	return &list[0]
}

// TestHostAnswersAnObjection: first it stands by its receipt, which changes
// nothing but what both show; then it gives the charge up, which ends the
// obligation once at both sides and cannot be taken back; nobody signs for the
// receipt afterwards.
func TestHostAnswersAnObjection(t *testing.T) {
	a, b, callID, receiptID := contestedCall(t)
	if err := b.answers(a, receiptID, false, ""); !errors.Is(err, ErrAnswer) {
		t.Fatalf("rejected without a word: %v", err)
	}
	if err := a.answers(b, receiptID, true, ""); !errors.Is(err, ErrAnswer) {
		t.Fatalf("the objector answered: %v", err)
	}
	if err := b.answers(a, wire.Hash([]byte("another")).String(), true, ""); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("answered nothing: %v", err)
	}
	if err := b.answers(a, receiptID, false, "it ran, and you withheld it"); err != nil {
		t.Fatal(err)
	}
	if c := b.only(a); c.State() != AnswerRejected || c.Told {
		t.Fatalf("before the origin has it: %+v", c)
	}
	b.sync(a)
	for _, c := range []*Contested{a.only(b), b.only(a)} {
		if c.State() != AnswerRejected || !c.Told {
			t.Fatalf("rejected: %+v", c)
		}
	}
	d, err := a.exchange.Disputes(b.did())
	if err != nil || len(d.List) != 1 || d.List[0].State != AnswerRejected || d.List[0].Detail != "it ran, and you withheld it" {
		t.Fatalf("shown: %+v, %v", d, err)
	}
	if len(a.waivers())+len(b.waivers()) != 0 {
		t.Fatal("a rejection gave something up")
	}
	for range 2 { // again changes nothing
		if err := b.answers(a, receiptID, true, "as you are a good customer"); err != nil && !errors.Is(err, ErrAnswer) {
			t.Fatal(err)
		}
		b.sync(a)
	}
	for _, p := range []*peerNode{a, b} {
		other := map[*peerNode]*peerNode{a: b, b: a}[p]
		got := p.waivers()
		if len(got) != 1 || got[0].ReceiptID != receiptID || got[0].Payer != a.did() || got[0].At == 0 || p.only(other).State() != AnswerWaived {
			t.Fatalf("%s: given up %+v, %+v", p.did().Short(), got, p.only(other))
		}
	}
	for _, p := range []*peerNode{a, b} {
		other := map[*peerNode]*peerNode{a: b, b: a}[p]
		if n, err := p.exchange.Unjoined(other.did()); err != nil || n != (Unjoined{}) || p.joints(other)[0].At(startTime+JoinSeconds+1) != JointWaived {
			t.Errorf("%s: what is over waits: %+v, %v", p.did().Short(), n, err)
		}
	}
	if err := b.answers(a, receiptID, false, "no, after all"); !errors.Is(err, ErrAnswer) {
		t.Errorf("taken back: %v", err)
	}
	if err := a.exchange.Withdraw(t.Context(), b.did(), receiptID); !errors.Is(err, ErrObjection) {
		t.Errorf("withdrawn after it was given up: %v", err)
	}
	file, err := a.exchange.ExportDispute(b.did(), callID, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := VerifyDispute(wire.MustMarshal(file), keysOf(a, b))
	if err != nil || r.Answer != AnswerWaived || r.Statement != "as you are a good customer" || !strings.HasSuffix(r.Conclusion, "nothing is owed") {
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestWaiverAndSignatureDoNotMeet: whichever the host does first stands.
func TestWaiverAndSignatureDoNotMeet(t *testing.T) {
	t.Run("given up first", func(t *testing.T) {
		a, b, _, receiptID := contestedCall(t)
		if err := b.answers(a, receiptID, true, ""); err != nil {
			t.Fatal(err)
		}
		// The origin has not heard of it and signs for the receipt.
		if err := a.exchange.Withdraw(t.Context(), b.did(), receiptID); !isRefused(err, refusedConflict) {
			t.Fatalf("the host signed for what it gave up: %v", err)
		}
		b.sync(a)
		if a.only(b).State() != AnswerWaived || len(a.waivers()) != 1 || len(b.waivers()) != 1 {
			t.Fatalf("%+v", a.only(b))
		}
	})
	t.Run("signed first", func(t *testing.T) {
		a, b, _, receiptID := contestedCall(t)
		if err := a.exchange.Withdraw(t.Context(), b.did(), receiptID); err != nil {
			t.Fatal(err)
		}
		if err := b.answers(a, receiptID, true, ""); !errors.Is(err, ErrJoined) {
			t.Fatalf("given up after both signed: %v", err)
		}
		if len(a.waivers())+len(b.waivers()) != 0 {
			t.Fatal("something was given up")
		}
	})
}

// sealAnswer signs an answer to an objection without judging it.
func (p *peerNode) sealAnswer(c *Contested, change func(*ObjectionAnswer)) *wire.Envelope {
	p.t.Helper()
	o, err := c.Body()
	if err != nil {
		p.t.Fatal(err)
	}
	a := ObjectionAnswer{Schema: ObjectionAnswerSchema, Objection: c.Objection.ID(), Host: o.Host, Objector: o.Objector, CallID: o.CallID,
		Receipt: o.ReceiptSHA256, Answer: AnswerWaived, At: o.At}
	if change != nil {
		change(&a)
	}
	env, err := wire.Seal(ObjectionAnswerSchema, a, p.kernel)
	if err != nil {
		p.t.Fatal(err)
	}
	return env
}

// TestAnswersThatAreRefused: of the other's kernel, to another objection, or
// without sense; nothing is filed or given up.
func TestAnswersThatAreRefused(t *testing.T) {
	a, b, _, receiptID := contestedCall(t)
	c := b.only(a)
	tell := func(env *wire.Envelope, id string) error {
		frame := object(part{"type", text("answer")}, part{"receipt_id", text(id)}, part{"answer", env.Bytes()})
		return b.exchange.request(t.Context(), b.record(a.org), ProtocolCosign, frame, new(cosignAnswer))
	}
	two := b.sealAnswer(c, nil)
	if err := two.AddSignature(ObjectionAnswerSchema, a.kernel); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		env  *wire.Envelope
		id   string
		code string
	}{
		"signed by the objector":     {a.sealAnswer(c, nil), receiptID, refusedMismatch},
		"signed by both":             {two, receiptID, refusedMismatch},
		"to another objection":       {b.sealAnswer(c, func(x *ObjectionAnswer) { x.Objection = wire.Hash([]byte("another")) }), receiptID, refusedMismatch},
		"about another receipt":      {b.sealAnswer(c, func(x *ObjectionAnswer) { x.Receipt = wire.Hash([]byte("another")) }), receiptID, refusedMismatch},
		"about another call":         {b.sealAnswer(c, func(x *ObjectionAnswer) { x.CallID = "0190a6a0-0000-7000-8000-000000000001" }), receiptID, refusedMismatch},
		"between others":             {b.sealAnswer(c, func(x *ObjectionAnswer) { x.Objector = b.did() }), receiptID, refusedMismatch},
		"no known answer":            {b.sealAnswer(c, func(x *ObjectionAnswer) { x.Answer = "half" }), receiptID, refusedMismatch},
		"a rejection without words":  {b.sealAnswer(c, func(x *ObjectionAnswer) { x.Answer = AnswerRejected }), receiptID, refusedMismatch},
		"words that cannot be shown": {b.sealAnswer(c, func(x *ObjectionAnswer) { x.Statement = "a\x1b[2Jb" }), receiptID, refusedMismatch},
		"from before the objection":  {b.sealAnswer(c, func(x *ObjectionAnswer) { x.At-- }), receiptID, refusedMismatch},
		"to what nobody objects to":  {b.sealAnswer(c, nil), wire.Hash([]byte("another")).String(), refusedNotFound},
	} {
		if err := tell(x.env, x.id); !isRefused(err, x.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a.only(b).State() != "open" || len(a.waivers()) != 0 {
		t.Fatalf("filed: %+v", a.only(b))
	}
	newer := b.sealAnswer(c, func(x *ObjectionAnswer) { x.Answer, x.Statement, x.At = AnswerRejected, "newer", x.At+5 })
	older := b.sealAnswer(c, func(x *ObjectionAnswer) { x.Answer, x.Statement = AnswerRejected, "older" })
	if err := tell(newer, receiptID); err != nil {
		t.Fatal(err)
	}
	if err := tell(older, receiptID); !isRefused(err, refusedMismatch) {
		t.Errorf("an older answer: %v", err)
	}
	if err := tell(b.sealAnswer(c, func(x *ObjectionAnswer) { x.At += 9 }), receiptID); err != nil || len(a.waivers()) != 1 {
		t.Fatalf("a newer one that gives up: %v", err)
	}
	if err := tell(newer, receiptID); !isRefused(err, refusedMismatch) || len(a.waivers()) != 1 {
		t.Errorf("the rejection again: %v", err)
	}
}

// TestAnswerSurvivesACrash: told and not marked as told, it is told again, and
// counts once.
func TestAnswerSurvivesACrash(t *testing.T) {
	a, b, _, receiptID := contestedCall(t)
	if err := b.answers(a, receiptID, true, ""); err != nil {
		t.Fatal(err)
	}
	died := errors.New("died")
	b.failAt(func(name string) {
		if name == "answer.told_before_ack" {
			panic(died)
		}
	})
	func() {
		defer func() {
			if recover() != died {
				t.Error("the failpoint was not reached")
			}
		}()
		_ = b.exchange.tellAnswers(t.Context(), b.record(a.org))
	}()
	b.failAt(func(string) {})
	if b.only(a).Told || a.only(b).State() != AnswerWaived {
		t.Fatalf("%+v, %+v", b.only(a), a.only(b))
	}
	b.sync(a)
	if !b.only(a).Told || len(a.waivers()) != 1 || len(b.waivers()) != 1 {
		t.Fatalf("%+v, given up %d and %d times", b.only(a), len(a.waivers()), len(b.waivers()))
	}
}

// FuzzObjectionAnswer: of all bytes only what the host's kernel signed is an
// answer, and it is judged as it was signed.
func FuzzObjectionAnswer(f *testing.F) {
	_, file, keys := kept(f)
	signed, err := os.ReadFile("testdata/objection_answer.json")
	if err != nil {
		f.Fatal(err)
	}
	var o Objection
	if err := wire.Unmarshal(file.Objection.Body, &o, wire.DocumentLimits); err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte(`{"body":{"schema":"chio.federation_objection_answer.v1"},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var q cosignRequest
		_ = wire.UnmarshalCanonical(object(part{"answer", doc}, part{"receipt_id", text(o.ReceiptSHA256.String())}, part{"type", text("answer")}), &q, frameLimits)
		if q.Answer == nil {
			return
		}
		_, err := VerifyObjectionAnswer(q.Answer, file.Objection, &o, keys(file.Host))
		if (err == nil) != (string(q.Answer.Bytes()) == string(signed)) {
			t.Fatalf("%s: %v", doc, err)
		}
	})
}
