package node

import (
	"context"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/chainlink"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// OracleStatusRequest asks "oracle/status": one pair, or with none every pair that
// is configured or has a round.
type OracleStatusRequest struct {
	Pair string `json:"pair,omitempty"`
}

// OracleStatus answers "oracle/status".
type OracleStatus struct {
	Pairs []PairStatus `json:"pairs"`
}

// PairStatus is whether a pair has a price that is used now. State is one of
// oracle's; live means that it has.
type PairStatus struct {
	Pair       string            `json:"pair"`
	State      string            `json:"state"`
	Problem    string            `json:"problem,omitempty"`
	Trip       *oracle.Trip      `json:"trip,omitempty"`
	Round      wire.Digest       `json:"round,omitzero"`
	Price      string            `json:"price,omitempty"` // decimal text, for people
	ObservedAt int64             `json:"observed_at,omitzero"`
	CrossCheck *CrossCheckStatus `json:"cross_check,omitempty"`
	Sequencers []SequencerStatus `json:"sequencers,omitempty"`
}

// CrossCheckStatus is the second opinion on a pair. Without CheckedAt it was
// not read since the start.
type CrossCheckStatus struct {
	Chain       string `json:"chain"`
	Address     string `json:"address"`
	Price       string `json:"price,omitempty"` // decimal text
	Phase       uint16 `json:"phase,omitzero"`
	Round       uint64 `json:"round,omitzero"`
	PublishedAt int64  `json:"published_at,omitzero"`
	CheckedAt   int64  `json:"checked_at,omitzero"` // time of the block it was read in
	Problem     string `json:"problem,omitempty"`   // of the last look at the chain
}

// SequencerStatus is what is known of a chain's sequencer. Without CheckedAt
// nothing is.
type SequencerStatus struct {
	Chain     string `json:"chain"`
	Up        bool   `json:"up"`
	Since     int64  `json:"since,omitzero"`
	CheckedAt int64  `json:"checked_at,omitzero"`
	Problem   string `json:"problem,omitempty"`
}

func (n *Node) oracleStatus(_ context.Context, req OracleStatusRequest) (*OracleStatus, error) {
	out := &OracleStatus{Pairs: []PairStatus{}}
	err := n.db.View(func(r store.Reader) error {
		pairs, err := n.pairsKnown(r, req.Pair)
		if err != nil {
			return err
		}
		for _, pair := range pairs {
			s, err := n.pairStatus(r, pair)
			if err != nil {
				return err
			}
			out.Pairs = append(out.Pairs, *s)
		}
		return nil
	})
	return out, err
}

// pairsKnown lists the pair asked for, or every pair there is, sorted.
func (n *Node) pairsKnown(r store.Reader, only string) ([]oracle.Pair, error) {
	if only != "" {
		pair, err := parsePair(only)
		if err != nil {
			return nil, usage("pair: %v", err)
		}
		return []oracle.Pair{pair}, nil
	}
	var names []string
	for i := range n.cfg.Oracle.Pairs {
		names = append(names, n.cfg.Oracle.Pairs[i].Pair)
	}
	if err := r.Scan(currentRoundRow, "", func(key string, _ []byte) error {
		names = append(names, key[len(currentRoundRow):])
		return nil
	}); err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []oracle.Pair
	for _, name := range slices.Compact(names) {
		pair, err := parsePair(name)
		if err != nil {
			return nil, fmt.Errorf("%w: current round of %.70q: %w", store.ErrCorrupt, name, err)
		}
		out = append(out, pair)
	}
	return out, nil
}

func (n *Node) pairStatus(r store.Reader, pair oracle.Pair) (*PairStatus, error) {
	out := &PairStatus{Pair: pair.String(), State: string(oracle.StateCold), Problem: "there is no round"}
	n.money.lookout.describe(pair, out)
	latch, err := readLatch(r, pair)
	if err != nil {
		return nil, err
	}
	last, err := currentOf(r, pair)
	if err != nil {
		return nil, err
	}
	var price oracle.Price
	if last != nil {
		out.Round, out.ObservedAt = last.ID(), last.Latest()
		if price, err = oracle.Verify(last, n.money.operators(), signed.Verify, n.now()); err != nil {
			out.Problem = err.Error()
		} else {
			out.State, out.Problem, out.Price = string(oracle.StateLive), "", price.Median.FloatString(8)
		}
	}
	if state, problem, trip := n.money.lookout.judge(pair, price.Median, n.now()); state != "" {
		out.State, out.Problem, out.Trip = string(state), problem, trip
	}
	switch {
	case latch.Trip != nil:
		out.State, out.Problem, out.Trip = string(oracle.StateTripped), latch.Trip.Reason+": "+latch.Trip.Detail, latch.Trip
	case latch.Paused != "":
		out.State, out.Problem = string(oracle.StatePaused), latch.Paused
	}
	return out, nil
}

// describe adds what was read of chains.
func (l *lookout) describe(pair oracle.Pair, out *PairStatus) {
	guards, seen := l.guards(pair)
	chains := l.chains(pair)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range chains {
		if guards[i].Cross != nil {
			out.CrossCheck = &CrossCheckStatus{Chain: c.Name, Address: l.n.cfg.Oracle.pair(pair).CrossCheck.Address, Problem: l.problems[c.Name]}
			if x := seen[i].Cross; x != nil {
				out.CrossCheck.Price, out.CrossCheck.PublishedAt, out.CrossCheck.CheckedAt = x.Sample.Decimal(), x.Sample.PublishedAt, x.CheckedAt
				out.CrossCheck.Phase, out.CrossCheck.Round = chainlink.Phase(&x.Sample), chainlink.Round(&x.Sample)
			}
		}
		if guards[i].Sequencer != nil {
			s := SequencerStatus{Chain: c.Name, Problem: l.problems[c.Name]}
			if x := seen[i].Sequencer; x != nil {
				s.Up, s.Since, s.CheckedAt = x.Up, x.Since, x.CheckedAt
			}
			out.Sequencers = append(out.Sequencers, s)
		}
	}
}
