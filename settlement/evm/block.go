package evm

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
)

// Tag names a block by how settled it is.
type Tag string

// The tags, as the JSON-RPC interface spells them.
const (
	Latest    Tag = "latest"
	Safe      Tag = "safe"
	Finalized Tag = "finalized"
)

// block is the part of a header that is the same on every chain. The hash is
// the one the endpoint states: recomputing it would go wrong where a chain has
// header fields of its own.
type block struct {
	Number  uint64
	Hash    common.Hash
	Parent  common.Hash
	Time    uint64
	BaseFee *hexutil.Big
}

// errNoBlock: the chain has no block of that tag or number.
var errNoBlock = errors.New("no such block")

func (c *Chain) block(ctx context.Context, tag Tag) (block, error) {
	return c.getBlock(ctx, string(tag))
}

func (c *Chain) blockAt(ctx context.Context, number uint64) (block, error) {
	return c.getBlock(ctx, hexutil.EncodeUint64(number))
}

func (c *Chain) getBlock(ctx context.Context, name string) (block, error) {
	var head *struct {
		Number  hexutil.Uint64 `json:"number"`
		Hash    common.Hash    `json:"hash"`
		Parent  common.Hash    `json:"parentHash"`
		Time    hexutil.Uint64 `json:"timestamp"`
		BaseFee *hexutil.Big   `json:"baseFeePerGas"`
	}
	err := c.rawCall(ctx, &head, "eth_getBlockByNumber", name, false)
	var refusal rpc.Error
	switch {
	case errors.As(err, &refusal): // how some endpoints say that there is none
		return block{}, fmt.Errorf("%w: %s: %w", errNoBlock, name, err)
	case err != nil:
		return block{}, c.unavailable("reading block "+name, err)
	case head == nil:
		return block{}, fmt.Errorf("%w: %s", errNoBlock, name)
	}
	return block{Number: uint64(head.Number), Hash: head.Hash, Parent: head.Parent, Time: uint64(head.Time), BaseFee: head.BaseFee}, nil
}

// finality says how settled a canonical block is. A tag that the endpoint does
// not serve settles nothing.
func (c *Chain) finality(ctx context.Context, number uint64) (State, error) {
	head, err := c.block(ctx, Latest)
	if err != nil {
		return StateMined, err
	}
	if n := c.config.Confirmations; n > 0 && head.Number >= number && head.Number-number+1 >= n {
		return StateFinal, nil
	}
	for _, level := range []struct {
		tag   Tag
		state State
	}{{Finalized, StateFinal}, {Safe, StateSafe}} {
		b, err := c.block(ctx, level.tag)
		switch {
		case errors.Is(err, errNoBlock):
		case err != nil:
			return StateMined, err
		case b.Number >= number:
			return level.state, nil
		}
	}
	return StateMined, nil
}

// finalBlock is the newest block for which finality answers StateFinal, or
// errNoBlock.
func (c *Chain) finalBlock(ctx context.Context) (block, error) {
	tagged, err := c.block(ctx, Finalized)
	if err != nil && !errors.Is(err, errNoBlock) {
		return block{}, err
	}
	none := err != nil
	n := c.config.Confirmations
	if n == 0 {
		return tagged, err
	}
	head, err := c.block(ctx, Latest)
	if err != nil {
		return block{}, err
	}
	if head.Number+1 < n || !none && head.Number-n+1 <= tagged.Number {
		if none {
			return block{}, fmt.Errorf("%w: nothing is %d blocks deep yet", errNoBlock, n)
		}
		return tagged, nil
	}
	return c.blockAt(ctx, head.Number-n+1)
}
