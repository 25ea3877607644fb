package evm_test

import (
	"errors"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// several funds so many channels to the payee and returns a voucher of a dollar
// more for each.
func (b *bed) several(n int) (out []*evm.Voucher) {
	b.t.Helper()
	for i := range n {
		p := b.params
		p.Salt = wire.Hash([]byte{byte(i)})
		if _, err := b.payer.OpenAndFund(b.t.Context(), p, 20*usdc); err != nil {
			b.t.Fatal(err)
		}
		v, err := b.payer.SignVoucher(p, uint64(i+1)*usdc, statement(byte(i)))
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// TestI7_BatchPaysOnce: one transaction pays every voucher; again, in another
// order or one by one it pays nothing, and says what paid.
func TestI7_BatchPaysOnce(t *testing.T) {
	b := newBed(t)
	v := b.several(3)
	done, err := b.payee.RedeemMany(t.Context(), v)
	if err != nil || len(done) != 3 || b.received() != 6*usdc {
		t.Fatalf("received %d, %+v, %v", b.received(), done, err)
	}
	var paid uint64
	for _, r := range done {
		paid += r.Paid
		if r.Tx.Hash != done[0].Tx.Hash || r.Repeated || r.Paid != r.Settled {
			t.Errorf("%+v", r)
		}
	}
	if paid != 6*usdc {
		t.Errorf("the events say %d", paid)
	}
	again, err := b.payee.RedeemMany(t.Context(), []*evm.Voucher{v[2], v[0], v[1]})
	if err != nil || !again[0].Repeated || again[0].Tx.Hash != done[0].Tx.Hash || b.received() != 6*usdc {
		t.Fatalf("again: %+v, %v", again, err)
	}
	for _, one := range v {
		if r, err := b.payee.Redeem(t.Context(), one); err != nil || r.Paid != 0 || r.Tx.Hash != done[0].Tx.Hash || b.received() != 6*usdc {
			t.Fatalf("one by one: %+v, %v", r, err)
		}
	}
	if n, err := b.net.Client().NonceAt(t.Context(), common.Address(b.payee.Address()), nil); err != nil || n != 1 {
		t.Fatalf("%d transactions, %v", n, err)
	}
}

// TestI7_BatchPassesOverWhatWasPaid: what was redeemed by itself adds nothing
// to a batch, and a batch of such alone sends nothing.
func TestI7_BatchPassesOverWhatWasPaid(t *testing.T) {
	b := newBed(t)
	v := b.several(3)
	if _, err := b.payee.Redeem(t.Context(), v[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := b.payee.RedeemMany(t.Context(), v); err != nil || b.received() != 6*usdc {
		t.Fatalf("received %d, %v", b.received(), err)
	}
	stranger := b.dial("payer", b.payerDB, nil)
	if done, err := stranger.RedeemMany(t.Context(), v[:2]); err != nil || !done[0].Repeated || done[0].Paid != 0 || b.received() != 6*usdc {
		t.Fatalf("%+v, %v", done, err)
	}
}

// TestI7_CrashOfABatchPaysOnce: like that of a single redemption.
func TestI7_CrashOfABatchPaysOnce(t *testing.T) {
	for _, point := range []string{"nonce.reserved_before_sign", "tx.signed", "tx.persisted", "tx.broadcast_before_record", "mined_before_status"} {
		t.Run(point, func(t *testing.T) {
			b := newBed(t)
			v := b.several(2)
			b.crashAt(point, func(c *evm.Chain) { _, _ = c.RedeemMany(t.Context(), v) })
			after := b.dial("payee", b.payeeDB, nil)
			if _, err := after.Track(t.Context()); err != nil {
				t.Fatal(err)
			}
			done, err := after.RedeemMany(t.Context(), []*evm.Voucher{v[1], v[0]})
			if err != nil || done[0].Tx.Nonce != 0 || b.received() != 3*usdc {
				t.Fatalf("received %d, %+v, %v", b.received(), done, err)
			}
		})
	}
}

func TestBatchRefuses(t *testing.T) {
	b := newBed(t)
	v := b.several(2)
	p := b.params
	p.Payee = evm.Address{9}
	other, err := b.payer.SignVoucher(p, usdc, statement(1))
	if err != nil {
		t.Fatal(err)
	}
	p = b.params
	p.Salt = v[0].Salt
	dear, err := b.payer.SignVoucher(p, 21*usdc, statement(1))
	if err != nil {
		t.Fatal(err)
	}
	forged := *v[1]
	forged.Cumulative++
	for name, c := range map[string]struct {
		batch []*evm.Voucher
		want  error
	}{
		"nothing":                      {nil, evm.ErrVoucher},
		"two of one channel":           {[]*evm.Voucher{v[0], v[0]}, evm.ErrVoucher},
		"another payee":                {[]*evm.Voucher{v[0], other}, evm.ErrVoucher},
		"a forged voucher":             {[]*evm.Voucher{v[0], &forged}, evm.ErrSignature},
		"one that exceeds its channel": {[]*evm.Voucher{dear, v[1]}, evm.ErrDeposit},
	} {
		if _, err := b.payee.RedeemMany(t.Context(), c.batch); !errors.Is(err, c.want) || b.received() != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
