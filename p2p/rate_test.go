package p2p

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var epoch = time.Unix(1_800_000_000, 0)

func TestBuckets(t *testing.T) {
	b := NewBuckets[string](10)
	r := Rate{Every: time.Second, Burst: 3}
	take := func(key string, after time.Duration, want bool) {
		t.Helper()
		if got := b.Take(key, r, epoch.Add(after)); got != want {
			t.Fatalf("%s after %s: %v", key, after, got)
		}
	}
	for range 3 {
		take("a", 0, true)
	}
	take("a", 0, false)
	take("b", 0, true) // another's is another's
	take("a", time.Second-1, false)
	take("a", time.Second, true)
	take("a", time.Second, false)
	take("a", -time.Hour, false) // the clock was put back: what was taken stays taken,
	for range 3 {
		take("a", time.Hour, true)
	}
	take("a", time.Hour, false)
	take("a", 0, false)
	take("a", time.Second, true) // and from then on the bucket fills at its rate
	take("a", time.Second, false)
	take("c", 0, true)
}

// TestBucketsStayWithinTheirRate: whatever the clock does forward, no key gets
// more than the burst and the rate, and one that asks at the rate gets all.
func TestBucketsStayWithinTheirRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Rate{Every: time.Duration(rapid.IntRange(1, 1000).Draw(t, "every")), Burst: rapid.IntRange(1, 50).Draw(t, "burst")}
		b, now, taken := NewBuckets[int](5), epoch, 0
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 3000), 1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(step))
			if b.Take(1, r, now) {
				taken++
			}
			if most := r.Burst + int(now.Sub(epoch)/r.Every); taken > most {
				t.Fatalf("%d taken, %d allowed", taken, most)
			}
		}
		for range 100 {
			now = now.Add(r.Every)
			if !b.Take(2, r, now) {
				t.Fatal("refused at the rate itself")
			}
		}
	})
}

// TestBucketsAreBounded: however many keys come, the table does not grow, those
// in it are not forgotten, and full buckets make room.
func TestBucketsAreBounded(t *testing.T) {
	const limit = 100
	b, r := NewBuckets[string](limit), Rate{Every: time.Second, Burst: 2}
	b.Take("first", r, epoch)
	b.Take("first", r, epoch)
	refused := 0
	for i := range 10 * limit {
		if !b.Take(fmt.Sprint(i), r, epoch) {
			refused++
		}
	}
	if len(b.full) != limit || refused != 9*limit+1 {
		t.Fatalf("%d buckets, %d refused", len(b.full), refused)
	}
	if b.Take("first", r, epoch) {
		t.Fatal("filling the table emptied a bucket of its debts")
	}
	if !b.Take("late", r, epoch.Add(3*time.Second)) {
		t.Fatal("buckets that are full again made no room")
	}
	if len(b.full) > limit {
		t.Fatalf("%d buckets", len(b.full))
	}
}

func BenchmarkBuckets(b *testing.B) {
	t, r, now := NewBuckets[slotKey](maxPeerBuckets), Rate{Every: time.Microsecond, Burst: 1000}, epoch
	key := slotKey{vectorPeerID, echo}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Microsecond)
		if !t.Take(key, r, now) {
			b.Fatal("refused")
		}
	}
}
