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

// ErrUnpaid: the token refuses a note for now: its payer holds too little, an
// account is frozen, the token is paused, or the window is closed.
var ErrUnpaid = errors.New("note is not paid")

// noteSchema is the schema of a note file, whoever drives the chain.
const noteSchema = "chio.note.v1"

// How long a note is valid, and how long it must still be when the payee takes
// it: enough to submit it, and to do so again after a refusal.
const (
	noteSeconds    = 30 * 24 * 3600
	minNoteSeconds = 24 * 3600
)

// pledge promises a statement on a rail without a deposit.
func (run *runner) pledge(ctx context.Context, a *account, rec *record, st *Statement, t *Terms) error {
	id, err := wire.DigestOf(st)
	if err != nil {
		return err
	}
	if a.Rail == RailStripe { // the payee reports it; there is nothing to sign
		err = run.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			fresh, err := reload(tx, a)
			if err != nil {
				return err
			}
			rec.Stage, rec.Delivered = stageVouchered, true
			return vouch(tx, fresh, st, rec)
		})
		if err == nil {
			run.promised(a, st, id)
		}
		return err
	}
	if err := run.s.writeNote(ctx, t, a, rec, st, id, true); err != nil {
		return err
	}
	run.s.cfg.Failpoint("voucher.persisted_before_send")
	run.promised(a, st, id)
	return nil
}

// writeNote signs the note of a statement and makes it durable. Its nonce is
// the statement, so however often it is signed, the token pays one.
func (s *Settler) writeNote(ctx context.Context, t *Terms, a *account, rec *record, st *Statement, id wire.Digest, first bool) error {
	rail, err := s.notes(t)
	if err != nil {
		return err
	}
	since, err := rail.Head(ctx)
	if err != nil {
		return err
	}
	n := Note{ChainID: t.ChainID, Token: t.Token, From: t.OwnAddress, To: t.PeerAddress, Amount: st.Net.Units, Statement: id,
		Expires: s.cfg.Now() + noteSeconds}
	doc, err := rail.SignNote(ctx, n)
	if err != nil {
		return err
	}
	s.cfg.Failpoint("voucher.signed_before_persist")
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		p, err := readPayment(tx, id)
		if err != nil {
			return err
		}
		if err := p.submitted(n.Expires, since); err != nil {
			return err
		}
		if err := s.savePayment(tx, p); err != nil {
			return err
		}
		rec.Stage, rec.Voucher, rec.Delivered = stageVouchered, doc, false
		if !first {
			return save(tx, statementKey(a.Channel, st.Sequence), rec)
		}
		fresh, err := reload(tx, a)
		if err != nil {
			return err
		}
		return vouch(tx, fresh, st, rec)
	})
	if err != nil {
		return fmt.Errorf("record the note of statement %d: %w", st.Sequence, err)
	}
	return nil
}

// submitted notes that a promise is on disk; where the search for it begins
// stays where it was.
func (p *payment) submitted(expires int64, since uint64) error {
	if err := p.enter(PaySubmitted, ""); err != nil {
		return err
	}
	p.Expires = expires
	if p.Since == 0 {
		p.Since = since
	}
	return nil
}

