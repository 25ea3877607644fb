package oracle

import (
	"errors"
	"fmt"
)

// The reasons a round does not follow another.
var (
	// ErrChain: a round does not name the one before it.
	ErrChain = errors.New("price rounds are not a chain")
	// ErrReplay: an operator's observation is not newer than the one before it.
	ErrReplay = errors.New("price round goes back")
)

// Follow makes r the round after last, or the first if last is nil:
//
//	1 both are of one pair
//	2 an operator of both has not gone back in number or time
//	3 an operator of both says one thing under one number
//	4 somebody's observation is new
func (r *Round) Follow(last *Round) error {
	if last == nil {
		return nil
	}
	if r.Pair != last.Pair { // 1
		return fmt.Errorf("%w: %s after %s", ErrChain, r.Pair, last.Pair)
	}
	fresh := false
	for _, o := range r.Observations {
		before := last.of(o.Operator)
		switch {
		case before == nil:
			fresh = true
		case o.Sequence < before.Sequence || o.ObservedAt < before.ObservedAt: // 2
			return fmt.Errorf("%w: %s went from number %d at %d to number %d at %d", ErrReplay, o.Operator,
				before.Sequence, before.ObservedAt, o.Sequence, o.ObservedAt)
		case o.Sequence == before.Sequence && o.Raw != before.Raw: // 3
			return fmt.Errorf("%w: %s signed two observations under number %d", ErrReplay, o.Operator, o.Sequence)
		case o.Sequence > before.Sequence:
			fresh = true
		}
	}
	if !fresh { // 4
		return fmt.Errorf("%w: no observation is new", ErrReplay)
	}
	r.Previous = last.ID()
	return nil
}

// of is an operator's observation, or nil.
func (r *Round) of(operator string) *Observation {
	for i := range r.Observations {
		if r.Observations[i].Operator == operator {
			return &r.Observations[i]
		}
	}
	return nil
}

// VerifyChain checks rounds, oldest first, and says where they break. The first
// may have a round before it that is not given.
func VerifyChain(rounds []*Round) error {
	for i := 1; i < len(rounds); i++ {
		again := *rounds[i]
		if err := again.Follow(rounds[i-1]); err != nil {
			return fmt.Errorf("round %s: %w", rounds[i].ID(), err)
		}
		if again.Previous != rounds[i].Previous {
			return fmt.Errorf("round %s: %w: it follows %s, before it is %s", rounds[i].ID(), ErrChain, rounds[i].Previous, again.Previous)
		}
	}
	return nil
}
