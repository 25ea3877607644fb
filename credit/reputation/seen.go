package reputation

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/backbay-labs/chio-node/wire"
)

// seen is the set of indexes of one log that were counted: one bit each, in
// pages that exist where something was.
type seen struct {
	pages []*page
	count uint64
	first uint64
	last  uint64
}

const pageBits = 1 << 16

type page [pageBits / 64]uint64

func newSeen(size uint64) *seen {
	return &seen{pages: make([]*page, (size+pageBits-1)/pageBits)}
}

// add reports whether the index, which is below the size, is new.
func (s *seen) add(index uint64) bool {
	p := s.pages[index/pageBits]
	if p == nil {
		p = new(page)
		s.pages[index/pageBits] = p
	}
	word, bit := index%pageBits/64, uint64(1)<<(index%64)
	if p[word]&bit != 0 {
		return false
	}
	p[word] |= bit
	if s.count == 0 || index < s.first {
		s.first = index
	}
	s.last = max(s.last, index)
	s.count++
	return true
}

// digest is SHA-256 over the indexes, ascending, eight bytes each, big-endian.
func (s *seen) digest() wire.Digest {
	h := sha256.New()
	var row [8]byte
	for n, p := range s.pages {
		if p == nil {
			continue
		}
		for w, word := range p {
			for ; word != 0; word &= word - 1 {
				index := uint64(n)*pageBits + uint64(w)*64 + uint64(bits.TrailingZeros64(word))
				binary.BigEndian.PutUint64(row[:], index)
				h.Write(row[:])
			}
		}
	}
	return wire.Digest(h.Sum(nil))
}
