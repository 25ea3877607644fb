package devnet_test

import (
	"math/big"
	"testing"

	"github.com/backbay-labs/chio-node/contracts/devnet"
)

func TestToken(t *testing.T) {
	b := newBed(t)
	at := b.chain.Token()
	name, err := b.tok.UnpackName(b.call(at, b.tok.PackName()))
	if err != nil || name != "USD Coin" {
		t.Fatalf("name %q, %v", name, err)
	}
	decimals, err := b.tok.UnpackDecimals(b.call(at, b.tok.PackDecimals()))
	if err != nil || decimals != 6 {
		t.Fatalf("decimals %d, %v", decimals, err)
	}
	to := addr(b.payee)
	b.refused(b.payer, at, b.tok.PackTransfer(to, big.NewInt(1001*usdc)), "ERC20: transfer amount exceeds balance")
	b.refused(b.payer, at, b.tok.PackTransferFrom(to, addr(b.payer), big.NewInt(1)), "ERC20: transfer amount exceeds allowance")
	b.refused(b.payer, at, b.tok.PackMint(to, big.NewInt(1)), "FiatToken: caller is not a minter")
	b.refused(b.payer, at, b.tok.PackInitialize(to), "AlreadyInitialized")
	b.refused(b.payer, at, b.tok.PackTransfer(at, big.NewInt(1)), "Blacklistable: account is blacklisted")
	b.refused(b.payer, at, b.tok.PackReceiveWithAuthorization0(addr(b.payer), to, big.NewInt(1), new(big.Int), big.NewInt(1), [32]byte{}, 27, [32]byte{}, [32]byte{}), "FiatTokenV2: caller must be the payee")
	b.refused(b.payer, at, b.tok.PackTransferWithAuthorization0(addr(b.payer), to, big.NewInt(1), new(big.Int), big.NewInt(1), [32]byte{}, 27, [32]byte{}, [32]byte{}), "FiatTokenV2: authorization is expired")
	future := new(big.Int).Lsh(big.NewInt(1), 62)
	b.refused(b.payer, at, b.tok.PackTransferWithAuthorization0(addr(b.payer), to, big.NewInt(1), future, future, [32]byte{}, 27, [32]byte{}, [32]byte{}), "FiatTokenV2: authorization is not yet valid")
	if err := b.chain.FundUSDC(t.Context(), to, 10_000_000_000*usdc); err == nil {
		t.Fatal("minted above the cap")
	}
}

// TestIssuerPowers: what the real issuer can do to a payment stops it without
// losing it.
func TestIssuerPowers(t *testing.T) {
	b := newBed(t)
	issuer, at := devnet.DeployerKey(), b.chain.Channel()
	b.send(b.payer, at, b.authorization(10*usdc, 1, b.id))
	voucher := b.voucher(b.payer, usdc, true)

	b.send(issuer, b.chain.Token(), b.tok.PackSetFrozen(addr(b.payee), true))
	b.refused(b.payee, at, voucher, "Blacklistable: account is blacklisted")
	b.send(issuer, b.chain.Token(), b.tok.PackSetFrozen(addr(b.payee), false))
	b.send(issuer, b.chain.Token(), b.tok.PackSetPaused(true))
	b.refused(b.payee, at, voucher, "Pausable: paused")
	b.refused(b.payer, at, b.authorization(usdc, 2, b.id), "Pausable: paused")
	b.send(issuer, b.chain.Token(), b.tok.PackSetPaused(false))
	b.send(b.payee, at, voucher)
	b.refused(b.payer, b.chain.Token(), b.tok.PackSetFrozen(addr(b.payee), true), "Blacklistable: caller is not the blacklister")
}
