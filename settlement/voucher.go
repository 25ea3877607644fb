package settlement

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a voucher is not made or not accepted.
var (
	// ErrDeposit: the channel holds too little.
	ErrDeposit = errors.New("channel holds too little")
	// ErrClosing: the payer is leaving the channel.
	ErrClosing = errors.New("channel is closing")
)

// promise signs the voucher of a statement that both sides signed and makes it
// durable.
func (run *runner) promise(ctx context.Context, a *account, rec *record) error {
	st, env, err := rec.open()
	if err != nil {
		return err
	}
	t, err := run.s.termsOf(run.peer, st.Treaty)
	if err != nil {
		return err
	}
	if !funded(a.Rail) {
		return run.pledge(ctx, a, rec, st, t)
	}
	rail, id, err := run.s.channel(t, Out)
	if err != nil {
		return err
	}
	if id != a.Channel {
		return fmt.Errorf("%w: treaty %s now gives channel %s, the statement is on %s", ErrTerms, t.Treaty, id, a.Channel)
	}
	standing, err := rail.Standing(ctx, a.Channel)
	if err != nil {
		return err
	}
	if err := errors.Join(a.stays(&standing), covers(&standing, a, st.Cumulative)); err != nil {
		return err
	}
	doc, err := rail.SignVoucher(run.s.params(t, Out), st.Cumulative, env.ID())
	if err != nil {
		return err
	}
	run.s.cfg.Failpoint("voucher.signed_before_persist")
	err = run.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := reload(tx, a)
		if err != nil {
			return err
		}
		rec.Stage, rec.Voucher = stageVouchered, doc
		return vouch(tx, fresh, st, rec)
	})
	if err != nil {
		return fmt.Errorf("record the voucher of statement %d: %w", st.Sequence, err)
	}
	run.s.cfg.Failpoint("voucher.persisted_before_send")
	run.promised(a, st, env.ID())
	return nil
}

// promised adds a statement to what the run did.
func (run *runner) promised(a *account, st *Statement, id wire.Digest) {
	run.res.Currency = st.Net.Currency
	run.res.Paid += st.Net.Units
	run.res.Statements = append(run.res.Statements, Settled{Statement: id, Channel: a.Channel, Sequence: st.Sequence,
		Count: st.Count, Gross: st.Gross, Net: st.Net, Cumulative: st.Cumulative})
}

// covers refuses a voucher that the channel cannot pay.
func covers(standing *Standing, a *account, cumulative uint64) error {
	if standing.CloseAt != 0 {
		return fmt.Errorf("%w: %s closes at %d; withdraw and fund it again", ErrClosing, a.Channel, standing.CloseAt)
	}
	if cumulative > standing.Deposited {
		return fmt.Errorf("%w: vouchers would promise %d %s units, channel %s holds %d: run settle fund with at least %d",
			ErrDeposit, cumulative, a.Currency, a.Channel, standing.Deposited, cumulative-standing.Deposited)
	}
	return nil
}

// vouch records the voucher of the head statement of a channel. It is as good
// as paid where there is a deposit; elsewhere it stays exposure until it is.
func vouch(tx store.Tx, a *account, st *Statement, rec *record) error {
	if funded(a.Rail) {
		if err := dropExposure(tx, a.Side, a.Peer, st.Gross); err != nil {
			return err
		}
	}
	a.VoucherSequence, a.Vouchered = st.Sequence, st.Cumulative
	if err := save(tx, statementKey(a.Channel, st.Sequence), rec); err != nil {
		return err
	}
	return save(tx, a.key(), a)
}

// deliver sends a voucher until the payee says that it has it.
func (run *runner) deliver(ctx context.Context, a *account, rec *record) error {
	if err := run.s.cfg.Counterparty.Deliver(ctx, run.peer, rec.Voucher); err != nil {
		return fmt.Errorf("deliver the voucher of statement %d to %s: %w", a.Sequence, run.peer, err)
	}
	return run.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := readRecord(tx, a.Channel, a.Sequence)
		if err != nil {
			return err
		}
		fresh.Delivered = true
		return save(tx, statementKey(a.Channel, a.Sequence), fresh)
	})
}

