package node

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// ExampleConfig is the full commented configuration; a test loads it.
//
//go:embed example.yaml
var ExampleConfig []byte

// Config is what an operator writes in chio-node.yaml. Every key is optional;
// what each default is stands in example.yaml.
type Config struct {
	Name       string           `yaml:"name"`
	Policy     string           `yaml:"policy"` // file, relative to the home, or builtin:default
	P2P        P2PConfig        `yaml:"p2p"`
	API        APIConfig        `yaml:"api"`
	Currencies map[string]int   `yaml:"currencies"`
	Federation FederationConfig `yaml:"federation"`
	Chains     []ChainConfig    `yaml:"chains"`
	Oracle     OracleConfig     `yaml:"oracle"`
	Settlement SettlementConfig `yaml:"settlement"`
	Assurance  AssuranceConfig  `yaml:"assurance"`
	Budgets    []BudgetConfig   `yaml:"budgets"`
	Issuance   IssuanceConfig   `yaml:"issuance"`
	Retention  RetentionConfig  `yaml:"retention"`
	Approvals  ApprovalsConfig  `yaml:"approvals"`
	X402       X402Config       `yaml:"x402"`
	// ContractTools are functions of contracts that agents may call.
	ContractTools []ContractToolConfig `yaml:"contract_tools"`
	Alarms        AlarmsConfig         `yaml:"alarms"`

	Certification CertificationConfig `yaml:"certification"`
	DID           DIDConfig           `yaml:"did"`
	VCAPI         VCAPIConfig         `yaml:"vc_api"`

	IdentityProviders []IdentityProviderConfig `yaml:"identity_providers"`
}

// P2PConfig is the libp2p host.
type P2PConfig struct {
	Listen       []string    `yaml:"listen"`        // multiaddrs
	Relays       []string    `yaml:"relays"`        // multiaddrs that end in /p2p/<id>
	HolePunching bool        `yaml:"hole_punching"` // leave relays when both sides can
	Relay        RelayConfig `yaml:"relay"`
}

// RelayConfig is the relay that this node is for others.
type RelayConfig struct {
	Serve bool `yaml:"serve"` // for peers with a treaty
}

// APIConfig is the operator's HTTP API.
type APIConfig struct {
	Listen string `yaml:"listen"` // host:port, loopback only
}

// FederationConfig is how this node meets others.
type FederationConfig struct {
	DefaultTerms        string   `yaml:"default_terms"`   // terms file, relative to the home
	Allow               []string `yaml:"allow"`           // DIDs whose treaties are signed without asking
	AllowListedBy       []string `yaml:"allow_listed_by"` // and of those whom a peer directory of these issuers lists
	SyncIntervalSeconds int64    `yaml:"sync_interval_seconds"`
	// DirectoryRefreshSeconds is how often peer directories that have a URL are
	// fetched again; 0: when asked to.
	DirectoryRefreshSeconds int64 `yaml:"directory_refresh_seconds"`
	// Passport is the file that vouches for this organisation, relative to the
	// home; it is shown to whoever asks for our terms.
	Passport string `yaml:"passport"`
	// MinimumPassport is what a peer must show of itself; nil: nothing. With
	// BelowMinimum review an operator may sign all the same.
	MinimumPassport *passport.Policy `yaml:"minimum_passport"`
	BelowMinimum    string           `yaml:"below_minimum"` // refuse (default) or review
	MinimumBond     string           `yaml:"minimum_bond"`  // refused: nothing judges it
}

// ChainConfig is one EVM chain.
type ChainConfig struct {
	Name          string `yaml:"name"`
	ChainID       uint64 `yaml:"chain_id"`
	RPC           string `yaml:"rpc"`
	Token         string `yaml:"token"`   // 0x…, USDC
	Channel       string `yaml:"channel"` // 0x…, ChioChannel
	Confirmations uint64 `yaml:"confirmations"`
	MaxFeeGwei    uint64 `yaml:"max_fee_gwei"`

	RPCs             []string `yaml:"rpcs"` // further endpoints of the same chain
	AgreeAboveMinor  uint64   `yaml:"agree_above_minor"`
	BumpAfterBlocks  uint64   `yaml:"bump_after_blocks"`
	CloseMaxFeeGwei  uint64   `yaml:"close_max_fee_gwei"`
	GasMarginPercent uint64   `yaml:"gas_margin_percent"`
	Heads            uint64   `yaml:"heads"`

	Sequencer *SequencerConfig `yaml:"sequencer"`
}

// OracleConfig names whose price rounds count.
type OracleConfig struct {
	Operators     []string `yaml:"operators"` // 0x… addresses of oracle keys
	MinOperators  int      `yaml:"min_operators"`
	MaxAgeSeconds int64    `yaml:"max_age_seconds"`
	MarginBps     uint32   `yaml:"margin_bps"`
	DivergenceBps uint32   `yaml:"max_divergence_bps"`
	Signers       string   `yaml:"signers"` // file that says whose foreign payloads count

	Pairs []PricePairConfig `yaml:"pairs"`
}

