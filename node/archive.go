package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ArchiveReceipts asks "receipt/archive": move receipts to files in Dir, an
// absolute path: those from before Before, or all but the newest Keep. Exactly
// one of the two is given.
type ArchiveReceipts struct {
	Dir    string  `json:"dir"`
	Before int64   `json:"before,omitzero"` // unix seconds
	Keep   *uint64 `json:"keep,omitempty"`
}

// ArchivedReceipts answers "receipt/archive". Held says why receipts that were
// meant are still in the log, if there are any.
type ArchivedReceipts struct {
	Dir       string   `json:"dir"`
	Receipts  uint64   `json:"receipts"`  // moved now
	Archived  uint64   `json:"archived"`  // in files altogether
	Files     []string `json:"files"`     // written now
	Refreshed int      `json:"refreshed"` // files that got a head by the present kernel key
	Held      string   `json:"held,omitempty"`
}

// maxSegmentBytes bounds the receipts of one archive file; with their proofs
// they stay well below the limit of a bundle.
const maxSegmentBytes = 48 << 20

// The failpoints of one segment, in order. Up to the last nothing has left the
// log; after it the receipts are in a file that was made durable and read back.
const (
	failArchiveWritten  = "archive.written"  // the file is on disk under a temporary name
	failArchiveVerified = "archive.verified" // and was read back and verified
	failArchiveRenamed  = "archive.renamed"  // and has its name
	failArchiveAfter    = "archive.after"    // the rows are gone
)

// archiver moves old receipts to files and reads them back from there.
type archiver struct {
	n  *Node
	mu sync.Mutex // one run at a time; guards nothing else

	read sync.Mutex // guards what follows: the file read last
	file string
	kept map[uint64]wire.Raw
}

func (n *Node) archiveReceipts(ctx context.Context, req ArchiveReceipts) (*ArchivedReceipts, error) {
	if !filepath.IsAbs(req.Dir) {
		return nil, usage("dir %.200q is not an absolute path", req.Dir)
	}
	if (req.Before > 0) == (req.Keep != nil) || req.Before < 0 {
		return nil, usage("say what to archive: before a time, or all but the newest keep")
	}
	return n.archive.run(ctx, req)
}

// run archives segment by segment. It may be interrupted anywhere and run
// again: a file whose rows are still in the log is written anew.
func (a *archiver) run(ctx context.Context, req ArchiveReceipts) (*ArchivedReceipts, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := prepareArchive(req.Dir, a.n.ownTrust()); err != nil {
		return nil, err
	}
	out := &ArchivedReceipts{Dir: req.Dir, Files: []string{}}
	var err error
	if out.Refreshed, err = a.refresh(ctx); err != nil {
		return nil, fmt.Errorf("renew the heads of archive files: %w", err)
	}
	var next, end uint64
	err = a.n.db.View(func(r store.Reader) (err error) {
		if next, err = rlog.Archived(r); err != nil {
			return err
		}
		end, out.Held, err = a.target(r, next, &req)
		return err
	})
	for err == nil && next < end && ctx.Err() == nil {
		var s *rlog.Segment
		if s, err = a.segment(ctx, req.Dir, next, end); err == nil {
			next += s.Count
			out.Receipts += s.Count
			out.Files = append(out.Files, s.File)
		}
	}
	out.Archived = next
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, fmt.Errorf("archive receipts, %d moved before: %w", out.Receipts, err)
	}
	return out, nil
}

// target is the index of the first receipt that stays:
//
//	1 what the operator keeps: the newest Keep, or from the first receipt on
//	  that is not older than Before
//	2 what an active peer has not witnessed yet: it will ask for it
func (a *archiver) target(r store.Reader, from uint64, req *ArchiveReceipts) (end uint64, held string, err error) {
	size, err := rlog.Size(r)
	if err != nil {
		return 0, "", err
	}
	if req.Keep != nil { // 1
		end = size - min(size, *req.Keep)
	} else if end, err = firstSince(r, from, size, req.Before); err != nil {
		return 0, "", err
	}
	heads, err := a.n.network.exchange.Heads()
	if err != nil {
		return 0, "", err
	}
	for _, rec := range a.n.network.service.List() { // 2
		if rec.State != federation.Active {
			continue
		}
		seen := uint64(0)
		for _, h := range heads {
			if h.Own && h.Peer == rec.DID {
				seen = h.Size
			}
		}
		if seen < end {
			end, held = max(from, seen), fmt.Sprintf("%s has witnessed the log up to %d receipts only; sync with it first", rec.DID, seen)
		}
	}
	return end, held, nil
}