// AcceptVoucher is the payee's part of Run, for a voucher that came from the
// peer. It is on disk when this returns nil; accepting it again changes
// nothing.
//
//	1 its signature is the payer's, on the chain and contract of a rail of ours
//	2 it names a statement of the peer that both sides signed
//	3 it promises exactly what that statement owes in total, on its channel
//	4 statement and voucher are the newest of the channel
//	5 the channel holds that much and is not closing, nor have we consented to that
//
// On a rail without a deposit the document is a note, the payer's word that it
// has paid, or the payee's receipt: see acceptNote, acceptClaim, acceptReceipt.
func (s *Settler) AcceptVoucher(ctx context.Context, peer did.DID, doc []byte) error {
	switch documentSchema(doc) {
	case noteSchema:
		return s.acceptNote(ctx, peer, doc)
	case OutsidePaymentSchema:
		return s.acceptClaim(ctx, peer, doc)
	case ReceiptSchema:
		return s.acceptReceipt(ctx, peer, doc)
	}
	rail, v, err := s.parseVoucher(doc) // 1
	if err != nil {
		return err
	}
	a, rec, st, err := s.statementFor(peer, In, v.Statement) // 2
	if err != nil {
		return err
	}
	if !funded(a.Rail) {
		return fmt.Errorf("%w: statement %s settles by %s, not through a channel", ErrVoucher, v.Statement, a.Rail)
	}
	if err := v.fits(st, v.Statement); err != nil { // 3
		return err
	}
	if rec.Stage == stageVouchered {
		if !bytes.Equal(rec.Voucher, doc) {
			return fmt.Errorf("%w: another voucher for statement %s is on record", ErrConflict, v.Statement)
		}
		return nil
	}
	if a.Acked != st.Sequence || v.Cumulative <= a.Vouchered { // 4
		return fmt.Errorf("%w: statement %d is not the newest of its channel", ErrVoucher, st.Sequence)
	}
	standing, err := rail.Standing(ctx, v.Channel)
	if err != nil {
		return err
	}
	if err := errors.Join(a.stays(&standing), covers(&standing, a, v.Cumulative)); err != nil { // 5
		return err
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := reload(tx, a)
		if err != nil {
			return err
		}
		fresh.Backing = standing.FinalDeposited
		rec.Stage, rec.Voucher = stageVouchered, doc
		tx.AfterCommit(func() { s.cfg.Vouchered(peer) })
		return vouch(tx, fresh, st, rec)
	})
	if err != nil {
		return fmt.Errorf("record the voucher of statement %d from %s: %w", st.Sequence, peer, err)
	}
	s.cfg.Failpoint("voucher.accepted_before_reply")
	return nil
}

// documentSchema is the schema of a plain document or of what an envelope holds.
func documentSchema(doc []byte) string {
	if schema := wire.SchemaOf(doc, wire.DocumentLimits); schema != "" {
		return schema
	}
	var env wire.Envelope
	if wire.UnmarshalCanonical(doc, &env, wire.DocumentLimits) != nil {
		return ""
	}
	return wire.SchemaOf(env.Body, wire.DocumentLimits)
}

// parseVoucher finds the rail whose voucher it is.
func (s *Settler) parseVoucher(doc []byte) (Rail, Voucher, error) {
	err := fmt.Errorf("%w: no rail is configured", ErrRail)
	for _, rail := range s.cfg.Rails {
		var v Voucher
		if v, err = rail.ParseVoucher(doc); err != nil {
			continue
		}
		if v.ChainID == rail.ChainID() && v.Contract == rail.Contract() && v.Token == rail.Token() {
			return rail, v, nil
		}
		err = fmt.Errorf("%w: contract %s on chain %s is not configured", ErrRail, v.Contract, v.ChainID)
	}
	return nil, Voucher{}, err
}

// statementFor reads a statement that both sides signed, and its channel, in one
// direction with a peer.
func (s *Settler) statementFor(peer did.DID, side Side, id wire.Digest) (a *account, rec *record, st *Statement, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		at, found, err := load[place](r, statementIndex(id))
		if err != nil {
			return err
		}
		have, ok, err := load[account](r, accountKey(side, peer, at.Channel))
		if err != nil {
			return err
		}
		if !ok || !found {
			return fmt.Errorf("%w: no statement %s of %s is signed by both", ErrVoucher, id, peer)
		}
		a = &have
		if rec, err = readRecord(r, at.Channel, at.Sequence); err != nil {
			return err
		}
		st, _, err = rec.open()
		return err
	})
	return a, rec, st, err
}
