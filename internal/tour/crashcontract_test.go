//go:build unix

package tour

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/backbay-labs/chio-node/internal/shop"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/settlement/evm"
)

// TestI7_KillContractCall kills the node at every step of a call of a contract.
// The contract takes its price at most once, what was allowed is withdrawn, and
// the books say what the chain says.
func TestI7_KillContractCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.initialise()
	at := evm.Address(shop.Deploy(t, w.chain, filepath.Join("..", "..", "contracts", "devnet", "testdata", "Shop.json")))
	w.write("acme/chio-node.yaml", w.config("acme", w.chain.ChainID())+fmt.Sprintf(
		"contract_tools:\n  - {server: shop, tool: buy, address: %q, function: \"buy(uint256 item, uint256 maxPrice)\", spends: {max: 0.0001 USDC, argument: maxPrice}, gas_max: 300000}\n", at))
	w.acme.start()
	w.acme.ok(nil, "capability", "issue", "--agent", "researcher", "--server", "shop", "--tool", "buy", "--max-total", "1.00 USDC")
	start := w.usdc(w.acme.status.Settlement)
	const price = 40 // an item costs what its number is, in token units
	buy := []string{"--json", "call", "--agent", "researcher", "shop", "buy", `{"item":40,"maxPrice":60}`}

	var spent uint64
	for _, c := range []struct {
		failpoint string
		hit       int
		happens   bool
	}{
		{"call.recorded", 1, false},
		{"tx.persisted", 1, false}, // the allowance: it is mined, and withdrawn
		{"call.allowed", 1, false},
		{"tx.persisted", 2, true}, // the call
		{"call.mined", 1, true},
		{"tx.persisted", 3, true}, // the withdrawal
	} {
		name := fmt.Sprintf("%s#%d", c.failpoint, c.hit)
		w.acme.arm(c.failpoint, c.hit)
		calling := spawn(t, "call", w.dir, w.acme.env(), nodeProgram, buy...)
		w.acme.crashed()
		calling.wait()
		w.acme.start()
		if c.happens {
			spent += price
		}
		eventually(t, name+": nothing is under way, and nothing stays allowed", func() error {
			var list node.ContractCalls
			if err := w.acme.post("contract/calls", node.ListX402{}, &list); err != nil {
				return err
			}
			for _, call := range list.Calls {
				if call.State == evm.CallOpen || call.Granted {
					return fmt.Errorf("%+v", call)
				}
			}
			if got := w.usdc(w.acme.status.Settlement); got != start-spent {
				return fmt.Errorf("the account went from %d to %d, spent %d", start, got, spent)
			}
			return nil
		})
	}
	if a := w.acme.call("researcher", "shop", "buy", `{"item":40,"maxPrice":60}`); a.Verdict != "allow" || a.Charged != price {
		t.Fatalf("%+v", a)
	}
	spent += price
	eventually(t, "the books say so", func() error {
		if err := w.chain.Finalize(t.Context()); err != nil {
			return err
		}
		var balance node.LedgerAccounts
		var v node.LedgerVerdict
		if err := errors.Join(w.acme.post("ledger/balance", node.ByID{ID: "expense"}, &balance), w.acme.post("ledger/verify", node.Empty{}, &v)); err != nil {
			return err
		}
		var booked uint64
		for _, a := range balance.Accounts {
			booked += a.Debits - a.Credits
		}
		if booked != spent || len(v.Differences) > 0 {
			return fmt.Errorf("%d booked, %d spent; %v", booked, spent, v.Differences)
		}
		return nil
	})
	w.acme.audit()
}
