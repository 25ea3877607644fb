package settlement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	// maxListed is how many receipts a message lists, and how many obligations one
	// transaction files.
	maxListed = 1024
	// pageReceipts is how many ids one row of a statement's receipts holds.
	pageReceipts = 16384
)

// keepReceipts writes the receipts of a statement that lists none, ascending.
// The rows come before the record of the statement, which makes them count. They
// are under its root: a second proposal of the same sequence does not touch them.
func (s *Settler) keepReceipts(ctx context.Context, st *Statement, ids []wire.Digest) error {
	prefix := receiptsPrefix(st.Channel, st.Sequence) + st.ReceiptsRoot.String() + "/"
	for n := 0; n*pageReceipts < len(ids); n++ {
		page := ids[n*pageReceipts : min((n+1)*pageReceipts, len(ids))]
		row := make([]byte, 0, len(page)*len(wire.Digest{}))
		for _, id := range page {
			row = append(row, id[:]...)
		}
		err := s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			tx.Set(fmt.Sprintf("%s%04d", prefix, n), row)
			return nil
		})
		if err != nil {
			return fmt.Errorf("keep the receipts of statement %d of channel %s: %w", st.Sequence, st.Channel, err)
		}
	}
	s.cfg.Failpoint("statement.receipts_before_record")
	return nil
}

// receiptsStand reports whether all receipt rows of a statement are there.
func receiptsStand(r store.Reader, st *Statement) (bool, error) {
	var bytes uint64
	err := r.Scan(receiptsPrefix(st.Channel, st.Sequence)+st.ReceiptsRoot.String()+"/", "", func(_ string, row []byte) error {
		bytes += uint64(len(row))
		return nil
	})
	return bytes == st.Count*uint64(len(wire.Digest{})), err
}

// dropUnsigned deletes the receipt rows of a statement that was not signed after
// all, unless it was by somebody else meanwhile.
func (s *Settler) dropUnsigned(ctx context.Context, st *Statement) error {
	return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		rec, known, err := load[record](tx, statementKey(st.Channel, st.Sequence))
		if err != nil {
			return err
		}
		if known {
			signed, _, err := rec.open()
			if err != nil || signed.ReceiptsRoot == st.ReceiptsRoot {
				return err
			}
		}
		return dropReceipts(tx, receiptsPrefix(st.Channel, st.Sequence)+st.ReceiptsRoot.String()+"/", "")
	})
}

// dropReceipts deletes the receipt rows of one statement, except those under a
// root that stays.
func dropReceipts(tx store.Tx, prefix, stays string) error {
	var gone []string
	err := tx.Scan(prefix, "", func(key string, _ []byte) error {
		if stays == "" || !strings.HasPrefix(key, prefix+stays+"/") {
			gone = append(gone, key)
		}
		return nil
	})
	for _, key := range gone {
		tx.Delete(key)
	}
	return err
}

// receiptsOf returns the receipts that a statement is over, ascending.
func receiptsOf(r store.Reader, channel wire.Digest, sequence uint64) ([]wire.Digest, error) {
	rec, err := readRecord(r, channel, sequence)
	if err != nil {
		return nil, err
	}
	st, _, err := rec.open()
	if err != nil {
		return nil, err
	}
	if len(rec.Receipts) > 0 {
		return rec.Receipts, nil
	}
	ids := make([]wire.Digest, 0, st.Count)
	err = r.Scan(receiptsPrefix(channel, sequence)+st.ReceiptsRoot.String()+"/", "", func(_ string, row []byte) error {
		for id := range slices.Chunk(row, len(wire.Digest{})) {
			if len(id) < len(wire.Digest{}) || uint64(len(ids)) == st.Count {
				return fmt.Errorf("%w: the receipts of statement %d of channel %s", store.ErrCorrupt, sequence, channel)
			}
			ids = append(ids, wire.Digest(id))
		}
		return nil
	})
	if err == nil && uint64(len(ids)) != st.Count {
		err = fmt.Errorf("%w: statement %d of channel %s is over %d receipts, %d are here", store.ErrCorrupt, sequence, channel, st.Count, len(ids))
	}
	return ids, err
}

