package settlement

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a movement of a payment is refused.
var (
	// ErrPayment: there is no such payment, or it is not one of this rail.
	ErrPayment = errors.New("no such payment")
	// ErrAmount: more would be captured than the statement authorizes, or more
	// returned than was captured.
	ErrAmount = errors.New("amount does not fit the payment")
	// ErrState: the payment's state does not allow the step.
	ErrState = errors.New("payment is in another state")
)

// The states of a statement's payment on a rail without a deposit. A statement
// that both sides signed authorizes its net; a capture is money that arrived, a
// return is money that went back.
const (
	PayAuthorized = "authorized"        // both signed; nothing is promised or reported
	PaySubmitted  = "submitted"         // the note, the claim or the usage report is on disk
	PayUnpaid     = "unpaid"            // the rail refuses it for now; tried again
	PayPartial    = "partially_settled" // less than the net has arrived
	PaySettled    = "settled"           // exactly the net has arrived, for good
	PayReversed   = "reversed"          // refunded or reversed, in part or whole
	PayCharged    = "charged_back"      // taken back by the payer's bank
	PayTimedOut   = "timed_out"         // the authorization ran out before it was used
	PayFailed     = "failed"            // rejected by the payee, or cancelled by the payer
	PayReorged    = "reorged"           // it was in a block that is none any more
)

// payMoves says which state may follow which. A state follows itself: every
// step may be repeated.
var payMoves = map[string][]string{
	PayAuthorized: {PaySubmitted, PayPartial, PaySettled, PayFailed},
	PaySubmitted:  {PayUnpaid, PayPartial, PaySettled, PayTimedOut, PayFailed, PayReorged},
	PayUnpaid:     {PaySubmitted, PayPartial, PaySettled, PayTimedOut, PayFailed},
	PayTimedOut:   {PaySubmitted, PayUnpaid, PayPartial, PaySettled, PayFailed},
	PayReorged:    {PaySubmitted, PayUnpaid, PayPartial, PaySettled, PayTimedOut, PayFailed},
	PayFailed:     {PaySubmitted, PayPartial, PaySettled},
	PayPartial:    {PaySubmitted, PaySettled, PayReversed, PayCharged},
	PaySettled:    {PayReversed, PayCharged},
	PayReversed:   {PaySubmitted, PayPartial, PaySettled, PayCharged},
	PayCharged:    {PaySubmitted, PayPartial, PaySettled, PayReversed},
}

// The kinds of movement.
const (
	MoveCapture    = "capture"
	MoveRefund     = "refund"     // the payee gave it back
	MoveReversal   = "reversal"   // the rail took it back
	MoveChargeback = "chargeback" // the payer's bank took it back
)

// maxMoves bounds the movements of one payment.
const maxMoves = 32

// maxReference bounds what names a movement on its rail.
const maxReference = 128

// move is money that arrived or went back. Kind and Reference name it: the same
// again changes nothing.
type move struct {
	Kind      string `json:"kind"`
	Reference string `json:"reference"` // transaction, bank reference, id at Stripe
	Amount    uint64 `json:"amount"`
	At        int64  `json:"at"`              // unix seconds
	Of        string `json:"of,omitzero"`     // the capture that is undone
	Reason    string `json:"reason,omitzero"` // why it went back
}

// payment is one statement's, as one side sees it. Amounts are units of
// Currency.
type payment struct {
	Rail       string      `json:"rail"`
	Side       Side        `json:"side"`
	Peer       did.DID     `json:"peer"`
	Statement  wire.Digest `json:"statement"`
	Channel    wire.Digest `json:"channel"`
	Sequence   uint64      `json:"sequence"`
	Currency   string      `json:"currency"`
	Authorized uint64      `json:"authorized"`
	Captured   uint64      `json:"captured"`
	Returned   uint64      `json:"returned"`
	State      string      `json:"state"`
	Failure    string      `json:"failure,omitzero"`
	Moves      []move      `json:"moves"`

	Gross    wire.MonetaryAmount `json:"gross"`
	Released uint64              `json:"released"` // of Gross, no longer exposure

	Since     uint64      `json:"since,omitzero"`     // block from which the chain is searched
	Expires   int64       `json:"expires,omitzero"`   // of the note
	Reference string      `json:"reference,omitzero"` // of what was submitted
	Claimed   uint64      `json:"claimed,omitzero"`   // what the payer says it has paid under it
	AskedAt   int64       `json:"asked_at,omitzero"`  // when it was first reported
	Tx        wire.Digest `json:"tx,omitzero"`        // seen mined, perhaps not for good
	Receipts  uint64      `json:"receipts,omitzero"`  // that this node has signed
	Told      uint64      `json:"told,omitzero"`      // of those, the peer has
	Heard     uint64      `json:"heard,omitzero"`     // the peer's, that this node has followed
}

