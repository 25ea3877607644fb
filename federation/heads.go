package federation

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// KnownHead is one log head as two parties have signed it.
type KnownHead struct {
	Peer      did.DID     `json:"peer"` // whose log, or, if Own, who witnessed ours
	Own       bool        `json:"own,omitzero"`
	Origin    string      `json:"origin"`
	Size      uint64      `json:"size"`
	Root      wire.Digest `json:"root"`
	Note      string      `json:"note"` // with the witness's line
	Witnesses []string    `json:"witnesses"`
	At        int64       `json:"at"` // unix seconds
}

// Heads lists the newest head of each peer's log that we witnessed, and of ours
// that each peer witnessed.
func (x *Exchange) Heads() ([]KnownHead, error) {
	var out []KnownHead
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		for _, prefix := range [...]string{prefixHead, prefixWitness} {
			err := each(r, prefix, func(_ string, h *KnownHead) error {
				out = append(out, *h)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// HeadsOf returns the newest head of one peer's log that we witnessed, and of
// ours that it did: nil where there is none.
func (x *Exchange) HeadsOf(peer did.DID) (theirs, ours *KnownHead, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) (err error) {
		if theirs, err = loadHead(r, prefixHead, peer); err == nil {
			ours, err = loadHead(r, prefixWitness, peer)
		}
		return err
	})
	return theirs, ours, err
}

func loadHead(r store.Reader, prefix string, peer did.DID) (*KnownHead, error) {
	h := new(KnownHead)
	if found, err := load(r, prefix+peer.String(), h); err != nil || !found {
		return nil, err
	}
	return h, nil
}

// WitnessedHead returns the newest head of our own log that a peer cosigned, or
// a fresh one of ours alone before the first. Several peers that cosigned the
// same size are all on the note.
func (x *Exchange) WitnessedHead(r store.Reader) (note []byte, size uint64, err error) {
	var best *receipt.Note
	err = each(r, prefixWitness, func(key string, h *KnownHead) error {
		n, err := receipt.ParseNote([]byte(h.Note))
		if err != nil {
			return fmt.Errorf("%w: row %.160s: %w", store.ErrCorrupt, key, err)
		}
		switch {
		case best == nil || n.Checkpoint.Size > best.Checkpoint.Size:
			best = n
		case n.Checkpoint == best.Checkpoint:
			addLines(best, n)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if best != nil {
		return best.Bytes(), best.Checkpoint.Size, nil
	}
	if err := x.RolledBack(); err != nil {
		return nil, 0, err
	}
	note, head, err := log.SignHead(r, x.cfg.KernelKey)
	return note, head.Size, err
}

// addLines adds the signature lines that a note does not have yet, up to the
// number that a note may hold.
func addLines(n, from *receipt.Note) {
	for _, line := range from.Lines {
		known := slices.ContainsFunc(n.Lines, func(l receipt.NoteLine) bool { return l.Name == line.Name && l.KeyID == line.KeyID })
		if !known && len(n.Lines) < receipt.MaxNoteLines {
			n.Lines = append(n.Lines, line)
		}
	}
}

// Evidence returns the file that proves a peer's equivocation, or
// store.ErrNotFound. receipt.VerifyEquivocation judges it offline.
func (x *Exchange) Evidence(peer did.DID) (doc []byte, err error) {
	err = x.s.cfg.DB.View(func(r store.Reader) (err error) {
		doc, err = r.Get(prefixFork + peer.String())
		return err
	})
	return doc, err
}
