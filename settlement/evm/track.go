package evm

import (
	"context"
	"errors"
	"reflect"
	"slices"

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
	if err := c.survey(ctx); err != nil {
		return nil, err
	}
	c.sending.Lock()
	err := c.observeHeads(ctx)
	c.sending.Unlock()
	if err != nil {
		return nil, err
	}
	open, err := c.Open()
	if err != nil {
		return nil, err
	}
	var failed []error // one that cannot go on does not keep the others
	for i, t := range open {
		if open[i], err = c.follow(ctx, t.Key); err != nil {
			failed = append(failed, err)
		}
	}
	return open, errors.Join(failed...)
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
	found, err := c.decide(ctx, t)
	if errors.Is(err, errUndecided) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	if found == nil {
		return c.pending(ctx, t)
	}
	before := t
	if t.State != StateSigned && t.BlockHash != wire.Digest(found.receipt.BlockHash) {
		t.Reorgs++ // it moved to another block between two looks
	}
	found.describe(&t)
	if t.Reverted && t.Reason == "" {
		t.Reason = c.whyReverted(ctx, t)
	}
	if reflect.DeepEqual(t, before) {
		return t, nil
	}
	c.config.Failpoint("mined_before_status")
	return t, c.save(ctx, t)
}

// place is where a transaction is on the canonical chain.
type place struct {
	variant Variant
	receipt *receipt
	state   State
}

// describe copies what the chain says into the record.
func (p *place) describe(t *Tx) {
	t.State, t.Broadcast, t.Stuck = p.state, true, ""
	t.Hash, t.Raw, t.Cancelled = p.variant.Hash, p.variant.Raw, p.variant.Cancel
	t.BlockNumber, t.BlockHash = uint64(p.receipt.BlockNumber), wire.Digest(p.receipt.BlockHash)
	t.GasUsed, t.GasPrice, t.L1Fee = uint64(p.receipt.GasUsed), decimal(p.receipt.GasPrice), decimal(p.receipt.L1Fee)
	if t.Reverted = uint64(p.receipt.Status) != types.ReceiptStatusSuccessful; !t.Reverted {
		t.Reason = ""
	}
}

// locate looks every variant up; nil means that none is in a canonical block.
func (c *Chain) locate(ctx context.Context, t Tx) (*place, error) {
	for _, v := range slices.Backward(t.variants()) {
		r, err := c.canonicalReceipt(ctx, common.Hash(v.Hash))
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		state, err := c.finality(ctx, uint64(r.BlockNumber))
		if err != nil {
			return nil, err
		}
		return &place{variant: v, receipt: r, state: state}, nil
	}
	return nil, nil
}

// canonicalReceipt returns the receipt only if its block is the canonical one
// of its height; nil means that the transaction is in no canonical block.
func (c *Chain) canonicalReceipt(ctx context.Context, hash common.Hash) (*receipt, error) {
	r, err := c.receipt(ctx, hash)
	if err != nil || r == nil {
		return nil, err
	}
	b, err := c.blockAt(ctx, uint64(r.BlockNumber))
	if errors.Is(err, errNoBlock) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if b.Hash != r.BlockHash {
		return nil, nil
	}
	return r, nil
}

// pending walks a transaction back that a reorganisation dropped, and sends it
// again.
func (c *Chain) pending(ctx context.Context, t Tx) (Tx, error) {
	if t.State != StateSigned {
		t.walkBack()
		if err := c.save(ctx, t); err != nil {
			return t, err
		}
	}
	t, err := c.replaceStuck(ctx, t)
	if err != nil {
		return t, err
	}
	return c.broadcast(ctx, t)
}

// walkBack makes a record that of a transaction in no block.
func (t *Tx) walkBack() {
	newest := t.newest()
	t.State, t.Reverted, t.Reason, t.Cancelled = StateSigned, false, "", false
	t.Hash, t.Raw = newest.Hash, newest.Raw
	t.BlockNumber, t.BlockHash, t.GasUsed, t.GasPrice, t.L1Fee = 0, wire.Digest{}, 0, "", ""
	t.Reorgs++
}

// whyReverted repeats the call on top of its block; the state within the block
// may have differed, so this is a hint for people and nothing else.
func (c *Chain) whyReverted(ctx context.Context, t Tx) string {
	const unknown = "unknown"
	signed, err := decodeTx(t.Key, Variant{Raw: t.Raw})
	if err != nil || t.BlockNumber == 0 {
		return unknown
	}
	at, err := c.blockAt(ctx, t.BlockNumber)
	if err != nil {
		return unknown
	}
	_, err = c.callAt(ctx, ethereum.CallMsg{From: common.Address(t.From), To: signed.To(), Gas: signed.Gas(), Data: signed.Data()}, at)
	if err == nil {
		return "out of gas, or the state changed within the block"
	}
	var revert *RevertError
	if errors.As(c.refused("", err), &revert) {
		return revert.Reason
	}
	return unknown
}
