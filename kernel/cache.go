package kernel

import (
	"sync"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// maxCachedChains bounds the verified-chain cache.
const maxCachedChains = 4096

// chainCache remembers chains whose signatures and structure verified, keyed
// by the digest of the whole presented chain and the root it was verified
// against. Time, revocation, proof and budget are checked on every call.
type chainCache struct {
	mu      sync.Mutex
	limit   int
	entries map[wire.Digest]window
}

// window is the intersection of the tokens' validity.
type window struct{ notBefore, expires int64 }

func newChainCache(limit int) *chainCache {
	return &chainCache{limit: limit, entries: make(map[wire.Digest]window)}
}

func (c *chainCache) verify(chain []capability.Token, root wire.PublicKey, now int64) error {
	key, err := wire.DigestOf(struct {
		Chain []capability.Token `json:"chain"`
		Root  wire.PublicKey     `json:"root"`
	}{chain, root})
	if err != nil {
		return err
	}
	c.mu.Lock()
	w, ok := c.entries[key]
	c.mu.Unlock()
	if ok && w.notBefore <= now && now < w.expires {
		return nil
	}
	_, err = capability.VerifyChain(chain, capability.ChainInput{Now: now, MaxDepth: MaxChainDepth,
		CountsAggregates: true, // in the holds of step 10
		TrustedRoot:      func(k wire.PublicKey) bool { return k == root }})
	if err != nil {
		return err
	}
	w = window{notBefore: chain[0].IssuedAt, expires: chain[0].ExpiresAt}
	for i := range chain {
		w.notBefore, w.expires = max(w.notBefore, chain[i].IssuedAt), min(w.expires, chain[i].ExpiresAt)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= c.limit {
		// Dropping everything is O(1) amortised and needs no clock or order;
		// a verified chain costs only its verification to put back.
		c.entries = make(map[wire.Digest]window)
	}
	c.entries[key] = w
	return nil
}
