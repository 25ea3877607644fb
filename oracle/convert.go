package oracle

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/backbay-labs/chio-node/wire"
)

// Rule names how a price becomes an amount.
type Rule string

// The conversion rules.
const (
	// RuleReserve takes the observation that gives the larger amount, adds the
	// margin and rounds up: what is held before the call is never too little.
	RuleReserve Rule = "reserve"
	// RuleSettle takes the median without margin and rounds half to even: what
	// is paid.
	RuleSettle Rule = "settle"
)

// MaxMarginBps bounds the margin of a reservation: a hundred percent.
const MaxMarginBps = 10_000

// The reasons a conversion is refused.
var (
	// ErrCurrency: the amount or the target is not of the price's pair.
	ErrCurrency = errors.New("price is of another pair")
	// ErrRule: the rule is unknown, or the margin does not belong to it.
	ErrRule = errors.New("conversion rule")
)

// Converter converts amounts; Currencies gives the decimals of each code.
type Converter struct {
	Currencies wire.Currencies
	MarginBps  uint32 // added by RuleReserve
}

// Convert returns amount in the currency to. Of a price of USDC in USD, USD
// becomes USDC by division and USDC becomes USD by multiplication.
func (c Converter) Convert(amount wire.MonetaryAmount, p Price, to string, rule Rule) (wire.MonetaryAmount, error) {
	if err := c.Currencies.Check(amount); err != nil {
		return wire.MonetaryAmount{}, fmt.Errorf("converting: %w", err)
	}
	if err := c.Currencies.Check(wire.MonetaryAmount{Currency: to}); err != nil {
		return wire.MonetaryAmount{}, fmt.Errorf("converting: %w", err)
	}
	if c.MarginBps > MaxMarginBps {
		return wire.MonetaryAmount{}, fmt.Errorf("%w: margin of %d bps is above %d", ErrRule, c.MarginBps, MaxMarginBps)
	}
	divide := amount.Currency == p.Pair.Quote && to == p.Pair.Base
	if !divide && (amount.Currency != p.Pair.Base || to != p.Pair.Quote) {
		return wire.MonetaryAmount{}, fmt.Errorf("%w: %s to %s with a price of %s", ErrCurrency, amount.Currency, to, p.Pair)
	}
	price, rounding, err := choose(p, rule, divide)
	if err != nil {
		return wire.MonetaryAmount{}, err
	}
	num, den := new(big.Int).Set(price.Num()), new(big.Int).Set(price.Denom())
	if divide {
		num, den = den, num
	}
	num.Mul(num, pow10(c.Currencies[to]))
	den.Mul(den, pow10(c.Currencies[amount.Currency]))
	if rule == RuleReserve {
		num.Mul(num, big.NewInt(10_000+int64(c.MarginBps)))
		den.Mul(den, big.NewInt(10_000))
	}
	units, err := wire.Scale(amount.Units, num, den, rounding)
	if err != nil {
		return wire.MonetaryAmount{}, fmt.Errorf("converting %d %s to %s: %w", amount.Units, amount.Currency, to, err)
	}
	return wire.MonetaryAmount{Units: units, Currency: to}, nil
}

// choose picks the price of a rule; dividing, the lower price gives more.
func choose(p Price, rule Rule, divide bool) (*big.Rat, wire.Rounding, error) {
	if p.Median == nil || p.Low == nil || p.High == nil || p.Low.Sign() <= 0 {
		return nil, "", fmt.Errorf("%w: no verified price", ErrMalformed)
	}
	switch {
	case rule == RuleSettle:
		return p.Median, wire.RoundHalfEven, nil
	case rule == RuleReserve && divide:
		return p.Low, wire.RoundUp, nil
	case rule == RuleReserve:
		return p.High, wire.RoundUp, nil
	}
	return nil, "", fmt.Errorf("%w: %.20q is neither reserve nor settle", ErrRule, rule)
}
