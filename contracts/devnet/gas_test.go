package devnet_test

import (
	"math/big"
	"os"
	"testing"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/wire"
)

// limits of DESIGN §12, and the recorded cost of a transfer of the real token.
const (
	redeemLimit      = 66_000
	firstFundLimit   = 140_000
	recordedTransfer = 45_059
)

// TestGas measures the operations of gas.json and fails on an increase above
// 1 %. With CHIO_WRITE_GAS set it writes the table instead.
func TestGas(t *testing.T) {
	b := newBed(t)
	measured := contracts.Gas{}
	record := func(op string, gas uint64) { measured[op] = map[string]uint64{"osaka": gas} }

	transfer := b.send(b.payer, b.chain.Token(), b.tok.PackTransfer(addr(b.payee), big.NewInt(usdc)))
	record("usdc_transfer", transfer.GasUsed)
	fund := b.send(b.payer, b.chain.Channel(), b.authorization(10*usdc, 1, b.id))
	record("fund_first", fund.GasUsed)
	topUp := b.send(b.payer, b.chain.Channel(), b.authorization(10*usdc, 2, b.id))
	record("fund_top_up", topUp.GasUsed)
	b.send(b.payee, b.chain.Channel(), b.voucher(b.payer, 1*usdc, true))
	redeem := b.send(b.payee, b.chain.Channel(), b.voucher(b.payer, 2*usdc+345_678, true))
	record("redeem_one", redeem.GasUsed)
	t.Log(measured)

	if redeem.GasUsed > redeemLimit {
		t.Errorf("redeem_one costs %d, limit %d", redeem.GasUsed, redeemLimit)
	}
	if fund.GasUsed > firstFundLimit {
		t.Errorf("fund_first costs %d, limit %d", fund.GasUsed, firstFundLimit)
	}
	if low, high := uint64(recordedTransfer*98/100), uint64(recordedTransfer*102/100); transfer.GasUsed < low || transfer.GasUsed > high {
		t.Errorf("usdc_transfer costs %d, outside 2 %% of %d", transfer.GasUsed, recordedTransfer)
	}
	if os.Getenv("CHIO_WRITE_GAS") != "" {
		if err := os.WriteFile("../gas.json", wire.MustMarshal(measured), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	table, err := contracts.GasTable()
	if err != nil {
		t.Fatal(err)
	}
	for op, forks := range measured {
		recorded := table[op]["osaka"]
		if gas := forks["osaka"]; gas*100 > recorded*101 {
			t.Errorf("%s costs %d, recorded %d: more than 1 %% above; see contracts/gas.json", op, gas, recorded)
		}
	}
}
