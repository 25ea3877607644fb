package devnet_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
)

func TestChannelLife(t *testing.T) {
	b := newBed(t)
	at := b.chain.Channel()
	payeeBefore, payerBefore := b.balance(addr(b.payee)), b.balance(addr(b.payer))

	b.send(b.payee, at, b.authorization(10*usdc, 1, b.id)) // anyone may submit the payer's authorization
	if s := b.state(); s.Deposited.Int64() != 10*usdc || s.Settled.Sign() != 0 {
		t.Fatalf("after funding: %+v", s)
	}
	receipt := b.send(b.payee, at, b.voucher(b.payer, 3*usdc, false))
	event, err := b.ch.UnpackRedeemedEvent(receipt.Logs[0])
	if err != nil || event.Paid.Int64() != 3*usdc || event.Id != b.id {
		t.Fatalf("event %+v, %v", event, err)
	}
	b.send(b.payer, at, b.voucher(b.payer, 4*usdc, true)) // and anyone may redeem, to the payee
	if got := b.balance(addr(b.payee)) - payeeBefore; got != 4*usdc {
		t.Fatalf("payee received %d", got)
	}

	b.send(b.payer, at, b.ch.PackClose(b.params))
	b.refused(b.payer, at, b.ch.PackWithdraw(b.params), "NotWithdrawable")
	b.refused(b.payer, at, b.ch.PackClose(b.params), "ChannelClosing")
	b.refused(b.payer, at, b.authorization(usdc, 2, b.id), "ChannelClosing")
	b.send(b.payee, at, b.voucher(b.payer, 5*usdc, true)) // the last voucher lands during the grace
	if err := b.chain.AdjustTime(25 * time.Hour); err != nil {
		t.Fatal(err)
	}
	b.send(b.payer, at, b.ch.PackWithdraw(b.params))
	if got := payerBefore - b.balance(addr(b.payer)); got != 5*usdc {
		t.Fatalf("payer is down by %d", got)
	}
	if b.balance(at) != 0 {
		t.Fatalf("contract still holds %d", b.balance(at))
	}
	b.refused(b.payer, at, b.ch.PackWithdraw(b.params), "NotWithdrawable")

	// Funded again, what was settled stays settled.
	b.send(b.payer, b.chain.Token(), b.tok.PackApprove(at, big.NewInt(2*usdc)))
	b.send(b.payer, at, b.ch.PackFund(b.params, big.NewInt(2*usdc)))
	b.refused(b.payee, at, b.voucher(b.payer, 5*usdc, true), "AlreadySettled")
	b.send(b.payee, at, b.voucher(b.payer, 6*usdc, true))
	if got := b.balance(addr(b.payee)) - payeeBefore; got != 6*usdc {
		t.Fatalf("payee received %d", got)
	}
}

func TestChannelRefusals(t *testing.T) {
	b := newBed(t)
	at := b.chain.Channel()
	b.refused(b.payer, at, b.ch.PackClose(b.params), "NothingHeld")
	b.send(b.payer, at, b.authorization(10*usdc, 1, b.id))
	b.send(b.payee, at, b.voucher(b.payer, 2*usdc, true))

	other := b.params
	other.Payee = addr(key("thief"))
	stolen := b.authorization(usdc, 3, [32]byte{9})
	highS := b.voucher(b.payer, 3*usdc, false)
	raiseS(highS)
	short := b.voucher(b.payer, 3*usdc, true)
	short[4+32*7+31] = 63

	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"replayed voucher":         {b.voucher(b.payer, 2*usdc, true), "AlreadySettled"},
		"older voucher":            {b.voucher(b.payer, 1*usdc, true), "AlreadySettled"},
		"zero voucher":             {b.voucher(b.payer, 0, true), "AlreadySettled"},
		"above the deposit":        {b.voucher(b.payer, 10*usdc+1, true), "ExceedsDeposit"},
		"signed by the payee":      {b.voucher(b.payee, 3*usdc, true), "BadSigner"},
		"high s":                   {highS, "BadSigner"},
		"63 bytes":                 {short, "BadSigner"},
		"another channel":          {b.ch.PackRedeem(other, big.NewInt(3*usdc), [32]byte{}, make([]byte, 64)), "ExceedsDeposit"},
		"zero signature":           {b.ch.PackRedeem(b.params, big.NewInt(3*usdc), [32]byte{}, make([]byte, 64)), "BadSigner"},
		"replayed authorization":   {b.authorization(10*usdc, 1, b.id), "FiatTokenV2: authorization is used or canceled"},
		"authorization not for it": {stolen, "FiatTokenV2: invalid signature"},
		"zero amount":              {b.ch.PackFund(b.params, new(big.Int)), "BadAmount"},
		"amount above 96 bits":     {b.ch.PackFund(b.params, new(big.Int).Lsh(big.NewInt(1), 96)), "BadAmount"},
		"amount that wraps":        {b.ch.PackFund(b.params, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 96), big.NewInt(1))), "BadAmount"},
		"payer is payee":           {b.ch.PackFund(self(b.params), big.NewInt(1)), "BadParty"},
		"withdraw while open":      {b.ch.PackWithdraw(b.params), "NotWithdrawable"},
	} {
		t.Run(name, func(t *testing.T) { b.refused(b.payee, at, c.data, c.want) })
	}
	b.refused(b.payee, at, b.ch.PackClose(b.params), "NotPayer")
}

func self(p channel.ChioChannelParams) channel.ChioChannelParams {
	p.Payee = p.Payer
	return p
}

// raiseS replaces s by n−s and flips v: the same signature in its second form.
// The signature is the last argument: 65 bytes padded to 96.
func raiseS(data []byte) {
	sig := data[len(data)-96:]
	s := new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(sig[32:64]))
	copy(sig[32:64], common.LeftPadBytes(s.Bytes(), 32))
	sig[64] ^= 27 ^ 28
}
