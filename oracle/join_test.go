package oracle_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/backbay-labs/chio-node/oracle"
)

// chain is rounds of two operators, each after the one before it. Value tells
// chains apart.
func chain(t *testing.T, after *oracle.Round, from, n int, value int64) []*oracle.Round {
	t.Helper()
	var out []*oracle.Round
	for i := from; i < from+n; i++ {
		var both []oracle.Signed
		for op := 1; op <= 2; op++ {
			o := observe(op, value, -4)
			o.Observation.Sequence, o.Observation.ObservedAt = uint64(i), now-100+int64(i)
			both = append(both, o)
		}
		r := round(t, both...)
		if err := r.Follow(after); err != nil {
			t.Fatal(err)
		}
		out, after = append(out, r), r
	}
	return out
}

func TestJoin(t *testing.T) {
	ours := chain(t, nil, 1, 3, 10_000)
	next := chain(t, ours[2], 4, 2, 10_000)
	last, before := ours[2], ours[1]
	same := func(name string, got []*oracle.Round, err error, want ...*oracle.Round) {
		t.Helper()
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %d rounds, want %d, %v", name, len(got), len(want), err)
		}
		for i := range got {
			if got[i].ID() != want[i].ID() {
				t.Fatalf("%s: round %d is another", name, i)
			}
		}
	}
	all := append(append([]*oracle.Round{}, ours...), next...)
	got, err := oracle.Join(last, before, all)
	same("ours among theirs", got, err, next...)
	got, err = oracle.Join(last, before, next)
	same("ours before theirs", got, err, next...)
	got, err = oracle.Join(nil, nil, all)
	same("we have none", got, err, all...)
	got, err = oracle.Join(nil, nil, next)
	same("we have none, and theirs begin in the middle", got, err)
	got, err = oracle.Join(last, before, ours)
	same("the same", got, err)
	got, err = oracle.Join(last, before, nil)
	same("nothing", got, err)
	got, err = oracle.Join(last, before, chain(t, nil, 1, 5, 10_001))
	same("other rounds from the first on", got, err)

	// Both made a round at the same time: one of the two, at both.
	beside := chain(t, before, 3, 1, 10_002)[0]
	low, high := last, beside
	if a, b := low.ID(), high.ID(); bytes.Compare(a[:], b[:]) > 0 {
		low, high = high, low
	}
	then := chain(t, low, 4, 1, 10_000)[0]
	got, err = oracle.Join(high, before, []*oracle.Round{ours[0], before, low, then})
	same("the lower id stays", got, err, low, then)
	got, err = oracle.Join(low, before, []*oracle.Round{ours[0], before, high})
	same("the higher does not", got, err)
	first, other := chain(t, nil, 1, 1, 10_000)[0], chain(t, nil, 1, 1, 10_001)[0]
	if a, b := first.ID(), other.ID(); bytes.Compare(a[:], b[:]) > 0 {
		first, other = other, first
	}
	got, err = oracle.Join(other, nil, []*oracle.Round{first})
	same("of two first rounds", got, err, first)
}

func TestJoinRefuses(t *testing.T) {
	ours := chain(t, nil, 1, 2, 10_000)
	next := chain(t, ours[1], 3, 2, 10_000)
	back := round(t, observe(1, 1, -4), observe(2, 1, -4)) // number 1 again
	back.Previous = ours[1].ID()
	for name, c := range map[string]struct {
		theirs []*oracle.Round
		want   error
	}{
		"a hole":              {[]*oracle.Round{ours[1], next[1]}, oracle.ErrChain},
		"backwards":           {[]*oracle.Round{next[0], ours[1]}, oracle.ErrReplay},
		"an old price after":  {[]*oracle.Round{back}, oracle.ErrReplay},
		"of another pair":     {[]*oracle.Round{{Schema: oracle.RoundSchema, Pair: oracle.Pair{Base: "ETH", Quote: "USD"}, Previous: ours[1].ID()}}, oracle.ErrChain},
		"nobody's is new":     {[]*oracle.Round{{Schema: oracle.RoundSchema, Pair: usdcusd, Observations: ours[1].Observations, Previous: ours[1].ID()}}, oracle.ErrReplay},
		"a lie after a truth": {[]*oracle.Round{ours[1], back}, oracle.ErrReplay},
	} {
		if got, err := oracle.Join(ours[1], ours[0], c.theirs); !errors.Is(err, c.want) || got != nil && err == nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
