package velocity_test

import (
	"math/big"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/backbay-labs/chio-node/kernel/guards/velocity"
	"github.com/backbay-labs/chio-node/store"
)

// model is a bucket in exact fractions, written without any cleverness.
type model struct {
	level, capacity, perSecond *big.Rat
	at                         int64
}

func newModel(limit, window, burstMicros int64) *model {
	capacity := new(big.Int).Div(new(big.Int).Mul(big.NewInt(limit), big.NewInt(burstMicros)), big.NewInt(1000000))
	return &model{level: new(big.Rat).SetInt(capacity), capacity: new(big.Rat).SetInt(capacity), perSecond: big.NewRat(limit, window)}
}

// has refills up to now and reports whether a call may pass.
func (m *model) has(now int64) bool {
	if now > m.at {
		m.level.Add(m.level, new(big.Rat).Mul(m.perSecond, new(big.Rat).SetInt64(now-m.at)))
		if m.level.Cmp(m.capacity) > 0 {
			m.level.Set(m.capacity)
		}
		m.at = now
	}
	return m.level.Cmp(big.NewRat(1, 1)) >= 0
}

func (m *model) take() { m.level.Sub(m.level, big.NewRat(1, 1)) }

// TestBucketsAreExact plays random calls, with participants that are made
// anew, against the model: the same calls pass.
func TestBucketsAreExact(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) { play(t, r, false) })
}

// TestClocksThatJump lets the clock go back, too: in the time of a bucket,
// which never does, no span sees more than its capacity and its share of the
// limit.
func TestClocksThatJump(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) { play(t, r, true) })
}

func play(t *testing.T, r *rapid.T, jumps bool) {
	limitOf := rapid.Int64Range(1, 50).Draw(r, "limit")
	windowOf := rapid.Int64Range(1, 4000).Draw(r, "window")
	burst := rapid.Int64Range(1000000, 3000000).Draw(r, "burst")
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(limitOf), WindowSeconds: windowOf, BurstMicros: burst}, 0)
	models := map[byte]*model{}
	passed := map[byte][]int64{} // in the time of the bucket
	now, least := int64(1000), int64(0)
	if jumps {
		least = -windowOf
	}
	for range rapid.IntRange(1, 80).Draw(r, "calls") {
		now = max(0, now+rapid.Int64Range(least, windowOf+5).Draw(r, "step")/rapid.Int64Range(1, 40).Draw(r, "slower"))
		agent := byte(rapid.IntRange(1, 3).Draw(r, "agent"))
		if models[agent] == nil {
			models[agent] = newModel(limitOf, windowOf, burst)
		}
		if rapid.IntRange(0, 20).Draw(r, "restart") == 0 {
			w.buckets = velocity.NewBuckets(velocity.BucketsConfig{})
		}
		got, may := w.try(t, attempt{now: now, agent: agent}) == nil, models[agent].has(now)
		if got != may && !jumps {
			r.Fatalf("agent %d at %d: passed %t, the model says %t", agent, now, got, may)
		}
		if got {
			models[agent].take()
			passed[agent] = append(passed[agent], w.agentTime(t, agent))
		}
	}
	for _, times := range passed {
		checkSpans(r, times, limitOf, windowOf, burst)
	}
}

func (w *world) agentTime(t *testing.T, agent byte) (at int64) {
	t.Helper()
	err := w.db.View(func(r store.Reader) (err error) {
		at, err = w.guards[1].(*velocity.Guard).AgentTime(r, key(agent).String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// checkSpans is the law itself: calls·window ≤ capacity·window + limit·t.
func checkSpans(r *rapid.T, passed []int64, limit, window, burst int64) {
	capacity := limit * burst / 1000000
	for i := range passed {
		for j := i; j < len(passed); j++ {
			calls, span := int64(j-i+1), passed[j]-passed[i]
			if span < 0 {
				r.Fatalf("the time of a bucket went back from %d to %d", passed[i], passed[j])
			}
			if calls*window > capacity*window+limit*span {
				r.Fatalf("%d calls passed within %d seconds; limit %d per %d, capacity %d", calls, span, limit, window, capacity)
			}
		}
	}
}

// TestI2_RatesHoldUnderConcurrency: of many calls at once exactly the capacity
// passes.
func TestI2_RatesHoldUnderConcurrency(t *testing.T) {
	w := newWorld(t, velocity.Config{MaxPerAgent: limit(25), MaxInvocations: limit(40), WindowSeconds: window, BurstMicros: one}, 0)
	var mu sync.Mutex
	var wait sync.WaitGroup
	passed := 0
	for range 16 {
		wait.Go(func() {
			for range 20 {
				if w.try(t, attempt{now: 500, agent: 1}) == nil {
					mu.Lock()
					passed++
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	if passed != 25 {
		t.Fatalf("%d calls passed, the limit is 25", passed)
	}
}
