package node

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/x402"
	"github.com/backbay-labs/chio-node/wire"
)

// X402Config is how this node is paid and pays per HTTP call.
type X402Config struct {
	Sell X402SellConfig `yaml:"sell"`
	Buy  X402BuyConfig  `yaml:"buy"`
}

// X402SellConfig offers tools of ours over HTTP to whoever pays. It is off
// unless Listen is set.
type X402SellConfig struct {
	Listen    string `yaml:"listen"`     // host:port; beyond loopback only with TLS
	PublicURL string `yaml:"public_url"` // where others reach it
	TLSCert   string `yaml:"tls_cert"`   // PEM files, relative to the home
	TLSKey    string `yaml:"tls_key"`
	Chain     string `yaml:"chain"` // by name; default settlement.chain
	Agent     string `yaml:"agent"` // in whose name the calls run
	// TimeoutSeconds is how long a payment may stay valid.
	TimeoutSeconds uint64 `yaml:"timeout_seconds"`
	// Tiers say how deep in the chain a payment must be before its result is
	// given, by its amount, ascending. Above the last one it must be final.
	Tiers []X402Tier      `yaml:"tiers"`
	Batch X402BatchConfig `yaml:"batch"`
	Tools []X402SaleTool  `yaml:"tools"`
}

// X402BatchConfig takes payments from deposits, too. It is off unless Contract is
// set.
type X402BatchConfig struct {
	Contract             string `yaml:"contract"`               // of x402 batch-settlement, on the chain that pays
	Collector            string `yaml:"collector"`              // its collector of deposits by EIP-3009
	WithdrawDelaySeconds uint64 `yaml:"withdraw_delay_seconds"` // that a payer waits for what it takes back
	MinDeposit           string `yaml:"min_deposit"`            // in USDC
	ClaimAbove           string `yaml:"claim_above"`            // in USDC: unclaimed of one channel at most
	ClaimAfterSeconds    uint64 `yaml:"claim_after_seconds"`    // unclaimed for so long at most
}

// X402Tier asks for that many blocks, the payment's own included, of payments up
// to an amount.
type X402Tier struct {
	UpTo          string `yaml:"up_to"` // in USDC
	Confirmations uint64 `yaml:"confirmations"`
}

// X402SaleTool is one tool for sale.
type X402SaleTool struct {
	Path        string `yaml:"path"` // of the URL
	Server      string `yaml:"server"`
	Tool        string `yaml:"tool"`
	Price       string `yaml:"price"` // in USDC
	Description string `yaml:"description"`
}

// X402BuyConfig makes resources of others tools of this node.
type X402BuyConfig struct {
	Chain  string        `yaml:"chain"`  // by name; default settlement.chain
	Server string        `yaml:"server"` // name of the tool server
	Tools  []X402BuyTool `yaml:"tools"`
}

// X402BuyTool is one resource that costs money.
type X402BuyTool struct {
	Name     string `yaml:"name"`
	URL      string `yaml:"url"`
	Method   string `yaml:"method"`    // GET or POST (default)
	MaxPrice string `yaml:"max_price"` // in USDC: held for a call, and the most that is signed
}

// x402Currency is what tokens count as in prices, budgets and ledger.
const x402Currency = "USDC"

var sellPath = regexp.MustCompile(`^/[A-Za-z0-9][A-Za-z0-9._~/-]{0,199}$`)

func (c *Config) validateX402() error {
	if err := c.validateX402Sell(); err != nil {
		return fmt.Errorf("x402.sell: %w", err)
	}
	if err := c.validateX402Buy(); err != nil {
		return fmt.Errorf("x402.buy: %w", err)
	}
	return nil
}

func (c *Config) validateX402Sell() error {
	s := &c.X402.Sell
	if s.Listen == "" {
		if len(s.Tools) > 0 || s.PublicURL != "" || s.TLSCert != "" || s.TLSKey != "" {
			return errors.New("listen is not set, so that nothing of it takes effect")
		}
		return c.validateSaleBatch() // what was sold is claimed all the same
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return errors.New("tls_cert and tls_key belong together")
	}
	if err := loopback(s.Listen); err != nil && s.TLSCert == "" {
		return fmt.Errorf("listen: %.80q is not a loopback address: beyond this machine it needs tls_cert and tls_key", s.Listen)
	}
	if u, err := url.Parse(s.PublicURL); s.PublicURL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		return fmt.Errorf("public_url: %.140q is not an https URL", s.PublicURL)
	}
	if _, err := c.x402Chain(s.Chain); err != nil {
		return err
	}
	if !namePattern.MatchString(s.Agent) {
		return fmt.Errorf("agent: %.80q is not a name", s.Agent)
	}
	if s.TimeoutSeconds < minSaleTimeout || s.TimeoutSeconds > maxSaleTimeout {
		return fmt.Errorf("timeout_seconds: %d is not within %d and %d", s.TimeoutSeconds, minSaleTimeout, maxSaleTimeout)
	}
	if _, err := c.saleTiers(); err != nil {
		return fmt.Errorf("tiers%w", err)
	}
	if err := c.validateSaleBatch(); err != nil {
		return err
	}
	if len(s.Tools) == 0 {
		return errors.New("tools: name at least one tool for sale")
	}
	seen := map[string]bool{}
	for i, t := range s.Tools {
		switch {
		case !sellPath.MatchString(t.Path) || seen[t.Path]:
			return fmt.Errorf("tools[%d].path: %.80q is not a path of its own, such as /read", i, t.Path)
		case t.Server == "" || isRemote(t.Server) || t.Tool == "":
			return fmt.Errorf("tools[%d]: server and tool name a tool of this node", i)
		}
		if _, err := c.usdc(t.Price); err != nil {
			return fmt.Errorf("tools[%d].price: %w", i, err)
		}
		seen[t.Path] = true
	}
	return nil
}

