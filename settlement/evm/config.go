package evm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a chain is refused or an operation fails. Match with errors.Is.
var (
	// ErrConfig: a field of Config is missing or out of range.
	ErrConfig = errors.New("chain configuration")
	// ErrWrongChain: the endpoint serves another chain than configured.
	ErrWrongChain = errors.New("endpoint serves another chain")
	// ErrWrongContract: the token or channel address holds something else.
	ErrWrongContract = errors.New("contract is not what was configured")
	// ErrForeignNonce: somebody else sends transactions with this key.
	ErrForeignNonce = errors.New("another user of the settlement key")
	// ErrUnavailable: the endpoint does not answer; nothing was decided.
	ErrUnavailable = errors.New("chain endpoint is unavailable")
	// ErrFee: the network asks for more than the configured maximum.
	ErrFee = errors.New("network fee is above the configured maximum")
	// ErrReverted: the chain refuses the call; the error says why.
	ErrReverted = errors.New("contract refused the call")
	// ErrConflict: the same key was used for a different operation.
	ErrConflict = errors.New("operation differs from the one recorded")
	// ErrUnknownTx: no transaction is recorded under the key.
	ErrUnknownTx = errors.New("no such transaction")
	// ErrCancelled: the nonce of the transaction went to an empty one.
	ErrCancelled = errors.New("transaction was cancelled")
	// ErrMined: too late to cancel.
	ErrMined = errors.New("transaction is in a block")
)

// DefaultPollInterval is how often Await looks.
const DefaultPollInterval = time.Second

// DefaultRequestTimeout is how long one endpoint may take for one answer.
const DefaultRequestTimeout = 10 * time.Second

// DefaultGasMarginPercent is what estimates of gas are raised by.
const DefaultGasMarginPercent = 20

// weiPerGwei converts the configured fee.
const weiPerGwei = 1_000_000_000

// Config describes one chain and the key this node uses there.
type Config struct {
	Name    string // in errors
	ChainID uint64
	// RPC is an http(s) endpoint. It may carry a secret and appears in no error.
	RPC string
	// Fallbacks are further endpoints of the same chain. Transactions go to all,
	// questions to the first that answers.
	Fallbacks []string
	// AgreeAbove is the amount, in token units, above which two endpoints must
	// say the same before a transaction or a channel counts as anything; it has
	// no effect with one endpoint.
	AgreeAbove uint64
	// RequestTimeout is how long one endpoint may take to answer; 0 means
	// DefaultRequestTimeout.
	RequestTimeout time.Duration
	Token          Address // USDC or a token like it: 6 decimals, EIP-3009
	Channel        Address // ChioChannel
	Key            *Key
	DB             store.DB
	// Confirmations is the number of blocks, its own included, after which a
	// transaction counts as final even if the chain's finalized tag has not
	// reached it; 0 relies on the tag alone.
	Confirmations uint64
	// MaxFeeGwei is the most this node pays per unit of gas.
	MaxFeeGwei uint64
	// BumpAfterBlocks is after how many blocks a transaction that none of them
	// took is replaced by one that pays more, up to MaxFeeGwei; 0: never.
	BumpAfterBlocks uint64
	// CloseMaxFeeGwei replaces MaxFeeGwei, if it is higher, for what must be done
	// before a channel closes.
	CloseMaxFeeGwei uint64
	// Heads is how many blocks are remembered to tell what a reorganisation
	// dropped; 0 means DefaultHeads.
	Heads uint64
	// GasMarginPercent is added to every estimate of gas; 0 means
	// DefaultGasMarginPercent.
	GasMarginPercent uint64
	// Now gives unix seconds, for the times in transaction records.
	Now func() int64
	// Wait pauses Await between two looks; nil means a timer of
	// DefaultPollInterval.
	Wait func(ctx context.Context) error
	// Failpoint, if set, is called at the named places of Submit and Track, for
	// crash tests.
	Failpoint func(name string)
}

func (c *Config) validate() error {
	switch {
	case c.ChainID == 0 || c.ChainID > wire.MaxUnits:
		return fmt.Errorf("%w %q: chain id %d", ErrConfig, c.Name, c.ChainID)
	case slices.Contains(c.endpoints(), ""):
		return fmt.Errorf("%w %q: no rpc endpoint", ErrConfig, c.Name)
	case c.Token.IsZero() || c.Channel.IsZero():
		return fmt.Errorf("%w %q: token or channel address is missing", ErrConfig, c.Name)
	case c.Key == nil || c.DB == nil || c.Now == nil:
		return fmt.Errorf("%w %q: key, store or clock is missing", ErrConfig, c.Name)
	case c.CloseMaxFeeGwei > 1_000_000:
		return fmt.Errorf("%w %q: maximum fee for closing of %d gwei is above 1000000", ErrConfig, c.Name, c.CloseMaxFeeGwei)
	case c.GasMarginPercent > 400:
		return fmt.Errorf("%w %q: gas margin of %d %% is above 400", ErrConfig, c.Name, c.GasMarginPercent)
	case c.MaxFeeGwei == 0 || c.MaxFeeGwei > 1_000_000:
		return fmt.Errorf("%w %q: maximum fee of %d gwei is outside 1 … 1000000", ErrConfig, c.Name, c.MaxFeeGwei)
	}
	return nil
}

// endpoints lists all, the first to ask first.
func (c *Config) endpoints() []string { return append([]string{c.RPC}, c.Fallbacks...) }

func (c *Config) setDefaults() {
	if c.RequestTimeout == 0 {
		c.RequestTimeout = DefaultRequestTimeout
	}
	if c.Heads == 0 {
		c.Heads = DefaultHeads
	}
	if c.GasMarginPercent == 0 {
		c.GasMarginPercent = DefaultGasMarginPercent
	}
	if c.Wait == nil {
		c.Wait = waitInterval
	}
	if c.Failpoint == nil {
		c.Failpoint = func(string) {}
	}
}

func waitInterval(ctx context.Context) error {
	timer := time.NewTimer(DefaultPollInterval)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
