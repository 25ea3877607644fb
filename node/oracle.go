package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of price rounds.
const (
	roundRows       = "o/round/"   // + id: canonical round
	currentRoundRow = "o/current/" // + pair: id
	observationSeq  = "o/sequence"
)

const (
	defaultObservationTTLSeconds = 3600
	// oracleSkewSeconds is the clock difference tolerated in an observation.
	oracleSkewSeconds = 60
)

// signPrice signs one observation with this node's oracle key.
func (n *Node) signPrice(ctx context.Context, req SignPrice) (*Observation, error) {
	if req.Value <= 0 {
		return nil, usage("value must be positive: the price is value times ten to the expo")
	}
	if req.TTLSeconds == 0 {
		req.TTLSeconds = defaultObservationTTLSeconds
	}
	var sequence uint64
	err := n.db.Update(ctx, func(tx store.Tx) (err error) {
		sequence, err = tx.Next(observationSeq)
		return err
	})
	if err != nil {
		return nil, err
	}
	now := n.now()
	s, err := n.money.oracleKey.Sign(signed.Reading{Pair: oracle.Pair{Base: req.Base, Quote: req.Quote}, Value: req.Value, Expo: req.Expo,
		ObservedAt: now, ValidUntil: now + req.TTLSeconds, Source: wire.Hash([]byte(req.Source)), Sequence: sequence})
	if err != nil {
		return nil, usage("price: %v", err)
	}
	return &Observation{Observation: s.Bytes()}, nil
}

// importRound makes a round of observations, verifies it against the
// configured operators, and uses it for quotes from now on.
func (n *Node) importRound(ctx context.Context, req ImportRound) (*Round, error) {
	observations := make([]oracle.Signed, len(req.Observations))
	for i, doc := range req.Observations {
		s, err := oracle.ParseSigned(doc)
		if err != nil {
			return nil, usage("observation %d: %v", i+1, err)
		}
		observations[i] = *s
	}
	r, err := oracle.NewRound(observations...)
	if err != nil {
		return nil, usage("round: %v", err)
	}
	price, refused := oracle.Verify(r, n.money.operators(), signed.Verify, n.now())
	trip := n.judgeRound(r, price, refused)
	err = n.db.Update(ctx, func(tx store.Tx) error {
		again, err := n.putRound(tx, r, trip, refused)
		if err == nil {
			refused = again
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case errors.Is(refused, errTripped):
		return nil, trippedProblem(refused)
	case refused != nil:
		return nil, &Problem{Code: "CHIO-ORACLE-ROUND", Message: refused.Error(), Exit: ExitUnverifiable,
			Hint: "oracle.operators in the config lists whose observations count"}
	}
	id := r.ID()
	n.offerRound(ctx, r)
	return &Round{ID: id, Price: price.Median.FloatString(8), Signers: len(r.Observations)}, nil
}

// putRound makes a verified round the one in use, or says why not:
//
//	1 a trip is stored whatever else holds, unless the pair is tripped already
//	2 a round that is refused, or of a stopped pair, is not used
//	3 the round in use given again stays
//	4 a round follows the one in use
func (n *Node) putRound(tx store.Tx, r *oracle.Round, trip *oracle.Trip, refused error) (error, error) {
	latch, err := readLatch(tx, r.Pair)
	if err != nil {
		return nil, err
	}
	if trip != nil && latch.Trip == nil { // 1
		latch.Trip = trip
		tx.Set(latchRows+r.Pair.String(), latch.Bytes())
		tx.AfterCommit(func() { n.alarms.raise(alarmPrice, r.Pair.String(), trip.Reason+": "+trip.Detail) })
	}
	if err := stopped(&latch); err != nil { // 2
		return err, nil
	}
	if refused != nil { // 2
		return refused, nil
	}
	last, err := currentOf(tx, r.Pair)
	if err != nil {
		return nil, err
	}
	if last != nil && slices.Equal(last.Observations, r.Observations) { // 3
		r.Previous = last.Previous
		return nil, nil
	}
	if err := r.Follow(last); err != nil { // 4
		return err, nil
	}
	id := r.ID().String()
	tx.Set(roundRows+id, r.Bytes())
	tx.Set(currentRoundRow+r.Pair.String(), []byte(id))
	return nil, nil
}

// offerTimeout bounds giving one peer a round.
const offerTimeout = 3 * time.Second

// offerRound gives active peers a round before calls name it. A peer that does
// not get it now refuses such calls and says why; its operator can import it.
func (n *Node) offerRound(ctx context.Context, r *oracle.Round) {
	if n.network.address() == "" {
		return
	}
	for _, rec := range n.network.service.List() {
		if rec.At(n.now()) != federation.Active {
			continue
		}
		offerCtx, cancel := context.WithTimeout(ctx, offerTimeout)
		if err := n.money.settler.OfferRound(offerCtx, rec.DID, r); err != nil {
			n.log.Warn("a peer has not taken the price round", slog.String("peer", rec.DID.String()), slog.Any("error", err))
		}
		cancel()
	}
}

// currentRound is the id of the newest round of a pair that is still usable,
// or nil; an error says what is read of a chain is against it.
func (n *Node) currentRound(pair oracle.Pair) (*wire.Digest, error) {
	var last *oracle.Round
	err := n.db.View(func(r store.Reader) error {
		latch, err := readLatch(r, pair)
		if err != nil || stopped(&latch) != nil {
			return err // a stopped pair has no price
		}
		last, err = currentOf(r, pair)
		return err
	})
	if err != nil || last == nil {
		return nil, err
	}
	price, err := oracle.Verify(last, n.money.operators(), signed.Verify, n.now())
	if err != nil {
		return nil, nil // a stale price is no price
	}
	if err := n.money.lookout.usable(pair, price.Median, n.now()); err != nil {
		return nil, err
	}
	id := last.ID()
	return &id, nil
}

// readRound reads a stored round.
func readRound(r store.Reader, id wire.Digest) (*oracle.Round, error) {
	doc, err := r.Get(roundRows + id.String())
	if err != nil {
		return nil, fmt.Errorf("price round %s: %w", id, err)
	}
	return oracle.ParseRound(doc)
}

// operators are the oracle keys whose observations count here.
func (m *money) operators() oracle.Operators {
	o := m.n.cfg.Oracle
	out := oracle.Operators{Min: o.MinOperators, MaxAgeSeconds: o.MaxAgeSeconds, MaxAheadSeconds: oracleSkewSeconds, MaxDivergenceBps: o.DivergenceBps}
	for _, a := range o.Operators {
		out.Addresses = append(out.Addresses, strings.ToLower(a))
	}
	return out
}
