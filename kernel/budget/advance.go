package budget

import (
	"errors"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The buckets that one transaction expires. What is left over is still
// counted, so a backlog denies too much and never too little.
const (
	expirePerHold    = 32
	expirePerRefusal = 128
)

// table is the part of store.Tx that windows need; a reader that drops writes
// answers what a window would be.
type table interface {
	store.Reader
	Set(key string, value []byte)
	Delete(key string)
}

type dropWrites struct{ store.Reader }

func (dropWrites) Set(string, []byte) {}
func (dropWrites) Delete(string)      {}

// advance brings a row to the time now and to the rule want:
//
//	1 time never goes back: the latest time seen counts
//	2 a rule that changed begins new counters, which hold everything the node
//	  ever used: it cannot be known how much of that the new window would have
//	  counted. A shorter rolling window needs none of it
//	3 a calendar window that is over is emptied
//	4 of a rolling window, at most limit seconds that are over leave it; all at
//	  once if the newest is over
func (r *nodeRow) advance(t table, id string, want rule, now int64, limit int) error {
	r.clock = max(r.clock, now) // 1
	if err := r.adopt(t, id, want); err != nil {
		return err
	}
	switch r.rule.window {
	case Daily, Monthly: // 3
		if start, _ := r.rule.window.bounds(r.clock); start > r.mark {
			r.mark, r.used = start, usage{}
		}
	case Rolling: // 4
		switch {
		case r.used == usage{} || r.oldest+r.rule.seconds > r.clock:
		case r.mark+r.rule.seconds <= r.clock:
			r.epoch++ // the sweeper removes the rows
			r.used = usage{}
		default:
			return r.expire(t, id, limit)
		}
	case Total:
	}
	return nil
}

// adopt is rule 2 of advance.
func (r *nodeRow) adopt(t table, id string, want rule) error {
	if r.epoch == 0 {
		r.rule, r.epoch = want, 1
		return nil
	}
	if want.currency == "" {
		want.currency = r.rule.currency // money counts on if a cap comes back
	}
	if r.rule.currency == "" {
		r.rule.currency = want.currency // no money was counted yet
	}
	if r.rule == want {
		return nil
	}
	shorter := r.rule
	shorter.seconds = want.seconds
	if r.rule.window == Rolling && shorter == want && want.seconds < r.rule.seconds {
		r.rule = want
		return nil
	}
	r.rule = want
	r.epoch++
	ever, err := r.lifetime()
	if err != nil {
		return err
	}
	r.used, r.mark, r.oldest = usage{}, 0, 0
	if want.window == Total || ever == (usage{}) {
		return nil
	}
	r.used = ever
	if want.window != Rolling {
		r.mark, _ = want.window.bounds(r.clock)
		return nil
	}
	r.mark, r.oldest = r.clock, r.clock
	t.Set(bucketKey(id, r.epoch, r.clock), ever.encode())
	return nil
}

// expire takes at most limit seconds that are over out of a rolling window.
func (r *nodeRow) expire(t table, id string, limit int) error {
	var over []int64
	var gone usage
	next := r.clock + 1 // if no bucket is left
	err := scanBuckets(t, id, r.epoch, func(second int64, u usage) error {
		if second+r.rule.seconds > r.clock || len(over) == limit {
			next = second
			return store.ErrStop
		}
		over = append(over, second)
		return gone.add(u)
	})
	if err != nil {
		return err
	}
	if err := r.used.subtract(gone); err != nil {
		return err
	}
	for _, second := range over {
		t.Delete(bucketKey(id, r.epoch, second))
	}
	r.oldest = next
	return nil
}

// lifetime is everything the node ever used, in its present currency.
func (r *nodeRow) lifetime() (usage, error) {
	purse := r.account.Purse(r.rule.currency)
	units, err := purse.Spent()
	return usage{calls: r.account.Invocations, units: units}, err
}

// counted is what counts against the caps: never more than was ever used,
// which a window begun anew would do once older holds are given back.
func (r *nodeRow) counted() (usage, error) {
	ever, err := r.lifetime()
	if r.rule.window == Total || err != nil {
		return ever, err
	}
	return usage{calls: min(r.used.calls, ever.calls), units: min(r.used.units, ever.units)}, nil
}

// take counts one call and its charge.
func (r *nodeRow) take(t table, id string, amount wire.MonetaryAmount) (nodeHold, error) {
	h := nodeHold{node: id, epoch: r.epoch, amount: amount}
	if err := r.account.reserve(amount); err != nil {
		return h, err
	}
	share := usage{calls: 1, units: amount.Units}
	switch r.rule.window {
	case Total:
		return h, nil
	case Rolling:
		if r.used == (usage{}) {
			r.oldest = r.clock
		}
		r.mark = r.clock
		bucket, err := readBucket(t, id, r.epoch, r.clock)
		if err == nil {
			err = bucket.add(share)
		}
		if err != nil {
			return h, err
		}
		t.Set(bucketKey(id, r.epoch, r.clock), bucket.encode())
	case Daily, Monthly:
	}
	h.slot = r.mark
	return h, r.used.add(share)
}

// settle ends a node's hold in the account, and in the window it was made in
// if that still counts.
func (h *nodeHold) settle(tx store.Tx, state State) error {
	r, err := readNode(tx, h.node)
	if err != nil {
		return err
	}
	if err := r.account.settle(state, h.amount, h.paid); err != nil {
		return err
	}
	if err := r.giveBack(tx, h, state); err != nil {
		return err
	}
	tx.Set(nodeKey(h.node), r.encode())
	return nil
}

func (r *nodeRow) giveBack(t table, h *nodeHold, state State) error {
	var back usage
	switch state {
	case Released:
		back = usage{calls: 1, units: h.amount.Units}
	case Reconciled:
		back = usage{units: h.amount.Units - h.paid}
	case Open, Retained:
	}
	if back == (usage{}) || r.rule.window == Total || h.epoch != r.epoch {
		return nil
	}
	if r.rule.window != Rolling {
		if h.slot != r.mark {
			return nil
		}
		return r.used.subtract(back)
	}
	bucket, err := readBucket(t, h.node, h.epoch, h.slot)
	if err != nil || bucket == (usage{}) { // it has left the window
		return err
	}
	if err := bucket.subtract(back); err != nil {
		return err
	}
	if bucket == (usage{}) {
		t.Delete(bucketKey(h.node, h.epoch, h.slot))
	} else {
		t.Set(bucketKey(h.node, h.epoch, h.slot), bucket.encode())
	}
	return r.used.subtract(back)
}

// readBucket returns the zero usage if there is no such bucket.
func readBucket(r store.Reader, id string, epoch uint64, second int64) (usage, error) {
	b, err := r.Get(bucketKey(id, epoch, second))
	if errors.Is(err, store.ErrNotFound) {
		return usage{}, nil
	}
	if err != nil {
		return usage{}, err
	}
	return decodeBucket(b)
}
