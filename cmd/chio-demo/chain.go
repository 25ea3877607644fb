package main

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
)

// balances are what the chain itself says, read from the token contract, and
// how many transactions each settlement key has sent.
type balances struct {
	Acme    uint64 `json:"acme"` // millionths of USDC
	Globex  uint64 `json:"globex"`
	Channel uint64 `json:"channel"`
	Sent    uint64 `json:"transactions_sent"`
}

func (w *world) balances(ctx context.Context) (b balances, err error) {
	acme, globex := common.HexToAddress(w.acme.status.Settlement), common.HexToAddress(w.globex.status.Settlement)
	for _, a := range []struct {
		of   common.Address
		into *uint64
	}{{acme, &b.Acme}, {globex, &b.Globex}, {w.chain.Channel(), &b.Channel}} {
		if *a.into, err = w.usdc(ctx, a.of); err != nil {
			return b, err
		}
	}
	for _, a := range []common.Address{acme, globex} {
		sent, err := w.chain.Client().PendingNonceAt(ctx, a)
		if err != nil {
			return b, fmt.Errorf("transactions of %s: %w", a, err)
		}
		b.Sent += sent
	}
	return b, nil
}

func (w *world) usdc(ctx context.Context, of common.Address) (uint64, error) {
	token, at := devusdc.NewDevUSDC(), w.chain.Token()
	out, err := w.chain.Client().CallContract(ctx, ethereum.CallMsg{To: &at, Data: token.PackBalanceOf(of)}, nil)
	if err != nil {
		return 0, fmt.Errorf("balance of %s: %w", of, err)
	}
	n, err := token.UnpackBalanceOf(out)
	if err != nil || !n.IsUint64() {
		return 0, fmt.Errorf("balance of %s is not an amount: %w", of, err)
	}
	return n.Uint64(), nil
}

// mined looks a transaction up on the chain: it is there, succeeded, and used
// this much gas.
func (w *world) mined(ctx context.Context, d *detail, what, tx string) error {
	r, err := w.chain.Client().TransactionReceipt(ctx, common.HexToHash(tx))
	if err != nil {
		return fmt.Errorf("look up the %s transaction %s: %w", what, tx, err)
	}
	d.add(what+"_tx", tx)
	d.add(what+"_block", r.BlockNumber.Uint64())
	d.add(what+"_gas", r.GasUsed)
	if r.Status != types.ReceiptStatusSuccessful {
		return fmt.Errorf("the %s transaction %s reverted", what, tx)
	}
	return nil
}

// grubstake gives both organisations gas and USDC: Globex, as a business does,
// has some before Acme pays it.
func (w *world) grubstake(ctx context.Context) error {
	for _, o := range w.orgs() {
		units := uint64(globexUSDC)
		if o == w.acme {
			units = acmeUSDC
		}
		if err := w.chain.Fund(ctx, common.HexToAddress(o.status.Settlement), units); err != nil {
			return err
		}
	}
	return nil
}

// Amounts in millionths of USDC.
const (
	acmeUSDC   = 100_000_000
	globexUSDC = 10_000_000
	locked     = 5_000_000
	usdcScale  = 1_000_000
)
