package receipt

import (
	"crypto/sha256"
	"math/bits"

	"github.com/backbay-labs/chio-node/wire"
)

// maxPath bounds a proof: a tree of 2^64 leaves has 64 levels, a consistency
// proof one element more than there are levels.
const maxPath = 65

// EmptyRoot is the root of a tree without leaves (RFC 6962 §2.1).
func EmptyRoot() wire.Digest { return wire.Hash(nil) }

// LeafHash is SHA-256(0x00 ‖ leaf).
func LeafHash(leaf []byte) wire.Digest {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(leaf)
	var d wire.Digest
	h.Sum(d[:0])
	return d
}

// NodeHash is SHA-256(0x01 ‖ left ‖ right).
func NodeHash(left, right wire.Digest) wire.Digest {
	var b [1 + 2*sha256.Size]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// VerifyInclusion checks that the leaf with this hash is at index in the tree
// of size leaves with this root. A path with an element too many or too few,
// or an index outside the tree, is an error.
func VerifyInclusion(leaf wire.Digest, index, size uint64, path []wire.Digest, root wire.Digest) error {
	if index >= size {
		return refuse(CodeInclusion, "leaf %d is outside a tree of %d", index, size)
	}
	// Below the point where the paths of this leaf and of the last leaf part,
	// siblings lie on both sides; above it, only on the left.
	inner := bits.Len64(index ^ (size - 1))
	border := bits.OnesCount64(index >> inner)
	if len(path) != inner+border {
		return refuse(CodeInclusion, "audit path has %d elements, leaf %d of %d needs %d", len(path), index, size, inner+border)
	}
	hash := leaf
	for i, sibling := range path {
		if i >= inner || index>>i&1 == 1 {
			hash = NodeHash(sibling, hash)
		} else {
			hash = NodeHash(hash, sibling)
		}
	}
	if hash != root {
		return refuse(CodeInclusion, "audit path of leaf %d leads to root %s, not %s", index, hash, root)
	}
	return nil
}

// VerifyConsistency checks that the tree of size to with newRoot begins with
// the leaves of the tree of size from with oldRoot (RFC 6962 §2.1.2).
func VerifyConsistency(from, to uint64, oldRoot, newRoot wire.Digest, path []wire.Digest) error {
	switch {
	case from > to:
		return refuse(CodeConsistency, "the tree shrank from %d to %d", from, to)
	case len(path) > maxPath:
		return refuse(CodeConsistency, "proof has %d elements", len(path))
	case from == to || from == 0:
		return verifyTrivial(from, to, oldRoot, newRoot, path)
	}
	// The last leaf of the old tree ends a complete subtree of 2^shift leaves;
	// if that subtree is the whole old tree, the proof omits its root.
	shift := bits.TrailingZeros64(from)
	node, hash := (from-1)>>shift, oldRoot
	if from&(from-1) != 0 {
		if len(path) == 0 {
			return refuse(CodeConsistency, "proof is empty")
		}
		hash, path = path[0], path[1:]
	}
	last := (to - 1) >> shift
	inner := bits.Len64(node ^ last)
	border := bits.OnesCount64(node >> inner)
	if len(path) != inner+border {
		return refuse(CodeConsistency, "proof from %d to %d has %d elements too many or too few", from, to, len(path)-inner-border)
	}
	oldHash, newHash := hash, hash
	for i, sibling := range path {
		switch {
		case i >= inner || node>>i&1 == 1: // on the left: part of both trees
			oldHash, newHash = NodeHash(sibling, oldHash), NodeHash(sibling, newHash)
		default: // on the right: new leaves only
			newHash = NodeHash(newHash, sibling)
		}
	}
	if oldHash != oldRoot {
		return refuse(CodeConsistency, "proof leads to old root %s, not %s", oldHash, oldRoot)
	}
	if newHash != newRoot {
		return refuse(CodeConsistency, "proof leads to new root %s, not %s", newHash, newRoot)
	}
	return nil
}

// verifyTrivial handles equal sizes and the empty old tree, which have no proof.
func verifyTrivial(from, to uint64, oldRoot, newRoot wire.Digest, path []wire.Digest) error {
	switch {
	case len(path) != 0:
		return refuse(CodeConsistency, "proof from %d to %d has %d elements, want none", from, to, len(path))
	case from == 0 && oldRoot != EmptyRoot():
		return refuse(CodeConsistency, "root %s is not that of an empty tree", oldRoot)
	case from == to && oldRoot != newRoot:
		return refuse(CodeConsistency, "two trees of size %d have roots %s and %s", to, oldRoot, newRoot)
	}
	return nil
}
