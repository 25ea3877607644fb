package velocity

import "math/bits"

// wide is an unsigned 128-bit integer: a limit of 2^53 over a window of a year
// does not fit 64.
type wide struct{ hi, lo uint64 }

func product(a, b uint64) wide {
	hi, lo := bits.Mul64(a, b)
	return wide{hi, lo}
}

func (a wide) less(b wide) bool { return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo }

// plus saturates.
func (a wide) plus(b wide) wide {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, over := bits.Add64(a.hi, b.hi, carry)
	if over != 0 {
		return wide{^uint64(0), ^uint64(0)}
	}
	return wide{hi, lo}
}

// minus needs b ≤ a.
func (a wide) minus(b wide) wide {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return wide{hi, lo}
}

// over returns a/b rounded up, or the largest value if it does not fit.
func (a wide) over(b uint64) uint64 {
	if a.hi >= b {
		return ^uint64(0)
	}
	q, r := bits.Div64(a.hi, a.lo, b)
	if r > 0 && q < ^uint64(0) {
		q++
	}
	return q
}
