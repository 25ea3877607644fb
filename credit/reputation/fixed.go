package reputation

import (
	"math/big"
	"math/bits"
)

// PPM is one, in parts per million.
const PPM = 1_000_000

// one is 1 with 32 binary places.
const one = 1 << 32

const (
	daySeconds = 24 * 3600
	// HalfLifeDays is the age at which a receipt weighs half.
	HalfLifeDays = 30
)

// halving[d] is floor(2^32 · 2^(-d/30)): the weight of d days.
var halving = [HalfLifeDays + 1]uint64{
	4294967296, 4196870107, 4101013461, 4007346184, 3915818271, 3826380858, 3738986198, 3653587636,
	3570139579, 3488597478, 3408917801, 3331058011, 3254976541, 3180632774, 3107987021, 3037000499,
	2967635312, 2899854428, 2833621661, 2768901653, 2705659852, 2643862495, 2583476593, 2524469906,
	2466810933, 2410468894, 2355413708, 2301615985, 2249047003, 2197678698, 2147483648,
}

// Decay is the weight of something that is ageSeconds old: 2^(-age/30 d) with
// 32 binary places. At whole days it is the exact value rounded down; between
// them the chord, which is above the exact value by less than 67 ppm of it. It
// never grows with age, and is 0 from 33 half-lives on. Ages below 0 weigh one.
func Decay(ageSeconds int64) uint64 {
	if ageSeconds <= 0 {
		return one
	}
	days, rest := ageSeconds/daySeconds, uint64(ageSeconds%daySeconds)
	halvings := days / HalfLifeDays
	if halvings > 32 {
		return 0
	}
	d := days % HalfLifeDays
	fall := (halving[d] - halving[d+1]) * rest / daySeconds
	return (halving[d] - fall) >> uint(halvings)
}

// ratio is floor(unit · num / den); den is not 0 and num is at most den.
func ratio(num, den, unit uint64) uint64 {
	hi, lo := bits.Mul64(num, unit)
	if hi >= den { // num > den: a sum that cannot be
		return unit
	}
	q, _ := bits.Div64(hi, lo, den)
	return min(q, unit)
}

// ppmOf is floor(10^6 · r) within 0 … 10^6.
func ppmOf(r *big.Rat) uint64 {
	n := new(big.Int).Mul(r.Num(), big.NewInt(PPM))
	n.Quo(n, r.Denom())
	if n.Sign() < 0 {
		return 0
	}
	if !n.IsUint64() || n.Uint64() > PPM {
		return PPM
	}
	return n.Uint64()
}

// log2 is the binary logarithm of x ≥ 1 with 32 binary places, rounded down:
// 0 ≤ log2(x) − result < 2^-31. Each round squares the mantissa, which has 63
// binary places; the bit is whether the square is 2 or more.
func log2(x uint64) uint64 {
	whole := uint64(bits.Len64(x) - 1)
	m := x << (63 - whole)
	result := whole
	for range 32 {
		hi, lo := bits.Mul64(m, m)
		result <<= 1
		if hi>>63 == 1 {
			result |= 1
			m = hi
		} else {
			m = hi<<1 | lo>>63
		}
	}
	return result
}
