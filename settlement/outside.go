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

// OutsidePaymentSchema is the schema of a payer's word that it has paid.
const OutsidePaymentSchema = "chio.offchain_payment.v1"

// OutsidePayment is the payer's word, signed by its kernel, that it paid a statement
// outside: nothing counts as paid until the payee confirms it.
type OutsidePayment struct {
	Schema    string              `json:"schema"`
	Statement wire.Digest         `json:"statement"`
	Payer     did.DID             `json:"payer"`
	Payee     did.DID             `json:"payee"`
	Amount    wire.MonetaryAmount `json:"amount"`
	Reference string              `json:"reference"` // what the payee will find at its bank
	PaidAt    int64               `json:"paid_at"`   // unix seconds
}

// Check holds for every claim.
func (c *OutsidePayment) Check() error {
	switch {
	case c.Schema != OutsidePaymentSchema || c.Statement.IsZero() || c.Payer == "" || c.Payee == "" || c.Payer == c.Payee:
		return fmt.Errorf("%w: schema %.40q, statement or parties", ErrPayment, c.Schema)
	case c.Amount.Units == 0 || c.Amount.Units > wire.MaxUnits || c.Amount.Currency == "" || c.PaidAt <= 0 || c.PaidAt > wire.MaxUnits:
		return fmt.Errorf("%w: claim of %d %.16q at %d", ErrAmount, c.Amount.Units, c.Amount.Currency, c.PaidAt)
	}
	return CheckReference(c.Reference)
}

// ParseOutsidePayment decodes the canonical bytes of a claim and checks what needs no
// trust.
func ParseOutsidePayment(doc []byte) (*OutsidePayment, *wire.Envelope, error) {
	var c OutsidePayment
	env, err := wire.OpenEnvelope(doc, OutsidePaymentSchema, &c, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	if again, err := wire.Marshal(&c); err != nil || !bytes.Equal(again, env.Body) {
		return nil, nil, fmt.Errorf("%w: %w: a field is missing", ErrPayment, wire.ErrNotCanonical)
	}
	return &c, env, c.Check()
}

// VerifyOutsidePayment judges a claim offline: it is sound and a trusted kernel key of
// the payer, and nobody else, has signed it.
func VerifyOutsidePayment(doc []byte, trust Kernels) (*OutsidePayment, error) {
	c, env, err := ParseOutsidePayment(doc)
	if err != nil {
		return nil, err
	}
	if len(env.Signatures) != 1 || !trust.has(c.Payer, env.Signatures[0].Key) {
		return nil, fmt.Errorf("%w: its payer is %s", ErrUntrusted, c.Payer)
	}
	return c, nil
}

// Paid is how the payment of one statement stands.
type Paid struct {
	Statement  wire.Digest `json:"statement"`
	Peer       did.DID     `json:"peer"`
	Side       Side        `json:"side"`
	Rail       string      `json:"rail"`
	State      string      `json:"state"`
	Currency   string      `json:"currency"`
	Authorized uint64      `json:"authorized"`
	Captured   uint64      `json:"captured"`
	Returned   uint64      `json:"returned"`
	Claimed    uint64      `json:"claimed,omitempty"` // stated, and not answered by the payee
	Reference  string      `json:"reference,omitempty"`
	Reason     string      `json:"reason,omitempty"`
}

func (p *payment) paid() *Paid {
	out := &Paid{Statement: p.Statement, Peer: p.Peer, Side: p.Side, Rail: p.Rail, State: p.State, Currency: p.Currency,
		Authorized: p.Authorized, Captured: p.Captured, Returned: p.Returned, Reference: p.Reference, Reason: p.Failure}
	if p.State == PaySubmitted {
		out.Claimed = p.Claimed
	}
	return out
}

// Payment reads how the payment of a statement stands.
func (s *Settler) Payment(r store.Reader, statement wire.Digest) (*Paid, error) {
	p, err := readPayment(r, statement)
	if err != nil {
		return nil, err
	}
	return p.paid(), nil
}

// Payments lists the payments of statements on rails without a channel, with
// one peer or with all: those that an operator or the other side still has
// something to do for, or every one.
func (s *Settler) Payments(r store.Reader, peer did.DID, every bool) (out []Paid, err error) {
	out = []Paid{}
	err = r.Scan("s/p/", "", func(key string, row []byte) error {
		p, _, err := decodeRow[payment](key, row)
		if err == nil && (peer == "" || p.Peer == peer) && (every || p.State != PaySettled) {
			out = append(out, *p.paid())
		}
		return err
	})
	return out, err
}

func (s *Settler) paymentOf(statement wire.Digest) (p *payment, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		p, err = readPayment(r, statement)
		return err
	})
	return p, err
}

