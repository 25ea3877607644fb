package evm

import "fmt"

// Funding returns the record of a deposit that Fund has begun, or ErrUnknownTx
// if it left no trace and its sequence number is free.
func (c *Chain) Funding(p ChannelParams, sequence uint64) (Tx, error) {
	return c.Tx(fmt.Sprintf("fund/%s/%d", c.ChannelID(p), sequence))
}
