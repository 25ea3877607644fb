package shell

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

// memo remembers words that the list of paths does not forbid: the words of
// commands repeat. It holds seeded hashes and never the words, so that nothing
// of a command stays in memory, and its size is fixed. Forgetting costs time
// only; a forbidden path is never in it.
type memo struct {
	seed  maphash.Seed
	slots [1 << 12]atomic.Uint64
}

const maxMemoBytes = 96 // longer text rarely comes twice

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

// key is the hash of a path in a directory; "" is where the line began.
func (c *memo) key(dir, text string) uint64 {
	h := maphash.String(c.seed, text)
	if dir != "" {
		h ^= bits.RotateLeft64(maphash.String(c.seed, dir), 17) * 0x9e3779b97f4a7c15
	}
	return h | 1
}

func (c *memo) has(key uint64) bool { return c.slots[key>>1&(1<<12-1)].Load() == key }

func (c *memo) add(key uint64) { c.slots[key>>1&(1<<12-1)].Store(key) }
