package federation

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

// knownOperations are what a surface entry may offer.
var knownOperations = [...]capability.Operation{
	capability.Invoke, capability.ReadResult, capability.Read,
	capability.Subscribe, capability.Get, capability.Delegate,
}

func (e *SurfaceTool) check() error {
	for _, name := range [...]string{e.Server, e.Tool} {
		if name == "" || len(name) > kernel.MaxNameBytes || strings.ContainsAny(name, "\x00\r\n") {
			return fmt.Errorf("server or tool %.80q is not a name of 1 … %d bytes", name, kernel.MaxNameBytes)
		}
	}
	if strings.Contains(e.Server, "/") {
		return fmt.Errorf("server %.80q is named as its own organisation calls it, without a path", e.Server)
	}
	if len(e.Operations) == 0 || !sortedStrictly(e.Operations) {
		return fmt.Errorf("%s/%s: operations must be named, sorted, each once", e.Server, e.Tool)
	}
	for _, op := range e.Operations {
		if !contains(knownOperations[:], op) {
			return fmt.Errorf("%s/%s: unknown operation %.20q", e.Server, e.Tool, op)
		}
	}
	if e.Price == nil {
		return nil
	}
	if e.Price.Units > wire.MaxUnits {
		return fmt.Errorf("%s/%s: %w", e.Server, e.Tool, wire.ErrAmount)
	}
	if err := checkCurrency(e.Price.Currency); err != nil {
		return fmt.Errorf("%s/%s: %w", e.Server, e.Tool, err)
	}
	return nil
}

func contains[S ~string](in []S, v S) bool {
	for _, have := range in {
		if have == v {
			return true
		}
	}
	return false
}

// checkMoney: prices need money terms, money terms need a chain and a currency
// that is accepted, and two currencies need an oracle.
func (t *Terms) checkMoney() error {
	for _, e := range t.CapabilitySurface {
		switch {
		case e.Price == nil || e.Price.Units == 0:
		case t.Money == nil:
			return fmt.Errorf("%w: %s/%s has a price, but there is no money section", ErrTerms, e.Server, e.Tool)
		case e.Price.Currency != t.Money.Currency:
			return fmt.Errorf("%w: %s/%s is priced in %s, money.currency is %s",
				ErrTerms, e.Server, e.Tool, e.Price.Currency, t.Money.Currency)
		}
	}
	if t.Settlement != nil {
		if err := t.Settlement.check(); err != nil {
			return err
		}
	}
	if t.Oracle != nil {
		if err := t.Oracle.check(); err != nil {
			return err
		}
	}
	m := t.Money
	if m == nil {
		return nil
	}
	for _, c := range []string{m.Currency, m.SettleCurrency} {
		if err := checkCurrency(c); err != nil {
			return fmt.Errorf("%w: money: %w", ErrTerms, err)
		}
	}
	if m.CreditMinor > wire.MaxUnits || m.MaxUnvoucheredMinor > wire.MaxUnits {
		return fmt.Errorf("%w: money: %w", ErrTerms, wire.ErrAmount)
	}
	if len(t.AcceptedCurrencies) > 0 && !contains(t.AcceptedCurrencies, m.Currency) {
		return fmt.Errorf("%w: money.currency %s is not in accepted_currencies", ErrTerms, m.Currency)
	}
	if t.Settlement == nil {
		return fmt.Errorf("%w: money needs a settlement section: chain, token, channel contract", ErrTerms)
	}
	if m.Currency != m.SettleCurrency && t.Oracle == nil {
		return fmt.Errorf("%w: %s settles in %s: an oracle section is needed", ErrTerms, m.Currency, m.SettleCurrency)
	}
	return nil
}

// check: the rail is known, what it needs is well formed, and what it has no
// use for is empty, so that the same agreement has one digest.
func (s *SettlementTerms) check() error {
	if !settlement.KnownRail(s.Rail) {
		return fmt.Errorf("%w: settlement.rail %.20q is none of note, offchain, stripe, and absent for a channel", ErrTerms, s.Rail)
	}
	onChain, viaContract := settlement.OnChain(s.Rail), s.Rail == ""
	if err := checkChainID(s.ChainID); onChain && err != nil {
		return fmt.Errorf("%w: settlement.chain_id: %w", ErrTerms, err)
	}
	for _, a := range [...]struct {
		name, value string
		needed      bool
	}{
		{"chain_id", s.ChainID, onChain}, {"token", s.Token, onChain},
		{"channel_contract", s.ChannelContract, viaContract}, {"settlement_address", s.Address, onChain},
	} {
		if !a.needed && a.value != "" {
			return fmt.Errorf("%w: settlement.%s has no meaning on rail %s: leave it out", ErrTerms, a.name, s.Rail)
		}
		if !a.needed || a.name == "chain_id" {
			continue
		}
		if err := checkAddress(a.value); err != nil {
			return fmt.Errorf("%w: settlement.%s: %w", ErrTerms, a.name, err)
		}
	}
	return nil
}

func (o *OracleTerms) check() error {
	if len(o.Operators) == 0 || len(o.Operators) > maxOperators || !sortedStrictly(o.Operators) {
		return fmt.Errorf("%w: oracle.operators: 1 … %d, sorted, each once", ErrTerms, maxOperators)
	}
	for _, a := range o.Operators {
		if err := checkAddress(a); err != nil {
			return fmt.Errorf("%w: oracle.operators: %w", ErrTerms, err)
		}
	}
	switch {
	case o.MinOperators < oracle.MinOperators || o.MinOperators > 2*maxOperators:
		return fmt.Errorf("%w: oracle.min_operators %d: at least %d distinct", ErrTerms, o.MinOperators, oracle.MinOperators)
	case o.MaxAgeSeconds <= 0 || o.MaxAgeSeconds > maxTermSeconds:
		return fmt.Errorf("%w: oracle.max_age_seconds %d", ErrTerms, o.MaxAgeSeconds)
	case o.MarginBps > maxMarginBps || o.MaxDivergenceBps > maxMarginBps:
		return fmt.Errorf("%w: oracle margin %d and divergence %d are at most %d bps", ErrTerms, o.MarginBps, o.MaxDivergenceBps, maxMarginBps)
	}
	return nil
}

// checkCurrency accepts 3 to 8 upper-case letters or digits, a letter first.
func checkCurrency(c string) error {
	if len(c) < 3 || len(c) > 8 || c[0] < 'A' || c[0] > 'Z' {
		return fmt.Errorf("%w: %.16q", wire.ErrCurrency, c)
	}
	for _, r := range c {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return fmt.Errorf("%w: %.16q", wire.ErrCurrency, c)
		}
	}
	return nil
}

// checkChainID accepts CAIP-2 names of EVM chains: eip155:<decimal>.
func checkChainID(id string) error {
	number, ok := strings.CutPrefix(id, "eip155:")
	n, err := strconv.ParseUint(number, 10, 53)
	if !ok || err != nil || n == 0 || strconv.FormatUint(n, 10) != number {
		return fmt.Errorf("%.40q is not eip155:<chain id>", id)
	}
	return nil
}

// checkAddress accepts 0x and 40 lowercase hex characters, not all zero.
func checkAddress(a string) error {
	digits, ok := strings.CutPrefix(a, "0x")
	if !ok || len(digits) != 40 || strings.Trim(digits, "0123456789abcdef") != "" || strings.Trim(digits, "0") == "" {
		return fmt.Errorf("%.60q is not an address of 0x and 40 lowercase hex characters", a)
	}
	return nil
}