func paymentKey(statement wire.Digest) string { return "s/p/" + statement.String() }
func openPaymentPrefix(side Side, peer did.DID) string {
	return fmt.Sprintf("s/q/%s/%s/", side, peer)
}
func (p *payment) openKey() string {
	return openPaymentPrefix(p.Side, p.Peer) + p.Statement.String()
}

// standing is what has arrived and stayed.
func (p *payment) standing() uint64 { return p.Captured - p.Returned }

// enter changes the state, if that may follow.
func (p *payment) enter(state, why string) error {
	if p.State != state && !slices.Contains(payMoves[p.State], state) {
		return fmt.Errorf("%w: statement %s is %s, and cannot become %s", ErrState, p.Statement, p.State, state)
	}
	p.State, p.Failure = state, why
	return nil
}

// apply makes a movement; false means that it was made before:
//
//	1 it has a kind, a reference that can be printed, and an amount
//	2 under its kind and reference there is none, or the same one
//	3 what has arrived stays within the net, what went back within what arrived
//	4 the state allows it
func (p *payment) apply(m move) (bool, error) {
	if !slices.Contains([]string{MoveCapture, MoveRefund, MoveReversal, MoveChargeback}, m.Kind) || m.Amount == 0 { // 1
		return false, fmt.Errorf("%w: %.20q of %d", ErrAmount, m.Kind, m.Amount)
	}
	if err := CheckReference(m.Reference); err != nil { // 1
		return false, err
	}
	for _, have := range p.Moves { // 2
		if have.Kind != m.Kind || have.Reference != m.Reference {
			continue
		}
		if have.Amount != m.Amount {
			return false, fmt.Errorf("%w: %s %s was of %d, now of %d", ErrConflict, m.Kind, m.Reference, have.Amount, m.Amount)
		}
		return false, nil
	}
	if len(p.Moves) >= maxMoves {
		return false, fmt.Errorf("%w: statement %s has %d movements already", ErrAmount, p.Statement, maxMoves)
	}
	captured, returned := p.Captured, p.Returned
	into := &returned
	if m.Kind == MoveCapture {
		into = &captured
	}
	if err := raise(into, m.Amount); err != nil {
		return false, err
	}
	if returned > captured || captured-returned > p.Authorized { // 3
		return false, fmt.Errorf("%w: %s of %d, of %d authorized %d have arrived and %d went back", ErrAmount, m.Kind, m.Amount, p.Authorized, p.Captured, p.Returned)
	}
	if err := p.enter(stateAfter(m.Kind, captured-returned, p.Authorized), m.Reason); err != nil { // 4
		return false, err
	}
	p.Captured, p.Returned = captured, returned
	p.Moves = append(p.Moves, m)
	return true, nil
}

func stateAfter(kind string, standing, authorized uint64) string {
	switch {
	case kind == MoveChargeback:
		return PayCharged
	case kind != MoveCapture:
		return PayReversed
	case standing == authorized:
		return PaySettled
	}
	return PayPartial
}

// CheckReference refuses what could not be printed and found again: it is 1 to
// 128 bytes of printable ASCII without spaces at its ends.
func CheckReference(ref string) error {
	if ref == "" || len(ref) > maxReference || strings.TrimSpace(ref) != ref {
		return fmt.Errorf("%w: a reference is 1 to %d characters without spaces around", ErrPayment, maxReference)
	}
	for _, c := range []byte(ref) {
		if c < 0x20 || c > 0x7e {
			return fmt.Errorf("%w: reference %.40q holds byte %#02x", ErrPayment, ref, c)
		}
	}
	return nil
}

// covered is how much of the gross the standing amount pays, rounded down so
// that a partial payment never frees more credit than it is worth.
func (p *payment) covered() uint64 {
	if p.standing() == p.Authorized {
		return p.Gross.Units
	}
	n := new(big.Int).SetUint64(p.Gross.Units)
	n.Mul(n, new(big.Int).SetUint64(p.standing()))
	return n.Quo(n, new(big.Int).SetUint64(p.Authorized)).Uint64()
}

// authorize opens the payment of a statement that both sides have signed: the
// first of the three phases. Its obligations count as exposure until captured.
func (s *Settler) authorize(tx store.Tx, a *account, st *Statement, id wire.Digest) error {
	if funded(a.Rail) {
		return nil
	}
	if _, ok, err := load[payment](tx, paymentKey(id)); err != nil || ok {
		return err
	}
	return s.savePayment(tx, &payment{Rail: a.Rail, Side: a.Side, Peer: a.Peer, Statement: id, Channel: a.Channel, Sequence: st.Sequence,
		Currency: st.Net.Currency, Authorized: st.Net.Units, State: PayAuthorized, Moves: []move{}, Gross: st.Gross})
}

