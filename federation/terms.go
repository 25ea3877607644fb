package federation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrTerms refuses terms that cannot be attested: outside the portable subset,
// out of range, or incomplete.
var ErrTerms = errors.New("federation terms")

// The bounds of terms. A list that reaches one is refused, never cut.
const (
	maxSurface     = 512
	maxCurrencies  = 16
	maxOperators   = 8
	maxGuardNames  = 64
	maxTermSeconds = 366 * 24 * 3600
	maxMarginBps   = 10_000
	// DefaultTTLSeconds is how long an attestation counts if terms name no
	// other time: thirty days.
	DefaultTTLSeconds = 30 * 24 * 3600
	// DefaultMaxStalenessSeconds bounds the age of a peer's revocation epoch.
	DefaultMaxStalenessSeconds = 300
)

// Terms are what an operator writes for a peer: config federation.default_terms
// or the file of --terms. Sections are in the portable subset of the policy
// language. Absent and empty differ: no list is no limit, an empty list is
// nothing.
type Terms struct {
	Ingress            policy.Section   `json:"ingress"` // what the peer's agents may do here
	Egress             policy.Section   `json:"egress"`  // what my agents may do there
	CapabilitySurface  []SurfaceTool    `json:"capability_surface,omitzero"`
	AcceptedCurrencies []string         `json:"accepted_currencies,omitzero"`
	Money              *MoneyTerms      `json:"money,omitzero"`
	Settlement         *SettlementTerms `json:"settlement,omitzero"`
	Oracle             *OracleTerms     `json:"oracle,omitzero"`
	Revocation         RevocationTerms  `json:"revocation,omitzero"`
	TTLSeconds         int64            `json:"ttl_seconds,omitzero"`
}

// SurfaceTool is one tool that the attesting organisation offers. "*" stands
// for every server or tool; the most specific entry wins. Price is the worst
// case of one call, absent for a free tool.
type SurfaceTool struct {
	Server     string                 `json:"server"`
	Tool       string                 `json:"tool"`
	Operations []capability.Operation `json:"operations"`
	Price      *wire.MonetaryAmount   `json:"price,omitzero"`
}

// MoneyTerms bound what may be owed between two settlements, in minor units of
// Currency, the currency of prices; SettleCurrency is what pays.
type MoneyTerms struct {
	Currency            string `json:"currency"`
	SettleCurrency      string `json:"settle_currency"`
	CreditMinor         uint64 `json:"credit_minor"`
	MaxUnvoucheredMinor uint64 `json:"max_unvouchered_minor"`
}

// SettlementTerms say where money moves: a CAIP-2 chain, and addresses as 0x
// and 40 lowercase hex characters. Rail is one of settlement's, absent for a
// channel; what a rail has no use for is empty: the contract of a note, and
// everything where no chain is involved.
type SettlementTerms struct {
	Rail            string `json:"rail,omitzero"`
	ChainID         string `json:"chain_id"`
	Token           string `json:"token"`
	ChannelContract string `json:"channel_contract"`
	Address         string `json:"settlement_address"`
}

// OracleTerms say which price rounds count.
type OracleTerms struct {
	Operators        []string `json:"operators"` // addresses of their keys
	MinOperators     int      `json:"min_operators"`
	MaxAgeSeconds    int64    `json:"max_age_seconds"`
	MaxDivergenceBps uint32   `json:"max_divergence_bps"`
	MarginBps        uint32   `json:"margin_bps"`
}

// RevocationTerms bound the age of the peer's revocation epoch for a paid or
// destructive call.
type RevocationTerms struct {
	MaxStalenessSeconds int64 `json:"max_staleness_seconds"`
}

