package log

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Head is the newest size and root of the log.
type Head struct {
	Size uint64      `json:"log_size"`
	Root wire.Digest `json:"log_root"`
}

// HeadNote reads the head: what the store's head file records after each
// commit group, and what a checkpoint signs.
func HeadNote(r store.Reader) (Head, error) {
	f, err := readHead(r)
	if err != nil {
		return Head{}, err
	}
	return Head{Size: f.size, Root: f.root()}, nil
}

// SignHead returns the signed C2SP checkpoint of the log as r sees it. r must
// be a committed view: only entries on disk enter a head.
func SignHead(r store.Reader, signer wire.Signer) ([]byte, Head, error) {
	origin, err := ID(r)
	if err != nil {
		return nil, Head{}, fmt.Errorf("read the log id: %w", err)
	}
	head, err := HeadNote(r)
	if err != nil {
		return nil, Head{}, err
	}
	note, err := receipt.SignCheckpoint(receipt.Checkpoint{Origin: origin, Size: head.Size, Root: head.Root}, signer)
	return note, head, err
}

// Verify recomputes the tree from the leaves and compares every stored row:
//
//	1 leaf indexes are 0, 1, 2, … without a gap
//	2 every inner node row equals the recomputed one, and there is no other
//	3 the head row equals the recomputed right edge
//	4 there are as many id rows as leaves, each naming a leaf in range
//
// It reads the whole log and holds O(log n) of it.
func Verify(r store.Reader) (Head, error) {
	var f frontier
	var nodes uint64
	err := Scan(r, 0, func(index uint64, leaf []byte) error {
		if index != f.size { // 1
			return fmt.Errorf("%w: leaf %d is missing", ErrCorrupt, f.size)
		}
		for _, n := range f.push(receipt.LeafHash(leaf)) { // 2
			nodes++
			have, err := r.Get(nodeKey(n.level, n.index))
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if string(have) != string(n.hash[:]) {
				return fmt.Errorf("%w: node %d at level %d does not match its leaves", ErrCorrupt, n.index, n.level)
			}
		}
		return nil
	})
	if err != nil {
		return Head{}, err
	}
	rows, err := count(r, nodeRows, nil)
	if err != nil {
		return Head{}, err
	}
	if rows != nodes { // 2
		return Head{}, fmt.Errorf("%w: %d inner node rows, want %d", ErrCorrupt, rows, nodes)
	}
	have, err := readHead(r)
	if err != nil {
		return Head{}, err
	}
	if string(have.encode()) != string(f.encode()) { // 3
		return Head{}, fmt.Errorf("%w: head row says %d receipts, the leaves are %d or differ", ErrCorrupt, have.size, f.size)
	}
	ids, err := count(r, idRows, func(value []byte) error { // 4
		if index, err := strconv.ParseUint(string(value), 10, 64); err != nil || index >= f.size {
			return fmt.Errorf("%w: id row names leaf %.24q", ErrCorrupt, value)
		}
		return nil
	})
	if err != nil {
		return Head{}, err
	}
	if ids != f.size { // 4
		return Head{}, fmt.Errorf("%w: %d id rows for %d receipts", ErrCorrupt, ids, f.size)
	}
	return Head{Size: f.size, Root: f.root()}, nil
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