// maxConfirmations is more than a chain needs that has no final block.
const maxConfirmations = 10_000

// saleTiers reads the tiers of sales.
func (c *Config) saleTiers() ([]x402.Tier, error) {
	var out []x402.Tier
	for i, t := range c.X402.Sell.Tiers {
		amount, err := c.usdc(t.UpTo)
		if err != nil {
			return nil, fmt.Errorf("[%d].up_to: %w", i, err)
		}
		if t.Confirmations == 0 || t.Confirmations > maxConfirmations {
			return nil, fmt.Errorf("[%d].confirmations: %d is not within 1 and %d", i, t.Confirmations, maxConfirmations)
		}
		if i > 0 && (amount.Units <= out[i-1].UpTo || t.Confirmations < out[i-1].Confirmations) {
			return nil, fmt.Errorf("[%d]: more money asks for no fewer blocks, and tiers are in ascending order", i)
		}
		out = append(out, x402.Tier{UpTo: amount.Units, Confirmations: t.Confirmations})
	}
	return out, nil
}

func (c *Config) validateSaleBatch() error {
	batch, err := c.saleBatch()
	if err != nil {
		return fmt.Errorf("batch.%w", err)
	}
	if batch != nil {
		_, err = c.x402Chain(c.X402.Sell.Chain)
	}
	return err
}

// saleBatch reads how payments from deposits are taken, but for the chain; nil: they
// are not.
func (c *Config) saleBatch() (*x402.BatchSeller, error) {
	b := &c.X402.Sell.Batch
	if b.Contract == "" {
		if b.Collector != "" {
			return nil, errors.New("contract: it is not set, so that nothing of batch takes effect")
		}
		return nil, nil
	}
	out := &x402.BatchSeller{ClaimAfter: int64(b.ClaimAfterSeconds)}
	for _, a := range []struct {
		name, text string
		into       *evm.Address
	}{{"contract", b.Contract, &out.Terms.Contract.Address}, {"collector", b.Collector, &out.Terms.Contract.Collector}} {
		address, err := evm.ParseAddress(a.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		*a.into = address
	}
	out.Terms.WithdrawDelay = b.WithdrawDelaySeconds
	if d := b.WithdrawDelaySeconds; d < evm.MinBatchDelay || d > evm.MaxBatchDelay {
		return nil, fmt.Errorf("withdraw_delay_seconds: %d is not within %d and %d", d, evm.MinBatchDelay, evm.MaxBatchDelay)
	}
	if a := b.ClaimAfterSeconds; a < minClaimAfter || a > b.WithdrawDelaySeconds {
		return nil, fmt.Errorf("claim_after_seconds: %d is not within %d and the delay of withdrawals", a, minClaimAfter)
	}
	for _, a := range []struct {
		name, text string
		into       *uint64
	}{{"min_deposit", b.MinDeposit, &out.Terms.MinDeposit}, {"claim_above", b.ClaimAbove, &out.ClaimAbove}} {
		amount, err := c.usdc(a.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		*a.into = amount.Units
	}
	return out, nil
}

// minClaimAfter is what is claimed at most so often, in seconds.
const minClaimAfter = 60

// The bounds of how long a payment may stay valid, in seconds: long enough to be
// mined, short enough to be quoted for.
const (
	minSaleTimeout = 60
	maxSaleTimeout = 3600
)

func (c *Config) validateX402Buy() error {
	b := &c.X402.Buy
	if len(b.Tools) == 0 {
		return nil
	}
	if _, err := c.x402Chain(b.Chain); err != nil {
		return err
	}
	if !namePattern.MatchString(b.Server) {
		return fmt.Errorf("server: %.80q is not a name", b.Server)
	}
	seen := map[string]bool{}
	for i, t := range b.Tools {
		if !namePattern.MatchString(t.Name) || seen[t.Name] {
			return fmt.Errorf("tools[%d].name: %.80q is not a name of its own", i, t.Name)
		}
		seen[t.Name] = true
		if t.Method != "" && t.Method != http.MethodGet && t.Method != http.MethodPost {
			return fmt.Errorf("tools[%d].method: %.20q: use GET or POST", i, t.Method)
		}
		if u, err := url.Parse(t.URL); err != nil || u.User != nil || u.Fragment != "" || checkEndpoint(t.URL) != nil {
			return fmt.Errorf("tools[%d].url: %.140q is neither https nor on this machine", i, t.URL)
		}
		if _, err := c.usdc(t.MaxPrice); err != nil {
			return fmt.Errorf("tools[%d].max_price: %w", i, err)
		}
	}
	return nil
}

// usdc reads a price that is paid in tokens.
func (c *Config) usdc(text string) (wire.MonetaryAmount, error) {
	a, err := c.currencies().Parse(text)
	if err == nil && (a.Currency != x402Currency || a.Units == 0) {
		err = fmt.Errorf("%.40q is not an amount of %s", text, x402Currency)
	}
	return a, err
}

// x402Chain is the chain of that name, or the one this node settles on.
func (c *Config) x402Chain(name string) (*ChainConfig, error) {
	if name == "" {
		name = c.Settlement.Chain
	}
	for i := range c.Chains {
		if c.Chains[i].Name == name {
			return &c.Chains[i], nil
		}
	}
	return nil, fmt.Errorf("chain: no chain is named %q; add it under chains", name)
}