// fill returns the terms with what the node knows about itself: its settlement
// address, its oracle key, its tools, and the default times.
func (t Terms) fill(self Self) Terms {
	if t.CapabilitySurface == nil && self.Surface != nil {
		t.CapabilitySurface = self.Surface()
	}
	if t.Settlement != nil {
		c := *t.Settlement
		c.Token, c.ChannelContract = strings.ToLower(c.Token), strings.ToLower(c.ChannelContract)
		if c.Rail == settlement.RailChannel {
			c.Rail = "" // one spelling, one digest
		}
		if c.Address == "" && settlement.OnChain(c.Rail) {
			c.Address = self.SettlementAddress
		}
		c.Address = strings.ToLower(c.Address)
		t.Settlement = &c
	}
	if t.Oracle != nil {
		c := *t.Oracle
		c.Operators = nil
		for _, o := range append(slices.Clone(t.Oracle.Operators), self.OracleAddress) {
			if o = strings.ToLower(o); o != "" && !slices.Contains(c.Operators, o) {
				c.Operators = append(c.Operators, o)
			}
		}
		slices.Sort(c.Operators)
		t.Oracle = &c
	}
	if t.Revocation.MaxStalenessSeconds == 0 {
		t.Revocation.MaxStalenessSeconds = DefaultMaxStalenessSeconds
	}
	if t.TTLSeconds == 0 {
		t.TTLSeconds = DefaultTTLSeconds
	}
	t.CapabilitySurface = sortedSurface(t.CapabilitySurface)
	t.AcceptedCurrencies = sortedUnique(t.AcceptedCurrencies)
	return t
}

// sortedSurface gives the surface one order, so that the same offer has one
// digest.
func sortedSurface(in []SurfaceTool) []SurfaceTool {
	out := make([]SurfaceTool, 0, len(in))
	for _, e := range in {
		e.Operations = sortedUnique(e.Operations)
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b SurfaceTool) int {
		if c := strings.Compare(a.Server, b.Server); c != 0 {
			return c
		}
		return strings.Compare(a.Tool, b.Tool)
	})
	return out
}

func sortedUnique[S ~string](in []S) []S {
	out := append(make([]S, 0, len(in)), in...)
	slices.Sort(out)
	return slices.Compact(out)
}

// check applies the bounds. It runs before signing and on every attestation
// received, so both sides refuse the same things.
func (t *Terms) check() error {
	if err := checkSurface(t.CapabilitySurface); err != nil {
		return err
	}
	if len(t.AcceptedCurrencies) > maxCurrencies || !sortedStrictly(t.AcceptedCurrencies) {
		return fmt.Errorf("%w: accepted_currencies: at most %d, sorted, each once", ErrTerms, maxCurrencies)
	}
	for _, c := range t.AcceptedCurrencies {
		if err := checkCurrency(c); err != nil {
			return fmt.Errorf("%w: accepted_currencies: %w", ErrTerms, err)
		}
	}
	if t.TTLSeconds <= 0 || t.TTLSeconds > maxTermSeconds {
		return fmt.Errorf("%w: ttl_seconds %d is outside 1 … %d", ErrTerms, t.TTLSeconds, maxTermSeconds)
	}
	if s := t.Revocation.MaxStalenessSeconds; s <= 0 || s > maxTermSeconds {
		return fmt.Errorf("%w: revocation.max_staleness_seconds %d is outside 1 … %d", ErrTerms, s, maxTermSeconds)
	}
	return t.checkMoney()
}

func checkSurface(surface []SurfaceTool) error {
	if len(surface) > maxSurface {
		return fmt.Errorf("%w: capability_surface: %d tools, limit %d", ErrTerms, len(surface), maxSurface)
	}
	for i, e := range surface {
		if err := e.check(); err != nil {
			return fmt.Errorf("%w: capability_surface[%d]: %w", ErrTerms, i, err)
		}
		if i > 0 {
			before := surface[i-1]
			if before.Server > e.Server || before.Server == e.Server && before.Tool >= e.Tool {
				return fmt.Errorf("%w: capability_surface[%d]: %s/%s is repeated or out of order", ErrTerms, i, e.Server, e.Tool)
			}
		}
	}
	return nil
}

func sortedStrictly[S ~string](in []S) bool {
	for i := 1; i < len(in); i++ {
		if in[i-1] >= in[i] {
			return false
		}
	}
	return true
}
