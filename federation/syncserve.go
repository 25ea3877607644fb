package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	// maxSyncReceipts bounds the receipts of one answer.
	maxSyncReceipts = 256
	// syncPageBytes bounds their size; one receipt always fits.
	syncPageBytes = 1 << 20
)

// syncRequest is every request of the sync protocol.
//
//	head         From, Size: our head (or our root at Size) and the proof that
//	             it extends the tree of the first From receipts
//	cosignature  Note: our head with the peer's cosignature
//	receipts     After, Limit, Size: receipts that name the peer at indexes
//	             ≥ After, proven under the tree of the first Size receipts
//	receipt      ReceiptID, Size: one of them
//	pull         the peer asks us to exchange now
type syncRequest struct {
	Type      string `json:"type"`
	From      uint64 `json:"from,omitzero"`
	Size      uint64 `json:"size,omitzero"`
	After     uint64 `json:"after,omitzero"`
	Limit     int    `json:"limit,omitzero"`
	ReceiptID string `json:"receipt_id,omitempty"`
	Note      string `json:"note,omitempty"`
}

type headAnswer struct {
	Status string        `json:"status"`
	Note   string        `json:"note"`
	Path   []wire.Digest `json:"path,omitzero"`
}

// loggedReceipt is one receipt of a log with its place and its proof.
type loggedReceipt struct {
	Receipt wire.Raw      `json:"receipt"`
	Index   uint64        `json:"leaf_index"`
	Path    []wire.Digest `json:"audit_path,omitzero"`
}

type receiptsAnswer struct {
	Status     string          `json:"status"`
	Checkpoint string          `json:"checkpoint"` // our signed head at the asked size
	Receipts   []loggedReceipt `json:"receipts,omitzero"`
	Next       uint64          `json:"next"` // where to go on
	More       bool            `json:"more,omitzero"`
}

// answerSync serves the sync protocol. Bodies go only to a party that they
// name: the peer's outbox is the list of those.
func (x *Exchange) answerSync(ctx context.Context, rec Record, doc []byte) ([]byte, error) {
	var q syncRequest
	if err := wire.UnmarshalCanonical(doc, &q, frameLimits); err != nil {
		return nil, refusal(refusedMalformed, "%v", err)
	}
	if err := x.confirm(ctx, rec); err != nil { // before this peer sees anything that we sign
		return nil, refusal(refusedNotReady, "%v", err)
	}
	var answer any
	var err error
	switch q.Type {
	case "head":
		answer, err = x.serveHead(&q)
	case "cosignature":
		answer, err = answerHead{Status: statusOK}, x.takeCosignature(ctx, rec, q.Note)
	case "receipts":
		answer, err = x.serveReceipts(rec, &q)
	case "receipt":
		answer, err = x.serveReceipt(rec, &q)
	case "pull":
		_, err = x.exchange(ctx, rec)
		answer = answerHead{Status: statusOK}
	default:
		err = refusal(refusedUnsupported, "no request %.40q", q.Type)
	}
	if err != nil {
		return nil, err
	}
	return wire.Marshal(answer)
}

// checkpointAt signs our root at a size that the log has or had.
func (x *Exchange) checkpointAt(r store.Reader, size uint64) ([]byte, error) {
	if err := x.RolledBack(); err != nil {
		return nil, refusal(refusedNotReady, "%v", err)
	}
	origin, err := x.logID(r)
	if err != nil {
		return nil, err
	}
	root, err := log.Root(r, size)
	if err != nil {
		return nil, refusal(refusedNotFound, "%v", err)
	}
	return receipt.SignCheckpoint(receipt.Checkpoint{Origin: origin, Size: size, Root: root}, x.cfg.KernelKey)
}

func (x *Exchange) serveHead(q *syncRequest) (*headAnswer, error) {
	a := &headAnswer{Status: statusOK}
	return a, x.s.cfg.DB.View(func(r store.Reader) error {
		size := q.Size
		if size == 0 {
			var err error
			if size, err = log.Size(r); err != nil {
				return err
			}
		}
		note, err := x.checkpointAt(r, size)
		if err != nil {
			return err
		}
		a.Note = string(note)
		if q.From < size {
			a.Path, err = log.ConsistencyProof(r, q.From, size)
		}
		return err
	})
}

