package approval_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/wire"
)

// What a decoder accepts is signed by who it names, is its own canonical form,
// and is accepted again after being written.
func FuzzToken(f *testing.F) {
	d := newDesk(f, nil)
	f.Add(d.token(d.alice, d.ask(), newID(f), approval.Approved, nil))
	f.Add(d.token(d.bob, d.ask(), newID(f), approval.Denied, func(k *approval.Token) { k.Reason = "no" }))
	f.Add(d.batch(d.alice, nil))
	f.Add([]byte(`{"body":{"schema":"chio.approval.v1"},"signatures":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		k, err := approval.ParseToken(doc)
		if err != nil {
			return
		}
		if len(doc) > approval.TokenLimits.Bytes || wire.IsCanonical(doc, approval.TokenLimits) != nil {
			t.Fatal("accepted beyond the limits or not canonical")
		}
		if k.ExpiresAt-k.IssuedAt > approval.MaxTokenSeconds || k.Decision != approval.Approved && k.Decision != approval.Denied {
			t.Fatalf("accepted %+v", k)
		}
		var e wire.Envelope
		if err := wire.Unmarshal(doc, &e, approval.TokenLimits); err != nil || !bytes.Equal(e.Bytes(), doc) {
			t.Fatalf("another spelling: %v", err)
		}
	})
}

func FuzzBatch(f *testing.F) {
	d := newDesk(f, nil)
	f.Add(d.batch(d.alice, nil))
	f.Add(d.batch(d.bob, func(b *approval.BatchApproval) {
		b.MaxTotalAmount, b.MaxAmountPerCall, b.Guards = usd(9), usd(3), []string{"g"}
	}))
	f.Add(d.token(d.alice, d.ask(), newID(f), approval.Approved, nil))
	f.Fuzz(func(t *testing.T, doc []byte) {
		b, e, err := approval.ParseBatch(doc)
		if err != nil {
			return
		}
		if b.MaxCalls == nil && b.MaxTotalAmount == nil || b.NotAfter <= b.NotBefore || len(e.Signatures) != 1 {
			t.Fatalf("accepted %+v", b)
		}
		if !bytes.Equal(e.Bytes(), doc) {
			t.Fatal("another spelling")
		}
	})
}

func FuzzNotice(f *testing.F) {
	d := newDesk(f, nil)
	_, id := d.waiting()
	q, err := d.reg.Get(id)
	if err != nil {
		f.Fatal(err)
	}
	e, err := wire.Seal(approval.NoticeSchema, q.Notice(), d.kernel)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Bytes())
	f.Fuzz(func(t *testing.T, doc []byte) {
		n, err := approval.ParseNotice(doc, nil)
		if err != nil {
			return
		}
		if digest, err := approval.Digest(&n.Ask); err != nil || digest != n.RequestSHA256 {
			t.Fatal("accepted a notice whose digest is another's")
		}
	})
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"approval_id":"x"}`))
	f.Add([]byte(`{"approval":{},"envelope":null,"used_amount_minor":0,"used_calls":0}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if approval.DecodeRows(b) == nil && wire.IsCanonical(b, approval.RowLimits()) != nil {
			t.Fatal("accepted a row in another spelling")
		}
	})
}
