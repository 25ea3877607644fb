package devnet

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/contracts"
)

// ErrFailed: a transaction of the deployer reverted.
var ErrFailed = errors.New("devnet transaction failed")

// deployer sends transactions with the fixed key, one at a time.
type deployer struct {
	chain *Chain
	key   *ecdsa.PrivateKey
	mu    sync.Mutex // one transaction at a time: nonces are counted by the chain
}

// deployAll creates the token behind its proxy and the channel contract.
func (d *deployer) deployAll(ctx context.Context) error {
	code, err := d.create(ctx, contracts.DevUSDC)
	if err != nil {
		return err
	}
	token, err := tokenABI()
	if err != nil {
		return err
	}
	initialize, err := token.Pack("initialize", d.address())
	if err != nil {
		return fmt.Errorf("encoding the token's first call: %w", err)
	}
	if d.chain.token, err = d.create(ctx, contracts.DevProxy, code, initialize); err != nil {
		return err
	}
	d.chain.channel, err = d.create(ctx, contracts.Channel, d.chain.grace)
	return err
}

func tokenABI() (abi.ABI, error) {
	a, err := contracts.Load(contracts.DevUSDC)
	if err != nil {
		return abi.ABI{}, err
	}
	return parseABI(a)
}

func parseABI(a contracts.Artifact) (abi.ABI, error) {
	var parsed abi.ABI
	if err := parsed.UnmarshalJSON(a.ABI); err != nil {
		return abi.ABI{}, fmt.Errorf("interface of %s: %w", a.Name, err)
	}
	return parsed, nil
}

func (d *deployer) address() common.Address { return crypto.PubkeyToAddress(d.key.PublicKey) }

// create deploys one contract and returns its address.
func (d *deployer) create(ctx context.Context, name string, args ...any) (common.Address, error) {
	a, err := contracts.Load(name)
	if err != nil {
		return common.Address{}, err
	}
	code, err := a.CreationCode()
	if err != nil {
		return common.Address{}, err
	}
	parsed, err := parseABI(a)
	if err != nil {
		return common.Address{}, err
	}
	packed, err := parsed.Pack("", args...)
	if err != nil {
		return common.Address{}, fmt.Errorf("constructor of %s: %w", name, err)
	}
	receipt, err := d.send(ctx, nil, nil, append(code, packed...))
	if err != nil {
		return common.Address{}, fmt.Errorf("deploying %s: %w", name, err)
	}
	return receipt.ContractAddress, nil
}

// send signs one transaction, mines it, and returns its receipt.
func (d *deployer) send(ctx context.Context, to *common.Address, wei *big.Int, data []byte) (*types.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	client := d.chain.sim.Client()
	nonce, err := client.PendingNonceAt(ctx, d.address())
	if err != nil {
		return nil, fmt.Errorf("reading the nonce: %w", err)
	}
	head, err := client.HeaderByNumber(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the head: %w", err)
	}
	gas, err := client.EstimateGas(ctx, ethereum.CallMsg{From: d.address(), To: to, Value: wei, Data: data})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	tip := big.NewInt(1e9)
	tx, err := types.SignNewTx(d.key, types.LatestSignerForChainID(new(big.Int).SetUint64(d.chain.chainID)), &types.DynamicFeeTx{
		ChainID:   new(big.Int).SetUint64(d.chain.chainID),
		Nonce:     nonce,
		GasTipCap: tip,
		GasFeeCap: new(big.Int).Add(tip, new(big.Int).Lsh(head.BaseFee, 1)),
		Gas:       gas + gas/5,
		To:        to,
		Value:     wei,
		Data:      data,
	})
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	if err := client.SendTransaction(ctx, tx); err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	d.chain.Commit()
	receipt, err := client.TransactionReceipt(ctx, tx.Hash())
	if err != nil {
		return nil, fmt.Errorf("reading the receipt: %w", err)
	}
	if receipt.Status != types.ReceiptStatusSuccessful {
		return nil, fmt.Errorf("%w: transaction %s reverted", ErrFailed, tx.Hash())
	}
	return receipt, nil
}

// FundGas gives an address wei of the chain's own coin.
func (c *Chain) FundGas(ctx context.Context, to common.Address, wei *big.Int) error {
	if _, err := c.deployer.send(ctx, &to, wei, nil); err != nil {
		return fmt.Errorf("funding %s with gas: %w", to, err)
	}
	return nil
}

// FundUSDC mints units (millionths of a dollar) to an address.
func (c *Chain) FundUSDC(ctx context.Context, to common.Address, units uint64) error {
	token, err := tokenABI()
	if err != nil {
		return err
	}
	call, err := token.Pack("mint", to, new(big.Int).SetUint64(units))
	if err != nil {
		return fmt.Errorf("encoding mint: %w", err)
	}
	if _, err := c.deployer.send(ctx, &c.token, nil, call); err != nil {
		return fmt.Errorf("funding %s with USDC: %w", to, err)
	}
	return nil
}

// Fund gives an address ten coins for gas and the USDC units.
func (c *Chain) Fund(ctx context.Context, to common.Address, units uint64) error {
	ten := new(big.Int).Mul(big.NewInt(10), big.NewInt(1e18))
	if err := c.FundGas(ctx, to, ten); err != nil {
		return err
	}
	return c.FundUSDC(ctx, to, units)
}
