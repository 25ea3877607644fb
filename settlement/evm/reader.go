package evm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/wire"
)

// ReaderConfig names a chain to ask. The endpoints may carry secrets and appear
// in no error.
type ReaderConfig struct {
	Name           string // in errors
	ChainID        uint64
	RPC            string
	Fallbacks      []string
	RequestTimeout time.Duration // of one question to one endpoint; 0 means DefaultRequestTimeout
}

// Reader asks view functions of any contract of a chain, with neither key nor
// store, for what decides about no payment by itself. Questions go to the first
// endpoint that answers. Its methods may be called from several goroutines.
type Reader struct{ chain *Chain }

// BlockRef names a block, as its endpoint states it.
type BlockRef struct {
	Number uint64
	Hash   wire.Digest
	Time   int64 // unix seconds
}

// DialReader refuses to go on unless an endpoint serves the configured chain.
func DialReader(ctx context.Context, config ReaderConfig) (*Reader, error) {
	c := &Chain{channel: channel.NewChioChannel(), token: devusdc.NewDevUSDC(), config: Config{Name: config.Name, ChainID: config.ChainID,
		RPC: config.RPC, Fallbacks: config.Fallbacks, RequestTimeout: config.RequestTimeout}}
	if c.config.ChainID == 0 || slices.Contains(c.config.endpoints(), "") {
		return nil, fmt.Errorf("%w %q: chain id or rpc endpoint is missing", ErrConfig, config.Name)
	}
	c.config.setDefaults()
	r := &Reader{chain: c}
	for i, url := range c.config.endpoints() {
		client, err := ethclient.DialContext(ctx, url)
		if err != nil {
			r.Close()
			return nil, c.unavailable(fmt.Sprintf("connecting to endpoint %d", i+1), err)
		}
		c.providers = append(c.providers, &provider{n: i + 1, client: client})
	}
	c.setOrder(slices.Clone(c.providers))
	if err := c.survey(ctx); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close drops the connections.
func (r *Reader) Close() { r.chain.Close() }

// Head is the newest block.
func (r *Reader) Head(ctx context.Context) (BlockRef, error) {
	b, err := r.chain.block(ctx, Latest)
	if err != nil {
		return BlockRef{}, err
	}
	if b.Time > wire.MaxUnits {
		return BlockRef{}, fmt.Errorf("%w: %s: block %d is of time %d", ErrUnavailable, r.chain.config.Name, b.Number, b.Time)
	}
	return BlockRef{Number: b.Number, Hash: wire.Digest(b.Hash), Time: int64(b.Time)}, nil
}

// Call asks a view function in the state after a block. A refusal of the
// contract matches ErrReverted; ErrWrongContract: there is no code.
func (r *Reader) Call(ctx context.Context, to Address, data []byte, at BlockRef) ([]byte, error) {
	target := common.Address(to)
	out, err := r.chain.callAt(ctx, ethereum.CallMsg{To: &target, Data: data}, block{Number: at.Number, Hash: common.Hash(at.Hash)})
	if err != nil {
		return nil, r.chain.refused("reading "+to.String(), err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s has no such function or no code", ErrWrongContract, to)
	}
	return out, nil
}
