package settlement

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a channel is not left.
var (
	// ErrNothingHeld: the channel holds nothing that could come back.
	ErrNothingHeld = errors.New("channel holds nothing")
	// ErrOwed: something is owed that the channel should pay first.
	ErrOwed = errors.New("something is owed")
	// ErrGrace: the channel closes and its grace period is not over, or it does
	// not close.
	ErrGrace = errors.New("nothing can be withdrawn yet")
)

// consentSeconds is for how long a payee's consent to an end is valid, by the
// chain's clock, which is the one that decides; consentMargin how far two nodes'
// heads may be apart, and a reorganisation set it back. Until both are over the
// payee takes no voucher that the end would make worthless.
const (
	consentSeconds = 600
	consentMargin  = 300
)

// The states of an exit.
const (
	ExitClosing   = "closing"   // the payee may redeem until CloseAt; the rest comes back after it
	ExitWithdrawn = "withdrawn" // it came back
)

// Exit is how far a channel's end has come. Left is what the channel held above
// what was redeemed, in units of Currency: of a closing channel that is the most
// that comes back.
type Exit struct {
	Peer     did.DID     `json:"peer"`
	Channel  wire.Digest `json:"channel"`
	State    string      `json:"state"`
	Left     uint64      `json:"left_minor"`
	Currency string      `json:"currency"`
	CloseAt  int64       `json:"close_at,omitzero"` // unix seconds
	Tx       wire.Digest `json:"tx,omitzero"`
	Block    uint64      `json:"block,omitzero"`
}

// CloseRequest is a payer's wish to end a channel at once: the payee keeps what
// brings its total to Cumulative, which its newest voucher promises.
type CloseRequest struct {
	Channel    wire.Digest `json:"channel"`
	Cumulative uint64      `json:"cumulative"`
	Statement  wire.Digest `json:"statement"` // of that voucher, zero if there is none
	Epoch      uint64      `json:"epoch"`
	ValidUntil int64       `json:"valid_until"` // unix seconds
}

// parties are the addresses that make a channel's id, so that it can be left
// when no treaty is in force any more.
type parties struct {
	Payer string `json:"payer"`
	Payee string `json:"payee"`
	Token string `json:"token"`
}

// leaving marks a channel that its payer is about to end, or whose end its payee
// has consented to: nothing new is promised on it meanwhile.
type leaving struct {
	Epoch uint64 `json:"epoch"`
	Until int64  `json:"until,omitzero"` // payee: its consent is over then
}

// stays refuses a promise on a channel that is being left.
func (a *account) stays(standing *Standing) error {
	switch {
	case a.Leaving == nil || standing.Epoch != a.Leaving.Epoch:
		return nil
	case a.Side == Out:
		return fmt.Errorf("%w: %s is being closed; chio-node settle close ends that", ErrClosing, a.Channel)
	case standing.Time <= a.Leaving.Until+consentMargin:
		return fmt.Errorf("%w: we consented to the end of %s; try again in %d s", ErrClosing, a.Channel, a.Leaving.Until+consentMargin-standing.Time)
	}
	return nil
}

// enters refuses a deposit into a channel that is being left.
func (a *account) enters(ctx context.Context, rail Rail) error {
	standing, err := rail.Standing(ctx, a.Channel)
	if err != nil {
		return err
	}
	if standing.CloseAt != 0 {
		return fmt.Errorf("%w: %s closes at %d; withdraw first, then fund it again", ErrClosing, a.Channel, standing.CloseAt)
	}
	return a.stays(&standing)
}

// left forgets that a channel was being left, once it was for good or the
// consent is over.
func (a *account) left(now *Standing) {
	if l := a.Leaving; l != nil && (now.FinalEpoch > l.Epoch || a.Side == In && now.Time > l.Until+consentMargin) {
		a.Leaving = nil
	}
}

// exiting finds the channels to a peer that this node pays, and what their ids
// are made of.
func (s *Settler) exiting(peer did.DID) ([]*account, error) {
	all, err := s.list(Out, peer)
	if err != nil {
		return nil, err
	}
	var out []*account
	for _, a := range all {
		if funded(a.Rail) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: we never paid %s through one", ErrUnknownChannel, peer)
	}
	return out, nil
}

