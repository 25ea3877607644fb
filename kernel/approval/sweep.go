package approval

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/store"
)

// One transaction of a sweep looks at no more than sweepRows due rows, each of
// which may cost a signature inside the committer, and stops once the requests
// it ended have sweepBytes: it writes each of them again, and their receipts.
const (
	sweepRows  = 32
	sweepBytes = 256 << 10
)

// Sweep ends every request whose deadline has passed at now, each with its
// signed denial, and forgets requests that ended long ago and batches whose
// window is over. It returns how many
// calls it ended. It can be interrupted anywhere and run again.
func (g *Registry) Sweep(ctx context.Context, now int64) (ended int, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return ended, err
		}
		var settled int
		var more bool
		err := g.cfg.DB.Update(ctx, func(tx store.Tx) (err error) {
			settled, more, err = g.sweep(tx, now)
			return err
		})
		if err != nil {
			return ended, err
		}
		ended += settled
		if !more {
			return ended, nil
		}
	}
}

func (g *Registry) sweep(tx store.Tx, now int64) (settled int, more bool, err error) {
	var due []string
	err = tx.Scan(dueRows, "", func(key string, _ []byte) error {
		at, _, _ := strings.Cut(key[len(dueRows):], "/")
		if unix, err := strconv.ParseInt(at, 10, 64); err != nil || unix > now || len(due) == sweepRows {
			return store.ErrStop
		}
		due = append(due, key)
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	size := 0
	for _, key := range due {
		n, ended, err := g.sweepOne(tx, key, now)
		if err != nil {
			return 0, false, err
		}
		if ended {
			settled++
		}
		if size += n; size >= sweepBytes {
			return settled, true, nil
		}
	}
	return settled, len(due) == sweepRows, nil
}

// sweepOne looks at one due row; bytes is what of it will be written again.
func (g *Registry) sweepOne(tx store.Tx, key string, now int64) (bytes int, settled bool, err error) {
	id := key[strings.LastIndexByte(key, '/')+1:]
	if batchID, ok := strings.CutPrefix(id, dueBatch); ok {
		tx.Delete(key)
		return 0, false, dropBatch(tx, batchID)
	}
	row, err := tx.Get(reqRows + id)
	if errors.Is(err, store.ErrNotFound) {
		tx.Delete(key)
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	q, err := decodeRequest(id, row)
	if err != nil {
		return 0, false, err
	}
	if !q.Open() {
		tx.Delete(key)
		g.drop(tx, q)
		return 0, false, nil
	}
	return len(row), true, g.settle(tx, q, Expired, expiredDenial(q), now)
}

// drop forgets an ended request.
func (g *Registry) drop(tx store.Tx, q *Request) {
	forget(tx, q)
	if q.State == Used && q.ReceiptID == "" {
		tx.AfterCommit(func() { g.live.Add(-1) })
	}
}
