package prompt

import (
	"encoding/binary"
	"strings"
)

// beginnings says of a text, quickly, that no entry of a tree begins it, or
// that one may. It looks at the first four bytes.
type beginnings struct {
	short [256]bool // by its first byte: an entry shorter than the key
	bits  [1 << 16 / 64]uint64
}

const keyBytes = 4

// add enters an entry. Where entries stand at the boundaries of words, the
// first word of an entry is what counts: what divides words varies.
func (b *beginnings) add(text string, e ending) {
	first, _, phrase := strings.Cut(text, " ")
	anywhere := e.inside != 0
	if anywhere {
		first = text
	}
	if len(first) < keyBytes && (anywhere || e.stem != 0 && !phrase) {
		b.short[first[0]] = true
		return
	}
	i := slot([]byte(first))
	b.bits[i/64] |= 1 << (i % 64)
}

// slot is the hash of the first bytes of a text.
func slot(text []byte) uint32 {
	var k uint32
	if len(text) >= keyBytes {
		k = binary.LittleEndian.Uint32(text)
	} else {
		for i, c := range text {
			k |= uint32(c) << (8 * i)
		}
	}
	return k * 0x9E3779B1 >> 16
}

// may reports whether an entry may begin the text, which is one word where
// entries stand at boundaries.
func (b *beginnings) may(text []byte) bool {
	i := slot(text)
	return b.bits[i/64]&(1<<(i%64)) != 0 || b.short[text[0]]
}