// leave is what a channel's id is made of, from its row or, for a row that is
// older than that, from the treaty.
func (s *Settler) leave(a *account) (Channel, error) {
	if p := a.Parties; p != nil {
		payer, payee := s.parties(a.Peer, a.Side)
		return Channel{Payer: p.Payer, Payee: p.Payee, Token: p.Token, Salt: channelSalt(payer, payee)}, nil
	}
	t, err := s.termsOf(a.Peer, a.Treaty)
	if err != nil {
		return Channel{}, err
	}
	return s.params(t, a.Side), nil
}

// Close ends the channels through which this node pays a peer. With the peer's
// consent what is not promised comes back at once; alone, the payer announces it
// and Withdraw brings it back after the grace period. Without alone, whatever is
// owed must be settled first, and a peer that cannot be asked or refuses ends
// the attempt: nothing has happened then.
func (s *Settler) Close(ctx context.Context, peer did.DID, alone bool) ([]Exit, error) {
	defer s.lock(peer)()
	accounts, err := s.exiting(peer)
	if err != nil {
		return nil, err
	}
	if !alone {
		if err := s.squared(peer, Out); err != nil {
			return nil, err
		}
	}
	out := []Exit{}
	for _, a := range accounts {
		e, err := s.end(ctx, a, alone)
		if errors.Is(err, ErrNothingHeld) && len(accounts) > 1 {
			continue
		}
		if err != nil {
			return out, err
		}
		out = append(out, *e)
	}
	return out, nil
}

// squared refuses while obligations of a direction are in no statement.
func (s *Settler) squared(peer did.DID, side Side) error {
	var owed uint64
	err := s.cfg.DB.View(func(r store.Reader) error {
		return open(r, side, peer, func(Obligation) error {
			owed++
			return nil
		})
	})
	if err == nil && owed > 0 {
		err = fmt.Errorf("%w: %d receipts are in no statement; run settle run first", ErrOwed, owed)
	}
	return err
}

func (s *Settler) end(ctx context.Context, a *account, alone bool) (*Exit, error) {
	c, err := s.leave(a)
	if err != nil {
		return nil, err
	}
	rail, err := s.rail(a.ChainID, a.Contract)
	if err != nil {
		return nil, err
	}
	standing, err := rail.Standing(ctx, a.Channel)
	if err != nil {
		return nil, err
	}
	switch {
	case standing.CloseAt != 0:
		return a.exit(&standing), nil
	case standing.Deposited == standing.Settled:
		return nil, fmt.Errorf("%w: %s", ErrNothingHeld, a.Channel)
	case !alone && a.VoucherSequence != a.Sequence:
		return nil, fmt.Errorf("%w: statement %d has no voucher; run settle run first", ErrOwed, a.Sequence)
	}
	if err := s.depart(ctx, a, &leaving{Epoch: standing.Epoch}); err != nil {
		return nil, err
	}
	s.cfg.Failpoint("close.marked_before_send")
	var transfer Transfer
	if alone {
		transfer, err = rail.Close(ctx, c)
	} else if transfer, err = s.endTogether(ctx, rail, a, c, &standing); errors.Is(err, ErrNoConsent) {
		return nil, errors.Join(err, s.depart(ctx, a, nil))
	}
	if err != nil {
		return nil, fmt.Errorf("close channel %s: %w", a.Channel, err)
	}
	s.cfg.Failpoint("close.mined_before_record")
	left := standing.Deposited - standing.Settled
	if standing, err = rail.Standing(ctx, a.Channel); err != nil {
		return nil, err
	}
	e := a.exit(&standing)
	e.Tx, e.Block = transfer.Tx, transfer.Block
	if e.State == ExitWithdrawn {
		e.Left = left
		_, err = s.observe(ctx, a)
	}
	return e, err
}

func (a *account) exit(now *Standing) *Exit {
	e := &Exit{Peer: a.Peer, Channel: a.Channel, State: ExitWithdrawn, Currency: a.Currency, Left: now.Deposited - now.Settled, CloseAt: now.CloseAt}
	if now.CloseAt != 0 {
		e.State = ExitClosing
	}
	return e
}

