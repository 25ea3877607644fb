package p2p

import (
	"sync"
	"time"
)

// Rate is how often something may happen: Burst times at once, and once more
// each Every.
type Rate struct {
	Every time.Duration
	Burst int
}

// times is the rate of n who share one bucket.
func (r Rate) times(n int) Rate { return Rate{Every: r.Every / time.Duration(n), Burst: r.Burst * n} }

// bucketsSwept is how many buckets are looked at for a full one when a new key
// comes.
const bucketsSwept = 16

// Buckets are token buckets, one a key, for at most a fixed number of keys at
// once: a bucket that is full again is nobody's. When all places are taken, new
// keys are refused and old ones are not forgotten, so that nobody empties his
// own bucket by filling the table.
type Buckets[K comparable] struct {
	max int

	mu   sync.Mutex
	full map[K]time.Time // when the bucket will be full
}

// NewBuckets makes a table of at most max buckets that are not full.
func NewBuckets[K comparable](max int) *Buckets[K] {
	return &Buckets[K]{max: max, full: make(map[K]time.Time)}
}

// Take takes one token of a key's bucket, or reports that there is none.
func (b *Buckets[K]) Take(key K, r Rate, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	whole := time.Duration(r.Burst) * r.Every
	full, known := b.full[key]
	switch {
	case !known || full.Before(now):
		full = now
	case full.Sub(now) > whole: // the clock was put back
		full = now.Add(whole)
		b.full[key] = full
	}
	full = full.Add(r.Every)
	if full.Sub(now) > whole || !known && !b.room(now) {
		return false
	}
	b.full[key] = full
	return true
}

// room makes a place for a key that is new; b.mu is held. The order in which a
// map is walked is random, so every bucket is looked at sooner or later.
func (b *Buckets[K]) room(now time.Time) bool {
	looked := 0
	for key, full := range b.full {
		if !full.After(now) {
			delete(b.full, key)
		}
		if looked++; looked >= bucketsSwept {
			break
		}
	}
	return len(b.full) < b.max
}
