package oracle

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
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
		if err := rounds[i].follows(rounds[i-1]); err != nil {
			return err
		}
	}
	return nil
}

// Join says which rounds of another's chain, oldest first, go on from ours. Last
// is our newest round, before the one before it; either may be nil if there is
// none.
//
//	1 theirs are rounds of our pair, and a chain
//	2 where we have none, theirs count from their first, which has none before it
//	3 where ours is among theirs, or before them, those after it count
//	4 where theirs has another round in the place of our last, the lower id
//	  stays, so that both sides choose the same; nothing below that is replaced
//
// None means that theirs have nothing for us.
func Join(last, before *Round, theirs []*Round) ([]*Round, error) {
	for _, r := range theirs {
		if last != nil && r.Pair != last.Pair { // 1
			return nil, fmt.Errorf("%w: rounds of %s beside those of %s", ErrChain, r.Pair, last.Pair)
		}
	}
	if err := VerifyChain(theirs); err != nil { // 1
		return nil, err
	}
	if len(theirs) == 0 {
		return nil, nil
	}
	if last == nil { // 2
		if !theirs[0].Previous.IsZero() {
			return nil, nil
		}
		return theirs, nil
	}
	id := last.ID()
	for i, r := range theirs {
		if r.ID() == id { // 3
			return theirs[i+1:], nil
		}
		if r.Previous == id { // 3
			return theirs[i:], r.follows(last)
		}
	}
	for i, r := range theirs {
		if r.Previous != last.Previous {
			continue
		}
		if other := r.ID(); bytes.Compare(other[:], id[:]) > 0 { // 4
			return nil, nil
		}
		return theirs[i:], r.follows(before)
	}
	return nil, nil
}

// follows checks one link.
func (r *Round) follows(before *Round) error {
	again := *r
	again.Previous = wire.Digest{}
	if err := again.Follow(before); err != nil {
		return fmt.Errorf("round %s: %w", r.ID(), err)
	}
	if again.Previous != r.Previous {
		return fmt.Errorf("round %s: %w: it follows %s", r.ID(), ErrChain, r.Previous)
	}
	return nil
}