// takeCosignature keeps our head as a peer witnessed it:
//
//	1 the note is our head: our log, our signature, our root at that size
//	2 the peer's kernel key cosigned it under the peer's DID
//	3 it is not older than the one kept
func (x *Exchange) takeCosignature(ctx context.Context, rec Record, note string) error {
	var h *KnownHead
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		origin, err := x.logID(r)
		if err != nil {
			return err
		}
		cp, err := receipt.VerifyCheckpoint([]byte(note), origin, x.cfg.KernelKey.Public()) // 1
		if err != nil {
			return refusal(refusedMismatch, "%v", err)
		}
		root, err := log.Root(r, cp.Size)
		if err != nil || root != cp.Root { // 1
			return refusal(refusedMismatch, "it is not our head of %d receipts", cp.Size)
		}
		found, err := receipt.VerifyCosignatures([]byte(note), []receipt.Witness{{Name: rec.DID.String(), Key: rec.Kernel}}) // 2
		if err != nil || len(found) != 1 {
			return refusal(refusedMismatch, "your cosignature is not on it: %v", err)
		}
		h = &KnownHead{Peer: rec.DID, Own: true, Origin: origin, Size: cp.Size, Root: cp.Root, Note: note,
			Witnesses: []string{rec.DID.String()}, At: found[0].Time}
		return nil
	})
	if err != nil {
		return err
	}
	return x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		var kept KnownHead
		if found, err := load(tx, prefixWitness+rec.DID.String(), &kept); err != nil || found && kept.Size > h.Size { // 3
			return err
		}
		tx.AfterCommit(x.cosigned)
		return save(tx, prefixWitness+rec.DID.String(), h)
	})
}

// serveReceipts gives a page of the receipts that name the peer.
func (x *Exchange) serveReceipts(rec Record, q *syncRequest) (*receiptsAnswer, error) {
	limit := q.Limit
	if limit <= 0 || limit > maxSyncReceipts {
		limit = maxSyncReceipts
	}
	a := &receiptsAnswer{Status: statusOK, Next: q.After}
	return a, x.s.cfg.DB.View(func(r store.Reader) error {
		note, err := x.checkpointAt(r, q.Size)
		if err != nil {
			return err
		}
		a.Checkpoint = string(note)
		indexes, more, err := boxed(r, rec, q.After, q.Size, limit)
		if err != nil {
			return err
		}
		size := 0
		for _, index := range indexes {
			entry, err := x.proven(r, index, q.Size)
			if err != nil {
				return err
			}
			if size += len(entry.Receipt) + 64*len(entry.Path); size > syncPageBytes && len(a.Receipts) > 0 {
				more = true
				break
			}
			a.Receipts = append(a.Receipts, *entry)
			a.Next = index + 1
		}
		a.More = more
		return nil
	})
}

// boxed lists a peer's outbox from an index on, below size.
func boxed(r store.Reader, rec Record, after, size uint64, limit int) (indexes []uint64, more bool, err error) {
	prefix := prefixBox + rec.DID.String() + "/"
	from := ""
	if after > 0 {
		from = boxKey(rec.DID, after-1)
	}
	err = r.Scan(prefix, from, func(key string, _ []byte) error {
		index, err := strconv.ParseUint(strings.TrimPrefix(key, prefix), 10, 64)
		if err != nil {
			return fmt.Errorf("%w: row %.160s", store.ErrCorrupt, key)
		}
		if index >= size {
			return store.ErrStop
		}
		if len(indexes) == limit {
			more = true
			return store.ErrStop
		}
		indexes = append(indexes, index)
		return nil
	})
	return indexes, more, err
}

func (x *Exchange) proven(r store.Reader, index, size uint64) (*loggedReceipt, error) {
	leaf, err := x.leaf(r, index)
	if err != nil {
		return nil, err
	}
	path, err := log.InclusionProof(r, index, size)
	return &loggedReceipt{Receipt: leaf, Index: index, Path: path}, err
}

// serveReceipt gives one receipt to a party that it names.
func (x *Exchange) serveReceipt(rec Record, q *syncRequest) (*receiptsAnswer, error) {
	if _, err := wire.ParseDigest(q.ReceiptID); err != nil {
		return nil, refusal(refusedMalformed, "receipt id: %v", err)
	}
	a := &receiptsAnswer{Status: statusOK}
	return a, x.s.cfg.DB.View(func(r store.Reader) error {
		index, _, err := log.ByID(r, q.ReceiptID)
		if err == nil || errors.Is(err, log.ErrArchived) {
			var indexes []uint64
			indexes, _, err = boxed(r, rec, index, index+1, 1)
			if err == nil && !slices.Contains(indexes, index) {
				err = store.ErrNotFound
			}
		}
		if err != nil { // the same answer whether it exists or not
			return refusal(refusedNotAParty, "receipt %s does not name you", q.ReceiptID)
		}
		note, err := x.checkpointAt(r, q.Size)
		if err != nil {
			return err
		}
		entry, err := x.proven(r, index, q.Size)
		if err != nil {
			return refusal(refusedNotFound, "%v", err)
		}
		a.Checkpoint, a.Receipts, a.Next = string(note), []loggedReceipt{*entry}, index+1
		return nil
	})
}
