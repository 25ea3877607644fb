package devnet_test

import (
	"math/big"
	"testing"
	"time"
)

// Many channels of one payee are paid in one transfer; a voucher that somebody
// redeemed before is passed over, and any other fault refuses the batch.
func TestRedeemMany(t *testing.T) {
	b := newBed(t)
	at := b.chain.Channel()
	p1, id1 := b.open(1, 10*usdc)
	p2, id2 := b.open(2, 10*usdc)
	p3, id3 := b.open(3, 0)
	before := b.balance(addr(b.payee))

	receipt := b.send(b.payee, at, b.redeemMany(b.claim(b.payer, p1, id1, usdc), b.claim(b.payer, p2, id2, 2*usdc), b.claim(b.payer, p1, id1, 3*usdc)))
	if got := b.balance(addr(b.payee)) - before; got != 5*usdc {
		t.Fatalf("payee received %d of a batch with one channel twice", got)
	}
	if len(receipt.Logs) != 4 { // three redemptions, one transfer
		t.Fatalf("%d logs", len(receipt.Logs))
	}
	b.send(b.payer, at, b.redeemMany(b.claim(b.payer, p1, id1, 2*usdc), b.claim(b.payer, p2, id2, 3*usdc)))
	if got := b.balance(addr(b.payee)) - before; got != 6*usdc {
		t.Fatalf("payee received %d after a batch with an old voucher", got)
	}
	good := b.claim(b.payer, p1, id1, 4*usdc)
	forged := b.claim(b.payee, p2, id2, 4*usdc)
	elsewhere := b.claim(b.payer, p2, id1, 4*usdc)
	b.refused(b.payee, at, b.redeemMany(), "NothingToPay")
	b.refused(b.payee, at, b.redeemMany(b.claim(b.payer, p1, id1, 3*usdc), b.claim(b.payer, p2, id2, usdc)), "NothingToPay")
	b.refused(b.payee, at, b.redeemMany(good, forged), "BadSigner")
	b.refused(b.payee, at, b.redeemMany(good, elsewhere), "BadSigner")
	b.refused(b.payee, at, b.redeemMany(good, b.claim(b.payer, p2, id2, 10*usdc+1)), "ExceedsDeposit")
	b.refused(b.payee, at, b.redeemMany(good, b.claim(b.payer, p3, id3, 1)), "ExceedsDeposit")
	theirs := b.ch.PackRedeemMany(addr(key("thief")), b.params.Token, nil)
	b.refused(b.payee, at, theirs, "NothingToPay")
	if got := b.balance(addr(b.payee)) - before; got != 6*usdc {
		t.Fatalf("refused batches moved %d", got-6*usdc)
	}
}

// A payee may agree to an end at once; its consent is to one amount, one life of
// the channel, and for a time, and only the payer can use it.
func TestCloseWithConsent(t *testing.T) {
	b := newBed(t)
	at := b.chain.Channel()
	until := b.headTime() + 30*24*3600
	b.refused(b.payer, at, b.consent(b.payee, 0, 0, until), "NothingHeld")
	b.send(b.payer, at, b.authorization(10*usdc, 1, b.id))
	b.send(b.payee, at, b.voucher(b.payer, 2*usdc, true))
	payer, payee := b.balance(addr(b.payer)), b.balance(addr(b.payee))

	agreed := b.consent(b.payee, 3*usdc, 0, until)
	b.refused(b.payee, at, agreed, "NotPayer")
	b.refused(b.payer, at, b.consent(b.payer, 3*usdc, 0, until), "BadSigner")
	b.refused(b.payer, at, b.consent(b.payee, 3*usdc, 1, until), "BadSigner")
	b.refused(b.payer, at, b.consent(b.payee, 3*usdc, 0, b.headTime()-1), "ConsentExpired")
	b.refused(b.payer, at, b.consent(b.payee, 1*usdc, 0, until), "AlreadySettled")
	b.refused(b.payer, at, b.consent(b.payee, 10*usdc+1, 0, until), "ExceedsDeposit")
	b.send(b.payer, at, b.ch.PackClose(b.params)) // it may also end a grace period early
	b.send(b.payer, at, agreed)
	if p, q := b.balance(addr(b.payer))-payer, b.balance(addr(b.payee))-payee; p != 7*usdc || q != 1*usdc {
		t.Fatalf("payer got %d, payee %d", p, q)
	}
	if s := b.state(); s.Deposited.Int64() != 3*usdc || s.Settled.Int64() != 3*usdc || s.CloseAt != 0 || s.Epoch != 1 {
		t.Fatalf("%+v", s)
	}
	b.refused(b.payer, at, agreed, "NothingHeld")

	// The same consent does not end the next life of the channel.
	b.send(b.payer, at, b.authorization(10*usdc, 2, b.id))
	b.refused(b.payer, at, agreed, "BadSigner")
	b.refused(b.payee, at, b.voucher(b.payer, 3*usdc, true), "AlreadySettled")
	b.send(b.payee, at, b.voucher(b.payer, 4*usdc, true))
	b.send(b.payer, at, b.ch.PackClose(b.params))
	if err := b.chain.AdjustTime(25 * time.Hour); err != nil {
		t.Fatal(err)
	}
	b.send(b.payer, at, b.ch.PackWithdraw(b.params))
	if s := b.state(); s.Epoch != 2 || b.balance(at) != 0 {
		t.Fatalf("%+v, contract holds %d", s, b.balance(at))
	}
}

