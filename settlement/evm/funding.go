package evm

import (
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// Funding returns the record of a deposit that Fund has begun, or ErrUnknownTx
// if it left no trace and its sequence number is free.
func (c *Chain) Funding(channel wire.Digest, sequence uint64) (Tx, error) {
	return c.Tx(fmt.Sprintf("fund/%s/%d", channel, sequence))
}

// Redeeming returns the record of a redemption that Redeem has begun, or
// ErrUnknownTx.
func (c *Chain) Redeeming(channel wire.Digest, cumulative uint64) (Tx, error) {
	return c.Tx(fmt.Sprintf("redeem/%s/%d", channel, cumulative))
}
