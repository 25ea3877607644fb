package node

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// ContractToolConfig makes one function of a contract a tool.
type ContractToolConfig struct {
	Server   string `yaml:"server"` // name of the tool server; several tools may share it
	Tool     string `yaml:"tool"`
	Chain    string `yaml:"chain"` // by name; default settlement.chain
	Address  string `yaml:"address"`
	Function string `yaml:"function"` // name(type name, …), a view also: returns (type name, …)
	// View asks at the newest block and signs nothing: free.
	View        bool                 `yaml:"view"`
	Spends      ContractSpendsConfig `yaml:"spends"`
	GasMax      uint64               `yaml:"gas_max"` // most gas of the call itself
	Events      []string             `yaml:"events"`  // of the contract, decoded into the result
	Description string               `yaml:"description"`
}

// ContractSpendsConfig is what a call may take of the chain's token.
type ContractSpendsConfig struct {
	Max      string `yaml:"max"`      // in USDC: held for a call; empty: it takes nothing
	Argument string `yaml:"argument"` // whose value, in minor units, is allowed instead, up to max
}

// maxGas is more than any block holds.
const maxGas = 100_000_000

// maxContractEvents bounds the events of one tool.
const maxContractEvents = 16

// contractTool is an entry as it is used.
type contractTool struct {
	config   *ContractToolConfig
	chain    *ChainConfig
	to       evm.Address
	function *evm.Function
	events   []*evm.EventType
	most     uint64 // minor units; 0: it takes nothing
}

func (c *Config) validateContractTools() error {
	seen := map[[2]string]bool{}
	for i := range c.ContractTools {
		t, err := c.contractTool(&c.ContractTools[i])
		if err != nil {
			return fmt.Errorf("contract_tools[%d]: %w", i, err)
		}
		key := [2]string{t.config.Server, t.config.Tool}
		if seen[key] {
			return fmt.Errorf("contract_tools[%d]: there is another tool %s of server %s", i, key[1], key[0])
		}
		if c.X402.Buy.Server == key[0] && len(c.X402.Buy.Tools) > 0 {
			return fmt.Errorf("contract_tools[%d].server: %q is the server of x402.buy", i, key[0])
		}
		seen[key] = true
	}
	return nil
}

func (c *Config) contractTool(t *ContractToolConfig) (_ *contractTool, err error) {
	out := &contractTool{config: t}
	if !namePattern.MatchString(t.Server) || !namePattern.MatchString(t.Tool) {
		return nil, fmt.Errorf("server %.80q and tool %.80q must be names", t.Server, t.Tool)
	}
	if out.chain, err = c.x402Chain(t.Chain); err != nil {
		return nil, err
	}
	if out.to, err = evm.ParseAddress(t.Address); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if out.function, err = evm.ParseFunction(t.Function); err != nil {
		return nil, fmt.Errorf("function: %w", err)
	}
	for _, text := range t.Events {
		kind, err := evm.ParseEvent(text)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		out.events = append(out.events, kind)
	}
	return out, out.spending(c)
}

// spending checks what an entry may take.
func (t *contractTool) spending(c *Config) error {
	s := &t.config.Spends
	switch {
	case t.config.View && (s.Max != "" || s.Argument != "" || t.config.GasMax > 0 || len(t.events) > 0):
		return errors.New("a view has neither spends, gas_max nor events")
	case t.config.View:
		return nil
	case t.config.GasMax == 0 || t.config.GasMax > maxGas:
		return fmt.Errorf("gas_max: %d is not within 1 and %d", t.config.GasMax, maxGas)
	case len(t.events) > maxContractEvents:
		return fmt.Errorf("events: at most %d", maxContractEvents)
	case s.Argument != "" && !t.function.Has(s.Argument):
		return fmt.Errorf("spends.argument: %.80q is no unsigned integer of the function", s.Argument)
	case s.Max == "" && s.Argument != "":
		return errors.New("spends.max: is missing")
	case t.to.String() == lower(t.chain.Token) || t.to.String() == lower(t.chain.Channel):
		return errors.New("address: the token and the channel contract are not called as tools: no allowance bounds them")
	case s.Max == "":
		return nil
	}
	most, err := c.usdc(s.Max)
	if err != nil {
		return fmt.Errorf("spends.max: %w", err)
	}
	t.most = most.Units
	return nil
}

// lower is an address in the one spelling that evm.Address prints, "" if it is none.
func lower(address string) string {
	a, err := evm.ParseAddress(address)
	if err != nil {
		return ""
	}
	return a.String()
}
