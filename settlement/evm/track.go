package evm

import (
	"context"
	"errors"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/backbay-labs/chio-node/wire"
)

// Track looks once at every transaction that is not final, in nonce order:
// sends again what no block holds, follows the rest to finality, and walks back
// what a reorganisation dropped. It returns the records as they now are. It is
// the first thing to call after a start.
func (c *Chain) Track(ctx context.Context) ([]Tx, error) {
	open, err := c.Open()
	if err != nil {
		return nil, err
	}
	for i, t := range open {
		if open[i], err = c.follow(ctx, t.Key); err != nil {
			return open, err
		}
	}
	return open, nil
}

// Await follows one transaction until it has come as far as want. A revert
// counts as coming that far: look at Reverted.
func (c *Chain) Await(ctx context.Context, key string, want State) (Tx, error) {
	for {
		t, err := c.follow(ctx, key)
		if err != nil || t.State.AtLeast(want) {
			return t, err
		}
		if err := c.config.Wait(ctx); err != nil {
			return t, err
		}
	}
}

// follow brings one record up to date with the canonical chain. Holding the
// sender's lock keeps two followers from overwriting each other.
func (c *Chain) follow(ctx context.Context, key string) (Tx, error) {
	c.sending.Lock()
	defer c.sending.Unlock()
	t, err := c.Tx(key)
	if err != nil || t.settled() {
		return t, err
	}
	receipt, err := c.canonicalReceipt(ctx, common.Hash(t.Hash))
	if err != nil {
		return t, err
	}
	if receipt == nil {
		return c.pending(ctx, t)
	}
	state, err := c.finality(ctx, receipt.BlockNumber.Uint64())
	if err != nil {
		return t, err
	}
	before := t
	if t.State != StateSigned && t.BlockHash != wire.Digest(receipt.BlockHash) {
		t.Reorgs++ // it moved to another block between two looks
	}
	t.State = state
	t.Broadcast = true
	t.BlockNumber = receipt.BlockNumber.Uint64()
	t.BlockHash = wire.Digest(receipt.BlockHash)
	t.GasUsed = receipt.GasUsed
	t.Reverted = receipt.Status != types.ReceiptStatusSuccessful
	if t.Reverted && t.Reason == "" {
		t.Reason = c.whyReverted(ctx, t)
	}
	if !t.Reverted {
		t.Reason = ""
	}
	if t == before {
		return t, nil
	}
	c.config.Failpoint("tx.mined")
	return t, c.save(ctx, t)
}

// canonicalReceipt returns the receipt only if its block is the canonical one
// of its height; nil means that the transaction is in no canonical block.
func (c *Chain) canonicalReceipt(ctx context.Context, hash common.Hash) (*types.Receipt, error) {
	receipt, err := c.client.TransactionReceipt(ctx, hash)
	if errors.Is(err, ethereum.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, c.unavailable("reading the receipt", err)
	}
	b, err := c.blockAt(ctx, receipt.BlockNumber.Uint64())
	if errors.Is(err, errNoBlock) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if b.Hash != receipt.BlockHash {
		return nil, nil
	}
	return receipt, nil
}

// pending walks a transaction back that a reorganisation dropped, and sends it
// again.
func (c *Chain) pending(ctx context.Context, t Tx) (Tx, error) {
	if t.State != StateSigned {
		t.State, t.Reverted, t.Reason = StateSigned, false, ""
		t.BlockNumber, t.BlockHash, t.GasUsed = 0, wire.Digest{}, 0
		t.Reorgs++
		if err := c.save(ctx, t); err != nil {
			return t, err
		}
	}
	return c.broadcast(ctx, t)
}

// whyReverted repeats the call on top of its block; the state within the block
// may have differed, so this is a hint for people and nothing else.
func (c *Chain) whyReverted(ctx context.Context, t Tx) string {
	const unknown = "unknown"
	signed, err := decodeTx(t)
	if err != nil || t.BlockNumber == 0 {
		return unknown
	}
	at, err := c.blockAt(ctx, t.BlockNumber)
	if err != nil {
		return unknown
	}
	_, err = c.client.CallContractAtHash(ctx, ethereum.CallMsg{From: common.Address(t.From), To: signed.To(), Gas: signed.Gas(), Data: signed.Data()}, at.Hash)
	if err == nil {
		return "out of gas, or the state changed within the block"
	}
	var revert *RevertError
	if errors.As(c.refused("", err), &revert) {
		return revert.Reason
	}
	return unknown
}
