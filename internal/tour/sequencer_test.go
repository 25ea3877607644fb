//go:build unix

package tour

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/contracts"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// aggregator is a feed on the chain that says what the test has it say.
type aggregator struct {
	w        *world
	abi      abi.ABI
	contract *bind.BoundContract
	opts     *bind.TransactOpts
	at       common.Address
	round    int64
}

// aggregators deploys feeds of a number of decimals each.
func (w *world) aggregators(decimals ...uint8) []*aggregator {
	w.t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "contracts", "devnet", "testdata", "Aggregator.json"))
	var artifact contracts.Artifact
	if err == nil {
		err = wire.Unmarshal(doc, &artifact, wire.ForeignLimits)
	}
	var parsed abi.ABI
	if err == nil {
		err = parsed.UnmarshalJSON(artifact.ABI)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	scalar := sha256.Sum256([]byte("who keeps the feeds"))
	key, err := crypto.ToECDSA(scalar[:])
	if err == nil {
		err = w.chain.Fund(w.t.Context(), crypto.PubkeyToAddress(key.PublicKey), 1)
	}
	code, codeErr := artifact.CreationCode()
	if err = errors.Join(err, codeErr); err != nil {
		w.t.Fatal(err)
	}
	opts := bind.NewKeyedTransactor(key, new(big.Int).SetUint64(w.chain.ChainID()))
	var out []*aggregator
	for _, n := range decimals {
		arguments, err := parsed.Pack("", n)
		if err != nil {
			w.t.Fatal(err)
		}
		at, tx, err := bind.DeployContract(opts, code, w.chain.Client(), arguments)
		if err != nil {
			w.t.Fatal(err)
		}
		w.mined(tx)
		out = append(out, &aggregator{w: w, abi: parsed, opts: opts, at: at, contract: bind.NewBoundContract(at, parsed, w.chain.Client(), w.chain.Client(), w.chain.Client())})
	}
	return out
}

func (w *world) mined(tx *types.Transaction) {
	w.t.Helper()
	eventually(w.t, "a transaction is mined", func() error {
		r, err := w.chain.Client().TransactionReceipt(context.Background(), tx.Hash())
		if err == nil && r.Status != types.ReceiptStatusSuccessful {
			err = fmt.Errorf("it reverted")
		}
		return err
	})
}

// says makes a new round of the feed, as of now.
func (a *aggregator) says(answer int64) {
	a.w.t.Helper()
	a.round++
	at := big.NewInt(time.Now().Unix())
	data, err := a.abi.Pack("set", big.NewInt(a.round), big.NewInt(answer), at, at, big.NewInt(a.round))
	if err != nil {
		a.w.t.Fatal(err)
	}
	tx, err := bind.Transact(a.contract, a.opts, data)
	if err != nil {
		a.w.t.Fatal(err)
	}
	a.w.mined(tx)
}

// TestSequencerDownStopsConvertedCalls at a running node, with the feeds on a
// chain: calls priced in dollars under a budget in USDC run while the sequencer
// is up, are denied while it is down and for the grace after it, and run again;
// then the cross-check goes its own way, which lasts until the operator's word.
func TestSequencerDownStopsConvertedCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.initialise()
	feeds := w.aggregators(0, 8)
	sequencer, cross := feeds[0], feeds[1]
	sequencer.says(0)
	cross.says(100_020_000)
	config := strings.Replace(w.config("acme", w.chain.ChainID()), "    max_fee_gwei: 100\n",
		fmt.Sprintf("    max_fee_gwei: 100\n    sequencer: {address: %q, grace_seconds: 2}\n", sequencer.at), 1)
	config = strings.Replace(config, "settlement:\n", fmt.Sprintf("  pairs:\n  - pair: USDC/USD\n    cross_check: {chain: devnet, address: %q, decimals: 8, heartbeat_seconds: 3600, divergence_bps: 100}\n"+
		"settlement:\n", cross.at), 1)
	w.write("acme/chio-node.yaml", config+"budgets:\n  - {id: coins, window: total, max_cost: 10 USDC}\n")
	w.acme.start()
	w.acme.serve()
	w.acme.ok(nil, "capability", "issue", "--agent", "local", "--server", "files", "--tool", "*")
	w.globex.ok(nil, "oracle", "sign", "--value", "100000000", "--out", w.path("globex.price"))
	w.acme.ok(nil, "oracle", "sign", "--value", "100000000", "--out", w.path("acme.price"))
	w.acme.ok(nil, "oracle", "import", w.path("acme.price"), w.path("globex.price"))

	w.pairIs("live")
	w.charged("")
	sequencer.says(1)
	w.pairIs("sequencer_down")
	if r := w.acme.run("oracle", "status"); r.exit != node.ExitDenied {
		t.Errorf("%s", r)
	}
	w.charged("CHIO-BUDGET-CURRENCY")
	sequencer.says(0)
	w.pairIs("live") // after the grace
	w.charged("")
	cross.says(101_000_000) // 100 bps: the bound is inclusive
	w.crossIs("1.01")
	w.pairIs("live")
	cross.says(101_000_001)
	w.pairIs("tripped")
	cross.says(100_000_000)
	w.crossIs("1")
	w.pairIs("tripped")
	w.charged("CHIO-BUDGET-CURRENCY")
	w.acme.ok(nil, "oracle", "reset", "USDC/USD", "--word", "the feed was wrong, and said so")
	w.pairIs("live")
	w.charged("")
}

func (w *world) status() *node.PairStatus {
	var s node.OracleStatus
	if err := w.acme.post("oracle/status", node.OracleStatusRequest{}, &s); err != nil || len(s.Pairs) != 1 {
		w.t.Fatalf("%+v, %v", s, err)
	}
	return &s.Pairs[0]
}

func (w *world) pairIs(state string) {
	w.t.Helper()
	eventually(w.t, "the pair is "+state, func() error {
		if s := w.status(); s.State != state || len(s.Sequencers) != 1 || s.CrossCheck == nil || state != "live" && s.Problem == "" {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
}

func (w *world) crossIs(price string) {
	w.t.Helper()
	eventually(w.t, "the cross-check says "+price, func() error {
		if s := w.status(); s.CrossCheck.Price != price {
			return fmt.Errorf("%+v", s.CrossCheck)
		}
		return nil
	})
}

// charged calls a priced tool; a price counts within a second.
func (w *world) charged(code string) {
	w.t.Helper()
	eventually(w.t, "a call is answered with code "+code, func() error {
		if a := w.acme.call("local", "files", "read_file", readNote); a.Code != code {
			return fmt.Errorf("%+v", a)
		}
		return nil
	})
}
