package devnet

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"
)

// Chain is a running chain. Its methods may be called from several goroutines.
type Chain struct {
	sim      *simulated.Backend
	deployer *deployer
	chainID  uint64
	rpc      string
	token    common.Address
	channel  common.Address
	grace    uint64

	mu      sync.Mutex // owns block making and closing: the backend's are not concurrent
	closed  bool
	stop    chan struct{}
	stopped sync.WaitGroup
}

// Start runs a chain, deploys the token and the channel contract, and mines on
// Ticks if there are any. The caller must Stop it.
func Start(ctx context.Context, config Config) (*Chain, error) {
	config.setDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	c := &Chain{chainID: config.ChainID, grace: config.GraceSeconds, stop: make(chan struct{})}
	options := []option{pinFork(config.ChainID, config.Fork)}
	if config.Listen != "" {
		host, port, err := reserve(config.Listen)
		if err != nil {
			return nil, err
		}
		options = append(options, serve(host, port))
		c.rpc = fmt.Sprintf("http://%s:%d", host, port)
	}
	key := deployerKey()
	sim, err := newBackend(crypto.PubkeyToAddress(key.PublicKey), options)
	if err != nil {
		return nil, err
	}
	c.sim = sim
	c.deployer = &deployer{chain: c, key: key}
	if err := c.deployer.deployAll(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	if config.Ticks != nil {
		c.stopped.Add(1)
		go c.mine(config.Ticks)
	}
	return c, nil
}

type option = func(*node.Config, *ethconfig.Config)

// pinFork keeps the rules at a fork: the development genesis of the library also
// activates rules that no public network has yet, with other storage prices.
func pinFork(chainID uint64, fork Fork) option {
	return func(_ *node.Config, eth *ethconfig.Config) {
		rules := *eth.Genesis.Config
		rules.ChainID = new(big.Int).SetUint64(chainID)
		rules.BogotaTime = nil
		rules.AmsterdamTime = nil
		if fork == Amsterdam {
			rules.AmsterdamTime = new(uint64) // from genesis
		}
		eth.Genesis.Config = &rules
		eth.NetworkId = chainID
	}
}

func serve(host string, port int) option {
	return func(n *node.Config, _ *ethconfig.Config) {
		n.HTTPHost = host
		n.HTTPPort = port
		n.HTTPModules = []string{"eth", "net", "web3"}
	}
}

// newBackend turns the library's panic on a failed start into an error.
func newBackend(rich common.Address, options []option) (sim *simulated.Backend, err error) {
	defer func() {
		if p := recover(); p != nil {
			sim, err = nil, fmt.Errorf("%w: starting the chain: %v", ErrListen, p)
		}
	}()
	billion := new(big.Int).Mul(big.NewInt(1_000_000_000), big.NewInt(1e18))
	return simulated.NewBackend(types.GenesisAlloc{rich: {Balance: billion}}, options...), nil
}

// mine makes blocks until Stop.
func (c *Chain) mine(ticks <-chan time.Time) {
	defer c.stopped.Done()
	for {
		select {
		case <-c.stop:
			return
		case tick, open := <-ticks:
			if !open {
				return
			}
			c.mineAt(tick)
		}
	}
}

func (c *Chain) mineAt(tick time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	ctx := context.Background()
	client := c.sim.Client()
	head, err := client.HeaderByNumber(ctx, nil)
	if err != nil {
		return
	}
	waiting, err := client.PendingTransactionCount(ctx)
	if err != nil || waiting == 0 && int64(head.Time) >= tick.Unix() {
		return
	}
	c.sim.Commit()
}

// Stop ends mining and the chain, and waits for both. It may be called twice.
func (c *Chain) Stop() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	close(c.stop)
	c.mu.Unlock()
	c.stopped.Wait()
	return c.sim.Close()
}

// Commit makes one block of the pending transactions and returns its hash.
func (c *Chain) Commit() common.Hash {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return common.Hash{}
	}
	return c.sim.Commit()
}

// Fork makes parent the head again, as a reorganisation does, and drops the
// transactions that were mined after it.
func (c *Chain) Fork(parent common.Hash) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.sim.Fork(parent); err != nil {
		return fmt.Errorf("forking at %s: %w", parent, err)
	}
	c.sim.Rollback()
	return nil
}

// AdjustTime makes one block whose time is later by d. It refuses while
// transactions wait to be mined.
func (c *Chain) AdjustTime(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	head, err := c.sim.Client().HeaderByNumber(context.Background(), nil)
	if err != nil {
		return fmt.Errorf("adjusting the time: %w", err)
	}
	// The pool forgets what the last block mined a moment later; moving to the
	// head that is already there waits for it.
	if err := c.sim.Fork(head.Hash()); err != nil {
		return fmt.Errorf("adjusting the time: %w", err)
	}
	return c.sim.AdjustTime(d)
}

// Client reads and writes the chain in process.
func (c *Chain) Client() simulated.Client { return c.sim.Client() }

// ChainID is the EIP-155 id.
func (c *Chain) ChainID() uint64 { return c.chainID }

// RPC is the JSON-RPC address, or "" when none is served.
func (c *Chain) RPC() string { return c.rpc }

// Token is the address of the development USDC.
func (c *Chain) Token() common.Address { return c.token }

// Channel is the address of the channel contract.
func (c *Chain) Channel() common.Address { return c.channel }

// maxFinalizeBlocks bounds Finalize: the finalized tag moves in steps of 32.
const maxFinalizeBlocks = 128

// ErrNotFinal: the finalized tag did not reach the head in the blocks allowed.
var ErrNotFinal = errors.New("devnet head is not final")

// Finalize makes blocks until what is the head now carries the finalized tag.
func (c *Chain) Finalize(ctx context.Context) error {
	client := c.sim.Client()
	target, err := client.BlockNumber(ctx)
	if err != nil {
		return fmt.Errorf("reading the head: %w", err)
	}
	for range maxFinalizeBlocks {
		final, err := client.HeaderByNumber(ctx, big.NewInt(int64(rpc.FinalizedBlockNumber)))
		if err == nil && final.Number.Uint64() >= target {
			return nil
		}
		c.Commit()
	}
	return fmt.Errorf("%w: block %d", ErrNotFinal, target)
}
