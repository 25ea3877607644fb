package store

import (
	"errors"
	"fmt"
)

// PeekHead reads what the newest good head of a head file promises, for a look
// at a store whose rows cannot be read. Only the fields about the head are set.
func PeekHead(path string) (Report, error) {
	heads, err := readHeads(path)
	switch {
	case err != nil:
		return Report{}, err
	case !heads.exists:
		return Report{}, fmt.Errorf("%w: the head file is missing", ErrCorrupt)
	case !heads.valid:
		return Report{}, errors.Join(ErrCorrupt, errors.New("no slot of the head file is readable"))
	}
	h := heads.head
	return Report{HeadSequence: h.Sequence, HeadRows: h.Rows, TornSlot: heads.torn, SignedBy: heads.signer,
		Head: HeadNote{LogSize: h.LogSize, LogRoot: h.LogRoot, LedgerSequence: h.LedgerSequence}}, nil
}
