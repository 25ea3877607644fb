package settlement

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Redemption is what one channel paid us. Paid is new since the last
// redemption, Settled the channel's total, in units of Currency.
type Redemption struct {
	Channel  wire.Digest `json:"channel"`
	Paid     uint64      `json:"paid"`
	Settled  uint64      `json:"settled"`
	Currency string      `json:"currency"`
	Tx       wire.Digest `json:"tx,omitzero"` // zero if somebody else submitted it
	Block    uint64      `json:"block,omitzero"`
	Final    bool        `json:"final"`
}

// RedeemDue has every newest voucher of a peer paid that is above what its
// channel has paid, and books what is final. Called again it pays nothing and
// follows finality.
func (s *Settler) RedeemDue(ctx context.Context, peer did.DID) ([]Redemption, error) {
	defer s.lock(peer)()
	channels, err := s.list(In, peer)
	if err != nil {
		return nil, err
	}
	out := []Redemption{}
	for _, a := range channels {
		if a, err = s.reconciled(ctx, a); err != nil {
			return out, err
		}
		if err := a.usable(); err != nil {
			return out, err
		}
		if !funded(a.Rail) {
			red, err := s.collect(ctx, a)
			if red != nil {
				out = append(out, *red)
			}
			if err != nil {
				return out, err
			}
			continue
		}
		if a.Vouchered == 0 {
			continue
		}
		red, err := s.redeem(ctx, a)
		if err != nil {
			return out, err
		}
		out = append(out, red)
	}
	return out, nil
}

func (s *Settler) redeem(ctx context.Context, a *account) (Redemption, error) {
	red := Redemption{Channel: a.Channel, Settled: a.Redeemed, Currency: a.Currency}
	rail, err := s.rail(a.ChainID, a.Contract)
	if err != nil {
		return red, err
	}
	if a.Vouchered > a.Redeemed {
		var rec *record
		err := s.cfg.DB.View(func(r store.Reader) (err error) {
			rec, err = readRecord(r, a.Channel, a.VoucherSequence)
			return err
		})
		if err != nil {
			return red, err
		}
		transfer, err := rail.Redeem(ctx, rec.Voucher)
		if err != nil {
			return red, fmt.Errorf("redeem channel %s: %w", a.Channel, err)
		}
		s.cfg.Failpoint("redeem.mined_before_record")
		if red.Paid, err = s.redeemed(ctx, a, transfer); err != nil {
			return red, err
		}
	}
	if err := rail.Track(ctx); err != nil {
		return red, err
	}
	fresh, err := s.observe(ctx, a)
	if err != nil {
		return red, err
	}
	red.Settled, red.Final = fresh.Redeemed, fresh.Settled >= fresh.Vouchered
	if fresh.Redemption != nil {
		red.Tx, red.Block = fresh.Redemption.Tx, fresh.Redemption.Block
	}
	return red, fresh.usable()
}

// redeemed records a mined redemption and returns what it added.
func (s *Settler) redeemed(ctx context.Context, a *account, transfer Transfer) (paid uint64, err error) {
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, ok, err := load[account](tx, a.key())
		if err != nil || !ok {
			return err
		}
		if paid = 0; transfer.Settled > fresh.Redeemed {
			paid = transfer.Settled - fresh.Redeemed
			fresh.Redeemed, fresh.Redemption = transfer.Settled, &transfer
		}
		return save(tx, fresh.key(), fresh)
	})
	if err != nil {
		return 0, fmt.Errorf("record the redemption of channel %s: %w", a.Channel, err)
	}
	return paid, nil
}