// await adds a statement that an operator has to pay outside.
func (run *runner) await(a *account) {
	if a.Head != nil {
		run.res.Awaiting = append(run.res.Awaiting, *a.Head)
	}
}

// StatePaid records the operator's word that a statement was paid outside, and
// tells the payee. Amount 0 is all that is left. Said again, it is sent again.
func (s *Settler) StatePaid(ctx context.Context, statement wire.Digest, reference string, amount uint64, paidAt int64) (*Paid, error) {
	p, err := s.paymentOf(statement)
	if err != nil {
		return nil, err
	}
	defer s.lock(p.Peer)()
	a, rec, st, err := s.statementFor(p.Peer, p.Side, statement)
	if err != nil {
		return nil, err
	}
	if p.Side != Out || p.Rail != RailOffchain {
		return nil, fmt.Errorf("%w: statement %s is paid by %s, seen from here %s", ErrPayment, statement, p.Rail, p.Side)
	}
	if amount == 0 {
		amount = p.Authorized - p.standing()
	}
	c := &OutsidePayment{Schema: OutsidePaymentSchema, Statement: statement, Payer: st.Payer, Payee: st.Payee, Reference: reference, PaidAt: paidAt,
		Amount: wire.MonetaryAmount{Units: amount, Currency: p.Currency}}
	if err := c.Check(); err != nil {
		return nil, err
	}
	env, err := wire.Seal(OutsidePaymentSchema, c, s.cfg.Kernel)
	if err != nil {
		return nil, err
	}
	doc := env.Bytes()
	if p.State != PaySubmitted || !bytes.Equal(rec.Voucher, doc) {
		err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			if p, err = readPayment(tx, statement); err != nil {
				return err
			}
			if err := p.claim(c); err != nil {
				return err
			}
			if err := s.savePayment(tx, p); err != nil {
				return err
			}
			return keepPromise(tx, a, st, rec, doc)
		})
		if err != nil {
			return nil, fmt.Errorf("record the payment of statement %s: %w", statement, err)
		}
		s.cfg.Failpoint("voucher.persisted_before_send")
	}
	run := &runner{s: s, peer: p.Peer}
	at := *a
	at.Sequence = st.Sequence
	return p.paid(), run.deliver(ctx, &at, rec)
}

// keepPromise stores the document that says how the head statement is paid, or
// replaces the one of a statement that has it.
func keepPromise(tx store.Tx, a *account, st *Statement, rec *record, doc []byte) error {
	first := rec.Stage != stageVouchered
	rec.Stage, rec.Voucher, rec.Delivered = stageVouchered, doc, false
	if !first {
		return save(tx, statementKey(a.Channel, st.Sequence), rec)
	}
	fresh, err := reload(tx, a)
	if err != nil {
		return err
	}
	if fresh.Acked != st.Sequence {
		return fmt.Errorf("%w: statement %d is not the newest of its account", ErrVoucher, st.Sequence)
	}
	return vouch(tx, fresh, st, rec)
}

