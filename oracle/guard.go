package oracle

import (
	"fmt"
	"math/big"
)

// StateUnchecked: a pair with a second opinion has none that is usable; the
// next reading of it heals that.
const StateUnchecked State = "unchecked"

// Guard says under which circumstances a price that is otherwise good is used:
// whether the chain's sequencer runs, and whether a feed on a chain agrees.
// What is read of a chain stops a price and never makes one.
type Guard struct {
	Pair            Pair
	MaxAheadSeconds int64 // tolerated clock difference
	Sequencer       *SequencerRule
	Cross           *CrossRule
}

// CrossRule is what a second opinion must be.
type CrossRule struct {
	MaxAgeSeconds    int64  // of what it says: its heartbeat and slack
	MaxUnseenSeconds int64  // since it was last read
	MaxDivergenceBps uint32 // from the price
}

// Chains is what was last read of chains, nil where nothing was.
type Chains struct {
	Sequencer *Sequencer
	Cross     *Cross
}

// Cross is the last second opinion.
type Cross struct {
	Sample    Sample
	CheckedAt int64 // unix seconds, of the block it was read in
}

// crossMark is where a latch remembers the second opinion; Watch.Check refuses a
// source of that name.
const crossMark = "cross/check"

// Remember is what a new second opinion latches: it may neither go back, nor
// say two things under one number, nor change its exponent. Nothing is latched
// twice.
func (g *Guard) Remember(latch Latch, c *Cross, now int64) Latch {
	if latch.Trip != nil || c == nil || c.Sample.PublishedAt-now > g.MaxAheadSeconds {
		return latch
	}
	next := Latch{Pair: g.Pair, Paused: latch.Paused, Marks: make(map[string]Mark)}
	for name, m := range latch.Marks {
		next.Marks[name] = m
	}
	if trip := follow(crossMark, &c.Sample, next.Marks); trip != nil {
		trip.At, latch.Pair, latch.Trip = now, g.Pair, trip
		return latch
	}
	return next
}

// Judge says why a price may not be used now, with a trip if that lasts; a nil
// price is judged by what holds for any:
//
//	1 the sequencer is known to be up, for as long as the grace
//	2 the second opinion was read lately, and what it says is not too old
//	3 the price is within the divergence of it, or the pair trips
//
// The empty state means that nothing is against it.
func (g *Guard) Judge(price *big.Rat, seen Chains, now int64) (State, string, *Trip) {
	if state, problem := g.Sequencer.judge(seen.Sequencer, g.MaxAheadSeconds, now); state != "" { // 1
		return state, problem, nil
	}
	rule, c := g.Cross, seen.Cross
	if rule == nil {
		return "", "", nil
	}
	if c == nil || now-c.CheckedAt > rule.MaxUnseenSeconds || c.CheckedAt-now > g.MaxAheadSeconds { // 2
		return StateUnchecked, "the cross-check was not read lately", nil
	}
	if age := now - c.Sample.PublishedAt; age > rule.MaxAgeSeconds || -age > g.MaxAheadSeconds { // 2
		return StateUnchecked, fmt.Sprintf("the cross-check was published %d seconds ago, limit %d", age, rule.MaxAgeSeconds), nil
	}
	if other := c.Sample.Price(); price != nil && apart(price, other, rule.MaxDivergenceBps) { // 3
		detail := fmt.Sprintf("the price is %s, the cross-check %s, limit %d bps", price.FloatString(8), other.FloatString(8), rule.MaxDivergenceBps)
		return StateTripped, detail, &Trip{Reason: TripDiverged, Detail: detail, At: now}
	}
	return "", "", nil
}

// judge is rule 1; no rule asks for nothing.
func (rule *SequencerRule) judge(s *Sequencer, aheadSeconds, now int64) (State, string) {
	switch {
	case rule == nil:
		return "", ""
	case s == nil || now-s.CheckedAt > rule.MaxAgeSeconds || s.CheckedAt-now > aheadSeconds:
		return StateSequencerDown, "it is not known whether the sequencer is up"
	case !s.Up:
		return StateSequencerDown, fmt.Sprintf("the sequencer is down since %d", s.Since)
	case now-s.Since < rule.GraceSeconds:
		return StateGrace, fmt.Sprintf("the sequencer is up since %d, for less than %d seconds", s.Since, rule.GraceSeconds)
	}
	return "", ""
}
