package devnet_test

import (
	"fmt"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/contracts/bindings/channel"
	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/wire"
)

// limits are those of DESIGN §12, under the rules of Osaka.
var limits = map[string]uint64{
	"redeem_one": 66_000, "marginal_channel": 16_500, "redeem_ten_one_payee": 210_000, "fund_first": 140_000,
}

// recordedTransfer is the recorded cost of a transfer of the real token.
const recordedTransfer = 45_059

// TestGas measures the operations of gas.json under both sets of rules and fails
// on an increase above 1 %. With CHIO_WRITE_GAS set it writes the table instead.
// Every figure is a whole transaction but marginal_channel, which is what one
// more channel adds to a batch.
func TestGas(t *testing.T) {
	measured := contracts.Gas{}
	for _, fork := range []devnet.Fork{devnet.Osaka, devnet.Amsterdam} {
		for op, gas := range measure(t, fork) {
			if measured[op] == nil {
				measured[op] = map[string]uint64{}
			}
			measured[op][string(fork)] = gas
		}
	}
	for op, limit := range limits {
		if gas := measured[op]["osaka"]; gas == 0 || gas > limit {
			t.Errorf("%s costs %d, limit %d", op, gas, limit)
		}
	}
	if gas := measured["usdc_transfer"]["osaka"]; gas < recordedTransfer*98/100 || gas > recordedTransfer*102/100 {
		t.Errorf("usdc_transfer costs %d, outside 2 %% of %d", gas, recordedTransfer)
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
	if len(table) != len(measured) {
		t.Errorf("gas.json has %d operations, %d are measured; see CHIO_WRITE_GAS", len(table), len(measured))
	}
	for op, forks := range measured {
		for fork, gas := range forks {
			if recorded := table[op][fork]; gas*100 > recorded*101 {
				t.Errorf("%s costs %d under %s, recorded %d: more than 1 %% above; see contracts/gas.json", op, gas, fork, recorded)
			}
		}
	}
}

// measure runs the operations in their steady state: the payee has tokens, and
// each channel was redeemed before.
func measure(t *testing.T, fork devnet.Fork) map[string]uint64 {
	b := newBedOn(t, devnet.Config{Fork: fork})
	at := b.chain.Channel()
	out := map[string]uint64{}
	out["usdc_transfer"] = b.send(b.payer, b.chain.Token(), b.tok.PackTransfer(addr(b.payee), big.NewInt(usdc))).GasUsed
	out["fund_first"] = b.send(b.payer, at, b.authorization(10*usdc, 1, b.id)).GasUsed
	out["fund_top_up"] = b.send(b.payer, at, b.authorization(10*usdc, 2, b.id)).GasUsed
	b.send(b.payee, at, b.voucher(b.payer, 1*usdc, true))
	out["redeem_one"] = b.send(b.payee, at, b.voucher(b.payer, 2*usdc+345_678, true)).GasUsed
	out["close"] = b.send(b.payer, at, b.ch.PackClose(b.params)).GasUsed
	out["close_with_consent"] = b.send(b.payer, at, b.consent(b.payee, 3*usdc, 0, b.headTime()+3600)).GasUsed

	const most = 20
	var params [most]channel.ChioChannelParams
	var ids [most][32]byte
	for i := range params {
		params[i], ids[i] = b.open(byte(i), 10*usdc)
	}
	batch := func(n int, cumulative int64) []byte {
		claims := make([]channel.ChioChannelClaim, n)
		for i := range claims {
			claims[i] = b.claim(b.payer, params[i], ids[i], cumulative)
		}
		return b.redeemMany(claims...)
	}
	b.send(b.payee, at, batch(most, 1*usdc))
	out["redeem_ten_one_payee"] = b.send(b.payee, at, batch(10, 2*usdc+345_678)).GasUsed
	out["marginal_channel"] = (b.send(b.payee, at, batch(most, 3*usdc+456_789)).GasUsed - out["redeem_ten_one_payee"]) / 10
	bondGas(t, fork, out)
	t.Log(fork, fmt.Sprint(out))
	return out
}

// bondGas measures a bond of three arbiters of which two decide, and two
// beneficiaries.
func bondGas(t *testing.T, fork devnet.Fork, out map[string]uint64) {
	v := newVaultOn(t, devnet.Config{Fork: fork})
	out["bond_lock"] = v.send(v.payer, v.at, v.abi.PackLock(v.terms)).GasUsed
	out["bond_hold"] = v.send(v.payee, v.at, v.hold(0, 60*usdc, v.terms.ExpiresAt, 0, 1)).GasUsed
	shares := v.shares(30*usdc, 20*usdc)
	out["bond_propose_slash"] = v.send(v.payee, v.at, v.propose(1, shares, 0, 1)).GasUsed
	v.later(25 * time.Hour)
	out["bond_finalize_slash"] = v.send(v.payee, v.at, v.abi.PackFinalizeSlash(v.terms, shares)).GasUsed
	v.later(100 * 24 * time.Hour)
	out["bond_release"] = v.send(v.payee, v.at, v.abi.PackRelease(v.terms)).GasUsed
	out["bond_withdraw"] = v.send(v.payer, v.at, v.abi.PackWithdraw(v.terms.Token, addr(v.payer))).GasUsed
}