// firstSince is the index of the first receipt from index from on that is not
// older than a time.
func firstSince(r store.Reader, from, size uint64, at int64) (uint64, error) {
	end := size
	err := rlog.Scan(r, from, func(index uint64, leaf []byte) error {
		b, err := receipt.Peek(leaf)
		if err != nil {
			return err
		}
		if b.Timestamp >= at {
			end = index
			return store.ErrStop
		}
		return nil
	})
	return end, err
}

// segment moves the receipts from first on, as many as one file takes:
//
//	1 the file is written under a temporary name and made durable
//	2 it is read back and verified as a third party would
//	3 it gets its name, and the folder is made durable
//	4 one transaction: leaf rows give way to their hashes, checked against what
//	  the file holds
//
// A crash before 4 leaves a file that nobody refers to and the log as it was.
func (a *archiver) segment(ctx context.Context, dir string, first, end uint64) (*rlog.Segment, error) {
	leaves, doc, err := a.compose(first, end)
	if err != nil {
		return nil, err
	}
	s := &rlog.Segment{First: first, Count: uint64(len(leaves)), File: filepath.Join(dir, a.name(first, uint64(len(leaves)))),
		KernelKey: a.n.keys.Kernel().Public(), ArchivedAt: a.n.now()}
	held, err := a.put(s, doc) // 1, 2, 3
	if err != nil {
		return nil, err
	}
	err = a.n.db.Update(ctx, func(tx store.Tx) error { return rlog.Archive(tx, *s, held) }) // 4
	if err != nil {
		return nil, err
	}
	a.n.failpoint(failArchiveAfter)
	return s, nil
}

// name is the file of a segment: the log, the first and the last receipt.
func (a *archiver) name(first, count uint64) string {
	id := a.n.logID
	return fmt.Sprintf("%s-%012d-%012d.json", id[max(0, len(id)-8):], first, first+count-1)
}

// compose makes the bundle of a segment, under a head of this kernel alone:
// whoever verifies it needs to trust nobody else.
func (a *archiver) compose(first, end uint64) (leaves []uint64, doc []byte, err error) {
	err = a.n.db.View(func(r store.Reader) error {
		size := 0
		for index := first; index < min(end, first+rlog.MaxSegment); index++ {
			leaf, err := a.n.leafAt(r, index)
			if err != nil {
				return err
			}
			if size += len(leaf); size > maxSegmentBytes && len(leaves) > 0 {
				break
			}
			leaves = append(leaves, index)
		}
		note, head, err := rlog.SignHead(r, a.n.headSigner())
		if err != nil {
			return err
		}
		doc, err = a.n.bundle(r, a.n.ownTrust(), note, head.Size, leaves)
		return err
	})
	return leaves, doc, err
}

// refresh writes the archive files anew whose head a retired kernel key signed:
// such a head counts for nothing any more, while the receipts do. A file that is
// not where it was is left to whoever moved it.
func (a *archiver) refresh(ctx context.Context) (count int, err error) {
	current := a.n.keys.Kernel().Public()
	var stale []rlog.Segment
	err = a.n.db.View(func(r store.Reader) error {
		return rlog.Segments(r, func(s rlog.Segment) error {
			if s.KernelKey != current {
				stale = append(stale, s)
			}
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	for _, s := range stale {
		_, doc, err := a.compose(s.First, s.First+s.Count)
		var gone *Problem
		if errors.As(err, &gone) && gone.Code == codeArchived {
			continue
		}
		if err != nil {
			return count, err
		}
		if err := prepareArchive(filepath.Dir(s.File), a.n.ownTrust()); err != nil {
			return count, err
		}
		s.KernelKey = current
		if _, err := a.put(&s, doc); err != nil {
			return count, err
		}
		if err := a.n.db.Update(ctx, func(tx store.Tx) error { return rlog.Refile(tx, s) }); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}
