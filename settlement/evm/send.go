package evm

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrFunds: the account cannot pay for gas.
var ErrFunds = errors.New("settlement account cannot pay for gas")

// operation is a call that must happen once. data is asked for only if it was
// not recorded before.
type operation struct {
	key    string
	detail string
	amount uint64 // bounds what it moves, in token units
	gasMax uint64 // most gas that may be bought for it; 0: any
	to     Address
	data   func(ctx context.Context) ([]byte, error)
}

// submit makes the transaction of an operation durable and broadcasts it, or
// resumes the one that was recorded under its key. The order is: sign, persist
// with its nonce, broadcast, record. A crash
//
//	before persist    leaves nothing: the nonce was not taken
//	after persist     leaves the bytes: the next Submit or Track sends them
//	after broadcast   the same; the provider then says that it knows them
//
// A transaction that reverted for good may be tried again.
func (c *Chain) submit(ctx context.Context, op operation) (Tx, error) {
	c.sending.Lock()
	defer c.sending.Unlock()
	previous, err := c.Tx(op.key)
	switch {
	case err == nil && previous.Detail != op.detail:
		return previous, fmt.Errorf("%w: %s was recorded with %s, asked for with %s", ErrConflict, op.key, previous.Detail, op.detail)
	case err == nil && !previous.futile():
		return c.resume(ctx, previous)
	case err != nil && !errors.Is(err, ErrUnknownTx):
		return Tx{}, err
	}
	if err := c.observeHeads(ctx); err != nil {
		return Tx{}, err
	}
	nonce, err := c.checkNonce(ctx)
	if err != nil {
		return Tx{}, err
	}
	c.config.Failpoint("nonce.reserved_before_sign")
	t, err := c.sign(ctx, op, nonce)
	if err != nil {
		return Tx{}, err
	}
	t.Attempt = previous.Attempt + 1
	c.config.Failpoint("tx.signed")
	err = c.config.DB.Update(ctx, func(tx store.Tx) error {
		if previous.Attempt > 0 {
			if err := c.archive(tx, previous); err != nil {
				return err
			}
		}
		c.writeNext(tx, nonce+1)
		return c.writeTx(tx, t)
	})
	if err != nil {
		return Tx{}, fmt.Errorf("recording transaction %s: %w", op.key, err)
	}
	c.config.Failpoint("tx.persisted")
	return c.broadcast(ctx, t)
}

// resume sends again what no block holds yet.
func (c *Chain) resume(ctx context.Context, t Tx) (Tx, error) {
	if t.State != StateSigned {
		return t, nil
	}
	return c.broadcast(ctx, t)
}

// checkNonce returns the next nonce and refuses a key whose history on the
// chain is not this store's:
//
//	1 the chain counts more transactions than were recorded: somebody else uses
//	  the key, or the store is an old copy
//	2 the chain counts fewer than are final: it is another chain with the same
//	  id, such as a development chain that was started anew
func (c *Chain) checkNonce(ctx context.Context) (uint64, error) {
	var j journal
	err := c.config.DB.View(func(r store.Reader) error {
		var err error
		j, err = c.readJournal(r)
		return err
	})
	if err != nil {
		return 0, err
	}
	count, err := c.quantity(ctx, "eth_getTransactionCount", common.Address(c.config.Key.address), Latest)
	if err != nil {
		return 0, c.unavailable("reading the nonce", err)
	}
	mined := count.Uint64()
	switch {
	case !j.known:
		return mined, nil
	case mined > j.next: // 1
		return 0, fmt.Errorf("%w: %s has sent %d transactions, this store knows of %d; give the node a key of its own", ErrForeignNonce, c.config.Key.address, mined, j.next)
	case mined < j.lowestOpen: // 2
		return 0, fmt.Errorf("%w: %s has lost transactions that were final (%d of %d); was the chain started anew?", ErrWrongChain, c.config.Name, j.lowestOpen-mined, j.lowestOpen)
	}
	return j.next, nil
}

func (c *Chain) sign(ctx context.Context, op operation, nonce uint64) (Tx, error) {
	data, err := op.data(ctx)
	if err != nil {
		return Tx{}, err
	}
	gas, err := c.gas(ctx, op.to, data)
	if err != nil {
		return Tx{}, fmt.Errorf("%s: %w", op.key, err)
	}
	if op.gasMax > 0 && gas > op.gasMax {
		return Tx{}, fmt.Errorf("%w: %d with its margin, %d are allowed", ErrGasMax, gas, op.gasMax)
	}
	head, err := c.block(ctx, Latest)
	if err != nil {
		return Tx{}, err
	}
	tip, feeCap, err := c.fees(ctx, head)
	if err != nil {
		return Tx{}, err
	}
	if err := c.affordable(ctx, feeCap, gas); err != nil {
		return Tx{}, err
	}
	v, err := c.variant(nonce, tip, feeCap, gas, op.to, data)
	if err != nil {
		return Tx{}, err
	}
	return Tx{
		Schema: txSchema, Key: op.key, Detail: op.detail, ChainID: c.config.ChainID, From: c.config.Key.address, To: op.to,
		Nonce: nonce, Hash: v.Hash, Raw: v.Raw, State: StateSigned, CreatedAt: c.config.Now(), Amount: op.amount, SignedAt: head.Number,
	}, nil
}

