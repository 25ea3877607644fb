package node

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/backbay-labs/chio-node/contracts/devnet"
	"github.com/backbay-labs/chio-node/internal/shop"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// TestI8_ContractTools: an agent buys from a contract. The budget holds the most
// it may cost and is charged what the token moved; receipt, ledger and chain say
// the same.
func TestI8_ContractTools(t *testing.T) {
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	chain, err := devnet.Start(t.Context(), devnet.Config{Listen: "127.0.0.1:0", Ticks: ticks.C})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chain.Stop(); err != nil {
			t.Error(err)
		}
	})
	at := evm.Address(shop.Deploy(t, chain, filepath.Join("..", "contracts", "devnet", "testdata", "Shop.json")))
	m := &market{t: t, chain: chain, rpc: chain.RPC()}
	n := m.node("buyer", func(c *Config) {
		c.ContractTools = []ContractToolConfig{
			{Server: "shop", Tool: "buy", Address: at.String(), Function: "buy(uint256 item, uint256 maxPrice)", Spends: ContractSpendsConfig{Max: "0.0001 USDC", Argument: "maxPrice"},
				GasMax: 300_000, Events: []string{"Bought(address indexed buyer, uint256 indexed item, uint256 price)"}},
			{Server: "shop", Tool: "price", Address: at.String(), Function: "price(uint256 item) returns (uint256 units)", View: true},
		}
	})
	if _, err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	total := wire.MonetaryAmount{Units: 150, Currency: "USDC"}
	if _, err := n.issueCapability(t.Context(), IssueCapability{Agent: localAgent, Server: "shop", Tools: []string{"buy", "price"}, MaxTotal: &total}); err != nil {
		t.Fatal(err)
	}
	ask := func(tool, args string) (*CallAnswer, Contracted) {
		t.Helper()
		out, err := n.call(t.Context(), CallRequest{Server: "shop", Tool: tool, Arguments: wire.Raw(args)})
		if err != nil {
			t.Fatal(err)
		}
		var got Contracted
		if len(out.Content) > 0 {
			if err := wire.Unmarshal(out.Content, &got, wire.ForeignLimits); err != nil {
				t.Fatal(err)
			}
		}
		return out, got
	}
	out, got := ask("price", `{"item":40}`)
	if out.Ended != "allow" || out.Charged != 0 || got.Status != "read" || got.Returns["units"] != "40" || got.Block == 0 {
		t.Fatalf("%+v: %s", out, out.Content)
	}
	out, got = ask("buy", `{"item":40,"maxPrice":60}`)
	if out.Ended != "allow" || out.IsError || out.Charged != 40 || out.Remaining == nil || *out.Remaining != 110 {
		t.Fatalf("%+v: %s", out, out.Content)
	}
	if got.Rail != "evm" || got.Status != "executed" || got.Tx == "" || got.Allowed != 60 || got.Spent != 40 || len(got.Events) != 1 || m.holds(n) != purse-40 {
		t.Fatalf("%s; holds %d", out.Content, m.holds(n))
	}
	out, got = ask("buy", `{"item":13,"maxPrice":60}`)
	if !out.IsError || out.Charged != 0 || got.Status != "reverted" || got.Reason != "sold out" || *out.Remaining != 110 {
		t.Fatalf("%+v: %s", out, out.Content)
	}
	for args, code := range map[string]string{`{"item":1,"maxPrice":101}`: string(kernel.CodeNotDispatched), `{"item":1}`: string(kernel.CodeNotDispatched)} {
		if out, _ := ask("buy", args); out.Ended != "deny" || out.Code != code || out.Charged != 0 {
			t.Fatalf("%s: %+v", args, out)
		}
	}
	if out, _ := ask("buy", `{"item":30,"maxPrice":30}`); out.Ended != "allow" || out.Charged != 30 {
		t.Fatalf("%+v", out)
	}
	if out, _ := ask("buy", `{"item":1,"maxPrice":1}`); out.Ended != "deny" || out.Code != string(kernel.CodeBudgetExceeded) { // 80 are left, 100 would be held
		t.Fatalf("%+v", out)
	}
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err := chain.Finalize(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := n.contracts.bring(t.Context()); err != nil {
			t.Fatal(err)
		}
		if open, err := evm.OpenCalls(n.db); err != nil {
			t.Fatal(err)
		} else if !open {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a call stays open")
		}
	}
	v := do[LedgerVerdict](t, n, "ledger/verify", Empty{})
	if len(v.Differences) > 0 || v.Facts != 2 {
		t.Fatalf("%+v", v)
	}
	if b := do[LedgerAccounts](t, n, "ledger/balance", ByID{ID: "expense"}).Accounts; len(b) != 1 || b[0].Debits != 70 || m.holds(n) != purse-70 {
		t.Fatalf("%+v, holds %d", b, m.holds(n))
	}
	var e exposition
	if err := n.measureGas(&e); err != nil || !strings.Contains(e.out.String(), `chio_gas_spent_gwei_total{chain="devnet"} `) || strings.Contains(e.out.String(), `"devnet"} 0`) {
		t.Fatalf("%s, %v", e.out.String(), err)
	}
	calls := do[ContractCalls](t, n, "contract/calls", ListX402{Limit: 2})
	if len(calls.Calls) != 2 || calls.Next == "" || len(do[ContractCalls](t, n, "contract/calls", ListX402{After: calls.Next}).Calls) != 1 {
		t.Fatalf("%+v", calls)
	}
	if tools := do[ContractTools](t, n, "contract/tools", Empty{}).Tools; len(tools) != 2 || !strings.Contains(string(tools[0].Schema), `"additionalProperties":false`) {
		t.Fatalf("%+v", tools)
	}
}

