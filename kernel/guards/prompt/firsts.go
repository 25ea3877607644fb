package prompt

import (
	"encoding/binary"
	"strings"
)

// firsts says of a word, quickly, that no entry begins with it, or that one
// may. Most words of a clean text are passed over so.
type firsts struct {
	whole [1 << 15 / 64]uint64 // the first words of entries
	six   [1 << 15 / 64]uint64 // beginnings of words, by their first six bytes
	four  [1 << 15 / 64]uint64 // shorter ones, by their first four
	short [256]bool            // and by their first
}

// add enters the first word of an entry: what divides the words of a phrase
// varies.
func (f *firsts) add(text string, stem bool) {
	first, _, phrase := strings.Cut(text, " ")
	w := []byte(first)
	switch {
	case !stem || phrase:
		enter(&f.whole, wholeKey(w))
	case len(w) >= 6:
		enter(&f.six, sixKey(w))
	case len(w) >= 4:
		enter(&f.four, fourKey(w))
	default:
		f.short[w[0]] = true
	}
}

// may reports whether an entry may begin with the word.
func (f *firsts) may(w []byte) bool {
	if entered(&f.whole, wholeKey(w)) || f.short[w[0]] {
		return true
	}
	return len(w) >= 4 && entered(&f.four, fourKey(w)) || len(w) >= 6 && entered(&f.six, sixKey(w))
}

func enter(bits *[1 << 15 / 64]uint64, i uint64) { bits[i/64] |= 1 << (i % 64) }

func entered(bits *[1 << 15 / 64]uint64, i uint64) bool { return bits[i/64]&(1<<(i%64)) != 0 }

// mix is a hash of fifteen bits.
func mix(k uint64) uint64 { return k * 0x9E3779B97F4A7C15 >> 49 }

func fourKey(w []byte) uint64 { return mix(uint64(binary.LittleEndian.Uint32(w))) }

func sixKey(w []byte) uint64 {
	return mix(uint64(binary.LittleEndian.Uint32(w)) | uint64(binary.LittleEndian.Uint16(w[4:]))<<32)
}

// wholeKey is of the length, the beginning and the end of a word.
func wholeKey(w []byte) uint64 {
	n := len(w)
	var k uint64
	switch {
	case n >= 8:
		k = binary.LittleEndian.Uint64(w) ^ uint64(binary.LittleEndian.Uint32(w[n-4:]))<<19
	case n >= 4:
		k = uint64(binary.LittleEndian.Uint32(w)) | uint64(binary.LittleEndian.Uint32(w[n-4:]))<<32
	default:
		k = uint64(w[0]) | uint64(w[n/2])<<8 | uint64(w[n-1])<<16
	}
	return mix(k + uint64(n)*0xC2B2AE3D27D4EB4F)
}
