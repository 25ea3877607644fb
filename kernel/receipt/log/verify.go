package log

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Verify recomputes the tree from the leaves and compares every stored row:
//
//	1 leaf indexes are 0, 1, 2, … without a gap: first the archived ones, by
//	  their hashes, then those whose bytes are here
//	2 every inner node row equals the recomputed one, and there is no other
//	3 the head row equals the recomputed right edge
//	4 there are as many id rows as leaves, each naming a leaf in range, and
//	  the id of every leaf that has one names that leaf
//	5 the archive segments cover exactly the archived leaves
//	6 the index covers a beginning of the log, has no other row, and the cards
//	  of leaves whose bytes are here are what the bytes say
//
// It reads the whole log and holds O(log n) of it. An index that ends early is
// no fault: BuildIndex goes on.
func Verify(r store.Reader) (Head, error) {
	w := walk{r: r}
	if err := scanArchived(r, func(index uint64, hash wire.Digest, id string) error {
		return w.leaf(index, hash, id)
	}); err != nil {
		return Head{}, err
	}
	archived := w.f.size
	if err := checkSegments(r, archived); err != nil { // 5
		return Head{}, err
	}
	check := cardCheck{r: r, from: archived}
	err := Scan(r, 0, func(index uint64, leaf []byte) error {
		if index < archived {
			return fmt.Errorf("%w: leaf %d is both here and archived", ErrCorrupt, index)
		}
		b, _ := receipt.Peek(leaf) // without an id there is nothing to look up
		if err := w.leaf(index, receipt.LeafHash(leaf), b.ID); err != nil {
			return err
		}
		return check.leaf(index, leaf) // 6
	})
	if err != nil {
		return Head{}, err
	}
	if err := w.rest(); err != nil {
		return Head{}, err
	}
	return Head{Size: w.f.size, Root: w.f.root()}, checkBlocks(r, w.f.size) // 6
}

// walk rebuilds the tree.
type walk struct {
	r     store.Reader
	f     frontier
	nodes uint64
}

func (w *walk) leaf(index uint64, hash wire.Digest, id string) error {
	if index != w.f.size { // 1
		return fmt.Errorf("%w: leaf %d is missing", ErrCorrupt, w.f.size)
	}
	for _, n := range w.f.push(hash) { // 2
		w.nodes++
		have, err := w.r.Get(nodeKey(n.level, n.index))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if string(have) != string(n.hash[:]) {
			return fmt.Errorf("%w: node %d at level %d does not match its leaves", ErrCorrupt, n.index, n.level)
		}
	}
	if id == "" {
		return nil
	}
	at, err := indexOf(w.r, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || at != index { // 4
		return fmt.Errorf("%w: the id of receipt %d does not lead to it", ErrCorrupt, index)
	}
	return nil
}

// rest compares what is counted when all leaves have been seen.
func (w *walk) rest() error {
	rows, err := count(w.r, nodeRows, nil)
	if err != nil {
		return err
	}
	if rows != w.nodes { // 2
		return fmt.Errorf("%w: %d inner node rows, want %d", ErrCorrupt, rows, w.nodes)
	}
	have, err := readHead(w.r)
	if err != nil {
		return err
	}
	if string(have.encode()) != string(w.f.encode()) { // 3
		return fmt.Errorf("%w: head row says %d receipts, the leaves are %d or differ", ErrCorrupt, have.size, w.f.size)
	}
	ids, err := count(w.r, idRows, func(value []byte) error { // 4
		if index, err := strconv.ParseUint(string(value), 10, 64); err != nil || index >= w.f.size {
			return fmt.Errorf("%w: id row names leaf %.24q", ErrCorrupt, value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if ids != w.f.size { // 4
		return fmt.Errorf("%w: %d id rows for %d receipts", ErrCorrupt, ids, w.f.size)
	}
	return nil
}

func count(r store.Reader, prefix string, check func([]byte) error) (uint64, error) {
	var n uint64
	err := r.Scan(prefix, "", func(_ string, value []byte) error {
		n++
		if check != nil {
			return check(value)
		}
		return nil
	})
	return n, err
}

// checkSegments is rule 5.
func checkSegments(r store.Reader, archived uint64) error {
	end := archived
	err := Segments(r, func(s Segment) error {
		if s.First+s.Count != end {
			return fmt.Errorf("%w: the archive has receipts %d to %d in no file", ErrCorrupt, s.First+s.Count, end)
		}
		end = s.First
		return nil
	})
	if err == nil && end != 0 {
		err = fmt.Errorf("%w: archived receipts below %d are in no file", ErrCorrupt, end)
	}
	return err
}

// cardCheck is the part of rule 6 that goes with the leaves: it holds one block
// of the index and checks off its cards.
type cardCheck struct {
	r      store.Reader
	from   uint64 // the first leaf whose bytes are here
	number uint64
	row    []byte // the block of number; nil: none is held, or there is none
	read   bool
	cards  reader
}

func (c *cardCheck) leaf(index uint64, leaf []byte) error {
	if number := index / blockCards; !c.read || number != c.number {
		row, err := c.r.Get(blockKey(number))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		c.number, c.row, c.read = number, row, true
		if row == nil {
			return nil
		}
		c.cards = reader{b: string(row)}
		c.cards.take(8)
		for i := number * blockCards; i < index; i++ { // cards of archived leaves
			c.cards.card()
		}
	}
	if c.row == nil || len(c.cards.b) == 0 && !c.cards.failed {
		return nil // the index ends here; checkBlocks counts
	}
	want := withCard(make([]byte, 8), leaf)[8:]
	if c.cards.take(len(want)) != string(want) || c.cards.failed {
		return fmt.Errorf("%w: the index card of receipt %d is not what the receipt says", ErrCorrupt, index)
	}
	return nil
}

// checkBlocks is the rest of rule 6: block rows are 0, 1, 2, … without a gap,
// all but the last are full, the index does not reach beyond the log, and each
// block knows the newest time so far.
func checkBlocks(r store.Reader, size uint64) error {
	last := true
	var below uint64 // the number of the block seen last
	var above int64  // and the newest time it states
	err := r.Scan(blockRows, "", func(key string, row []byte) error {
		number, err := blockNumber(key)
		if err != nil {
			return err
		}
		newest, count, err := decodeBlock(number, row, nil)
		switch {
		case err != nil:
			return err
		case last && number*blockCards+uint64(count) > size, !last && (number+1 != below || count != blockCards || newest > above):
			return fmt.Errorf("%w: index block %d is out of place", ErrCorrupt, number)
		}
		if !last {
			if err := checkNewest(r, below, newest, above); err != nil {
				return err
			}
		}
		last, below, above = false, number, newest
		return nil
	})
	if err != nil || last {
		return err
	}
	if below != 0 {
		return fmt.Errorf("%w: the index begins at block %d", ErrCorrupt, below)
	}
	return checkNewest(r, 0, 0, above)
}

// checkNewest checks the time a block states: the newest of its cards and of
// what came before.
func checkNewest(r store.Reader, number uint64, before, stated int64) error {
	row, err := r.Get(blockKey(number))
	if err != nil {
		return err
	}
	want := before
	if _, _, err := decodeBlock(number, row, func(c Card, _ bool) { want = max(want, c.Time) }); err != nil {
		return err
	}
	if want != stated {
		return fmt.Errorf("%w: index block %d states the newest time %d, its cards %d", ErrCorrupt, number, stated, want)
	}
	return nil
}