// claim takes a claim into account:
//
//	1 none is waiting for the payee's answer
//	2 its reference was not counted before
//	3 it is in the currency of the statement and for no more than is left
func (p *payment) claim(c *OutsidePayment) error {
	if p.State == PaySubmitted { // 1
		return fmt.Errorf("%w: %q of %d is stated and waits for the payee's answer", ErrConflict, p.Reference, p.Claimed)
	}
	for _, m := range p.Moves { // 2
		if m.Reference == c.Reference {
			return fmt.Errorf("%w: reference %q was counted before", ErrConflict, c.Reference)
		}
	}
	if left := p.Authorized - p.standing(); c.Amount.Currency != p.Currency || c.Amount.Units > left { // 3
		return fmt.Errorf("%w: %d %s is stated, %d %s is left", ErrAmount, c.Amount.Units, c.Amount.Currency, left, p.Currency)
	}
	if err := p.enter(PaySubmitted, ""); err != nil {
		return err
	}
	p.Reference, p.Claimed = c.Reference, c.Amount.Units
	return nil
}

// acceptClaim is the payee's part: the claim is on disk when this returns nil,
// and counts for nothing until an operator confirms it.
//
//	1 only the payer's bound kernel key has signed
//	2 it names a statement between the two that settles outside
//	3 it fits what is left of it
func (s *Settler) acceptClaim(ctx context.Context, peer did.DID, doc []byte) error {
	c, env, err := ParseOutsidePayment(doc)
	if err != nil {
		return err
	}
	a, rec, st, err := s.statementFor(peer, In, c.Statement)
	if err != nil {
		return err
	}
	t, err := s.termsOf(peer, st.Treaty)
	if err != nil {
		return err
	}
	if len(env.Signatures) != 1 || env.Signatures[0].Key != t.PeerKernel.String() { // 1
		return fmt.Errorf("%w: the claim is not signed by the kernel of %s", ErrUntrusted, peer)
	}
	if a.Rail != RailOffchain || c.Payer != st.Payer || c.Payee != st.Payee { // 2
		return fmt.Errorf("%w: statement %s settles by %s", ErrVoucher, c.Statement, RailName(a.Rail))
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		p, err := readPayment(tx, c.Statement)
		if err != nil {
			return err
		}
		if p.Reference == c.Reference && bytes.Equal(rec.Voucher, doc) {
			return nil // it came before
		}
		if err := p.claim(c); err != nil { // 3
			return err
		}
		if err := s.savePayment(tx, p); err != nil {
			return err
		}
		return keepPromise(tx, a, st, rec, doc)
	})
	if err != nil {
		return fmt.Errorf("record the claim on statement %s from %s: %w", c.Statement, peer, err)
	}
	s.cfg.Failpoint("voucher.accepted_before_reply")
	return nil
}

// ConfirmPaid is the payee's operator saying that a claimed payment has come, or
// that Stripe has counted a report whose answer was lost.
// Amount 0 is what was claimed; less is a partial payment. The payer learns it
// from the signed receipt, now or by a later RedeemDue.
func (s *Settler) ConfirmPaid(ctx context.Context, statement wire.Digest, amount uint64) (*Paid, error) {
	return s.decideClaim(ctx, statement, func(tx store.Tx, p *payment) error {
		if p.Rail == RailStripe { // Stripe has counted the report after all
			p.Reference = p.Statement.String()
			return s.savePayment(tx, p)
		}
		if amount == 0 {
			amount = p.Claimed
		}
		return s.capture(tx, p, move{Kind: MoveCapture, Reference: p.Reference, Amount: amount, At: s.cfg.Now()})
	})
}

// RejectPaid is the payee's operator saying that a claimed payment has not come,
// or that Stripe has not counted a report whose answer was lost.
// What is owed stays owed; the payer may state another payment.
func (s *Settler) RejectPaid(ctx context.Context, statement wire.Digest, why string) (*Paid, error) {
	if why == "" || len(why) > 300 {
		return nil, fmt.Errorf("%w: a reason of 1 to 300 bytes is needed", ErrPayment)
	}
	return s.decideClaim(ctx, statement, func(tx store.Tx, p *payment) error {
		if p.Rail == RailStripe { // Stripe has not counted it: it may be reported anew
			p.AskedAt = 0
			return errors.Join(p.enter(PayUnpaid, why), s.savePayment(tx, p))
		}
		if err := p.enter(PayFailed, why); err != nil {
			return err
		}
		if err := s.evidence(tx, p, move{Reference: p.Reference, Reason: why}); err != nil {
			return err
		}
		return s.savePayment(tx, p)
	})
}