// depart records that a channel is being left, or with nil that it is not.
func (s *Settler) depart(ctx context.Context, was *account, l *leaving) error {
	return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		a, err := reload(tx, was)
		if err != nil {
			return err
		}
		a.Leaving = l
		return save(tx, a.key(), a)
	})
}

// ErrNoConsent: the peer did not consent, and nothing was sent to the chain.
var ErrNoConsent = errors.New("the peer has not consented")

// endTogether asks the payee for its consent and uses it.
func (s *Settler) endTogether(ctx context.Context, rail Rail, a *account, c Channel, standing *Standing) (Transfer, error) {
	req := CloseRequest{Channel: a.Channel, Cumulative: a.Vouchered, Epoch: standing.Epoch, ValidUntil: standing.Time + consentSeconds}
	var err error
	if req.Statement, err = s.promised(a); err != nil {
		return Transfer{}, errors.Join(ErrNoConsent, err)
	}
	consent, err := s.cfg.Counterparty.Consent(ctx, a.Peer, req)
	if err != nil {
		return Transfer{}, errors.Join(ErrNoConsent, err)
	}
	s.cfg.Failpoint("close.consented_before_send")
	return rail.CloseWithConsent(ctx, c, req, consent)
}

// promised is the statement of a channel's newest voucher.
func (s *Settler) promised(a *account) (id wire.Digest, err error) {
	if a.VoucherSequence == 0 {
		return id, nil
	}
	err = s.cfg.DB.View(func(r store.Reader) error {
		rec, err := readRecord(r, a.Channel, a.VoucherSequence)
		if err != nil {
			return err
		}
		_, env, err := rec.open()
		if err == nil {
			id = env.ID()
		}
		return err
	})
	return id, err
}

// AnswerClose is the payee's part of Close, for a request that came from the
// peer. It consents to exactly what it would have redeemed:
//
//	1 the channel is one through which that peer pays us, and it is not halted
//	2 nothing is owed beyond our newest voucher
//	3 the request is for exactly that voucher, and for the channel's present life
//	4 it is valid for a short time only
//
// and takes no voucher on that channel until the consent is over.
func (s *Settler) AnswerClose(ctx context.Context, peer did.DID, req CloseRequest) (string, error) {
	var a account
	err := s.cfg.DB.View(func(r store.Reader) (err error) {
		var known bool
		if a, known, err = load[account](r, accountKey(In, peer, req.Channel)); err == nil && (!known || !funded(a.Rail)) { // 1
			err = fmt.Errorf("%w: %s", ErrUnknownChannel, req.Channel)
		}
		return err
	})
	if err == nil {
		err = errors.Join(a.usable(), s.squared(peer, In)) // 1, 2
	}
	if err != nil {
		return "", err
	}
	statement, err := s.promised(&a)
	if err != nil {
		return "", err
	}
	switch {
	case a.VoucherSequence != a.Acked: // 2
		return "", fmt.Errorf("%w: statement %d has no voucher", ErrOwed, a.Acked)
	case req.Cumulative != a.Vouchered || req.Statement != statement: // 3
		return "", fmt.Errorf("%w: the request is for %d of statement %s, our voucher promises %d of %s", ErrConflict, req.Cumulative, req.Statement, a.Vouchered, statement)
	}
	rail, err := s.rail(a.ChainID, a.Contract)
	if err != nil {
		return "", err
	}
	standing, err := rail.Standing(ctx, a.Channel)
	if err != nil {
		return "", err
	}
	switch {
	case standing.Epoch != req.Epoch || standing.Settled > req.Cumulative: // 3
		return "", fmt.Errorf("%w: the channel has ended %d times and paid %d", ErrConflict, standing.Epoch, standing.Settled)
	case req.ValidUntil <= standing.Time-consentMargin || req.ValidUntil > standing.Time+consentSeconds+consentMargin: // 4
		return "", fmt.Errorf("%w: a consent until %d, it is %d by the chain", ErrConflict, req.ValidUntil, standing.Time)
	}
	if err := s.depart(ctx, &a, &leaving{Epoch: req.Epoch, Until: req.ValidUntil}); err != nil {
		return "", err
	}
	s.cfg.Failpoint("close.recorded_before_reply")
	return rail.SignConsent(req)
}

