package log

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/store"
)

// The index is written in the transaction of each append. One row holds the
// cards of 32 receipts, so that a receipt costs no row of its own: the newest
// row is rewritten, which within a commit group happens once. Rows are keyed by
// the complement of their number, because a store scans upwards and people
// read logs from the newest receipt down.
const (
	blockRows  = "r/x/"
	blockCards = 32
)

// blockBatch is how many blocks one transaction of BuildIndex writes: of the
// longest cards, well within the store's limit for one transaction.
const blockBatch = 128

func blockKey(number uint64) string {
	var digits [16]byte
	const hexadecimal = "0123456789abcdef"
	for i, v := 15, ^number; i >= 0; i, v = i-1, v>>4 {
		digits[i] = hexadecimal[v&15]
	}
	return blockRows + string(digits[:])
}

func blockNumber(key string) (uint64, error) {
	n, err := strconv.ParseUint(key[len(blockRows):], 16, 64)
	if err != nil || blockKey(^n) != key {
		return 0, fmt.Errorf("%w: key %.80q", ErrCorrupt, key)
	}
	return ^n, nil
}

// indexLeaf adds the card of the leaf at index. A log from before there was an
// index has none of the earlier cards: then BuildIndex, which goes on where the
// index ends, also adds this one.
func indexLeaf(tx store.Tx, index uint64, leaf []byte) error {
	number, place := index/blockCards, int(index%blockCards)
	var row []byte
	switch {
	case index == 0:
		row = make([]byte, 8)
	case place == 0:
		before, err := tx.Get(blockKey(number - 1))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, count, err := decodeBlock(number-1, before, nil); err != nil || count < blockCards {
			return err
		}
		row = append(make([]byte, 0, len(before)), before[:8]...) // newest so far
	default:
		have, err := tx.Get(blockKey(number))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		row = have
	}
	tx.Set(blockKey(number), withCard(row, leaf))
	return nil
}

// withCard appends a leaf's card and keeps the row's head: the newest time of
// any receipt up to the end of the block, by which a search backwards in time
// knows where it may stop whatever the clock did.
func withCard(row, leaf []byte) []byte {
	c, ok := cardOf(leaf)
	if !ok {
		return append(row, cardOpaque)
	}
	if t := uint64(max(0, c.Time)); t > binary.BigEndian.Uint64(row) {
		binary.BigEndian.PutUint64(row, t)
	}
	return c.append(row)
}

// Indexed is the number of receipts that the index covers, from the first on.
func Indexed(r store.Reader) (size uint64, err error) {
	err = r.Scan(blockRows, "", func(key string, row []byte) error {
		number, err := blockNumber(key)
		if err != nil {
			return err
		}
		_, count, err := decodeBlock(number, row, nil)
		if err != nil {
			return err
		}
		size = number*blockCards + uint64(count)
		return store.ErrStop
	})
	return size, err
}

// BuildIndex completes the index of a log that was begun without one, in
// transactions of bounded size. It may be interrupted and called again; on a
// complete index it does nothing. It reports how many receipts it added.
func BuildIndex(ctx context.Context, db store.DB) (added uint64, err error) {
	for {
		var more uint64
		err := db.Update(ctx, func(tx store.Tx) (err error) {
			more, err = extendIndex(tx)
			return err
		})
		if err != nil {
			return added, fmt.Errorf("index the receipt log: %w", err)
		}
		if more == 0 {
			return added, nil
		}
		added += more
	}
}

func extendIndex(tx store.Tx) (added uint64, err error) {
	have, err := Indexed(tx)
	if err != nil {
		return 0, err
	}
	size, err := Size(tx)
	if err != nil || have >= size {
		return 0, err
	}
	number := have / blockCards
	row := make([]byte, 8)
	if have%blockCards > 0 {
		if row, err = tx.Get(blockKey(number)); err != nil {
			return 0, err
		}
	} else if number > 0 {
		before, err := tx.Get(blockKey(number - 1))
		if err != nil {
			return 0, err
		}
		copy(row, before[:8])
	}
	end := min(size, (number+blockBatch)*blockCards)
	err = Scan(tx, have, func(index uint64, leaf []byte) error {
		if index != have+added {
			return fmt.Errorf("%w: leaf %d is missing", ErrCorrupt, have+added)
		}
		row = withCard(row, leaf)
		if added++; (index+1)%blockCards == 0 || index+1 == end {
			tx.Set(blockKey(index/blockCards), row)
			row = append([]byte(nil), row[:8]...)
		}
		if index+1 == end {
			return store.ErrStop
		}
		return nil
	})
	if err == nil && have+added < end {
		err = fmt.Errorf("%w: leaf %d is missing", ErrCorrupt, have+added)
	}
	return added, err
}
