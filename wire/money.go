package wire

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strings"
)

// MaxUnits is the largest amount one field may carry: 2^53−1, so that every
// language reads the same integer.
const MaxUnits = 1<<53 - 1

// The reasons an amount is refused.
var (
	ErrAmount           = errors.New("amount is outside 0 … 2^53-1 minor units")
	ErrCurrency         = errors.New("unknown currency")
	ErrCurrencyMismatch = errors.New("amounts are in different currencies")
)

// MonetaryAmount is an integer number of minor units of a currency: USD cents,
// USDC millionths. There is no other money in this project.
type MonetaryAmount struct {
	Units    uint64 `json:"units"`
	Currency string `json:"currency"`
}

// Currencies maps an upper-case code to its number of decimals.
type Currencies map[string]int

// DefaultCurrencies returns the built-in registry; callers may add to the copy.
func DefaultCurrencies() Currencies {
	return Currencies{"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "USDC": 6, "BTC": 8}
}

// Check reports whether the amount is in range and its currency is known.
func (c Currencies) Check(a MonetaryAmount) error {
	if a.Units > MaxUnits {
		return fmt.Errorf("%w: %d", ErrAmount, a.Units)
	}
	if _, ok := c[a.Currency]; !ok {
		return fmt.Errorf("%w: %.16q", ErrCurrency, a.Currency)
	}
	return nil
}

// Format prints an amount for people, for example "0.03 USD".
func (c Currencies) Format(a MonetaryAmount) string {
	decimals := c[a.Currency]
	digits := fmt.Sprintf("%0*d", decimals+1, a.Units)
	if decimals == 0 {
		return digits + " " + a.Currency
	}
	cut := len(digits) - decimals
	return digits[:cut] + "." + digits[cut:] + " " + a.Currency
}

// Parse reads "0.03 USD". More decimals than the currency has is an error.
func (c Currencies) Parse(s string) (MonetaryAmount, error) {
	number, code, ok := strings.Cut(strings.TrimSpace(s), " ")
	decimals, known := c[code]
	if !ok || !known {
		return MonetaryAmount{}, fmt.Errorf("%w in %.40q: write it as \"0.03 USD\"", ErrCurrency, s)
	}
	whole, fraction, _ := strings.Cut(number, ".")
	if whole == "" || len(fraction) > decimals || len(whole)+decimals > 18 {
		return MonetaryAmount{}, fmt.Errorf("%w: %.40q has too many digits for %s", ErrAmount, s, code)
	}
	var units uint64
	for _, d := range whole + fraction + strings.Repeat("0", decimals-len(fraction)) {
		if d < '0' || d > '9' {
			return MonetaryAmount{}, fmt.Errorf("%w: %.40q is not a decimal number", ErrAmount, s)
		}
		units = units*10 + uint64(d-'0')
	}
	if units > MaxUnits {
		return MonetaryAmount{}, fmt.Errorf("%w: %d", ErrAmount, units)
	}
	return MonetaryAmount{Units: units, Currency: code}, nil
}

// Add returns a+b.
func (a MonetaryAmount) Add(b MonetaryAmount) (MonetaryAmount, error) {
	if a.Currency != b.Currency {
		return MonetaryAmount{}, fmt.Errorf("%w: %s and %s", ErrCurrencyMismatch, a.Currency, b.Currency)
	}
	sum, carry := bits.Add64(a.Units, b.Units, 0)
	if carry != 0 || sum > MaxUnits {
		return MonetaryAmount{}, fmt.Errorf("%w: %d + %d", ErrAmount, a.Units, b.Units)
	}
	return MonetaryAmount{Units: sum, Currency: a.Currency}, nil
}

// Sub returns a−b; a negative result is an error.
func (a MonetaryAmount) Sub(b MonetaryAmount) (MonetaryAmount, error) {
	if a.Currency != b.Currency {
		return MonetaryAmount{}, fmt.Errorf("%w: %s and %s", ErrCurrencyMismatch, a.Currency, b.Currency)
	}
	if b.Units > a.Units {
		return MonetaryAmount{}, fmt.Errorf("%w: %d - %d", ErrAmount, a.Units, b.Units)
	}
	return MonetaryAmount{Units: a.Units - b.Units, Currency: a.Currency}, nil
}

// Rounding names how a fraction of a minor unit is disposed of.
type Rounding string

// The rounding rules. Charges reserve with Up and settle with HalfEven;
// payouts floor with Down.
const (
	RoundUp       Rounding = "up"
	RoundDown     Rounding = "down"
	RoundHalfEven Rounding = "half_even"
)

// Scale returns units·num/den under the rounding rule.
func Scale(units uint64, num, den *big.Int, rule Rounding) (uint64, error) {
	if den == nil || num == nil || den.Sign() <= 0 || num.Sign() < 0 {
		return 0, fmt.Errorf("%w: ratio is not positive", ErrAmount)
	}
	q, r := new(big.Int).QuoRem(new(big.Int).Mul(new(big.Int).SetUint64(units), num), den, new(big.Int))
	switch rule {
	case RoundUp:
		if r.Sign() != 0 {
			q.Add(q, big.NewInt(1))
		}
	case RoundDown:
	case RoundHalfEven:
		twice := new(big.Int).Lsh(r, 1)
		if cmp := twice.Cmp(den); cmp > 0 || cmp == 0 && q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
	default:
		return 0, fmt.Errorf("unknown rounding rule %.20q", rule)
	}
	if !q.IsUint64() || q.Uint64() > MaxUnits {
		return 0, fmt.Errorf("%w: %s", ErrAmount, q)
	}
	return q.Uint64(), nil
}

// bpsDen is the denominator of basis points.
var bpsDen = big.NewInt(10_000)

// CeilBps returns a·bps/10000 rounded up.
func (a MonetaryAmount) CeilBps(bps uint32) (MonetaryAmount, error) {
	u, err := Scale(a.Units, new(big.Int).SetUint64(uint64(bps)), bpsDen, RoundUp)
	return MonetaryAmount{Units: u, Currency: a.Currency}, err
}

// FloorBps returns a·bps/10000 rounded down.
func (a MonetaryAmount) FloorBps(bps uint32) (MonetaryAmount, error) {
	u, err := Scale(a.Units, new(big.Int).SetUint64(uint64(bps)), bpsDen, RoundDown)
	return MonetaryAmount{Units: u, Currency: a.Currency}, err
}