// acceptNote is the payee's part: it is on disk when this returns nil.
//
//	1 its signature is the payer's, for a token and a domain of a rail of ours
//	2 it names a statement of the peer that both sides signed, which settles by
//	  notes
//	3 it pays exactly the statement's net, from the payer's address to ours
//	4 it is valid now, and long enough to be submitted
//	5 the statement is the newest, or the note replaces one that expires sooner
func (s *Settler) acceptNote(ctx context.Context, peer did.DID, doc []byte) error {
	var head struct {
		Statement wire.Digest `json:"statement"`
	}
	if err := wire.UnmarshalLenient(doc, &head, wire.DocumentLimits); err != nil {
		return fmt.Errorf("%w: %w", ErrVoucher, err)
	}
	a, rec, st, err := s.statementFor(peer, In, head.Statement) // 2
	if err != nil {
		return err
	}
	if a.Rail != RailNote { // 2
		return fmt.Errorf("%w: statement %s settles by %s, not by a note", ErrVoucher, head.Statement, RailName(a.Rail))
	}
	t, err := s.termsOf(peer, st.Treaty)
	if err != nil {
		return err
	}
	rail, err := s.notes(t)
	if err != nil {
		return err
	}
	n, err := rail.ParseNote(ctx, doc) // 1
	if err != nil {
		return fmt.Errorf("%w: %w", ErrVoucher, err)
	}
	if n.Statement != head.Statement || n.Amount != st.Net.Units || n.From != t.PeerAddress || n.To != t.OwnAddress || n.ChainID != st.ChainID { // 3
		return fmt.Errorf("%w: it pays %d from %s to %s, statement %s is of %d from %s to %s", ErrVoucher,
			n.Amount, n.From, n.To, head.Statement, st.Net.Units, t.PeerAddress, t.OwnAddress)
	}
	if now := s.cfg.Now(); n.ValidAfter >= now || n.Expires < now+minNoteSeconds { // 4
		return fmt.Errorf("%w: it is valid after %d and before %d, now is %d and a day is needed", ErrVoucher, n.ValidAfter, n.Expires, now)
	}
	if rec.Stage == stageVouchered && bytes.Equal(rec.Voucher, doc) {
		return nil
	}
	since, err := rail.Head(ctx)
	if err != nil {
		return err
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, err := reload(tx, a)
		if err != nil {
			return err
		}
		p, err := readPayment(tx, head.Statement)
		if err != nil {
			return err
		}
		replaces := rec.Stage == stageVouchered
		if !replaces && fresh.Acked != st.Sequence || replaces && n.Expires <= p.Expires { // 5
			return fmt.Errorf("%w: statement %d is not the newest, or its note expires no sooner", ErrVoucher, st.Sequence)
		}
		if p.State != PaySettled {
			if err := p.submitted(n.Expires, since); err != nil {
				return err
			}
		}
		if err := s.savePayment(tx, p); err != nil {
			return err
		}
		rec.Stage, rec.Voucher = stageVouchered, doc
		tx.AfterCommit(func() { s.cfg.Vouchered(peer) })
		if replaces {
			return save(tx, statementKey(fresh.Channel, st.Sequence), rec)
		}
		return vouch(tx, fresh, st, rec)
	})
	if err != nil {
		return fmt.Errorf("record the note of statement %d from %s: %w", st.Sequence, peer, err)
	}
	s.cfg.Failpoint("voucher.accepted_before_reply")
	return nil
}

// collect is RedeemDue on a rail without a deposit.
func (s *Settler) collect(ctx context.Context, a *account) (*Redemption, error) {
	before := a.Settled
	var failed []error
	switch a.Rail {
	case RailNote:
		failed = append(failed, s.submitNotes(ctx, a))
	case RailStripe:
		failed = append(failed, s.report(ctx, a, true))
	}
	fresh, err := s.observePayments(ctx, a)
	failed = append(failed, err, s.tell(ctx, a.Peer, a.Rail))
	if fresh == nil || fresh.Vouchered == 0 {
		return nil, errors.Join(failed...)
	}
	red := &Redemption{Channel: a.Channel, Settled: fresh.Settled, Currency: a.Currency, Final: fresh.Settled >= fresh.Vouchered}
	if fresh.Settled > before {
		red.Paid = fresh.Settled - before
	}
	if fresh.Redemption != nil {
		red.Tx, red.Block = fresh.Redemption.Tx, fresh.Redemption.Block
	}
	return red, errors.Join(failed...)
}

