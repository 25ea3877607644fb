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
	case err == nil && !(previous.settled() && previous.Reverted):
		return c.resume(ctx, previous)
	case err != nil && !errors.Is(err, ErrUnknownTx):
		return Tx{}, err
	}
	nonce, err := c.checkNonce(ctx)
	if err != nil {
		return Tx{}, err
	}
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
	mined, err := c.client.NonceAt(ctx, common.Address(c.config.Key.address), nil)
	if err != nil {
		return 0, c.unavailable("reading the nonce", err)
	}
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
	from, to := common.Address(c.config.Key.address), common.Address(op.to)
	gas, err := c.client.EstimateGas(ctx, ethereum.CallMsg{From: from, To: &to, Data: data})
	if err != nil {
		return Tx{}, c.refused("estimating "+op.key, err)
	}
	gas += gas / 5 // the state may change between now and the block
	tip, feeCap, err := c.fees(ctx)
	if err != nil {
		return Tx{}, err
	}
	balance, err := c.client.BalanceAt(ctx, from, nil)
	if err != nil {
		return Tx{}, c.unavailable("reading the gas balance", err)
	}
	if cost := new(big.Int).Mul(feeCap, new(big.Int).SetUint64(gas)); balance.Cmp(cost) < 0 {
		return Tx{}, fmt.Errorf("%w: %s has %s wei, needs %s; send it some", ErrFunds, c.config.Key.address, balance, cost)
	}
	chainID := new(big.Int).SetUint64(c.config.ChainID)
	signed, err := c.config.Key.signTx(&types.DynamicFeeTx{
		ChainID: chainID, Nonce: nonce, GasTipCap: tip, GasFeeCap: feeCap, Gas: gas, To: &to, Data: data,
	}, chainID)
	if err != nil {
		return Tx{}, err
	}
	raw, err := signed.MarshalBinary()
	if err != nil {
		return Tx{}, fmt.Errorf("encoding a transaction: %w", err)
	}
	return Tx{
		Schema: txSchema, Key: op.key, Detail: op.detail, ChainID: c.config.ChainID, From: c.config.Key.address, To: op.to,
		Nonce: nonce, Hash: wire.Digest(signed.Hash()), Raw: hex.EncodeToString(raw), State: StateSigned, CreatedAt: c.config.Now(),
	}, nil
}

// fees returns tip and cap (EIP-1559): twice the base fee plus the tip, but no
// more than configured.
func (c *Chain) fees(ctx context.Context) (tip, feeCap *big.Int, err error) {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return nil, nil, err
	}
	if head.BaseFee == nil {
		return nil, nil, fmt.Errorf("%w: %s has no base fee (EIP-1559)", ErrWrongChain, c.config.Name)
	}
	if tip, err = c.client.SuggestGasTipCap(ctx); err != nil {
		return nil, nil, c.unavailable("asking for the tip", err)
	}
	base := head.BaseFee.ToInt()
	most := new(big.Int).Mul(new(big.Int).SetUint64(c.config.MaxFeeGwei), big.NewInt(weiPerGwei))
	if now := new(big.Int).Add(base, tip); now.Cmp(most) > 0 {
		return nil, nil, fmt.Errorf("%w: %s asks for %s wei per gas, maximum %s; raise max_fee_gwei or wait", ErrFee, c.config.Name, now, most)
	}
	feeCap = new(big.Int).Add(tip, new(big.Int).Lsh(base, 1))
	if feeCap.Cmp(most) > 0 {
		feeCap = most
	}
	return tip, feeCap, nil
}

// broadcast sends the recorded bytes. A provider that already has them, or a
// block that does, is success.
func (c *Chain) broadcast(ctx context.Context, t Tx) (Tx, error) {
	signed, err := decodeTx(t)
	if err != nil {
		return t, err
	}
	if err := c.client.SendTransaction(ctx, signed); err != nil && !strings.Contains(err.Error(), "already known") {
		if _, lookup := c.client.TransactionReceipt(ctx, signed.Hash()); lookup != nil {
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

// decodeTx reads the recorded bytes.
func decodeTx(t Tx) (*types.Transaction, error) {
	raw, err := hex.DecodeString(t.Raw)
	if err != nil {
		return nil, fmt.Errorf("transaction %s: %w", t.Key, err)
	}
	var signed types.Transaction
	if err := signed.UnmarshalBinary(raw); err != nil {
		return nil, fmt.Errorf("transaction %s: %w", t.Key, err)
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
