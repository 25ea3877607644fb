package evm

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/backbay-labs/chio-node/store"
)

// GasSpent is what the final transactions of an account cost on a chain, in wei,
// with what a rollup charged for their data. It begins at the first that became
// final since the node counts.
func GasSpent(r store.Reader, chainID uint64, account Address) (*big.Int, error) {
	return readGas(r, gasRow(chainID, account))
}

func gasRow(chainID uint64, account Address) string {
	return fmt.Sprintf("e/g/%d/%s", chainID, account)
}

func readGas(r store.Reader, row string) (*big.Int, error) {
	text, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return new(big.Int), nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading gas spent: %w", err)
	}
	sum, ok := new(big.Int).SetString(string(text), 10)
	if !ok {
		return nil, fmt.Errorf("%w: row %s", store.ErrCorrupt, row)
	}
	return sum, nil
}

// countGas adds a transaction that becomes final. It is open before, so it is
// counted once.
func (c *Chain) countGas(tx store.Tx, t *Tx) error {
	if _, err := tx.Get(c.openRow(t.Nonce)); errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	row := gasRow(c.config.ChainID, c.config.Key.address)
	sum, err := readGas(tx, row)
	if err != nil {
		return err
	}
	price, _ := new(big.Int).SetString(t.GasPrice, 10)
	data, _ := new(big.Int).SetString(t.L1Fee, 10)
	if price != nil {
		sum.Add(sum, price.Mul(price, new(big.Int).SetUint64(t.GasUsed)))
	}
	if data != nil {
		sum.Add(sum, data)
	}
	tx.Set(row, []byte(sum.String()))
	return nil
}