// unfiled lists, ascending, the receipts of statements signed by both whose
// obligations still stand among the open ones.
func unfiled(r store.Reader, side Side, peer did.DID) ([]wire.Digest, error) {
	channels, err := accounts(r, side, peer)
	if err != nil {
		return nil, err
	}
	var out []wire.Digest
	for _, a := range channels {
		if a.Unfiled == 0 {
			continue
		}
		ids, err := receiptsOf(r, a.Channel, a.Acked)
		if err != nil {
			return nil, err
		}
		out = append(out, ids[uint64(len(ids))-a.Unfiled:]...)
	}
	slices.SortFunc(out, compareDigests)
	return out, nil
}

// fileReceipts takes the obligations of the newest statement out of the open
// ones where acknowledge left that to it, some in each transaction. Nothing
// depends on when: they are read as if it had been done.
func (s *Settler) fileReceipts(ctx context.Context, was *account) error {
	var st *Statement
	var ids []wire.Digest
	var left, done uint64
	err := s.cfg.DB.View(func(r store.Reader) error {
		a, ok, err := load[account](r, was.key())
		if err != nil || !ok || a.Unfiled == 0 {
			return err
		}
		rec, err := readRecord(r, a.Channel, a.Acked)
		if err != nil {
			return err
		}
		if st, _, err = rec.open(); err != nil {
			return err
		}
		left = a.Unfiled
		ids, err = receiptsOf(r, a.Channel, a.Acked)
		return err
	})
	for ; err == nil && left > 0; left -= done {
		part := ids[uint64(len(ids))-left:]
		part = part[:min(len(part), s.cfg.ListedReceipts)]
		done = uint64(len(part))
		err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			a, ok, err := load[account](tx, was.key())
			if err != nil {
				return err
			}
			if !ok || a.Acked != st.Sequence || a.Unfiled != left {
				return store.ErrStop // another does it
			}
			if a.Unfiled -= done; a.Unfiled == 0 {
				if err := dropReceipts(tx, receiptsPrefix(a.Channel, a.Acked), st.ReceiptsRoot.String()); err != nil {
					return err
				}
			}
			if err := s.file(tx, &a, st, part); err != nil {
				return err
			}
			return save(tx, a.key(), a)
		})
		if err == nil {
			s.cfg.Failpoint("statement.receipts_partly_filed")
		}
	}
	if errors.Is(err, store.ErrStop) {
		return s.fileReceipts(ctx, was)
	}
	if err != nil {
		return fmt.Errorf("file the receipts of channel %s: %w", was.Channel, err)
	}
	return nil
}

// fileBefore files what an earlier statement left before the next one is judged.
func (s *Settler) fileBefore(ctx context.Context, t *Terms, sequence uint64) error {
	var a *account
	err := s.cfg.DB.View(func(r store.Reader) (err error) {
		a, err = s.accountFor(r, t, In)
		return err
	})
	if err != nil || a.Unfiled == 0 || sequence <= a.Acked {
		return nil // what is wrong with the account, judging says
	}
	return s.fileReceipts(ctx, a)
}

// file takes obligations of a statement that both sides signed out of the open
// ones.
func (s *Settler) file(tx store.Tx, a *account, st *Statement, ids []wire.Digest) error {
	disputed := make(map[string]bool) // a deletion is a row that is written, too
	err := tx.Scan(disputePrefix(a.Side, a.Peer), "", func(key string, _ []byte) error { disputed[key] = true; return nil })
	if err != nil {
		return err
	}
	for _, id := range ids {
		o, ok, err := s.openOne(tx, st.Payer, st.Payee, st.Treaty, id)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: receipt %s is in another statement", ErrConflict, id)
		}
		tx.Delete(openKey(a.Side, a.Peer, &o))
		if row := disputePrefix(a.Side, a.Peer) + id.String(); disputed[row] {
			tx.Delete(row)
		}
		if err := save(tx, obligationKey(o.ID()), owed{Obligation: o, Channel: a.Channel, Sequence: st.Sequence}); err != nil {
			return err
		}
	}
	return nil
}

// current refuses a draft if an obligation of its direction was contested, put
// back or given up since it was read.
func (d *draft) current(r store.Reader, side Side, peer did.DID) error {
	n, err := contests(r, side, peer)
	if err == nil && n != d.contests {
		err = fmt.Errorf("%w: an objection came while statement %d was made; run again", ErrConflict, d.total.Sequence)
	}
	return err
}