// A payer that is a contract signs through its own check; one that refuses is
// refused, and an account with a key costs the same as before.
func TestContractWallets(t *testing.T) {
	b := newBed(t)
	at := b.chain.Channel()
	owner := key("owner")
	wallet, of := b.deploy("Wallet", addr(owner))
	b.send(b.payer, b.chain.Token(), b.tok.PackTransfer(wallet, big.NewInt(10*usdc)))
	b.params.Payer = wallet
	id, err := b.ch.UnpackChannelId(b.call(at, b.ch.PackChannelId(b.params)))
	if err != nil {
		t.Fatal(err)
	}
	b.id = id

	// It funds by its own signature of the token's authorization.
	before := b.headTime() + 3600
	nonce, err := b.ch.UnpackDepositNonce(b.call(at, b.ch.PackDepositNonce(b.id, big.NewInt(1))))
	if err != nil {
		t.Fatal(err)
	}
	sig := b.sign(owner, b.receiveDigest(wallet, at, 5*usdc, before, nonce), false)
	fund := b.ch.PackFundWithSignature(b.params, big.NewInt(5*usdc), new(big.Int), new(big.Int).SetUint64(before), big.NewInt(1), sig)
	b.send(b.payee, at, fund)
	b.refused(b.payee, at, fund, "FiatTokenV2: authorization is used or canceled")

	got := b.balance(addr(b.payee))
	b.refused(b.payee, at, b.voucher(key("thief"), usdc, false), "BadSigner")
	b.refused(b.payee, at, b.voucher(owner, usdc, true), "BadSigner") // this wallet knows 65 bytes only
	b.send(b.payee, at, b.voucher(owner, usdc, false))
	b.send(b.payer, wallet, pack(t, of, "refuse", true))
	b.refused(b.payee, at, b.voucher(owner, 2*usdc, false), "BadSigner")
	b.send(b.payer, wallet, pack(t, of, "refuse", false))
	b.send(b.payee, at, b.voucher(owner, 2*usdc, false))
	if n := b.balance(addr(b.payee)) - got; n != 2*usdc {
		t.Fatalf("payee received %d", n)
	}

	// It closes with the payee's consent.
	closing := b.consent(b.payee, 3*usdc, 0, before)
	b.refused(b.payee, at, closing, "NotPayer")
	b.send(b.payer, wallet, pack(t, of, "run", at, closing))
	if n := b.balance(wallet); n != 7*usdc || b.balance(at) != 0 {
		t.Fatalf("wallet has %d, contract %d", n, b.balance(at))
	}
}

// Tokens with a fault either work exactly or are refused: the contract never
// owes more than it holds.
func TestOddTokens(t *testing.T) {
	b := newBed(t)
	at := b.chain.Channel()
	odd, of := b.deploy("OddToken", uint8(18))
	b.send(b.payer, odd, pack(t, of, "mint", addr(b.payer), big.NewInt(1000)))
	b.send(b.payer, odd, pack(t, of, "approve", at, big.NewInt(1000)))
	b.params.Token = odd
	id, err := b.ch.UnpackChannelId(b.call(at, b.ch.PackChannelId(b.params)))
	if err != nil {
		t.Fatal(err)
	}
	b.id = id
	set := func(fault int64, target [20]byte, data []byte) {
		b.send(b.payer, odd, pack(t, of, "set", big.NewInt(fault), target, data))
	}
	fund := func(n int64) []byte { return b.ch.PackFund(b.params, big.NewInt(n)) }
	holds := func() int64 {
		out, err := of.Unpack("balanceOf", b.call(odd, pack(t, of, "balanceOf", at)))
		if err != nil {
			t.Fatal(err)
		}
		return out[0].(*big.Int).Int64()
	}

	set(1, at, nil) // a fee
	b.refused(b.payer, at, fund(100), "DepositMismatch")
	set(3, at, nil) // says no
	b.refused(b.payer, at, fund(100), "SafeERC20FailedOperation")
	set(2, at, nil) // says nothing
	b.send(b.payer, at, fund(100))
	b.send(b.payee, at, b.voucher(b.payer, 40, true))
	set(4, at, b.voucher(b.payer, 60, true)) // redeems within the deposit
	b.refused(b.payer, at, fund(100), "DepositMismatch")
	set(4, at, b.voucher(b.payer, 60, true)) // redeems again within the redemption
	b.refused(b.payee, at, b.voucher(b.payer, 60, true), "AlreadySettled")
	set(4, at, b.voucher(b.payer, 70, true)) // a later voucher within an earlier one
	b.send(b.payee, at, b.voucher(b.payer, 60, true))
	if s := b.state(); s.Settled.Int64() != 70 || holds() != 30 {
		t.Fatalf("settled %v, the contract holds %d", s.Settled, holds())
	}
	set(3, at, nil)
	b.refused(b.payee, at, b.voucher(b.payer, 80, true), "SafeERC20FailedOperation")
	set(0, at, nil)
	b.send(b.payee, at, b.voucher(b.payer, 100, true))
	if s := b.state(); s.Settled.Int64() != 100 || holds() != 0 {
		t.Fatalf("settled %v, the contract holds %d", s.Settled, holds())
	}
}