// SettlementConfig is how this node pays and is paid.
type SettlementConfig struct {
	Chain      string `yaml:"chain"` // name of the chain that our terms name if they name none
	AutoRedeem bool   `yaml:"auto_redeem"`
	Offchain   bool   `yaml:"offchain"` // operators pay outside, and confirm here

	// Keystore, if set, is the settlement key instead of the home's own: a file of
	// Web3 Secret Storage, version 3, and the file with its password.
	Keystore     string `yaml:"keystore"`
	PasswordFile string `yaml:"password_file"`
	// Signer, if set, keeps the settlement key in another process.
	Signer SignerConfig `yaml:"signer"`

	Stripe StripeConfig `yaml:"stripe"`
}

// ErrConfig wraps every problem of a configuration.
var ErrConfig = errors.New("configuration")

// ParseConfig reads one YAML document strictly: an unknown key, a second
// document or a value out of range is an error that names the line.
func ParseConfig(doc []byte) (*Config, error) {
	c := defaultConfig()
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: the file holds more than one document", ErrConfig)
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return c, nil
}

func defaultConfig() *Config {
	return &Config{
		Name:       "local",
		Policy:     "policy.yaml",
		P2P:        P2PConfig{Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"}, HolePunching: true},
		API:        APIConfig{Listen: "127.0.0.1:0"},
		Federation: FederationConfig{DefaultTerms: "terms.yaml", SyncIntervalSeconds: 30},
		Retention:  RetentionConfig{Dir: "archive"},
		VCAPI:      VCAPIConfig{DIDMethod: methodKey, Suite: "eddsa-jcs-2022"},
		Approvals:  ApprovalsConfig{Threshold: 1, TTLSeconds: approval.DefaultTTLSeconds},
		DID:        DIDConfig{ResolveWeb: true},
		X402: X402Config{Sell: X402SellConfig{Agent: "x402", TimeoutSeconds: 300, Tiers: []X402Tier{{"1000 USDC", 1}, {"10000 USDC", 12}},
			Batch: X402BatchConfig{WithdrawDelaySeconds: 24 * 3600, MinDeposit: "1 USDC", ClaimAbove: "5 USDC", ClaimAfterSeconds: 3600}}, Buy: X402BuyConfig{Server: "x402"}},
		Oracle: OracleConfig{MinOperators: 2, MaxAgeSeconds: 3600, MarginBps: 200, DivergenceBps: 500},
	}
}

var (
	namePattern    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	addressPattern = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
)

func (c *Config) validate() error {
	if !namePattern.MatchString(c.Name) {
		return fmt.Errorf("name %.80q: use 1 to 64 letters, digits, '.', '_' or '-'", c.Name)
	}
	if err := loopback(c.API.Listen); err != nil {
		return fmt.Errorf("api.listen: %w", err)
	}
	if err := p2p.CheckRelays(c.P2P.Relays); err != nil {
		return fmt.Errorf("p2p.relays: %w", err)
	}
	for code, decimals := range c.Currencies {
		if code != strings.ToUpper(code) || len(code) < 3 || len(code) > 8 || decimals < 0 || decimals > 12 {
			return fmt.Errorf("currencies.%s: use an upper-case code of 3 to 8 letters and 0 to 12 decimals", code)
		}
	}
	for key, list := range map[string][]string{"allow": c.Federation.Allow, "allow_listed_by": c.Federation.AllowListedBy} {
		for _, d := range list {
			if _, err := did.Parse(d); err != nil {
				return fmt.Errorf("federation.%s: %w", key, err)
			}
		}
	}
	if s := c.Federation.DirectoryRefreshSeconds; s != 0 && s < minDirectoryRefresh {
		return fmt.Errorf("federation.directory_refresh_seconds: %d is less than %d; 0 fetches only when asked to", s, minDirectoryRefresh)
	}
	if err := c.Federation.validatePassports(); err != nil {
		return err
	}
	if c.Federation.SyncIntervalSeconds < 1 {
		return errors.New("federation.sync_interval_seconds: must be at least 1")
	}
	if err := c.Oracle.validate(); err != nil {
		return err
	}
	if err := c.Issuance.validate(c.currencies()); err != nil {
		return err
	}
	if err := c.Retention.validate(); err != nil {
		return err
	}
	if err := c.Approvals.validate(); err != nil {
		return err
	}
	if err := c.Certification.validate(); err != nil {
		return err
	}
	if err := c.DID.validate(); err != nil {
		return err
	}
	if err := c.VCAPI.validate(); err != nil {
		return err
	}
	if err := c.validateIdentityProviders(); err != nil {
		return err
	}
	if err := c.validateBudgets(); err != nil {
		return err
	}
	if _, err := c.Assurance.keys(); err != nil {
		return err
	}
	names, ids := map[string]bool{}, map[uint64]bool{}
	for i, ch := range c.Chains {
		if err := ch.validate(); err != nil {
			return fmt.Errorf("chains[%d]: %w", i, err)
		}
		if names[ch.Name] {
			return fmt.Errorf("chains[%d]: a second chain is named %q", i, ch.Name)
		}
		if ids[ch.ChainID] {
			return fmt.Errorf("chains[%d]: a second entry for chain id %d; one entry holds everything of a chain", i, ch.ChainID)
		}
		names[ch.Name], ids[ch.ChainID] = true, true
	}
	for i, p := range c.Oracle.Pairs {
		if p.CrossCheck == nil {
			continue
		}
		if err := p.CrossCheck.validate(names); err != nil {
			return fmt.Errorf("oracle.pairs[%d].%w", i, err)
		}
	}
	if err := c.Settlement.Stripe.validate(); err != nil {
		return err
	}
	if (c.Settlement.Keystore == "") != (c.Settlement.PasswordFile == "") {
		return errors.New("settlement.keystore and settlement.password_file belong together")
	}
	if err := c.Settlement.Signer.validate(); err != nil {
		return err
	}
	if c.Settlement.Keystore != "" && c.Settlement.Signer != (SignerConfig{}) {
		return errors.New("settlement.keystore or settlement.signer: there is one settlement key")
	}
	if s := c.Settlement.Chain; s != "" && !names[s] {
		return fmt.Errorf("settlement.chain: no chain is named %q; add it under chains", s)
	}
	if err := c.validateX402(); err != nil {
		return err
	}
	if err := c.validateContractTools(); err != nil {
		return err
	}
	return c.Alarms.validate()
}

func (o *OracleConfig) validate() error {
	if o.MinOperators < 2 {
		return errors.New("oracle.min_operators: at least 2 distinct operators must agree on a price")
	}
	if len(o.Operators) > 0 && len(o.Operators) < o.MinOperators {
		return fmt.Errorf("oracle.operators: %d listed, min_operators is %d", len(o.Operators), o.MinOperators)
	}
	for _, a := range o.Operators {
		if !addressPattern.MatchString(a) {
			return fmt.Errorf("oracle.operators: %.60q is not a 0x address", a)
		}
	}
	if o.MaxAgeSeconds < 1 || o.MarginBps > 10_000 || o.DivergenceBps > 10_000 {
		return errors.New("oracle: max_age_seconds must be positive, margin_bps and max_divergence_bps at most 10000")
	}
	return o.validatePairs()
}

func (c *ChainConfig) validate() error {
	for _, endpoint := range append([]string{c.RPC}, c.RPCs...) {
		if err := checkEndpoint(endpoint); err != nil {
			return err
		}
	}
	switch {
	case !namePattern.MatchString(c.Name):
		return fmt.Errorf("name %.80q is not a name", c.Name)
	case c.ChainID == 0:
		return errors.New("chain_id is missing")
	case c.Heads != 0 && c.Heads < minHeads:
		return fmt.Errorf("heads: %d is less than %d; a reorganisation is told by the blocks that are remembered", c.Heads, minHeads)
	case c.GasMarginPercent > 400:
		return fmt.Errorf("gas_margin_percent: %d is above 400", c.GasMarginPercent)
	case c.MaxFeeGwei > maxGwei || c.CloseMaxFeeGwei > maxGwei:
		return fmt.Errorf("max_fee_gwei and close_max_fee_gwei are at most %d", maxGwei)
	case !addressPattern.MatchString(c.Token) || !addressPattern.MatchString(c.Channel):
		return errors.New("token and channel must be 0x addresses")
	}
	return c.Sequencer.validate()
}

// The bounds of a chain's figures.
const (
	minHeads = 64
	maxGwei  = 1_000_000
)

// checkEndpoint refuses an RPC address that would show what is asked on the way.
func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("rpc %.120q is not an http(s) URL", endpoint)
	case u.Scheme == "http" && loopback(u.Host) != nil:
		return errors.New("rpc: plain http is for loopback only; use https")
	}
	return nil
}

// loopback refuses an address that other machines can reach.
func loopback(hostport string) error {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return fmt.Errorf("%.80q is not host:port", hostport)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%.80q is not a loopback address; the operator's API is never offered to other machines", hostport)
	}
	return nil
}

// currencies is the built-in registry plus the configured codes.
func (c *Config) currencies() wire.Currencies {
	all := wire.DefaultCurrencies()
	for code, decimals := range c.Currencies {
		all[code] = decimals
	}
	return all
}
