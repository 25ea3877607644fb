package budget

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
)

// CodeWindowExceeded denies a call for which a node of the tree will have room
// again by itself: trying later helps.
const CodeWindowExceeded kernel.Code = "CHIO-BUDGET-WINDOW-EXCEEDED"

// fit is nil if the node has room for the share.
func (s *share) fit(rd store.Reader, r *nodeRow) (*kernel.Denial, error) {
	used, err := r.counted()
	if err != nil {
		return nil, err
	}
	n := s.node
	if limit := n.maxInvocations; limit != nil && used.calls >= *limit {
		what := fmt.Sprintf("budget %s allows %d calls %s and %d are used", n.id, *limit, r.period(), used.calls)
		return s.full(rd, r, what, *limit > 0, usage{calls: used.calls + 1 - *limit})
	}
	if n.maxCost == nil {
		return nil, nil
	}
	after, err := sum(used.units, s.amount.Units)
	if err != nil {
		return nil, err
	}
	if limit := n.maxCost.Units; after > limit {
		what := fmt.Sprintf("budget %s allows %d %s %s, %d are spent or held, the call may cost %d",
			n.id, limit, n.maxCost.Currency, r.period(), used.units, s.amount.Units)
		return s.full(rd, r, what, s.amount.Units <= limit, usage{units: after - limit})
	}
	return nil, nil
}

// full is the denial of a node without room; ever says whether an empty window
// would have it, need what must leave the window first.
func (s *share) full(rd store.Reader, r *nodeRow, what string, ever bool, need usage) (*kernel.Denial, error) {
	d := &kernel.Denial{Step: 10, Code: kernel.CodeBudgetExceeded, Guard: "budget", Side: "local", Reason: what,
		Fix: "ask the operator to raise budget " + s.node.id}
	if !ever || r.rule.window == Total {
		return d, nil
	}
	at, exact, err := r.roomAt(rd, s.node.id, need)
	if err != nil {
		return nil, err
	}
	word := "room returns at"
	if !exact {
		word = "room returns after"
	}
	d.Code = CodeWindowExceeded
	d.Reason = fmt.Sprintf("%s; %s unix %d", what, word, at)
	d.Fix = fmt.Sprintf("wait until unix %d, or ask the operator to raise budget %s", at, s.node.id)
	return d, nil
}

// roomScan bounds the buckets examined to say when room returns.
const roomScan = 256

// roomAt is the unix second at which need has left the window, if nothing is
// settled before; inexact means not before.
func (r *nodeRow) roomAt(rd store.Reader, id string, need usage) (at int64, exact bool, err error) {
	if r.rule.window != Rolling {
		_, end := r.rule.window.bounds(r.mark)
		return end, true, nil
	}
	at = r.clock + 1
	seen := 0
	err = scanBuckets(rd, id, r.epoch, func(second int64, u usage) error {
		if seen++; seen > roomScan {
			return store.ErrStop
		}
		at = max(at, second+r.rule.seconds)
		need.calls -= min(need.calls, u.calls)
		need.units -= min(need.units, u.units)
		if need == (usage{}) {
			exact = true
			return store.ErrStop
		}
		return nil
	})
	return at, exact, err
}

// period says in words over what a node counts.
func (r *nodeRow) period() string {
	switch r.rule.window {
	case Daily:
		return "a day (UTC)"
	case Monthly:
		return "a month (UTC)"
	case Rolling:
		return fmt.Sprintf("in any %d seconds", r.rule.seconds)
	default:
		return "in total"
	}
}
