package log

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// frontier is the right edge of a tree of size leaves: the roots of its
// complete subtrees, largest first, one for every set bit of size.
type frontier struct {
	size  uint64
	peaks []wire.Digest
}

// node is one complete subtree that an append finished.
type node struct {
	level int
	index uint64
	hash  wire.Digest
}

// push appends a leaf hash and reports the inner nodes that became complete,
// one per trailing set bit of the old size: one on average.
func (f *frontier) push(leaf wire.Digest) []node {
	var done []node
	hash, index := leaf, f.size
	for level := 1; index&1 == 1; level++ {
		last := len(f.peaks) - 1
		hash = receipt.NodeHash(f.peaks[last], hash)
		f.peaks = f.peaks[:last]
		index >>= 1
		done = append(done, node{level: level, index: index, hash: hash})
	}
	f.peaks = append(f.peaks, hash)
	f.size++
	return done
}

// root folds the peaks from the right; the empty tree's root is SHA-256("").
func (f *frontier) root() wire.Digest {
	if len(f.peaks) == 0 {
		return wire.Hash(nil)
	}
	hash := f.peaks[len(f.peaks)-1]
	for i := len(f.peaks) - 2; i >= 0; i-- {
		hash = receipt.NodeHash(f.peaks[i], hash)
	}
	return hash
}

// encode is size as 8 big-endian bytes, then the peaks.
func (f *frontier) encode() []byte {
	b := make([]byte, 8, 8+len(f.peaks)*len(wire.Digest{}))
	binary.BigEndian.PutUint64(b, f.size)
	for _, p := range f.peaks {
		b = append(b, p[:]...)
	}
	return b
}

func decodeFrontier(b []byte) (frontier, error) {
	const width = len(wire.Digest{})
	if len(b) < 8 || (len(b)-8)%width != 0 {
		return frontier{}, fmt.Errorf("%w: head row has %d bytes", ErrCorrupt, len(b))
	}
	f := frontier{size: binary.BigEndian.Uint64(b)}
	if want := bits.OnesCount64(f.size); (len(b)-8)/width != want {
		return frontier{}, fmt.Errorf("%w: head row of size %d holds %d peaks", ErrCorrupt, f.size, (len(b)-8)/width)
	}
	for rest := b[8:]; len(rest) > 0; rest = rest[width:] {
		f.peaks = append(f.peaks, wire.Digest(rest[:width]))
	}
	return f, nil
}
