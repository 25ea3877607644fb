package settlement

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Funding is one deposit into the channel to a peer, mined.
type Funding struct {
	Channel   wire.Digest `json:"channel"`
	Sequence  uint64      `json:"sequence"`
	Amount    uint64      `json:"amount"`
	Deposited uint64      `json:"deposited"` // by the chain, all deposits
	Tx        wire.Digest `json:"tx"`
	Block     uint64      `json:"block"`
	Final     bool        `json:"final"`
}

// Fund deposits amount, in units of the settlement currency, into the channel
// to a peer, opening it if there is none, and returns once mined. A deposit
// that a crash interrupted is completed first, and counts as this one if it is
// of the same amount; otherwise Fund says so (ErrConflict) and deposits nothing
// more.
func (s *Settler) Fund(ctx context.Context, peer did.DID, amount uint64) (*Funding, error) {
	defer s.lock(peer)()
	if amount == 0 || amount > wire.MaxUnits {
		return nil, fmt.Errorf("%w: deposit of %d", wire.ErrAmount, amount)
	}
	t, err := s.current(peer)
	if err != nil {
		return nil, err
	}
	rail, _, err := s.channel(t, Out)
	if err != nil {
		return nil, err
	}
	a, sequence, err := s.planDeposit(ctx, rail, t, amount)
	if err != nil {
		return nil, err
	}
	row, err := s.depositRow(a.Channel, sequence)
	if err != nil {
		return nil, err
	}
	if err := a.enters(ctx, rail); err != nil {
		return nil, err
	}
	s.cfg.Failpoint("deposit.planned_before_send")
	transfer, err := rail.Fund(ctx, s.params(t, Out), row.Amount, sequence)
	if err != nil {
		return nil, fmt.Errorf("fund channel %s: %w", a.Channel, err)
	}
	s.cfg.Failpoint("deposit.mined_before_record")
	if a, err = s.observe(ctx, a); err != nil {
		return nil, err
	}
	if err := s.told(ctx, a.Channel, sequence); err != nil {
		return nil, err
	}
	if row.Amount != amount {
		return nil, fmt.Errorf("%w: an earlier deposit of %d was under way and is now made; ask again for %d if it is still wanted", ErrConflict, row.Amount, amount)
	}
	standing, err := rail.Standing(ctx, a.Channel)
	if err != nil {
		return nil, err
	}
	return &Funding{Channel: a.Channel, Sequence: sequence, Amount: amount, Deposited: standing.Deposited,
		Tx: transfer.Tx, Block: transfer.Block, Final: transfer.Final}, a.usable()
}

// planDeposit makes a deposit's number and amount durable before anything is
// signed. The last number is used again if its deposit never reached a caller:
// with its own amount if it has begun, with the new one if it left no trace.
func (s *Settler) planDeposit(ctx context.Context, rail Rail, t *Terms, amount uint64) (*account, uint64, error) {
	var a *account
	var last deposit
	err := s.cfg.DB.View(func(r store.Reader) (err error) {
		if a, err = s.accountFor(r, t, Out); err == nil && a.Deposits > 0 {
			last, _, err = load[deposit](r, depositKey(a.Channel, a.Deposits))
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if err := a.usable(); err != nil {
		return nil, 0, err
	}
	open, begun := a.Deposits > 0 && !last.Told, false
	if open {
		if _, begun, err = rail.Funding(s.params(t, Out), a.Deposits); err != nil {
			return nil, 0, err
		}
	}
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		if a, err = s.accountFor(tx, t, Out); err != nil || begun {
			return err
		}
		if !open {
			a.Deposits++
		}
		if err := save(tx, depositKey(a.Channel, a.Deposits), deposit{Amount: amount}); err != nil {
			return err
		}
		return save(tx, a.key(), a)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("record a deposit: %w", err)
	}
	return a, a.Deposits, nil
}

// told marks a deposit as returned to its caller.
func (s *Settler) told(ctx context.Context, channel wire.Digest, sequence uint64) error {
	return s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		row, _, err := load[deposit](tx, depositKey(channel, sequence))
		if err != nil {
			return err
		}
		row.Told = true
		return save(tx, depositKey(channel, sequence), row)
	})
}

func (s *Settler) depositRow(channel wire.Digest, sequence uint64) (row deposit, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		var ok bool
		if row, ok, err = load[deposit](r, depositKey(channel, sequence)); err == nil && !ok {
			err = fmt.Errorf("deposit %d of channel %s: %w", sequence, channel, store.ErrNotFound)
		}
		return err
	})
	return row, err
}
