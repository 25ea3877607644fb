package evm_test

import (
	"errors"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

func TestChannelLife(t *testing.T) {
	b := newBed(t)
	tx, err := b.payer.OpenAndFund(t.Context(), b.params, 10*usdc)
	if err != nil || !tx.State.AtLeast(evm.StateMined) || tx.Nonce != 0 || tx.GasUsed == 0 {
		t.Fatalf("%+v, %v", tx, err)
	}
	again, err := b.payer.OpenAndFund(t.Context(), b.params, 10*usdc)
	if err != nil || again.Hash != tx.Hash || b.state(evm.Latest).Deposited != 10*usdc {
		t.Fatalf("funding again: %+v, %v", again, err)
	}
	if _, err := b.payer.OpenAndFund(t.Context(), b.params, 11*usdc); !errors.Is(err, evm.ErrConflict) {
		t.Fatalf("another amount: %v", err)
	}
	if _, err := b.payer.Fund(t.Context(), b.params, 5*usdc, 2); err != nil || b.state(evm.Latest).Deposited != 15*usdc {
		t.Fatalf("top-up: %v", err)
	}
	r, err := b.payee.Redeem(t.Context(), b.voucher(3*usdc))
	if err != nil || r.Paid != 3*usdc || r.Settled != 3*usdc || r.Repeated || b.received() != 3*usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	r, err = b.payee.Redeem(t.Context(), b.voucher(8*usdc))
	if err != nil || r.Paid != 5*usdc || b.received() != 8*usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := b.payee.Redeem(t.Context(), b.voucher(15*usdc+1)); !errors.Is(err, evm.ErrDeposit) {
		t.Fatalf("above the deposit: %v", err)
	}
	if _, err := b.payer.StartClose(t.Context(), b.params); err != nil {
		t.Fatal(err)
	}
	if _, err := b.payer.Withdraw(t.Context(), b.params); !evm.IsReverted(err, "NotWithdrawable") {
		t.Fatalf("early withdrawal: %v", err)
	}
	if err := b.net.AdjustTime(25 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := b.payer.Withdraw(t.Context(), b.params); err != nil {
		t.Fatal(err)
	}
	if s := b.state(evm.Latest); s.Deposited != 8*usdc || s.Settled != 8*usdc || s.CloseAt != 0 {
		t.Fatalf("%+v", s)
	}
	left, err := b.payer.Balance(t.Context(), b.payer.Address())
	if err != nil || left != start-8*usdc {
		t.Fatalf("payer has %d, %v", left, err)
	}
}

// TestI7_ReplayedVoucherPaysZero: a voucher pays once, whoever asks and from
// whatever store.
func TestI7_ReplayedVoucherPaysZero(t *testing.T) {
	b := newBed(t)
	b.fund(10 * usdc)
	v := b.voucher(4 * usdc)
	first, err := b.payee.Redeem(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r, err := b.payee.Redeem(t.Context(), v)
		if err != nil || !r.Repeated || r.Tx.Hash != first.Tx.Hash || b.received() != 4*usdc {
			t.Fatalf("%+v, %v; received %d", r, err, b.received())
		}
	}
	// The payer submits the same voucher: it has no record of it.
	r, err := b.payer.Redeem(t.Context(), v)
	if err != nil || !r.Repeated || r.Paid != 0 || r.Settled != 4*usdc || b.received() != 4*usdc {
		t.Fatalf("%+v, %v; received %d", r, err, b.received())
	}
	// An older voucher pays nothing either.
	if r, err := b.payee.Redeem(t.Context(), b.voucher(2*usdc)); err != nil || r.Paid != 0 || b.received() != 4*usdc {
		t.Fatalf("%+v, %v", r, err)
	}
	// A different statement under the amount already sent is a conflict.
	other, err := b.payer.SignVoucher(b.params, 4*usdc, statement(99))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.payee.Redeem(t.Context(), other); !errors.Is(err, evm.ErrConflict) {
		t.Fatalf("another statement: %v", err)
	}
	if s := b.state(evm.Latest); s.Settled != 4*usdc {
		t.Fatalf("%+v", s)
	}
}

func TestFundRefusals(t *testing.T) {
	b := newBed(t)
	other := b.params
	other.Token = evm.Address{9}
	self := b.params
	self.Payee = self.Payer
	if _, err := b.payee.OpenAndFund(t.Context(), b.params, usdc); !errors.Is(err, evm.ErrVoucher) {
		t.Errorf("funding as the payee: %v", err)
	}
	if _, err := b.payer.OpenAndFund(t.Context(), other, usdc); !errors.Is(err, evm.ErrVoucher) {
		t.Errorf("another token: %v", err)
	}
	if _, err := b.payer.OpenAndFund(t.Context(), self, usdc); !errors.Is(err, evm.ErrVoucher) {
		t.Errorf("to oneself: %v", err)
	}
	if _, err := b.payer.OpenAndFund(t.Context(), b.params, 0); !errors.Is(err, wire.ErrAmount) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := b.payer.OpenAndFund(t.Context(), b.params, start+1); !evm.IsReverted(err, "ERC20: transfer amount exceeds balance") {
		t.Errorf("more than there is: %v", err)
	}
	// A refusal before signing takes no nonce.
	tx, err := b.payer.OpenAndFund(t.Context(), b.params, usdc)
	if err != nil || tx.Nonce != 0 {
		t.Errorf("%+v, %v", tx, err)
	}
}
