package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxDecimal keeps a decimal within the digits that a double holds exactly, so
// that its canonical form is the text it is written with.
const maxDecimal = Decimal(1_000_000_000 * int64(DecimalOne)) // 10^9

const decimalPlaces = 6

// errDecimal is wrapped by every refusal of ParseDecimal.
var errDecimal = errors.New("is not a decimal number this policy can hold")

// ParseDecimal reads digits with up to six decimal places, without exponent:
// "10", "-0.5", "1.250000". The magnitude is at most 10^9.
func ParseDecimal(s string) (Decimal, error) {
	unsigned := strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(unsigned, ".")
	switch {
	case strings.Trim(whole+fraction, "0123456789") != "":
		return 0, fmt.Errorf("%.24q %w: write it in decimal digits, without an exponent", s, errDecimal)
	case whole == "" || point && fraction == "":
		return 0, fmt.Errorf("%.24q %w: write digits on both sides of the point", s, errDecimal)
	case len(fraction) > decimalPlaces:
		return 0, fmt.Errorf("%.24q %w: it has more than %d decimal places", s, errDecimal, decimalPlaces)
	case len(whole) > 10:
		return 0, fmt.Errorf("%.24q %w: its magnitude is over %s", s, errDecimal, maxDecimal)
	}
	millionths, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", decimalPlaces-len(fraction)), 10, 64)
	if err != nil || Decimal(millionths) > maxDecimal {
		return 0, fmt.Errorf("%.24q %w: its magnitude is over %s", s, errDecimal, maxDecimal)
	}
	if len(unsigned) != len(s) {
		millionths = -millionths
	}
	return Decimal(millionths), nil
}

// String is the shortest text that reads back as d.
func (d Decimal) String() string {
	sign, v := "", uint64(d)
	if d < 0 {
		sign, v = "-", -v
	}
	whole := sign + strconv.FormatUint(v/uint64(DecimalOne), 10)
	rest := v % uint64(DecimalOne)
	if rest == 0 {
		return whole
	}
	return whole + "." + strings.TrimRight(fmt.Sprintf("%0*d", decimalPlaces, rest), "0")
}

// MarshalJSON prints a plain number; within the bounds of ParseDecimal it is
// the number's canonical form.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d > maxDecimal || d < -maxDecimal {
		return nil, fmt.Errorf("%s %w: its magnitude is over %s", d, errDecimal, maxDecimal)
	}
	return []byte(d.String()), nil
}

// UnmarshalJSON reads a plain number, as ParseDecimal does.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	v, err := ParseDecimal(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
