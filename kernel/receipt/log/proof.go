package log

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Root is the root of the first size receipts.
func Root(r store.Reader, size uint64) (wire.Digest, error) {
	f, err := readHead(r)
	if err != nil {
		return wire.Digest{}, err
	}
	if size > f.size {
		return wire.Digest{}, fmt.Errorf("%w: size %d, the log has %d", ErrRange, size, f.size)
	}
	if size == f.size {
		return f.root(), nil
	}
	return rangeHash(r, 0, size)
}

// InclusionProof is the RFC 6962 §2.1.1 audit path of index in the tree of the
// first size receipts, leaf to root.
func InclusionProof(r store.Reader, index, size uint64) ([]wire.Digest, error) {
	if err := checkSize(r, size); err != nil {
		return nil, err
	}
	if index >= size {
		return nil, fmt.Errorf("%w: index %d in a tree of %d", ErrRange, index, size)
	}
	var path []wire.Digest
	lo, hi := uint64(0), size
	for hi-lo > 1 {
		mid := lo + split(hi-lo)
		sibling, from, to := [2]uint64{mid, hi}, lo, mid
		if index >= mid {
			sibling, from, to = [2]uint64{lo, mid}, mid, hi
		}
		h, err := rangeHash(r, sibling[0], sibling[1])
		if err != nil {
			return nil, err
		}
		path = append(path, h)
		lo, hi = from, to
	}
	reverse(path)
	return path, nil
}

// ConsistencyProof is the RFC 6962 §2.1.2 proof that the tree of the first to
// receipts extends the tree of the first from; empty when from is 0 or to.
func ConsistencyProof(r store.Reader, from, to uint64) ([]wire.Digest, error) {
	if err := checkSize(r, to); err != nil {
		return nil, err
	}
	if from > to {
		return nil, fmt.Errorf("%w: from %d to %d", ErrRange, from, to)
	}
	if from == 0 || from == to {
		return nil, nil
	}
	var path []wire.Digest
	lo, hi, whole := uint64(0), to, true // whole: the old tree is still the range from 0
	for from != hi {
		mid := lo + split(hi-lo)
		sibling := [2]uint64{mid, hi}
		if from <= mid {
			hi = mid
		} else {
			sibling, lo, whole = [2]uint64{lo, mid}, mid, false
		}
		h, err := rangeHash(r, sibling[0], sibling[1])
		if err != nil {
			return nil, err
		}
		path = append(path, h)
	}
	if !whole {
		h, err := rangeHash(r, lo, hi)
		if err != nil {
			return nil, err
		}
		path = append(path, h)
	}
	reverse(path)
	return path, nil
}

// rangeHash is the RFC 6962 hash of leaves [lo, hi), where lo is a multiple of
// the largest power of two below hi-lo, as every subtree of a proof is. It
// reads one row per complete subtree: at most 64.
func rangeHash(r store.Reader, lo, hi uint64) (wire.Digest, error) {
	n := hi - lo
	if n == 0 {
		return wire.Hash(nil), nil
	}
	if n&(n-1) == 0 {
		return subtree(r, bits.TrailingZeros64(n), lo)
	}
	mid := lo + split(n)
	left, err := rangeHash(r, lo, mid)
	if err != nil {
		return wire.Digest{}, err
	}
	right, err := rangeHash(r, mid, hi)
	if err != nil {
		return wire.Digest{}, err
	}
	return receipt.NodeHash(left, right), nil
}

// subtree is the hash of the complete subtree of 2^level leaves that starts at
// leaf lo. Only archived leaves are stored as hashes.
func subtree(r store.Reader, level int, lo uint64) (wire.Digest, error) {
	if level == 0 {
		hash, err := LeafHash(r, lo)
		if err != nil {
			return wire.Digest{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		return hash, nil
	}
	index := lo >> level
	b, err := r.Get(nodeKey(level, index))
	if errors.Is(err, store.ErrNotFound) || err == nil && len(b) != len(wire.Digest{}) {
		return wire.Digest{}, fmt.Errorf("%w: node %d at level %d is missing or malformed", ErrCorrupt, index, level)
	}
	if err != nil {
		return wire.Digest{}, err
	}
	return wire.Digest(b), nil
}

func checkSize(r store.Reader, size uint64) error {
	have, err := Size(r)
	if err != nil {
		return err
	}
	if size > have {
		return fmt.Errorf("%w: size %d, the log has %d", ErrRange, size, have)
	}
	return nil
}

// split is the largest power of two smaller than n; n is at least 2.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

func reverse(path []wire.Digest) {
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
}