// submitNotes submits every note that the token has not paid. A refusal of one
// is recorded with its reason, is tried again by the next call, and does not
// hold up the others.
func (s *Settler) submitNotes(ctx context.Context, a *account) error {
	open, err := s.openPayments(a.Side, a.Peer, RailNote)
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range open {
		if p.Channel != a.Channel || p.State == PayAuthorized || p.State == PayFailed {
			continue
		}
		failed = append(failed, s.submitNote(ctx, p))
	}
	return errors.Join(failed...)
}

func (s *Settler) submitNote(ctx context.Context, p *payment) error {
	rail, doc, err := s.noteOf(p)
	if err != nil {
		return err
	}
	seen, err := rail.FindNote(ctx, doc, p.Since)
	if err != nil || seen.Used {
		return err // observed below, or unknown and not to be tried blindly
	}
	_, err = rail.SubmitNote(ctx, doc)
	s.cfg.Failpoint("redeem.mined_before_record")
	if err == nil || !errors.Is(err, ErrUnpaid) {
		return err
	}
	if seen, lookErr := rail.FindNote(ctx, doc, p.Since); lookErr != nil || seen.Used {
		return lookErr // somebody else submitted it first
	}
	state := PayUnpaid
	if s.cfg.Now() >= p.Expires {
		state = PayTimedOut
	}
	return errors.Join(s.mark(ctx, p.Statement, state, reason(err)), fmt.Errorf("statement %s: %w", p.Statement, err))
}

// reason keeps an error as text that a row can hold.
func reason(err error) string {
	const limit = 300
	text := err.Error()
	return text[:min(len(text), limit)]
}

// mark records a state that moves no money.
func (s *Settler) mark(ctx context.Context, statement wire.Digest, state, why string) error {
	return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		p, err := readPayment(tx, statement)
		if err != nil {
			return err
		}
		before := p.State
		if err := p.enter(state, why); err != nil {
			return err
		}
		if state != before && (state == PayTimedOut || state == PayFailed) {
			if err := s.evidence(tx, p, move{Reference: nonceReference(p), Reason: why}); err != nil {
				return err
			}
		}
		return s.savePayment(tx, p)
	})
}

// nonceReference names a note that moved nothing.
func nonceReference(p *payment) string { return "nonce 0x" + p.Statement.String() }

