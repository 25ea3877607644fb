package evm

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"
)

// A pool takes a second transaction of one nonce only if it pays a tenth more,
// in tip and in cap; an eighth more is safe from rounding.
const (
	bumpNumerator   = 9
	bumpDenominator = 8
)

// urgentBumpBlocks is the patience when a channel is closing.
const urgentBumpBlocks = 3

// bumped is n raised by an eighth, rounded up.
func bumped(n *big.Int) *big.Int {
	out := new(big.Int).Mul(n, big.NewInt(bumpNumerator))
	out.Add(out, big.NewInt(bumpDenominator-1))
	return out.Div(out, big.NewInt(bumpDenominator))
}

// urgentKey marks a context in which CloseMaxFeeGwei applies.
type urgentKey struct{}

// urgent lets what is done under the context pay up to CloseMaxFeeGwei.
func urgent(ctx context.Context) context.Context { return context.WithValue(ctx, urgentKey{}, true) }

// mostFee is the most to pay per unit of gas, in wei.
func (c *Chain) mostFee(ctx context.Context) *big.Int {
	gwei := c.config.MaxFeeGwei
	if ctx.Value(urgentKey{}) != nil {
		gwei = max(gwei, c.config.CloseMaxFeeGwei)
	}
	return new(big.Int).Mul(new(big.Int).SetUint64(gwei), big.NewInt(weiPerGwei))
}

// replaceStuck signs a variant that pays more for a transaction that too many
// blocks have passed by, and makes it durable. At the configured maximum it
// leaves the transaction as it is and says so in the record.
func (c *Chain) replaceStuck(ctx context.Context, t Tx) (Tx, error) {
	after := c.config.BumpAfterBlocks
	if ctx.Value(urgentKey{}) != nil && (after == 0 || after > urgentBumpBlocks) {
		after = urgentBumpBlocks
	}
	if after == 0 {
		return t, nil
	}
	head, err := c.block(ctx, Latest)
	if err != nil || head.Number < t.SignedAt+after {
		return t, err
	}
	old, err := decodeTx(t.Key, t.newest())
	if err != nil {
		return t, err
	}
	tip, feeCap, ok := c.raise(ctx, old, head)
	if !ok {
		stuck := fmt.Sprintf("no block since %d took it at %s wei per gas, and the next step exceeds the maximum of %s; raise max_fee_gwei or wait",
			t.SignedAt, old.GasFeeCap(), c.mostFee(ctx))
		if stuck == t.Stuck {
			return t, nil
		}
		t.Stuck = stuck
		return t, c.save(ctx, t)
	}
	v, err := c.variant(t.Nonce, tip, feeCap, old.Gas(), Address(*old.To()), old.Data())
	if err != nil {
		return t, err
	}
	v.Cancel = t.newest().Cancel
	return c.addVariant(ctx, t, v, head)
}

// raise returns the fees of a replacement, or false if they would be above the
// configured maximum.
func (c *Chain) raise(ctx context.Context, old *types.Transaction, head block) (tip, feeCap *big.Int, ok bool) {
	most := c.mostFee(ctx)
	tip, feeCap = bumped(old.GasTipCap()), bumped(old.GasFeeCap())
	if feeCap.Cmp(most) > 0 {
		return nil, nil, false
	}
	if head.BaseFee != nil {
		if now := new(big.Int).Add(tip, new(big.Int).Lsh(head.BaseFee.ToInt(), 1)); now.Cmp(feeCap) > 0 {
			feeCap = now
		}
	}
	if feeCap.Cmp(most) > 0 {
		feeCap = most
	}
	return tip, feeCap, true
}

// addVariant makes a further form durable before anybody sees it. The earlier
// ones stay: any of them may still be mined.
func (c *Chain) addVariant(ctx context.Context, t Tx, v Variant, head block) (Tx, error) {
	t.Variants = append(t.variants(), v)
	t.Hash, t.Raw, t.SignedAt, t.Stuck, t.Broadcast = v.Hash, v.Raw, head.Number, "", false
	if err := c.save(ctx, t); err != nil {
		return t, err
	}
	c.config.Failpoint("tx.replaced_before_broadcast")
	return t, nil
}

// Cancel replaces a transaction that no block has taken by an empty transfer to
// this account, so that its nonce is filled and the ones after it can go on.
// Either may be mined: once one is, the record says which (Cancelled). A
// cancelled operation can be asked for again when the empty transfer is final.
// ErrMined if a block has it.
func (c *Chain) Cancel(ctx context.Context, key string) (Tx, error) {
	t, err := c.follow(ctx, key)
	if err != nil && t.State != StateSigned || t.Key == "" {
		return t, err
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if t, err = c.Tx(key); err != nil {
		return t, err
	}
	switch {
	case t.State != StateSigned:
		return t, fmt.Errorf("%w: %s is %s in block %d", ErrMined, key, t.State, t.BlockNumber)
	case t.newest().Cancel:
		return c.broadcast(ctx, t)
	}
	old, err := decodeTx(key, t.newest())
	if err != nil {
		return t, err
	}
	head, err := c.block(ctx, Latest)
	if err != nil {
		return t, err
	}
	tip, feeCap, ok := c.raise(ctx, old, head)
	if !ok {
		return t, fmt.Errorf("%w: cancelling %s takes an eighth more than %s wei per gas, maximum %s; raise max_fee_gwei", ErrFee, key, old.GasFeeCap(), c.mostFee(ctx))
	}
	gas, err := c.gas(ctx, c.config.Key.address, nil)
	if err != nil {
		return t, err
	}
	v, err := c.variant(t.Nonce, tip, feeCap, gas, c.config.Key.address, nil)
	if err != nil {
		return t, err
	}
	v.Cancel = true
	if t, err = c.addVariant(ctx, t, v, head); err != nil {
		return t, err
	}
	return c.broadcast(ctx, t)
}