// TestContractToolsConfig: an entry that could cost more than it says is refused.
func TestContractToolsConfig(t *testing.T) {
	const token, channel, other = "0x0000000000000000000000000000000000000001", "0x0000000000000000000000000000000000000002", "0x0000000000000000000000000000000000000003"
	good := ContractToolConfig{Server: "shop", Tool: "buy", Address: other, Function: "buy(uint256 item, uint256 most)", GasMax: 100_000,
		Spends: ContractSpendsConfig{Max: "1 USDC", Argument: "most"}}
	check := func(change func(*ContractToolConfig)) error {
		c := defaultConfig()
		c.Chains = []ChainConfig{{Name: "devnet", ChainID: 1337, RPC: "http://127.0.0.1:1", Token: token, Channel: channel}}
		entry := good
		change(&entry)
		c.ContractTools = []ContractToolConfig{entry}
		c.Settlement.Chain = "devnet"
		return c.validate()
	}
	if err := check(func(*ContractToolConfig) {}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*ContractToolConfig){
		"no gas_max":           func(c *ContractToolConfig) { c.GasMax = 0 },
		"too much gas":         func(c *ContractToolConfig) { c.GasMax = maxGas + 1 },
		"the token":            func(c *ContractToolConfig) { c.Address = token },
		"the channel":          func(c *ContractToolConfig) { c.Address = channel },
		"no such argument":     func(c *ContractToolConfig) { c.Spends.Argument = "much" },
		"argument without max": func(c *ContractToolConfig) { c.Spends.Max = "" },
		"another currency":     func(c *ContractToolConfig) { c.Spends.Max = "1 USD" },
		"a view that spends":   func(c *ContractToolConfig) { c.View, c.GasMax = true, 0 },
		"no address":           func(c *ContractToolConfig) { c.Address = "0x12" },
		"no function":          func(c *ContractToolConfig) { c.Function = "buy" },
		"no event":             func(c *ContractToolConfig) { c.Events = []string{"Bought"} },
		"no chain":             func(c *ContractToolConfig) { c.Chain = "moon" },
		"no name":              func(c *ContractToolConfig) { c.Tool = "a/b" },
	} {
		if check(change) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
