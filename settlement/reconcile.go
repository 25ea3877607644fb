package settlement

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Reconciliation is what a start found. Pending are the peers whose settlement
// an earlier process began: Run and RedeemDue finish it once they can be
// reached. Halted are the channels on which chain and ledger disagree.
type Reconciliation struct {
	Channels int           `json:"channels"`
	Pending  []did.DID     `json:"pending"`
	Halted   []wire.Digest `json:"halted"`
}

// Reconcile resumes every transaction under way, books what became final while
// the node was away, and compares each channel with the ledger. It is called
// before serving. A channel that disagrees is halted and reported in the error
// (ErrHalted) with both figures; the others are usable all the same. A chain
// that does not answer is an error, too, and leaves its channels as they were.
func (s *Settler) Reconcile(ctx context.Context) (*Reconciliation, error) {
	res := &Reconciliation{Pending: []did.DID{}, Halted: []wire.Digest{}}
	var failed []error
	for _, rail := range s.cfg.Rails {
		if err := rail.Track(ctx); err != nil {
			failed = append(failed, fmt.Errorf("chain %s: %w", rail.ChainID(), err))
		}
	}
	for _, side := range [...]Side{Out, In} {
		var channels []*account
		err := s.cfg.DB.View(func(r store.Reader) (err error) {
			channels, err = scanAccounts(r, accountPrefix(side))
			return err
		})
		if err != nil {
			return res, err
		}
		for _, a := range channels {
			res.Channels++
			if err := s.reconcile(ctx, a, res); err != nil {
				failed = append(failed, fmt.Errorf("channel %s with %s: %w", a.Channel, a.Peer, err))
			}
		}
	}
	return res, errors.Join(failed...)
}

func (s *Settler) reconcile(ctx context.Context, a *account, res *Reconciliation) error {
	pending, err := s.unfinished(a)
	if err != nil {
		return err
	}
	if pending && (len(res.Pending) == 0 || res.Pending[len(res.Pending)-1] != a.Peer) {
		res.Pending = append(res.Pending, a.Peer)
	}
	fresh, err := s.observe(ctx, a)
	if err != nil {
		return err
	}
	if fresh.Halted != "" {
		res.Halted = append(res.Halted, fresh.Channel)
	}
	return fresh.usable()
}

// unfinished reports whether a statement or voucher of a channel has not
// reached the other side, or a voucher has not been paid.
func (s *Settler) unfinished(a *account) (bool, error) {
	if a.Side == In {
		return a.Vouchered > a.Redeemed, nil
	}
	if a.Sequence == 0 {
		return false, nil
	}
	var rec *record
	err := s.cfg.DB.View(func(r store.Reader) (err error) {
		rec, err = readRecord(r, a.Channel, a.Sequence)
		return err
	})
	if err != nil {
		return false, err
	}
	return rec.Stage != stageVouchered || !rec.Delivered, nil
}
