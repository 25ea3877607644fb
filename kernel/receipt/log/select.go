package log

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Filter says which receipts are of interest; a zero member says nothing.
type Filter struct {
	Agent        wire.PublicKey
	Server, Tool string
	Outcome      string // one of Outcomes
	Capability   string // id of the leaf token
	Since, Until int64  // Since ≤ time < Until, unix seconds
	Currency     string // of the costs below
	MinCost      *uint64
	MaxCost      *uint64
}

// Accepts reports whether a receipt passes.
func (f *Filter) Accepts(b *receipt.Brief) bool {
	switch {
	case !f.Agent.IsZero() && b.Agent != f.Agent,
		f.Server != "" && b.Server != f.Server,
		f.Tool != "" && b.Tool != f.Tool,
		f.Outcome != "" && b.Outcome != f.Outcome,
		f.Capability != "" && b.CapabilityID != f.Capability,
		f.Since != 0 && b.Timestamp < f.Since,
		f.Until != 0 && b.Timestamp >= f.Until,
		f.Currency != "" && b.Currency != f.Currency,
		f.MinCost != nil && b.Charged < *f.MinCost,
		f.MaxCost != nil && b.Charged > *f.MaxCost:
		return false
	}
	return true
}

// Matches is Accepts for a card: what the card holds as a digest or in part
// passes on that, so that whoever has the receipt asks Accepts too.
func (f *Filter) Matches(c *Card) bool {
	switch {
	case !f.Agent.IsZero() && c.Agent != agentPart(f.Agent),
		f.Server != "" && c.Server != wordOf(f.Server),
		f.Tool != "" && c.Tool != wordOf(f.Tool),
		f.Outcome != "" && c.Outcome != f.Outcome,
		f.Capability != "" && c.Capability != shortHash(f.Capability),
		f.Since != 0 && c.Time < f.Since,
		f.Until != 0 && c.Time >= f.Until,
		f.Currency != "" && c.Currency != wordOf(f.Currency),
		f.MinCost != nil && c.Charged < *f.MinCost,
		f.MaxCost != nil && c.Charged > *f.MaxCost:
		return false
	}
	return true
}

// Select calls fn for the receipts below index before (0: from the newest) that
// match, newest first, until fn returns an error; store.ErrStop ends it with
// nil. It looks at no more than limit cards. next is where to go on, as the next
// call's before; 0 means that there is nothing more. It is not affected by
// receipts that are appended meanwhile. ErrNotIndexed: call BuildIndex first.
func Select(r store.Reader, f Filter, before uint64, limit int, fn func(Card) error) (next uint64, err error) {
	size, err := Size(r)
	if err != nil {
		return 0, err
	}
	if before == 0 || before > size {
		before = size
	}
	if before == 0 {
		return 0, nil
	}
	have, err := Indexed(r)
	if err != nil {
		return 0, err
	}
	if have < size {
		return 0, fmt.Errorf("%w: %d of %d receipts", ErrNotIndexed, have, size)
	}
	s := selection{filter: f, next: before, left: limit, fn: fn}
	after := "" // the row of the block that holds before-1 is the first one above
	if number := (before - 1) / blockCards; number < (size-1)/blockCards {
		after = blockKey(number + 1)
	}
	err = r.Scan(blockRows, after, s.block)
	return s.next, err
}

// selection is the state of one walk down the index.
type selection struct {
	filter Filter
	next   uint64 // everything from here on has been seen
	left   int
	fn     func(Card) error
}

func (s *selection) block(key string, row []byte) error {
	number, err := blockNumber(key)
	if err != nil {
		return err
	}
	var cards [blockCards]Card
	var known [blockCards]bool
	n := 0
	newest, _, err := decodeBlock(number, row, func(c Card, ok bool) {
		if n < blockCards {
			cards[n], known[n] = c, ok
		}
		n++
	})
	if err != nil {
		return err
	}
	if newest < s.filter.Since {
		s.next = 0 // nothing here or before is as new
		return store.ErrStop
	}
	for i := n - 1; i >= 0; i-- {
		if cards[i].Index >= s.next {
			continue
		}
		if s.left <= 0 {
			return store.ErrStop
		}
		s.left--
		s.next = cards[i].Index
		if !known[i] && s.filter != (Filter{}) || !s.filter.Matches(&cards[i]) {
			continue
		}
		if err := s.fn(cards[i]); err != nil {
			return err
		}
	}
	return nil
}