// gas estimates a call and adds the configured margin: the state may change
// between now and the block.
func (c *Chain) gas(ctx context.Context, to Address, data []byte) (uint64, error) {
	target := common.Address(to)
	gas, err := ask(ctx, c, func(ctx context.Context, client *ethclient.Client) (uint64, error) {
		return client.EstimateGas(ctx, ethereum.CallMsg{From: common.Address(c.config.Key.address), To: &target, Data: data})
	})
	if err != nil {
		return 0, c.refused("estimating", err)
	}
	return gas + gas*c.config.GasMarginPercent/100, nil
}

// affordable refuses before a nonce is taken what the account cannot pay for.
func (c *Chain) affordable(ctx context.Context, feeCap *big.Int, gas uint64) error {
	balance, err := c.quantity(ctx, "eth_getBalance", common.Address(c.config.Key.address), Latest)
	if err != nil {
		return c.unavailable("reading the gas balance", err)
	}
	if cost := new(big.Int).Mul(feeCap, new(big.Int).SetUint64(gas)); balance.Cmp(cost) < 0 {
		return fmt.Errorf("%w: %s has %s wei, needs %s; send it some", ErrFunds, c.config.Key.address, balance, cost)
	}
	return nil
}

// variant signs one form of a transaction.
func (c *Chain) variant(nonce uint64, tip, feeCap *big.Int, gas uint64, to Address, data []byte) (Variant, error) {
	chainID, target := new(big.Int).SetUint64(c.config.ChainID), common.Address(to)
	signed, err := c.config.Key.signTx(&types.DynamicFeeTx{
		ChainID: chainID, Nonce: nonce, GasTipCap: tip, GasFeeCap: feeCap, Gas: gas, To: &target, Data: data,
	})
	if err != nil {
		return Variant{}, err
	}
	raw, err := signed.MarshalBinary()
	if err != nil {
		return Variant{}, fmt.Errorf("encoding a transaction: %w", err)
	}
	return Variant{Hash: wire.Digest(signed.Hash()), Raw: hex.EncodeToString(raw)}, nil
}

// fees returns tip and cap (EIP-1559): twice the base fee plus the tip, but no
// more than configured.
func (c *Chain) fees(ctx context.Context, head block) (tip, feeCap *big.Int, err error) {
	if head.BaseFee == nil {
		return nil, nil, fmt.Errorf("%w: %s has no base fee (EIP-1559)", ErrWrongChain, c.config.Name)
	}
	if tip, err = c.quantity(ctx, "eth_maxPriorityFeePerGas"); err != nil {
		return nil, nil, c.unavailable("asking for the tip", err)
	}
	base := head.BaseFee.ToInt()
	most := c.mostFee(ctx)
	if now := new(big.Int).Add(base, tip); now.Cmp(most) > 0 {
		return nil, nil, fmt.Errorf("%w: %s asks for %s wei per gas, maximum %s; raise max_fee_gwei or wait", ErrFee, c.config.Name, now, most)
	}
	feeCap = new(big.Int).Add(tip, new(big.Int).Lsh(base, 1))
	if feeCap.Cmp(most) > 0 {
		feeCap = most
	}
	return tip, feeCap, nil
}

// broadcast sends the newest recorded bytes. A provider that already has them,
// or a variant of them, or a block that does, is success: what a refusal means
// is decided by looking every variant up, not by its text.
func (c *Chain) broadcast(ctx context.Context, t Tx) (Tx, error) {
	signed, err := decodeTx(t.Key, t.newest())
	if err != nil {
		return t, err
	}
	if err := c.sendToAll(ctx, signed); err != nil && !strings.Contains(err.Error(), "already known") {
		known, lookup := c.known(ctx, t)
		if lookup != nil {
			return t, lookup
		}
		if !known {
			return t, c.broadcastError(t, err)
		}
	}
	c.config.Failpoint("tx.broadcast_before_record")
	if t.Broadcast {
		return t, nil
	}
	t.Broadcast = true
	return t, c.save(ctx, t)
}

// known reports whether an endpoint has any variant of a transaction.
func (c *Chain) known(ctx context.Context, t Tx) (bool, error) {
	var last error
	for _, p := range c.ranked() {
		for _, v := range t.variants() {
			var found *struct {
				Hash common.Hash `json:"hash"`
			}
			if last = c.rawCall(pinned(ctx, p), &found, "eth_getTransactionByHash", common.Hash(v.Hash)); last != nil {
				break
			}
			if found != nil && found.Hash == common.Hash(v.Hash) {
				return true, nil
			}
		}
	}
	if last != nil {
		return false, c.unavailable("looking up "+t.Key, last)
	}
	return false, nil
}

// decodeTx reads recorded bytes.
func decodeTx(key string, v Variant) (*types.Transaction, error) {
	raw, err := hex.DecodeString(v.Raw)
	if err != nil {
		return nil, fmt.Errorf("transaction %s: %w", key, err)
	}
	var signed types.Transaction
	if err := signed.UnmarshalBinary(raw); err != nil {
		return nil, fmt.Errorf("transaction %s: %w", key, err)
	}
	return &signed, nil
}

func (c *Chain) broadcastError(t Tx, err error) error {
	if strings.Contains(err.Error(), "nonce too low") {
		return fmt.Errorf("%w: nonce %d of %s was used by a transaction that is not ours (%s)", ErrForeignNonce, t.Nonce, t.From, t.Key)
	}
	return c.unavailable("sending "+t.Key, err)
}

func (c *Chain) save(ctx context.Context, t Tx) error {
	err := c.config.DB.Update(ctx, func(tx store.Tx) error { return c.writeTx(tx, t) })
	if err != nil {
		return fmt.Errorf("recording transaction %s: %w", t.Key, err)
	}
	return nil
}
