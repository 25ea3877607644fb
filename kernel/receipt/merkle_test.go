package receipt

import (
	"fmt"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// The reference tree: the recursive definitions of RFC 6962 §2.1, literally.

func leaves(n int) []wire.Digest {
	out := make([]wire.Digest, n)
	for i := range out {
		out[i] = LeafHash([]byte(fmt.Sprint("leaf ", i)))
	}
	return out
}

// split is the largest power of two smaller than n.
func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

func refRoot(l []wire.Digest) wire.Digest {
	switch len(l) {
	case 0:
		return EmptyRoot()
	case 1:
		return l[0]
	}
	k := split(len(l))
	return NodeHash(refRoot(l[:k]), refRoot(l[k:]))
}

func refPath(m int, l []wire.Digest) []wire.Digest {
	if len(l) <= 1 {
		return nil
	}
	k := split(len(l))
	if m < k {
		return append(refPath(m, l[:k]), refRoot(l[k:]))
	}
	return append(refPath(m-k, l[k:]), refRoot(l[:k]))
}

func refProof(m int, l []wire.Digest) []wire.Digest { return refSub(m, l, true) }

func refSub(m int, l []wire.Digest, whole bool) []wire.Digest {
	if m == len(l) {
		if whole {
			return nil
		}
		return []wire.Digest{refRoot(l)}
	}
	k := split(len(l))
	if m <= k {
		return append(refSub(m, l[:k], whole), refRoot(l[k:]))
	}
	return append(refSub(m-k, l[k:], false), refRoot(l[:k]))
}

const maxTree = 40

func TestInclusion(t *testing.T) {
	all := leaves(maxTree)
	for n := 1; n <= maxTree; n++ {
		root := refRoot(all[:n])
		for i := range n {
			path := refPath(i, all[:n])
			if err := VerifyInclusion(all[i], uint64(i), uint64(n), path, root); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, n, err)
			}
			rejectsVariants(t, path, func(p []wire.Digest) error {
				return VerifyInclusion(all[i], uint64(i), uint64(n), p, root)
			})
			for j := range n + 2 {
				if j != i && VerifyInclusion(all[i], uint64(j), uint64(n), path, root) == nil {
					t.Fatalf("leaf %d of %d accepted at %d", i, n, j)
				}
			}
		}
	}
	if VerifyInclusion(all[0], 0, 0, nil, EmptyRoot()) == nil {
		t.Fatal("leaf in an empty tree")
	}
}

func TestConsistency(t *testing.T) {
	all := leaves(maxTree)
	for n := 0; n <= maxTree; n++ {
		newRoot := refRoot(all[:n])
		for m := 0; m <= n; m++ {
			var proof []wire.Digest
			if m > 0 {
				proof = refProof(m, all[:n])
			}
			oldRoot := refRoot(all[:m])
			if err := VerifyConsistency(uint64(m), uint64(n), oldRoot, newRoot, proof); err != nil {
				t.Fatalf("%d to %d: %v", m, n, err)
			}
			rejectsVariants(t, proof, func(p []wire.Digest) error {
				return VerifyConsistency(uint64(m), uint64(n), oldRoot, newRoot, p)
			})
			other := wire.Hash([]byte("other"))
			if VerifyConsistency(uint64(m), uint64(n), other, newRoot, proof) == nil {
				t.Fatalf("%d to %d: wrong old root accepted", m, n)
			}
			if m > 0 && VerifyConsistency(uint64(m), uint64(n), oldRoot, other, proof) == nil {
				t.Fatalf("%d to %d: wrong new root accepted", m, n)
			}
		}
	}
	if VerifyConsistency(2, 1, all[0], all[0], nil) == nil {
		t.Fatal("shrinking accepted")
	}
	if VerifyConsistency(1, 1<<63, all[0], all[0], make([]wire.Digest, maxPath+1)) == nil {
		t.Fatal("endless proof accepted")
	}
}

// rejectsVariants: a proof with one element more, less, or changed is refused.
func rejectsVariants(t *testing.T, path []wire.Digest, verify func([]wire.Digest) error) {
	t.Helper()
	if verify(append(append([]wire.Digest(nil), path...), wire.Digest{})) == nil {
		t.Fatal("leftover element accepted")
	}
	if len(path) == 0 {
		return
	}
	if verify(path[:len(path)-1]) == nil {
		t.Fatal("missing element accepted")
	}
	for i := range path {
		changed := append([]wire.Digest(nil), path...)
		changed[i][0] ^= 1
		if verify(changed) == nil {
			t.Fatalf("changed element %d accepted", i)
		}
	}
}
