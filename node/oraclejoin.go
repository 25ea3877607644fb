package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/store"
)

// joinRounds goes on from another operator's rounds, so that operators who
// listen to each other have one chain:
//
//	1 oracle.Join says which of them go on from ours
//	2 each has the signatures of our operators, as of its own time, and the
//	  newest as of now
//	3 none is one that would trip the pair. It is refused and latches nothing:
//	  nobody signs a round, so anybody can make one of observations that were
//	  signed long apart; what is wrong shows in the next round made here
//	4 all of them count, or none
func (n *Node) joinRounds(ctx context.Context, req JoinRounds) (*JoinedRounds, error) {
	if len(req.Rounds) > maxListedRounds {
		return nil, usage("%d rounds, at most %d at a time", len(req.Rounds), maxListedRounds)
	}
	theirs := make([]*oracle.Round, len(req.Rounds))
	for i, doc := range req.Rounds {
		r, err := oracle.ParseRound(doc)
		if err != nil {
			return nil, usage("round %d: %v", i+1, err)
		}
		theirs[i] = r
	}
	if len(theirs) == 0 {
		return &JoinedRounds{}, nil
	}
	var joined []*oracle.Round
	var refused error
	err := n.db.Update(ctx, func(tx store.Tx) (err error) {
		joined, refused, err = n.join(tx, theirs)
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
	case len(joined) == 0:
		return &JoinedRounds{}, nil
	}
	newest := joined[len(joined)-1]
	n.offerRound(ctx, newest)
	return &JoinedRounds{Joined: len(joined), ID: newest.ID()}, nil
}

// join is the rules, and stores what counts; the second result says why nothing
// does.
func (n *Node) join(tx store.Tx, theirs []*oracle.Round) ([]*oracle.Round, error, error) {
	pair := theirs[0].Pair
	latch, err := readLatch(tx, pair)
	if err != nil {
		return nil, nil, err
	}
	if err := stopped(&latch); err != nil {
		return nil, err, nil
	}
	last, err := currentOf(tx, pair)
	if err != nil {
		return nil, nil, err
	}
	var before *oracle.Round
	if last != nil {
		if before, err = previousOf(tx, last); err != nil {
			return nil, nil, err
		}
	}
	joined, err := oracle.Join(last, before, theirs) // 1
	if err != nil {
		return nil, err, nil
	}
	for i, r := range joined { // 2
		at := r.Latest()
		if i == len(joined)-1 {
			at = n.now()
		}
		price, err := oracle.Verify(r, n.money.operators(), signed.Verify, at)
		if trip := n.judgeRound(r, price, err); err == nil && trip != nil { // 3
			err = fmt.Errorf("round %s: %s", r.ID(), trip.Detail)
		}
		if err != nil {
			return nil, err, nil
		}
	}
	for _, r := range joined { // 4
		tx.Set(roundRows+r.ID().String(), r.Bytes())
	}
	if len(joined) > 0 {
		tx.Set(currentRoundRow+pair.String(), []byte(joined[len(joined)-1].ID().String()))
	}
	return joined, nil, nil
}