func (s *Settler) decideClaim(ctx context.Context, statement wire.Digest, decide func(store.Tx, *payment) error) (*Paid, error) {
	p, err := s.paymentOf(statement)
	if err != nil {
		return nil, err
	}
	defer s.lock(p.Peer)()
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if p, err = readPayment(tx, statement); err != nil {
			return err
		}
		if p.Side != In || p.Rail != RailOffchain && p.Rail != RailStripe {
			return fmt.Errorf("%w: statement %s is paid by %s, seen from here %s", ErrPayment, statement, p.Rail, p.Side)
		}
		if p.State != PaySubmitted || p.Rail == RailStripe && p.Reference != "" {
			return fmt.Errorf("%w: statement %s is %s, no claim waits for an answer", ErrState, statement, p.State)
		}
		return decide(tx, p)
	})
	if err != nil {
		return nil, err
	}
	s.cfg.Failpoint("claim.decided_before_told")
	return p.paid(), s.tell(ctx, p.Peer, p.Rail)
}

// ReturnPaid is the payee's operator saying that a payment outside went back: a
// refund, a reversal or a chargeback of a capture by its reference. What is left
// out is the newest capture, all that is left of it, and a reference made of the
// two; said again, that changes nothing. What Stripe takes back its own events
// say: see InvoiceReturned.
func (s *Settler) ReturnPaid(ctx context.Context, statement wire.Digest, kind, reference, of string, amount uint64, why string) (*Paid, error) {
	p, err := s.paymentOf(statement)
	if err != nil {
		return nil, err
	}
	defer s.lock(p.Peer)()
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if p, err = readPayment(tx, statement); err != nil {
			return err
		}
		if p.Rail != RailOffchain {
			return fmt.Errorf("%w: statement %s is paid by %s: what goes back there is not an operator's word", ErrPayment, statement, p.Rail)
		}
		return s.giveBack(tx, p, p.returning(move{Kind: kind, Reference: reference, Amount: amount, At: s.cfg.Now(), Of: of, Reason: why}))
	})
	if err != nil {
		return nil, err
	}
	return p.paid(), s.tell(ctx, p.Peer, p.Rail)
}

// returning fills in what an operator left out of a return.
func (p *payment) returning(m move) move {
	for i := len(p.Moves) - 1; i >= 0 && m.Of == ""; i-- {
		if p.Moves[i].Kind == MoveCapture {
			m.Of = p.Moves[i].Reference
		}
	}
	if m.Reference == "" {
		m.Reference = m.Kind + " of " + m.Of
		m.Reference = m.Reference[:min(len(m.Reference), maxReference)]
	}
	if m.Amount != 0 {
		return m
	}
	for _, have := range p.Moves {
		switch {
		case have.Kind == m.Kind && have.Reference == m.Reference:
			m.Amount = have.Amount
			return m
		case have.Kind == MoveCapture && have.Reference == m.Of:
			m.Amount += have.Amount
		case have.Kind != MoveCapture && have.Of == m.Of:
			m.Amount -= min(m.Amount, have.Amount)
		}
	}
	return m
}

