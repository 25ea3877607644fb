package prompt

import "encoding/binary"

// beginnings says of a text, quickly, that no entry of a tree that is looked
// for anywhere begins it, or that one may. It looks at the first four bytes.
type beginnings struct {
	short [256]bool // by its first byte: an entry shorter than the key
	bits  [1 << 16 / 64]uint64
}

const keyBytes = 4

func (b *beginnings) add(text string) {
	if len(text) < keyBytes {
		b.short[text[0]] = true
		return
	}
	i := slot([]byte(text))
	b.bits[i/64] |= 1 << (i % 64)
}

// slot is the hash of the first bytes of a text.
func slot(text []byte) uint32 { return binary.LittleEndian.Uint32(text) * 0x9E3779B1 >> 16 }

// may reports whether an entry may begin the text.
func (b *beginnings) may(text []byte) bool {
	if b.short[text[0]] {
		return true
	}
	if len(text) < keyBytes {
		return false
	}
	i := slot(text)
	return b.bits[i/64]&(1<<(i%64)) != 0
}
