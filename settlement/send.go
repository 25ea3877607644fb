package settlement

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// send proposes a recorded statement, gives the peer the rounds it lacks, and
// records its signature. It reports true if the statement was withdrawn because
// the two sides hold different obligations.
func (run *runner) send(ctx context.Context, a *account, rec *record) (withdrawn bool, err error) {
	p := Proposal{Statement: rec.Document, Receipts: rec.Receipts, Undisputed: run.undisputed, Extent: rec.Extent}
	answer, err := run.s.cfg.Counterparty.Propose(ctx, run.peer, p)
	if err == nil && answer.Status == StatusRounds {
		if err = run.offer(ctx, answer.Rounds); err == nil {
			answer, err = run.s.cfg.Counterparty.Propose(ctx, run.peer, p)
		}
	}
	if err != nil {
		return false, fmt.Errorf("propose statement %d to %s: %w", a.Sequence, run.peer, err)
	}
	switch answer.Status {
	case StatusAcked:
		return false, run.acked(ctx, a, rec, answer.Statement)
	case StatusMismatch:
		if rec.Extent != nil {
			return true, run.descend(ctx, a, rec, &answer)
		}
		return true, run.mismatch(ctx, a, rec, &answer)
	}
	return false, fmt.Errorf("%w: statement %d: %.20q %.300s", ErrRefused, a.Sequence, answer.Status, answer.Reason)
}

