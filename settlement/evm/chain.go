package evm

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/wire"
)

// tokenDecimals is USDC's; amounts in this package are its millionths.
const tokenDecimals = 6

// Chain drives the channels of one key on one chain. Its methods may be called
// from several goroutines; transactions are made one at a time.
type Chain struct {
	config      Config
	channel     *channel.ChioChannel
	token       *devusdc.DevUSDC // the standard methods, of any token
	tokenDomain wire.Digest

	providers []*provider // as configured
	orderMu   sync.Mutex  // guards order
	order     []*provider // as they are to be asked

	watched atomic.Bool // Watch has looked at every channel

	sending sync.Mutex // owns the nonce journal: held from reading it to writing it
}

// Dial connects and refuses to go on unless:
//
//	1 an endpoint serves the configured chain id; those that do not are not used
//	2 the channel contract has the code of this project, and the domain this
//	  package signs for
//	3 the token has code, 6 decimals, and a domain made of its name and version
//	4 the key's nonce is what this store knows of (see checkNonce), unless
//	  payments are halted anyway
//
// It sends nothing; call Track to resume what was under way.
func Dial(ctx context.Context, config Config) (*Chain, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config.setDefaults()
	c := &Chain{config: config, channel: channel.NewChioChannel(), token: devusdc.NewDevUSDC()}
	for i, url := range config.endpoints() {
		client, err := ethclient.DialContext(ctx, url)
		if err != nil {
			c.Close()
			return nil, c.unavailable(fmt.Sprintf("connecting to endpoint %d", i+1), err)
		}
		c.providers = append(c.providers, &provider{n: i + 1, client: client})
	}
	c.setOrder(slices.Clone(c.providers))
	if err := c.checkChain(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close drops the connection. What is under way stays in the store.
func (c *Chain) Close() {
	for _, p := range c.providers {
		p.client.Close()
	}
}

// ID is the EIP-155 chain id.
func (c *Chain) ID() uint64 { return c.config.ChainID }

// Address is the account of the key.
func (c *Chain) Address() Address { return c.config.Key.address }

// Contract is the address of the channel contract.
func (c *Chain) Contract() Address { return c.config.Channel }

// Token is the address of the token.
func (c *Chain) Token() Address { return c.config.Token }

func (c *Chain) checkChain(ctx context.Context) error {
	if err := c.survey(ctx); err != nil { // 1
		return err
	}
	head, err := c.block(ctx, Latest)
	if err != nil {
		return err
	}
	if err := c.checkChannel(ctx, head); err != nil { // 2
		return err
	}
	if err := c.checkToken(ctx, head); err != nil { // 3
		return err
	}
	if err := c.halted(); err != nil {
		return nil // nothing is sent before Resume, which makes the records fit
	}
	_, err = c.checkNonce(ctx) // 4
	return err
}

func (c *Chain) checkChannel(ctx context.Context, at block) error {
	got, err := read(ctx, c, at, c.config.Channel, c.channel.PackDOMAINSEPARATOR(), c.channel.UnpackDOMAINSEPARATOR)
	if err != nil {
		return fmt.Errorf("%w: channel %s: %w", ErrWrongContract, c.config.Channel, err)
	}
	if want := domainSeparator(channelName, channelVersion, c.config.ChainID, c.config.Channel); got != want {
		return fmt.Errorf("%w: channel %s signs for another domain", ErrWrongContract, c.config.Channel)
	}
	return c.checkCode(ctx, at)
}

// checkCode holds the contract to the code of this project: a domain can be
// claimed by a contract that pays nobody.
func (c *Chain) checkCode(ctx context.Context, at block) error {
	code, err := ask(ctx, c, func(ctx context.Context, client *ethclient.Client) ([]byte, error) {
		return client.CodeAtHash(ctx, toCommon(c.config.Channel), at.Hash)
	})
	if err != nil {
		return c.unavailable("reading the channel's code", err)
	}
	return checkCode(c.config.Channel, code)
}

func checkCode(at Address, code []byte) error {
	artifact, err := contracts.Load(contracts.Channel)
	if err != nil {
		return err
	}
	same, err := artifact.MatchesRuntime(code)
	if err == nil && !same {
		err = fmt.Errorf("%w: the code at %s is not that of ChioChannel as built here; deploy contracts/artifacts/ChioChannel.json, or correct the address", ErrWrongContract, at)
	}
	return err
}

// checkToken reads the domain rather than assuming it: deployments of USDC
// differ in name.
func (c *Chain) checkToken(ctx context.Context, at block) error {
	token := c.config.Token
	decimals, err := read(ctx, c, at, token, c.token.PackDecimals(), c.token.UnpackDecimals)
	if err != nil {
		return fmt.Errorf("%w: token %s: %w", ErrWrongContract, token, err)
	}
	if decimals != tokenDecimals {
		return fmt.Errorf("%w: token %s has %d decimals, want %d", ErrWrongContract, token, decimals, tokenDecimals)
	}
	name, err := read(ctx, c, at, token, c.token.PackName(), c.token.UnpackName)
	if err != nil {
		return fmt.Errorf("%w: token %s: %w", ErrWrongContract, token, err)
	}
	version, err := read(ctx, c, at, token, c.token.PackVersion(), c.token.UnpackVersion)
	if err != nil {
		return fmt.Errorf("%w: token %s: %w", ErrWrongContract, token, err)
	}
	separator, err := read(ctx, c, at, token, c.token.PackDOMAINSEPARATOR(), c.token.UnpackDOMAINSEPARATOR)
	if err != nil {
		return fmt.Errorf("%w: token %s: %w", ErrWrongContract, token, err)
	}
	c.tokenDomain = domainSeparator(name, version, c.config.ChainID, token)
	if c.tokenDomain != separator {
		return fmt.Errorf("%w: token %s signs for another domain than name %.40q version %.10q", ErrWrongContract, token, name, version)
	}
	return nil
}

// read calls a view function at one block.
func read[T any](ctx context.Context, c *Chain, at block, to Address, data []byte, unpack func([]byte) (T, error)) (T, error) {
	var zero T
	target := common.Address(to)
	out, err := c.callAt(ctx, ethereum.CallMsg{To: &target, Data: data}, at)
	if err != nil {
		return zero, c.refused("reading "+to.String(), err)
	}
	if len(out) == 0 {
		return zero, fmt.Errorf("%w: %s has no such function or no code", ErrWrongContract, to)
	}
	v, err := unpack(out)
	if err != nil {
		return zero, fmt.Errorf("%w: %s answers in another form: %w", ErrWrongContract, to, err)
	}
	return v, nil
}

// units narrows an amount to what this project carries.
func units(n *big.Int) (uint64, error) {
	if !n.IsUint64() || n.Uint64() > wire.MaxUnits {
		return 0, fmt.Errorf("%w: %s", wire.ErrAmount, n)
	}
	return n.Uint64(), nil
}