// giveBack captures a movement that undoes one: only the payee sees that, only
// where the rail can, and only what the named capture brought.
func (s *Settler) giveBack(tx store.Tx, p *payment, m move) error {
	if p.Side != In || p.Rail == RailNote || m.Kind == MoveCapture {
		return fmt.Errorf("%w: %s of a payment by %s, seen from here %s", ErrPayment, m.Kind, p.Rail, p.Side)
	}
	var brought, gone uint64
	for _, have := range p.Moves {
		switch {
		case have.Kind == m.Kind && have.Reference == m.Reference:
			return s.capture(tx, p, m) // again
		case have.Kind == MoveCapture && (have.Reference == m.Of || have.Of == m.Of): // or restored to it
			brought += have.Amount
		case have.Kind != MoveCapture && have.Of == m.Of:
			gone += have.Amount
		}
	}
	if m.Amount > brought-min(gone, brought) {
		return fmt.Errorf("%w: %s of %d, capture %q brought %d of which %d went back", ErrAmount, m.Kind, m.Amount, m.Of, brought, gone)
	}
	return s.capture(tx, p, m)
}

// tell sends the payer the receipts of what this node has seen, in order.
func (s *Settler) tell(ctx context.Context, peer did.DID, rail string) error {
	if rail == RailNote {
		return nil // both sides see the chain
	}
	open, err := s.openPayments(In, peer, rail)
	if err != nil {
		return err
	}
	var failed []error
	for _, p := range open {
		for p.Told < p.Receipts {
			var doc []byte
			err := s.cfg.DB.View(func(r store.Reader) (err error) {
				doc, err = r.Get(evidenceKey(p.Statement, p.Told+1))
				return err
			})
			if err == nil {
				err = s.cfg.Counterparty.Deliver(ctx, peer, doc)
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("tell %s of statement %s: %w", peer, p.Statement, err))
				break
			}
			p.Told++
			err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
				fresh, err := readPayment(tx, p.Statement)
				if err != nil {
					return err
				}
				fresh.Told = max(fresh.Told, p.Told)
				return s.savePayment(tx, fresh)
			})
			if err != nil {
				return err
			}
		}
	}
	return errors.Join(failed...)
}

// acceptReceipt is the payer's part: what the payee has received, or not.
//
//	1 only the payee's bound kernel key has signed, as observer
//	2 it names a statement between the two, its net, and its rail, which is one
//	  that only the payee can see
//	3 it is the next of that payment; an earlier one changes nothing
//	4 it fits what was booked before
func (s *Settler) acceptReceipt(ctx context.Context, peer did.DID, doc []byte) error {
	r, env, err := ParseReceipt(doc)
	if err != nil {
		return err
	}
	_, _, st, err := s.statementFor(peer, Out, r.Statement)
	if err != nil {
		return err
	}
	t, err := s.termsOf(peer, st.Treaty)
	if err != nil {
		return err
	}
	if len(env.Signatures) != 1 || env.Signatures[0].Key != t.PeerKernel.String() || r.Observer != peer { // 1
		return fmt.Errorf("%w: the receipt is not the one of %s", ErrUntrusted, peer)
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		p, err := readPayment(tx, r.Statement)
		if err != nil {
			return err
		}
		if p.Rail == RailNote || r.Rail != p.Rail || r.Net != st.Net { // 2
			return fmt.Errorf("%w: statement %s settles by %s", ErrReceipt, r.Statement, RailName(p.Rail))
		}
		if r.Number <= p.Heard { // 3
			return nil
		}
		if r.Number != p.Heard+1 {
			return fmt.Errorf("%w: it is number %d, %d is next", ErrReceipt, r.Number, p.Heard+1)
		}
		p.Heard = r.Number
		keepPeers(tx, r, doc)
		if r.Kind == "" {
			if err := p.enter(r.State, r.Failure); err != nil {
				return err
			}
			return s.savePayment(tx, p)
		}
		if err := s.capture(tx, p, move{Kind: r.Kind, Reference: r.Reference, Amount: r.Amount, At: r.ObservedAt, Of: r.ReversalOf, Reason: r.Failure}); err != nil { // 4
			return err
		}
		if p.standing() != r.Settled || p.State != r.State { // 4
			return fmt.Errorf("%w: it says %s with %d settled, we count %s with %d", ErrReceipt, r.State, r.Settled, p.State, p.standing())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record the receipt of statement %s from %s: %w", r.Statement, peer, err)
	}
	return nil
}
