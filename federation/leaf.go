package federation

import (
	"errors"

	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
)

// leaf is our receipt at index, wherever the node keeps it.
func (x *Exchange) leaf(r store.Reader, index uint64) ([]byte, error) {
	doc, err := log.Leaf(r, index)
	if errors.Is(err, log.ErrArchived) && x.cfg.Archived != nil {
		return x.cfg.Archived(r, index)
	}
	return doc, err
}

// receiptByID is our receipt by its id, wherever the node keeps it.
func (x *Exchange) receiptByID(r store.Reader, id string) ([]byte, error) {
	index, doc, err := log.ByID(r, id)
	if errors.Is(err, log.ErrArchived) {
		return x.leaf(r, index)
	}
	return doc, err
}
