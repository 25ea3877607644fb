package admit

import (
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/budget"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
)

const (
	sweepEvery = 64  // calls, admitted or refused, between two sweeps
	sweepRows  = 256 // rows of each kind one sweep examines
)

// sweeper removes expired nonces, ended calls with their holds, and what has
// left the windows of budgets, a few rows at a time, inside the admissions and
// refusals themselves. It is used by the committer only, one closure after the
// other; if a closure is dropped, the rows it would have removed are met again
// in the next round.
type sweeper struct {
	calls        uint64
	nonceCursor  string
	endedCursor  string
	bucketCursor string
}

func (s *sweeper) step(tx store.Tx, nonces *authority.Nonces, now int64) error {
	if s.calls++; s.calls%sweepEvery != 0 && !nonces.SweepDue() {
		return nil
	}
	next, err := nonces.Sweep(tx, s.nonceCursor, sweepRows, now)
	if err != nil {
		return err
	}
	s.nonceCursor = next
	swept, next, err := journal.Sweep(tx, s.endedCursor, sweepRows, now)
	if err != nil {
		return err
	}
	s.endedCursor = next
	for _, callID := range swept {
		if err := budget.Forget(tx, callID); err != nil {
			return err
		}
	}
	s.bucketCursor, err = budget.Sweep(tx, s.bucketCursor, sweepRows, now)
	return err
}
