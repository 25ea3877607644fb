package budget

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
)

// Expire brings the rolling windows of a refused call up to date. The
// transaction that refuses for lack of room is dropped, and with it what it
// expired: without this a full window with a backlog would stay full.
func (t *Tree) Expire(tx store.Tx, call *kernel.Call) error {
	if t == nil || call == nil || call.Mandate == nil || call.Now < 0 || call.Now > maxTime {
		return nil
	}
	m := call.Mandate
	for _, n := range t.matching(m.Server, m.Tool, func(*node) bool { return true }) {
		if n.rule.window != Rolling {
			continue
		}
		r, err := readNode(tx, n.id)
		if err != nil {
			return err
		}
		if r.epoch == 0 || r.rule.window != Rolling || max(r.clock, call.Now) < r.oldest+r.rule.seconds {
			continue
		}
		if err := r.advance(tx, n.id, n.rule, call.Now, expirePerRefusal); err != nil {
			return err
		}
		tx.Set(nodeKey(n.id), r.encode())
	}
	return nil
}

// Sweep examines at most limit buckets after cursor and removes those that
// count no more: of windows begun anew, of nodes that are gone, and seconds
// that have left their window. It returns the next cursor, "" once the end was
// reached.
func Sweep(tx store.Tx, cursor string, limit int, now int64) (next string, err error) {
	var keys []string
	var gone []usage
	err = tx.Scan(bucketRows, cursor, func(key string, value []byte) error {
		if len(keys) == limit {
			return store.ErrStop
		}
		u, err := decodeBucket(value)
		keys, gone = append(keys, key), append(gone, u)
		return err
	})
	if err != nil {
		return "", err
	}
	s := sweeping{rows: make(map[string]*nodeRow)}
	for i, key := range keys {
		if err := s.bucket(tx, key, gone[i], now); err != nil {
			return "", err
		}
	}
	for _, key := range s.over {
		tx.Delete(key)
	}
	for _, id := range s.changed {
		tx.Set(nodeKey(id), s.rows[id].encode())
	}
	if len(keys) < limit {
		return "", nil
	}
	return keys[len(keys)-1], nil
}

// sweeping is one Sweep under way. Nothing is written before all was read: a
// refusal is recorded even if its sweep fails.
type sweeping struct {
	rows    map[string]*nodeRow
	changed []string // nodes whose row counts less now
	over    []string // keys to delete
}

func (s *sweeping) bucket(r store.Reader, key string, u usage, now int64) error {
	id, epoch, second, err := parseBucketKey(key)
	if err != nil {
		return err
	}
	row := s.rows[id]
	if row == nil {
		read, err := readNode(r, id)
		if err != nil {
			return err
		}
		row = &read
		s.rows[id] = row
	}
	switch {
	case row.epoch != epoch || row.rule.window != Rolling:
		s.over = append(s.over, key)
	case second+row.rule.seconds <= max(row.clock, now):
		row.clock = max(row.clock, now)
		s.over = append(s.over, key)
		if !slices.Contains(s.changed, id) {
			s.changed = append(s.changed, id)
		}
		return row.used.subtract(u)
	}
	return nil
}

// Forget removes the record of a settled call once the journal no longer needs
// its id; the accounts keep what it spent. An open hold is never forgotten.
func Forget(tx store.Tx, callID string) error {
	c, err := readHolds(tx, callID)
	if errors.Is(err, ErrNoHold) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.state == Open {
		return fmt.Errorf("call %.80s still holds its budget", callID)
	}
	tx.Delete(holdRows + callID)
	return nil
}
