package reputation_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/credit/reputation"
)

// TestHalvingTable: each entry t is the largest with t^30 ≤ 2^(32·30 − d).
func TestHalvingTable(t *testing.T) {
	for d, entry := range reputation.Halving {
		limit := new(big.Int).Lsh(big.NewInt(1), uint(32*30-d))
		power := func(n uint64) *big.Int {
			return new(big.Int).Exp(new(big.Int).SetUint64(n), big.NewInt(30), nil)
		}
		if power(entry).Cmp(limit) > 0 || power(entry+1).Cmp(limit) <= 0 {
			t.Errorf("day %d: %d", d, entry)
		}
	}
}

func TestDecayAtItsPoints(t *testing.T) {
	for age, want := range map[int64]uint64{
		-5: 1 << 32, 0: 1 << 32, 30 * day: 1 << 31, 60 * day: 1 << 30, 15 * day: 3037000499, 45 * day: 3037000499 >> 1,
		32 * 30 * day: 1, 32*30*day + 1: 0, 33 * 30 * day: 0, 1 << 62: 0,
	} {
		if got := reputation.Decay(age); got != want {
			t.Errorf("%d: %d, want %d", age, got, want)
		}
	}
}

// TestDecayIsMonotone: older never weighs more, and the weight stays within
// 67 ppm above and one unit below the real number.
func TestDecayIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 40*30*day).Draw(t, "a")
		b := rapid.Int64Range(0, 40*30*day).Draw(t, "b")
		if a > b {
			a, b = b, a
		}
		if reputation.Decay(a) < reputation.Decay(b) {
			t.Fatalf("%d s weighs %d, %d s weighs %d", a, reputation.Decay(a), b, reputation.Decay(b))
		}
		exact := power2(32, -a, 30*day)
		low := new(big.Float).Sub(exact, big.NewFloat(1))
		high := new(big.Float).Add(new(big.Float).Mul(exact, big.NewFloat(1.000067)), big.NewFloat(1))
		got := new(big.Float).SetUint64(reputation.Decay(a))
		if got.Cmp(low) < 0 || got.Cmp(high) > 0 {
			t.Fatalf("%d s weighs %v, the real number is %v", a, got, exact)
		}
	})
}

// power2 is 2^(whole + num/den) with 200 bits: the fraction's bits choose among
// the repeated square roots of 2.
func power2(whole, num, den int64) *big.Float {
	q, r := num/den, num%den
	if r < 0 {
		q, r = q-1, r+den
	}
	out := new(big.Float).SetPrec(200).SetInt64(1)
	root := new(big.Float).SetPrec(200).SetInt64(2)
	for range 120 {
		root.Sqrt(root)
		if r *= 2; r >= den {
			r -= den
			out.Mul(out, root)
		}
	}
	return out.SetMantExp(out, int(whole+q))
}

// TestLog2Bound: 0 ≤ log2(x) − result < 2^-31, by raising 2 to it.
func TestLog2Bound(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, x uint64) {
		got := int64(reputation.Log2(x))
		exact := new(big.Float).SetPrec(200).SetUint64(x)
		if power2(0, got, 1<<32).Cmp(exact) > 0 || power2(0, got+2, 1<<32).Cmp(exact) <= 0 {
			t.Fatalf("log2(%d) = %d / 2^32", x, got)
		}
	}
	for x := uint64(1); x < 300; x++ {
		check(t, x)
	}
	for s := range 64 {
		check(t, 1<<s)
		check(t, 1<<s|1)
		check(t, 1<<s-1|1)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Uint64Min(1).Draw(t, "x")) })
}
