package settlement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
)

// Reconcile resumes every transaction under way, books what became final while
// the node was away, and compares each channel with the ledger. It is called
// before serving, and now and then while the node runs. A channel that disagrees is halted and named in the error
// (ErrHalted) with both figures; the others are usable all the same, so the
// node may serve. A chain that does not answer is an error, too, and leaves its
// channels as they were.
func (s *Settler) Reconcile(ctx context.Context) error {
	var failed []error
	for _, rail := range s.cfg.Rails {
		if err := rail.Track(ctx); err != nil {
			failed = append(failed, fmt.Errorf("chain %s: %w", rail.ChainID(), err))
		}
	}
	for _, rail := range s.cfg.Notes {
		if err := rail.Track(ctx); err != nil {
			failed = append(failed, fmt.Errorf("chain %s: %w", rail.ChainID(), err))
		}
	}
	channels, err := s.all()
	if err != nil {
		return err
	}
	for _, a := range channels {
		if err := s.check(ctx, a); err != nil {
			failed = append(failed, fmt.Errorf("channel %s with %s: %w", a.Channel, a.Peer, err))
		}
	}
	return errors.Join(failed...)
}

// check holds one channel against its chain while nothing else moves on it.
func (s *Settler) check(ctx context.Context, a *account) error {
	defer s.lock(a.Peer)()
	fresh, err := s.observe(ctx, a)
	if err != nil {
		return err
	}
	return fresh.usable()
}

// Pending lists the peers with whom something was begun and not finished: Run
// and RedeemDue continue it once the peer can be reached.
func (s *Settler) Pending() ([]did.DID, error) {
	channels, err := s.all()
	if err != nil {
		return nil, err
	}
	out := []did.DID{}
	for _, a := range channels {
		pending, err := s.unfinished(a)
		if err != nil {
			return nil, err
		}
		if pending && !slices.Contains(out, a.Peer) {
			out = append(out, a.Peer)
		}
	}
	return out, nil
}

func (s *Settler) all() (out []*account, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		out, err = scanAccounts(r, "s/c/")
		return err
	})
	return out, err
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
