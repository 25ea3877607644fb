package settlement

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a price cannot be used.
var (
	// ErrRound: the round is not known here; whoever quoted it has it.
	ErrRound = errors.New("price round is not known")
	// ErrPrice: the call has no price round, or one that does not fit its time.
	ErrPrice = errors.New("call has no usable price")
)

// settleRule is how statements convert.
const settleRule = oracle.RuleSettle

// maxCallSeconds is how long after its quote a call may still write its
// receipt.
const maxCallSeconds = 3600

// prices verifies rounds under one treaty, each once.
type prices struct {
	s     *Settler
	r     store.Reader
	t     *Terms
	known map[wire.Digest]oracle.Price
	round map[wire.Digest]*oracle.Round
}

func (s *Settler) newPrices(r store.Reader, t *Terms) *prices {
	return &prices{s: s, r: r, t: t, known: make(map[wire.Digest]oracle.Price), round: make(map[wire.Digest]*oracle.Round)}
}

// of returns the price of a round as of its own time: a statement is made long
// after the quote.
func (p *prices) of(id wire.Digest) (oracle.Price, error) {
	if price, ok := p.known[id]; ok {
		return price, nil
	}
	round, err := p.s.round(p.r, id)
	if err != nil {
		return oracle.Price{}, err
	}
	price, err := oracle.Verify(round, p.t.Oracle, p.s.cfg.VerifyPrice, latest(round))
	if err != nil {
		return oracle.Price{}, fmt.Errorf("price round %s: %w", id, err)
	}
	p.known[id], p.round[id] = price, round
	return price, nil
}

// eligible reports why an obligation cannot be converted, or nil:
//
//	1 it is in the treaty's currency
//	2 a conversion has a round, and the round is known and verifies
//	3 the round is not from after the receipt, and not older than a quote may
//	  be when its call ends
func (p *prices) eligible(o *Obligation) error {
	if o.Amount.Currency != p.t.Currency { // 1
		return fmt.Errorf("%w: it is in %s, the treaty in %s", ErrPrice, o.Amount.Currency, p.t.Currency)
	}
	if !p.t.converts() {
		return nil
	}
	if o.Round == nil { // 2
		return fmt.Errorf("%w: receipt %s names no price round", ErrPrice, o.Receipt)
	}
	price, err := p.of(*o.Round) // 2
	if err != nil {
		return err
	}
	ops := p.t.Oracle
	if price.ObservedAt-o.At > ops.MaxAheadSeconds || o.At-price.ObservedAt > ops.MaxAgeSeconds+maxCallSeconds { // 3
		return fmt.Errorf("%w: round %s was observed at %d, receipt %s is of %d", ErrPrice, *o.Round, price.ObservedAt, o.Receipt, o.At)
	}
	return nil
}

// quoted checks the round of a call that is about to run:
//
//	1 a treaty that converts has a round that is known here
//	2 it verifies under the treaty, as of now
//	3 nothing at this node is against new calls at that price
func (s *Settler) quoted(r store.Reader, t *Terms, id *wire.Digest, now int64) error {
	if !t.converts() {
		return nil
	}
	if id == nil { // 1
		return fmt.Errorf("%w: the quote names no price round", ErrPrice)
	}
	round, err := s.round(r, *id) // 1
	if err != nil {
		return err
	}
	price, err := oracle.Verify(round, t.Oracle, s.cfg.VerifyPrice, now) // 2
	if err == nil && s.cfg.UsablePrice != nil {
		err = s.cfg.UsablePrice(r, price, now) // 3
	}
	return err
}

// round finds a round by its id.
func (s *Settler) round(r store.Reader, id wire.Digest) (*oracle.Round, error) {
	row, err := r.Get(roundKey(id))
	switch {
	case err == nil:
		round, err := oracle.ParseRound(row)
		if err != nil || round.ID() != id {
			return nil, fmt.Errorf("%w: price round %s", store.ErrCorrupt, id)
		}
		return round, nil
	case !errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("read price round %s: %w", id, err)
	case s.cfg.Round == nil:
		return nil, fmt.Errorf("%w: %s", ErrRound, id)
	}
	round, err := s.cfg.Round(r, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (round == nil || round.ID() != id) {
		return nil, fmt.Errorf("%w: %s", ErrRound, id)
	}
	return round, err
}

// PutRound keeps a round that prices calls with a peer, whichever side made it.
// It must verify under the treaty in force, as of its own time. It is kept even
// while this node uses no price of the pair, for what the peer charged at it
// before; quoted denies new calls then.
func (s *Settler) PutRound(ctx context.Context, peer did.DID, doc []byte) (wire.Digest, error) {
	round, err := oracle.ParseRound(doc)
	if err != nil {
		return wire.Digest{}, err
	}
	t, err := s.current(peer)
	if err != nil {
		return wire.Digest{}, err
	}
	if !t.converts() {
		return wire.Digest{}, fmt.Errorf("%w: the treaty needs no price", ErrPrice)
	}
	if p := round.Pair; (p != oracle.Pair{Base: t.SettleCurrency, Quote: t.Currency}) && (p != oracle.Pair{Base: t.Currency, Quote: t.SettleCurrency}) {
		return wire.Digest{}, fmt.Errorf("%w: the round is of %s, the treaty prices in %s and settles in %s", ErrPrice, p, t.Currency, t.SettleCurrency)
	}
	if _, err := oracle.Verify(round, t.Oracle, s.cfg.VerifyPrice, latest(round)); err != nil {
		return wire.Digest{}, err
	}
	id := round.ID()
	return id, s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		tx.Set(roundKey(id), doc)
		return nil
	})
}

// OfferRound gives a peer a round before calls that name it. The round is kept
// here, too.
func (s *Settler) OfferRound(ctx context.Context, peer did.DID, round *oracle.Round) error {
	doc := round.Bytes()
	if _, err := s.PutRound(ctx, peer, doc); err != nil {
		return err
	}
	return s.cfg.Counterparty.Offer(ctx, peer, doc)
}

// latest is the time of a round's latest observation.
func latest(r *oracle.Round) int64 {
	var t int64
	for _, o := range r.Observations {
		t = max(t, o.ObservedAt)
	}
	return t
}
