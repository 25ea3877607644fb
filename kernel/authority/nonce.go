package authority

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeNoncesFull denies a call because the table of live nonces is full.
const CodeNoncesFull kernel.Code = "CHIO-PROOF-NONCES-FULL"

const (
	nonceRows     = "n/"
	maxNonceBytes = 64
	// maxNonceAhead bounds how long a nonce may occupy the table, in seconds:
	// a proof's freshness with generous clock skew.
	maxNonceAhead = 3600
)

// NonceLimits bound the live nonces. Within one commit group the counts are
// those of its beginning, so a limit can be passed by less than one group.
type NonceLimits struct {
	PerAgent int // default 65,536
	Total    int // default 4,194,304
}

// Nonces remembers every nonce until it could no longer be fresh.
type Nonces struct {
	limits NonceLimits

	mu       sync.Mutex // guards the counts, which mirror the committed rows
	total    int
	perAgent map[string]int
	crowded  bool // a call was denied for want of room since SweepDue was asked
}

// OpenNonces counts the stored nonces. A zero limit means its default.
func OpenNonces(r store.Reader, limits NonceLimits) (*Nonces, error) {
	if limits.PerAgent == 0 {
		limits.PerAgent = 1 << 16
	}
	if limits.Total == 0 {
		limits.Total = 1 << 22
	}
	if limits.PerAgent < 0 || limits.Total < 0 {
		return nil, fmt.Errorf("nonce limits: per_agent %d and total %d must be positive", limits.PerAgent, limits.Total)
	}
	n := &Nonces{limits: limits, perAgent: map[string]int{}}
	err := r.Scan(nonceRows, "", func(key string, _ []byte) error {
		agent, _, ok := strings.Cut(strings.TrimPrefix(key, nonceRows), "/")
		if !ok {
			return fmt.Errorf("%w: nonce key %.80q", ErrCorrupt, key)
		}
		n.total++
		n.perAgent[agent]++
		return nil
	})
	return n, err
}

// Use takes a nonce for a call that will be admitted. A *kernel.Denial says
// why not: seen before (CHIO-PROOF-REPLAYED), past its freshness
// (CHIO-PROOF-STALE), or no room (CHIO-PROOF-NONCES-FULL).
func (n *Nonces) Use(tx store.Tx, nonce kernel.Nonce, now int64) error {
	if err := checkNonce(nonce, now); err != nil {
		return err
	}
	seen, err := seenNonce(tx, nonce)
	switch {
	case err != nil:
		return err
	case seen:
		return nonceDenial(kernel.CodeProofReplayed, "this holder proof was already used", "sign the call again with a fresh nonce")
	case nonce.ExpiresAt < now:
		return nonceDenial(kernel.CodeProofStale, "the holder proof is no longer fresh", "sign the call again")
	case n.full(nonce.AgentKey):
		return nonceDenial(CodeNoncesFull, "too many calls within the freshness of a holder proof",
			fmt.Sprintf("slow down: a nonce leaves the table %d seconds after it was signed",
				capability.ProofTTLSeconds+capability.ProofSkewSeconds))
	}
	n.set(tx, nonce)
	return nil
}

// Seen reports whether a nonce is on record, used or refused.
func Seen(r store.Reader, nonce kernel.Nonce) (bool, error) { return seenNonce(r, nonce) }

// Remember records the nonce of a call that was refused, so that its mandate
// cannot be presented again. It has no limit of its own: the receipt of the
// refusal is the larger row and stays for ever.
func (n *Nonces) Remember(tx store.Tx, nonce kernel.Nonce, now int64) error {
	if err := checkNonce(nonce, now); err != nil {
		return err
	}
	seen, err := seenNonce(tx, nonce)
	if err != nil || seen || nonce.ExpiresAt < now {
		return err
	}
	n.set(tx, nonce)
	return nil
}

// Sweep examines at most limit nonces after cursor, removes those that expired
// before now, and returns the next cursor ("" once the end was reached).
func (n *Nonces) Sweep(tx store.Tx, cursor string, limit int, now int64) (next string, err error) {
	var expired []string
	seen := 0
	err = tx.Scan(nonceRows, cursor, func(key string, value []byte) error {
		if seen == limit {
			return store.ErrStop
		}
		seen++
		next = key
		if len(value) != 8 {
			return fmt.Errorf("%w: nonce row %.120q", ErrCorrupt, key)
		}
		if int64(binary.BigEndian.Uint64(value)) < now {
			expired = append(expired, key)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	for _, key := range expired {
		tx.Delete(key)
	}
	if len(expired) > 0 {
		tx.AfterCommit(func() { n.forget(expired) })
	}
	if seen < limit {
		next = ""
	}
	return next, nil
}

// Count is the number of nonces on disk.
func (n *Nonces) Count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.total
}

func (n *Nonces) full(agent wire.PublicKey) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	full := n.total >= n.limits.Total || n.perAgent[agent.String()] >= n.limits.PerAgent
	n.crowded = n.crowded || full
	return full
}

// SweepDue reports whether a call was denied for want of room since the last
// time it was asked: then expired nonces should leave now.
func (n *Nonces) SweepDue() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	due := n.crowded
	n.crowded = false
	return due
}

func (n *Nonces) set(tx store.Tx, nonce kernel.Nonce) {
	tx.Set(nonceKey(nonce), binary.BigEndian.AppendUint64(nil, uint64(nonce.ExpiresAt)))
	agent := nonce.AgentKey.String()
	tx.AfterCommit(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.total++
		n.perAgent[agent]++
	})
}

func (n *Nonces) forget(keys []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, key := range keys {
		agent, _, _ := strings.Cut(strings.TrimPrefix(key, nonceRows), "/")
		n.total--
		if n.perAgent[agent]--; n.perAgent[agent] <= 0 {
			delete(n.perAgent, agent)
		}
	}
}

func nonceKey(n kernel.Nonce) string { return nonceRows + n.AgentKey.String() + "/" + n.Value }

func seenNonce(r store.Reader, n kernel.Nonce) (bool, error) {
	_, err := r.Get(nonceKey(n))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func checkNonce(n kernel.Nonce, now int64) error {
	if n.AgentKey.IsZero() || n.Value == "" || len(n.Value) > maxNonceBytes || n.ExpiresAt < 0 || n.ExpiresAt-now > maxNonceAhead {
		return nonceDenial(kernel.CodeProofInvalid, "the nonce or its expiry is out of range", "sign the call again")
	}
	return nil
}

func nonceDenial(code kernel.Code, reason, fix string) *kernel.Denial {
	return &kernel.Denial{Step: 10, Code: code, Guard: "holder_proof", Side: "local", Reason: reason, Fix: fix}
}
