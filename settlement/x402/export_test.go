package x402

import "github.com/backbay-labs/chio-node/settlement/evm"

// ReadBatch is what BatchSeller.Sell reads of a payment before it asks anybody.
func ReadBatch(t *BatchTerms, header string, price Price, w Window) (evm.BatchChannel, uint64, *evm.BatchDeposit, error) {
	o, err := t.readBatch(header, price, w)
	if o == nil {
		return evm.BatchChannel{}, 0, nil, err
	}
	return o.config, o.most, o.deposit, err
}