// offer sends rounds that the peer asked for.
func (run *runner) offer(ctx context.Context, ids []wire.Digest) error {
	for _, id := range ids[:min(len(ids), MaxRounds)] {
		var doc []byte
		err := run.s.cfg.DB.View(func(r store.Reader) error {
			round, err := run.s.round(r, id)
			if err == nil {
				doc = round.Bytes()
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := run.s.cfg.Counterparty.Offer(ctx, run.peer, doc); err != nil {
			return err
		}
	}
	return nil
}

// acked records the payee's signature over exactly what was proposed.
func (run *runner) acked(ctx context.Context, a *account, rec *record, doc []byte) error {
	st, env, err := ParseStatement(doc)
	if err != nil {
		return err
	}
	_, ours, err := rec.open()
	if err != nil {
		return err
	}
	t, err := run.s.termsOf(run.peer, st.Treaty)
	if err != nil {
		return err
	}
	if !bytes.Equal(env.Body, ours.Body) || !signedBy(env, run.s.cfg.Kernel.Public(), t.PeerKernel) {
		return fmt.Errorf("%w: the answer is not our statement %d signed by %s", ErrRefused, a.Sequence, run.peer)
	}
	err = run.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := reload(tx, a)
		if err != nil {
			return err
		}
		return run.s.acknowledge(tx, fresh, st, &record{Stage: stageAcked, Document: doc, Receipts: rec.Receipts})
	})
	if err != nil {
		return fmt.Errorf("record the signature of statement %d: %w", a.Sequence, err)
	}
	run.s.cfg.Failpoint("statement.acked_before_voucher")
	return nil
}

// signedBy reports whether exactly these two keys have signed.
func signedBy(env *wire.Envelope, a, b wire.PublicKey) bool {
	has := func(k wire.PublicKey) bool {
		return slices.ContainsFunc(env.Signatures, func(s wire.EnvelopeSignature) bool { return s.Key == k.String() })
	}
	return len(env.Signatures) == 2 && a != b && has(a) && has(b)
}

// acknowledge makes a statement that both sides signed the head of its channel:
// its obligations leave the open set, and the debt changes its currency. Those
// that are not listed leave it after this, in fileReceipts: they are in the
// statement already.
func (s *Settler) acknowledge(tx store.Tx, a *account, st *Statement, rec *record) error {
	id, err := wire.DigestOf(st)
	if err != nil {
		return err
	}
	if a.Unfiled > 0 {
		return fmt.Errorf("%w: the receipts of statement %d are not all filed", ErrConflict, a.Acked)
	}
	if a.Unfiled = st.Count - uint64(len(rec.Receipts)); a.Unfiled == 0 {
		err = s.file(tx, a, st, rec.Receipts)
	} else if stand, standErr := receiptsStand(tx, st); standErr != nil || !stand {
		err = errors.Join(fmt.Errorf("%w: what statement %d is over was deleted with another try of it", ErrConflict, st.Sequence), standErr)
	}
	if err != nil {
		return err
	}
	if err := postConversion(tx, a, st, id); err != nil {
		return err
	}
	if err := s.authorize(tx, a, st, id); err != nil {
		return err
	}
	a.Sequence, a.Acked, a.Head, a.Cumulative = st.Sequence, st.Sequence, &id, st.Cumulative
	if err := save(tx, statementIndex(id), place{Channel: a.Channel, Sequence: st.Sequence}); err != nil {
		return err
	}
	if err := save(tx, statementKey(a.Channel, st.Sequence), rec); err != nil {
		return err
	}
	return save(tx, a.key(), a)
}

// postConversion turns a debt in the currency of prices into one in the
// currency that pays. Each currency balances through fx_rounding.
func postConversion(tx store.Tx, a *account, st *Statement, id wire.Digest) error {
	if st.Gross.Currency == st.Net.Currency {
		return nil
	}
	_, err := ledger.Post(tx, ledger.Posting{ID: id, At: st.Period.To, Memo: fmt.Sprintf("statement %d", st.Sequence), Entries: conversionEntries(a, st)})
	if err != nil {
		return fmt.Errorf("post statement %s: %w", id, err)
	}
	return nil
}

// conversionEntries is what a statement that converts moves in our books.
func conversionEntries(a *account, st *Statement) []ledger.Entry {
	debt, gone := ledger.Payable(a.Peer.String()), st.Gross
	entries := []ledger.Entry{
		{Account: debt, Debit: gone.Units, Currency: gone.Currency},
		{Account: ledger.FXRounding, Credit: gone.Units, Currency: gone.Currency},
		{Account: ledger.FXRounding, Debit: st.Net.Units, Currency: st.Net.Currency},
		{Account: debt, Credit: st.Net.Units, Currency: st.Net.Currency},
	}
	if a.Side == In { // the same, seen from the other side
		claim := ledger.Receivable(a.Peer.String())
		for i := range entries {
			e := &entries[i]
			e.Debit, e.Credit = e.Credit, e.Debit
			if e.Account == debt {
				e.Account = claim
			}
		}
	}
	return entries
}

// mismatch withdraws a statement that the peer has not signed and will not, and
// remembers what the two sides disagree on. What is left is proposed again.
func (run *runner) mismatch(ctx context.Context, a *account, rec *record, answer *Answer) error {
	if run.undisputed && len(answer.Extra) == 0 {
		return fmt.Errorf("%w: it disagrees with statement %d and names no receipt; its root is %s over %d receipts, %d gross",
			ErrRefused, a.Sequence, answer.Root, answer.Count, answer.Gross)
	}
	run.undisputed = true
	for _, id := range answer.Extra {
		if !slices.Contains(rec.Receipts, id) {
			return fmt.Errorf("%w: it disputes receipt %s, which was not proposed", ErrRefused, id)
		}
		if !run.skip[id] {
			run.skip[id] = true
			run.res.Disputed = append(run.res.Disputed, id)
		}
	}
	missing := answer.Missing[:min(len(answer.Missing), maxMissing)]
	run.res.Missing = missing
	return run.withdraw(ctx, a, answer.Extra, missing)
}

// withdraw takes the newest statement back and remembers the receipts that the
// two sides disagree on.
func (run *runner) withdraw(ctx context.Context, a *account, extra, missing []wire.Digest) error {
	err := run.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := reload(tx, a)
		if err != nil {
			return err
		}
		for _, ids := range [...][]wire.Digest{extra, missing} {
			for _, id := range ids {
				if err := dispute(tx, Out, run.peer, id); err != nil {
					return err
				}
			}
		}
		tx.Delete(statementKey(a.Channel, a.Sequence))
		if err := dropReceipts(tx, receiptsPrefix(a.Channel, a.Sequence), ""); err != nil {
			return err
		}
		fresh.Sequence = fresh.Acked
		return save(tx, fresh.key(), fresh)
	})
	if err != nil {
		return fmt.Errorf("withdraw statement %d: %w", a.Sequence, err)
	}
	return nil
}

// maxDisputes bounds what is remembered per direction; a peer cannot fill the
// store with receipts that nobody has.
const maxDisputes = 4096

func dispute(tx store.Tx, side Side, peer did.DID, receiptID wire.Digest) error {
	if _, err := tx.Get(disputePrefix(side, peer) + receiptID.String()); err == nil {
		return nil // known, perhaps as contested
	}
	n := 0
	err := tx.Scan(disputePrefix(side, peer), "", func(string, []byte) error { n++; return nil })
	if err != nil || n >= maxDisputes {
		return err
	}
	tx.Set(disputePrefix(side, peer)+receiptID.String(), []byte{1})
	return nil
}