// Withdraw brings back what is left in the channels to a peer whose grace period
// is over.
func (s *Settler) Withdraw(ctx context.Context, peer did.DID) ([]Exit, error) {
	defer s.lock(peer)()
	accounts, err := s.exiting(peer)
	if err != nil {
		return nil, err
	}
	out := []Exit{}
	var waits error
	for _, a := range accounts {
		e, err := s.withdraw(ctx, a)
		if errors.Is(err, ErrGrace) {
			waits = err
			continue
		}
		if err != nil {
			return out, err
		}
		out = append(out, *e)
	}
	if len(out) == 0 {
		return out, waits
	}
	return out, nil
}

func (s *Settler) withdraw(ctx context.Context, a *account) (*Exit, error) {
	c, err := s.leave(a)
	if err != nil {
		return nil, err
	}
	rail, err := s.rail(a.ChainID, a.Contract)
	if err != nil {
		return nil, err
	}
	standing, err := rail.Standing(ctx, a.Channel)
	if err != nil {
		return nil, err
	}
	if standing.CloseAt == 0 {
		if _, err := s.observe(ctx, a); err != nil { // it may have come back, by anybody's hand
			return nil, err
		}
		return nil, fmt.Errorf("%w: channel %s is not closing", ErrGrace, a.Channel)
	}
	transfer, err := rail.Withdraw(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("withdraw from channel %s: %w", a.Channel, err)
	}
	s.cfg.Failpoint("withdraw.mined_before_record")
	e := a.exit(&standing)
	e.State, e.CloseAt, e.Tx, e.Block = ExitWithdrawn, 0, transfer.Tx, transfer.Block
	_, err = s.observe(ctx, a)
	return e, err
}

// WithdrawDue withdraws from every channel that this node has begun to leave by
// itself and whose grace period is over by its own clock.
func (s *Settler) WithdrawDue(ctx context.Context) ([]Exit, error) {
	channels, err := s.all()
	if err != nil {
		return nil, err
	}
	var out []Exit
	var failed []error
	for _, a := range channels {
		if a.Side != Out || a.Leaving == nil {
			continue
		}
		done, err := s.withdrawOne(ctx, a)
		if done != nil {
			out = append(out, *done)
		}
		if err != nil && !errors.Is(err, ErrGrace) {
			failed = append(failed, err)
		}
	}
	return out, errors.Join(failed...)
}

func (s *Settler) withdrawOne(ctx context.Context, a *account) (*Exit, error) {
	defer s.lock(a.Peer)()
	rail, err := s.rail(a.ChainID, a.Contract)
	if err != nil {
		return nil, err
	}
	standing, err := rail.Standing(ctx, a.Channel)
	if err != nil {
		return nil, err
	}
	if standing.CloseAt == 0 || s.cfg.Now() < standing.CloseAt {
		return nil, nil
	}
	return s.withdraw(ctx, a)
}

// bookReturns posts what the contract gave back, one posting for each end of the
// channel.
func (s *Settler) bookReturns(tx store.Tx, a *account, seen sight) error {
	for _, back := range seen.returns {
		a.Epoch++
		if back.Amount > 0 {
			if err := s.move(tx, a, causeReturn, a.Epoch, ledger.USDC, ledger.Channel(a.Channel.String()), back.Amount); err != nil {
				return err
			}
			if err := raise(&a.Returned, back.Amount); err != nil {
				return err
			}
		}
		a.EndsBlock = max(a.EndsBlock, back.Block)
	}
	a.EndsBlock = max(a.EndsBlock, seen.standing.FinalBlock)
	return nil
}

// lookReturns reads the ends of a channel that are final and not booked.
func lookReturns(ctx context.Context, rail Rail, a *account, now *Standing) ([]Return, error) {
	if a.Side != Out || now.FinalEpoch <= a.Epoch {
		return nil, nil
	}
	ends := now.FinalEpoch - a.Epoch
	all, err := rail.Returns(ctx, a.Channel, a.EndsBlock)
	if err == nil && uint64(len(all)) < ends {
		err = fmt.Errorf("channel %s has ended %d times since block %d, and the chain has %d events of it: ask again", a.Channel, ends, a.EndsBlock, len(all))
	}
	if err != nil {
		return nil, err
	}
	return all[:ends], nil
}
