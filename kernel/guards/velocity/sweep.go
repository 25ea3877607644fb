package velocity

import (
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
)

// The rows that a new bucket sweeps: some always, more if there is no room.
const (
	sweepSome = 8
	sweepMany = 1024
)

// makeRoom counts the new buckets, after it dropped some that are full again.
// If there are too many that are not, the call is denied.
func (b *Buckets) makeRoom(tx store.Tx, l *ledger, fresh []string, keep []taking, now int64) error {
	limit, n := sweepSome, uint64(len(fresh))
	if l.live+n > b.max {
		limit = sweepMany
	}
	// Keys are digests, so the rows behind a new one are a sample of all.
	left, err := l.sweep(tx, fresh[0], limit, keep, now)
	if err == nil && left > 0 {
		_, err = l.sweep(tx, "", left, keep, now)
	}
	if err != nil {
		return err
	}
	if l.live+n > b.max {
		return &kernel.Denial{Step: 10, Code: CodeVelocity, Guard: Name, Side: "local",
			Reason: fmt.Sprintf("%d rates are being counted, the limit; another cannot begin", l.live),
			Fix:    "try again later: a rate that is full again makes room"}
	}
	l.live += n
	l.write(tx)
	return nil
}

// sweep looks at up to limit rows behind a key and drops those that are full
// again and not in use by this call: it is as if they had never been. It
// returns how many it could still have looked at.
func (l *ledger) sweep(tx store.Tx, after string, limit int, keep []taking, now int64) (left int, err error) {
	var drop []string
	left = limit
	err = tx.Scan(rowPrefix, after, func(key string, row []byte) error {
		_, fullAt, err := decodeBucket(row)
		if err != nil {
			return err
		}
		if fullAt <= now && !repeated(keep, taking{key: key}) {
			drop = append(drop, key)
		}
		if left--; left == 0 {
			return store.ErrStop
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, key := range drop {
		tx.Delete(key)
		l.floor = max(l.floor, now)
		l.live -= min(l.live, 1)
	}
	return left, nil
}