// noteOf reads the note of a payment and the rail it is on.
func (s *Settler) noteOf(p *payment) (NoteRail, []byte, error) {
	var rec *record
	var st *Statement
	err := s.cfg.DB.View(func(r store.Reader) (err error) {
		if rec, err = readRecord(r, p.Channel, p.Sequence); err == nil {
			st, _, err = rec.open()
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	t, err := s.termsOf(p.Peer, st.Treaty)
	if err != nil {
		return nil, nil, err
	}
	rail, err := s.notes(t)
	return rail, rec.Voucher, err
}

// observePayments books what has become of an account's payments that can be
// seen without asking the other side: on a chain.
func (s *Settler) observePayments(ctx context.Context, a *account) (*account, error) {
	if a.Rail == RailNote {
		open, err := s.openPayments(a.Side, a.Peer, RailNote)
		if err != nil {
			return nil, err
		}
		for _, p := range open {
			if p.Channel != a.Channel || p.State == PayAuthorized {
				continue
			}
			if err := s.observeNote(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	var out account
	err := s.cfg.DB.View(func(r store.Reader) error {
		var ok bool
		var err error
		if out, ok, err = load[account](r, a.key()); err == nil && !ok {
			err = fmt.Errorf("account %s: %w", a.Channel, store.ErrNotFound)
		}
		return err
	})
	return &out, err
}

// observeNote books a note that the token has paid for good, and says what has
// become of one that it has not.
func (s *Settler) observeNote(ctx context.Context, p *payment) error {
	rail, doc, err := s.noteOf(p)
	if err != nil {
		return err
	}
	seen, err := rail.FindNote(ctx, doc, p.Since)
	if err != nil {
		return err
	}
	switch {
	case seen.Paid && seen.Transfer.Final:
		s.cfg.Failpoint("final_before_ledger")
		return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			fresh, err := readPayment(tx, p.Statement)
			if err != nil {
				return err
			}
			fresh.Tx = seen.Transfer.Tx
			if err := s.capture(tx, fresh, move{Kind: MoveCapture, Reference: "0x" + seen.Transfer.Tx.String(), Amount: fresh.Authorized, At: s.cfg.Now()}); err != nil {
				return err
			}
			return s.minedAt(tx, fresh, seen.Transfer)
		})
	case seen.Paid:
		return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			fresh, err := readPayment(tx, p.Statement)
			if err != nil {
				return err
			}
			fresh.Tx = seen.Transfer.Tx
			if err := s.savePayment(tx, fresh); err != nil {
				return err
			}
			return s.minedAt(tx, fresh, seen.Transfer)
		})
	case seen.Cancelled && seen.Transfer.Final:
		return s.mark(ctx, p.Statement, PayFailed, "the payer cancelled the authorization in transaction 0x"+seen.Transfer.Tx.String())
	case !seen.Used && !p.Tx.IsZero():
		return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			fresh, err := readPayment(tx, p.Statement)
			if err != nil {
				return err
			}
			if err := fresh.enter(PayReorged, "transaction 0x"+p.Tx.String()+" is in no block any more"); err != nil {
				return err
			}
			if err := s.evidence(tx, fresh, move{Reference: "0x" + p.Tx.String(), Reason: fresh.Failure}); err != nil {
				return err
			}
			fresh.Tx = wire.Digest{}
			return s.savePayment(tx, fresh)
		})
	case !seen.Used && s.cfg.Now() >= p.Expires && p.State != PayTimedOut && p.State != PayFailed:
		return s.mark(ctx, p.Statement, PayTimedOut, fmt.Sprintf("the authorization was valid before %d", p.Expires))
	}
	return nil
}

// minedAt keeps the newest transaction for people.
func (s *Settler) minedAt(tx store.Tx, p *payment, t Transfer) error {
	a, ok, err := load[account](tx, accountKey(p.Side, p.Peer, p.Channel))
	if err != nil || !ok {
		return fmt.Errorf("account %s: %w", p.Channel, orMissing(err))
	}
	a.Redemption = &t
	return save(tx, a.key(), a)
}

// renew signs again, with the same nonce and a later window, what the payee did
// not submit in time, and sends what it has not taken.
func (run *runner) renew(ctx context.Context, a *account) error {
	if a.Rail != RailNote && a.Rail != RailOffchain {
		return nil
	}
	open, err := run.s.openPayments(Out, run.peer, a.Rail)
	if err != nil {
		return err
	}
	for _, p := range open {
		if p.Channel != a.Channel || p.State == PayFailed || p.State == PaySettled || p.State == PayAuthorized {
			continue
		}
		_, rec, st, err := run.s.statementFor(run.peer, Out, p.Statement)
		if err != nil {
			return err
		}
		if a.Rail == RailNote && p.Expires-run.s.cfg.Now() < minNoteSeconds {
			t, err := run.s.termsOf(run.peer, st.Treaty)
			if err != nil {
				return err
			}
			if err := run.s.writeNote(ctx, t, a, rec, st, p.Statement, false); err != nil {
				return err
			}
		}
		if rec.Stage == stageVouchered && !rec.Delivered {
			at := *a
			at.Sequence = st.Sequence
			if err := run.deliver(ctx, &at, rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// paymentStage is how far the newest statement of an account has come.
func paymentStage(r store.Reader, c ChannelStatus, st *Statement) (ChannelStatus, error) {
	id, err := wire.DigestOf(st)
	if err != nil {
		return c, err
	}
	p, err := readPayment(r, id)
	if err != nil {
		return c, err
	}
	c.Stage = p.State
	if p.Failure != "" && c.Halted == "" {
		c.Reason = p.Failure
	}
	return c, nil
}
