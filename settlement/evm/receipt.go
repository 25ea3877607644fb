package evm

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// receipt is what the chain says about a transaction in a block. It is read
// from the JSON rather than through the library's type, which drops what an OP
// stack chain charges for the data.
type receipt struct {
	Hash        common.Hash    `json:"transactionHash"`
	BlockHash   common.Hash    `json:"blockHash"`
	BlockNumber hexutil.Uint64 `json:"blockNumber"`
	Status      hexutil.Uint64 `json:"status"`
	GasUsed     hexutil.Uint64 `json:"gasUsed"`
	GasPrice    *hexutil.Big   `json:"effectiveGasPrice"`
	L1Fee       *hexutil.Big   `json:"l1Fee"`
	Logs        []*types.Log   `json:"logs"`
}

// receipt returns the receipt of a transaction, or nil if it is in no block.
// An answer about another transaction is an endpoint that cannot be used.
func (c *Chain) receipt(ctx context.Context, hash common.Hash) (*receipt, error) {
	var r *receipt
	if err := c.rawCall(ctx, &r, "eth_getTransactionReceipt", hash); err != nil {
		return nil, c.unavailable("reading a receipt", err)
	}
	if r != nil && r.Hash != hash {
		return nil, fmt.Errorf("%w: %s answers with the receipt of %s, asked for %s", ErrUnavailable, c.config.Name, r.Hash, hash)
	}
	return r, nil
}

// decimal is a quantity as text; "" if the chain gave none.
func decimal(n *hexutil.Big) string {
	if n == nil {
		return ""
	}
	return n.ToInt().String()
}
