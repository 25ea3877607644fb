package velocity

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/backbay-labs/chio-node/wire"
)

// ErrConfig refuses a configuration.
var ErrConfig = errors.New("rate limit is not valid")

// The bounds of a limit.
const (
	maxWindowSeconds = 366 * 86400
	maxBurstMicros   = 1000 * oneMicros
	oneMicros        = 1000000
)

// rate is one limit: limit per windowSeconds, capacity at once.
type rate struct {
	limit    uint64
	window   uint64 // seconds
	capacity uint64 // floor(limit × burst)
}

func newRate(limit, windowSeconds, burstMicros int64) (rate, error) {
	switch {
	case limit < 0 || limit > wire.MaxUnits:
		return rate{}, fmt.Errorf("%w: limit %d is not between 0 and %d", ErrConfig, limit, int64(wire.MaxUnits))
	case windowSeconds < 1 || windowSeconds > maxWindowSeconds:
		return rate{}, fmt.Errorf("%w: window_secs %d is not between 1 and %d", ErrConfig, windowSeconds, maxWindowSeconds)
	case burstMicros < oneMicros || burstMicros > maxBurstMicros:
		return rate{}, fmt.Errorf("%w: burst_factor is not between 1 and %d", ErrConfig, maxBurstMicros/oneMicros)
	}
	hi, lo := bits.Mul64(uint64(limit), uint64(burstMicros))
	capacity, _ := bits.Div64(hi, lo, oneMicros)
	return rate{limit: uint64(limit), window: uint64(windowSeconds), capacity: capacity}, nil
}

// full is the level of a bucket that nobody drew from.
func (r rate) full() wide { return product(r.capacity, r.window) }

// bucket is one rate's state. level counts 1/window of a unit.
type bucket struct {
	level wide
	at    int64 // unix seconds, never goes back
}

// advance refills up to now. A clock that went back refills nothing.
func (b *bucket) advance(r rate, now int64) {
	if now <= b.at {
		return
	}
	b.level = b.level.plus(product(r.limit, uint64(now-b.at)))
	b.at = now
	if full := r.full(); full.less(b.level) {
		b.level = full
	}
}

// take takes amount units, or answers in how many seconds they will be there.
func (b *bucket) take(r rate, amount uint64) (wait uint64, ok bool) {
	need := product(amount, r.window)
	if b.level.less(need) {
		return need.minus(b.level).over(r.limit), false
	}
	b.level = b.level.minus(need)
	return 0, true
}

// fullAt is when the bucket will hold all it can: from then on it is as if it
// had never been.
func (b *bucket) fullAt(r rate) int64 {
	wait := r.full().minus(b.level).over(r.limit)
	if wait > uint64(math.MaxInt64-max(b.at, 0)) {
		return math.MaxInt64
	}
	return b.at + int64(wait)
}