// savePayment writes the row and keeps the list of those that are not paid, or
// whose receipts the peer does not have.
func (s *Settler) savePayment(tx store.Tx, p *payment) error {
	if p.State == PaySettled && (p.Rail == RailNote || p.Side == Out || p.Told >= p.Receipts) {
		tx.Delete(p.openKey())
	} else {
		tx.Set(p.openKey(), p.Statement[:])
	}
	return save(tx, paymentKey(p.Statement), p)
}

// capture applies a movement with everything that follows from it in one
// transaction: the posting, the exposure, the totals of the account, and the
// signed receipt of what this node has seen. Made before, it changes nothing.
func (s *Settler) capture(tx store.Tx, p *payment, m move) error {
	changed, err := p.apply(m)
	if err != nil || !changed {
		return err
	}
	if err := s.postMove(tx, p, m); err != nil {
		return err
	}
	covered := p.covered()
	switch {
	case covered > p.Released:
		err = dropExposure(tx, p.Side, p.Peer, wire.MonetaryAmount{Units: covered - p.Released, Currency: p.Gross.Currency})
	case covered < p.Released:
		err = addExposure(tx, p.Side, p.Peer, wire.MonetaryAmount{Units: p.Released - covered, Currency: p.Gross.Currency})
	}
	if err != nil {
		return err
	}
	p.Released = covered
	a, ok, err := load[account](tx, accountKey(p.Side, p.Peer, p.Channel))
	if err != nil || !ok {
		return fmt.Errorf("account %s: %w", p.Channel, orMissing(err))
	}
	if m.Kind == MoveCapture {
		err = raise(&a.Settled, m.Amount)
	} else {
		err = lower(&a.Settled, m.Amount)
	}
	if err != nil {
		return err
	}
	a.Redeemed = a.Settled
	if err := save(tx, a.key(), a); err != nil {
		return err
	}
	if err := s.evidence(tx, p, m); err != nil {
		return err
	}
	return s.savePayment(tx, p)
}

// clearing is the account through which a rail's money comes and goes.
func clearing(rail string) string {
	switch rail {
	case RailOffchain:
		return ledger.Bank
	case RailStripe:
		return ledger.Stripe
	}
	return ledger.USDC
}

// postMove posts a movement. Its id comes from the statement, the kind and the
// reference.
func (s *Settler) postMove(tx store.Tx, p *payment, m move) error {
	id, err := paymentMoveID(p.Statement, &m)
	if err != nil {
		return err
	}
	_, err = ledger.Post(tx, ledger.Posting{ID: id, At: s.cfg.Now(), Memo: fmt.Sprintf("%s of statement %s", m.Kind, p.Statement),
		Entries: paymentEntries(p, &m)})
	return err
}

// paymentMoveID is the id of the posting of a movement.
func paymentMoveID(statement wire.Digest, m *move) (wire.Digest, error) {
	return wire.DigestOf(struct {
		V         int         `json:"v"`
		Cause     string      `json:"cause"`
		Statement wire.Digest `json:"statement"`
		Reference string      `json:"reference"`
	}{1, m.Kind, statement, m.Reference})
}

func paymentEntries(p *payment, m *move) []ledger.Entry {
	debit, credit := ledger.Payable(p.Peer.String()), clearing(p.Rail)
	if p.Side == In {
		debit, credit = clearing(p.Rail), ledger.Receivable(p.Peer.String())
	}
	if m.Kind != MoveCapture {
		debit, credit = credit, debit
	}
	return []ledger.Entry{{Account: debit, Debit: m.Amount, Currency: p.Currency}, {Account: credit, Credit: m.Amount, Currency: p.Currency}}
}

// readPayment finds the payment of a statement.
func readPayment(r store.Reader, statement wire.Digest) (*payment, error) {
	p, ok, err := load[payment](r, paymentKey(statement))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: statement %s is unknown, or paid through a channel", ErrPayment, statement)
	}
	return &p, nil
}

// openPayments lists what is not paid for good in one direction with a peer.
func (s *Settler) openPayments(side Side, peer did.DID, rail string) (out []*payment, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		prefix := openPaymentPrefix(side, peer)
		return r.Scan(prefix, "", func(key string, row []byte) error {
			if len(row) != len(wire.Digest{}) {
				return fmt.Errorf("%w: row %.120s", store.ErrCorrupt, key)
			}
			p, err := readPayment(r, wire.Digest(row))
			if err == nil && p.Rail == rail {
				out = append(out, p)
			}
			return err
		})
	})
	return out, err
}
