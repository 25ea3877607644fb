package budget

import (
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// NodeStatus is one node of the tree as it stands.
type NodeStatus struct {
	ID             string
	Parent         string
	Depth          int // a root has 1
	Window         Window
	WindowSeconds  int64                // rolling only
	WindowStart    int64                // unix seconds; 0 for Total
	WindowEnd      int64                // when all or, rolling, the first of it is free again; 0 if nothing will be
	MaxInvocations *uint64              // nil: no cap
	Invocations    uint64               // counted in the window
	MaxCost        *wire.MonetaryAmount // nil: no cap
	Spent          wire.MonetaryAmount  // counted in the window: held, committed and retained
	Account        Account              // of the node's whole life
	Orphaned       bool                 // it has rows and is not configured
}

// Status lists the configured nodes, each after its parent, and then those
// that only the store still knows. now is unix seconds.
func (t *Tree) Status(r store.Reader, now int64) ([]NodeStatus, error) {
	var out []NodeStatus
	var err error
	var children func(parent int)
	children = func(parent int) {
		for i := range t.nodes {
			if n := &t.nodes[i]; n.parent == parent && err == nil {
				var s NodeStatus
				s, err = t.statusOf(r, n, now)
				out = append(out, s)
				children(i)
			}
		}
	}
	if t != nil {
		children(-1)
	}
	if err != nil {
		return nil, err
	}
	err = r.Scan(nodeRows, "", func(key string, value []byte) error {
		id := strings.TrimPrefix(key, nodeRows)
		if t != nil {
			if _, configured := t.byID[id]; configured {
				return nil
			}
		}
		row, err := decodeNode(value)
		if err != nil {
			return err
		}
		s := NodeStatus{ID: id, Depth: 1, Orphaned: true}
		err = s.fill(r, &row, row.rule, now)
		out = append(out, s)
		return err
	})
	return out, err
}

func (t *Tree) statusOf(r store.Reader, n *node, now int64) (NodeStatus, error) {
	row, err := readNode(r, n.id)
	if err != nil {
		return NodeStatus{}, err
	}
	s := NodeStatus{ID: n.id, Depth: n.depth, MaxInvocations: n.maxInvocations, MaxCost: n.maxCost}
	if n.parent >= 0 {
		s.Parent = t.nodes[n.parent].id
	}
	return s, s.fill(r, &row, n.rule, now)
}

// fill computes the window as a call at now would find it, without the bound
// on what is expired at once.
func (s *NodeStatus) fill(r store.Reader, row *nodeRow, rule rule, now int64) error {
	if err := row.advance(dropWrites{r}, s.ID, rule, now, int(maxRollingSeconds)); err != nil {
		return err
	}
	used, err := row.counted()
	if err != nil {
		return err
	}
	s.Window, s.WindowSeconds, s.Account = row.rule.window, row.rule.seconds, row.account
	s.Invocations, s.Spent = used.calls, wire.MonetaryAmount{Units: used.units, Currency: row.rule.currency}
	s.WindowStart, s.WindowEnd = row.rule.window.bounds(row.clock)
	if row.rule.window == Rolling {
		s.WindowStart = max(0, row.clock-row.rule.seconds+1)
		if used != (usage{}) {
			s.WindowEnd, _, err = row.roomAt(r, s.ID, usage{calls: 1})
		}
	}
	return err
}
