package log

import (
	"fmt"

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
