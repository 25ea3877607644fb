package secrets

import "math/bits"

// log2Table holds log2(n) in units of 1/65536 for n up to 256, computed in
// integers by repeated squaring.
var log2Table = func() (t [257]uint32) {
	for n := 1; n <= 256; n++ {
		t[n] = log2Fixed(uint32(n))
	}
	return t
}()

func log2Fixed(n uint32) uint32 {
	whole := uint32(bits.Len32(n) - 1)
	x := uint64(n) << (32 - whole) // 1 ≤ x < 2 in 32 fractional bits
	out := whole << 16
	for bit := uint32(1 << 15); bit > 0; bit >>= 1 {
		hi, lo := bits.Mul64(x, x)
		x = hi<<32 | lo>>32
		if x >= 2<<32 {
			x >>= 1
			out |= bit
		}
	}
	return out
}

// bitsOver reports whether the bytes of s carry at least milli/1000 bits each,
// by Shannon's measure over the first 256 of them.
func bitsOver(s string, milli uint64) bool {
	n := min(len(s), 256)
	if n == 0 {
		return false
	}
	var counts [256]uint16
	for i := range n {
		counts[s[i]]++
	}
	total := uint64(n) * uint64(log2Table[n])
	for i := range n {
		if c := counts[s[i]]; c > 0 {
			total -= uint64(c) * uint64(log2Table[c])
			counts[s[i]] = 0
		}
	}
	return total*1000 >= uint64(n)*milli<<16
}
