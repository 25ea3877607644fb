package settlement

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// sight is what the chain says about one channel.
type sight struct {
	standing Standing
	funded   map[uint64]Transfer // deposits under way, by sequence
	returns  []Return            // ends of the channel that are final and not booked
}

// observe books what has become final on a channel and compares the chain with
// the ledger. A difference halts the channel and names both figures, until they
// agree again and an operator resumes it.
func (s *Settler) observe(ctx context.Context, a *account) (*account, error) {
	if !funded(a.Rail) {
		return s.observePayments(ctx, a)
	}
	seen, err := s.look(ctx, a)
	if err != nil {
		return nil, err
	}
	s.cfg.Failpoint("final_before_ledger")
	var out *account
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		fresh, ok, err := load[account](tx, a.key())
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("channel %s: %w", a.Channel, store.ErrNotFound)
		}
		out = &fresh
		if err := s.assess(tx, out, seen); err != nil {
			return err
		}
		return save(tx, out.key(), out)
	})
	if err != nil {
		return nil, fmt.Errorf("book channel %s: %w", a.Channel, err)
	}
	s.markCompared(a.Channel)
	return out, nil
}

// look asks the chain; deposits come first, so that one that becomes final in
// between is not taken for somebody else's.
func (s *Settler) look(ctx context.Context, a *account) (sight, error) {
	seen := sight{funded: make(map[uint64]Transfer)}
	rail, err := s.rail(a.ChainID, a.Contract)
	if err != nil {
		return seen, err
	}
	if a.Side == Out && a.Booked < a.Deposits {
		t, err := s.termsOf(a.Peer, a.Treaty)
		if err != nil {
			return seen, err
		}
		for n := a.Booked + 1; n <= a.Deposits; n++ {
			transfer, ok, err := rail.Funding(s.params(t, Out), n)
			if err != nil {
				return seen, err
			}
			if ok {
				seen.funded[n] = transfer
			}
		}
	}
	if seen.standing, err = rail.Standing(ctx, a.Channel); err != nil {
		return seen, err
	}
	seen.returns, err = lookReturns(ctx, rail, a, &seen.standing)
	return seen, err
}

// everDeposited is what ever came into a channel by its final figures: what
// went back is no longer among them.
func (a *account) everDeposited(seen sight) uint64 {
	sum := seen.standing.FinalDeposited + a.Returned
	for _, back := range seen.returns {
		sum += back.Amount
	}
	return sum
}

// book posts what is final. It sets Halted instead of failing when the figures
// disagree, and posts nothing then.
func (s *Settler) book(tx store.Tx, a *account, seen sight) error {
	now := &seen.standing
	if now.FinalSettled > a.Vouchered {
		a.Halted = fmt.Sprintf("the chain has paid %d, our vouchers promise %d", now.FinalSettled, a.Vouchered)
		return nil
	}
	if now.FinalSettled < a.Settled {
		a.Halted = fmt.Sprintf("the chain has paid %d, the ledger says %d", now.FinalSettled, a.Settled)
		return nil
	}
	if a.Side == Out && now.FinalEpoch < a.Epoch {
		a.Halted = fmt.Sprintf("the channel has ended %d times, the ledger says %d", now.FinalEpoch, a.Epoch)
		return nil
	}
	a.left(now)
	if a.Side == In {
		if err := s.forget(tx, a, now); err != nil {
			return err
		}
		a.Backing = now.FinalDeposited
		return s.bookSettled(tx, a, now.FinalSettled)
	}
	if err := s.bookDeposits(tx, a, seen); err != nil || a.Halted != "" {
		return err
	}
	if have := a.Deposited + a.Gifts; now.FinalSettled+a.everDeposited(seen)-now.FinalDeposited > have {
		if a.Booked == a.Deposits {
			a.Halted = fmt.Sprintf("the chain has paid %d, the ledger holds deposits of %d", now.FinalSettled, have)
		}
		return nil // a deposit of ours is final, and we have not looked at it since: both are booked then
	}
	if err := s.bookSettled(tx, a, now.FinalSettled); err != nil {
		return err
	}
	if err := s.bookReturns(tx, a, seen); err != nil {
		return err
	}
	return compareLedger(tx, a)
}

// bookDeposits posts our own deposits that are final and that the final figures
// include, then what others gave. A transaction can count as final by its
// confirmations before the chain's final block has reached it.
func (s *Settler) bookDeposits(tx store.Tx, a *account, seen sight) error {
	for a.Booked < a.Deposits {
		n := a.Booked + 1
		transfer, ok := seen.funded[n]
		if !ok || !transfer.Final {
			break
		}
		row, ok, err := load[deposit](tx, depositKey(a.Channel, n))
		if err != nil || !ok {
			return fmt.Errorf("deposit %d: %w", n, orMissing(err))
		}
		if a.everDeposited(seen) < a.Deposited+a.Gifts+row.Amount {
			break
		}
		row.Booked = true
		if err := save(tx, depositKey(a.Channel, n), row); err != nil {
			return err
		}
		if err := s.move(tx, a, causeDeposit, n, ledger.Channel(a.Channel.String()), ledger.USDC, row.Amount); err != nil {
			return err
		}
		a.Booked++
		if err := raise(&a.Deposited, row.Amount); err != nil {
			return err
		}
	}
	have, ours := a.everDeposited(seen), a.Deposited+a.Gifts
	switch {
	case have < ours:
		a.Halted = fmt.Sprintf("the chain holds deposits of %d, the ledger says %d", have, ours)
	case have > ours && a.Booked == a.Deposits: // anyone may fund a channel
		if err := s.move(tx, a, causeGift, have, ledger.Channel(a.Channel.String()), ledger.Revenue, have-ours); err != nil {
			return err
		}
		return raise(&a.Gifts, have-ours)
	}
	return nil
}

// bookSettled posts what vouchers have finally paid.
func (s *Settler) bookSettled(tx store.Tx, a *account, total uint64) error {
	if total == a.Settled {
		return nil
	}
	debit, credit := ledger.Payable(a.Peer.String()), ledger.Channel(a.Channel.String())
	if a.Side == In {
		debit, credit = ledger.USDC, ledger.Receivable(a.Peer.String())
	}
	if err := s.move(tx, a, causeRedeem, total, debit, credit, total-a.Settled); err != nil {
		return err
	}
	if err := s.receiptsOfPayment(tx, a, total); err != nil {
		return err
	}
	a.Settled = total
	a.Redeemed = max(a.Redeemed, total)
	return nil
}

// move posts one movement; what and n name its cause on the channel.
func (s *Settler) move(tx store.Tx, a *account, what string, n uint64, debit, credit string, units uint64) error {
	id, err := moveID(a.Channel, what, n)
	if err != nil {
		return err
	}
	_, err = ledger.Post(tx, ledger.Posting{ID: id, At: s.cfg.Now(), Memo: fmt.Sprintf("%s %d of channel %s", what, n, a.Channel),
		Entries: pair(debit, credit, units, a.Currency)})
	return err
}

// The causes of movements on a channel.
const (
	causeDeposit = "deposit"
	causeGift    = "gift"
	causeRedeem  = "redeem"
	causeReturn  = "return"
)

// moveID is the id of the posting of one movement on a channel.
func moveID(channel wire.Digest, cause string, n uint64) (wire.Digest, error) {
	return wire.DigestOf(struct {
		V       int         `json:"v"`
		Cause   string      `json:"cause"`
		Channel wire.Digest `json:"channel"`
		N       uint64      `json:"n"`
	}{1, cause, channel, n})
}

// compareLedger halts a channel whose ledger account is not what the channel's
// own figures, which the chain has confirmed, add up to.
func compareLedger(tx store.Tx, a *account) error {
	b, err := ledger.ReadBalance(tx, ledger.Channel(a.Channel.String()), a.Currency)
	if err != nil {
		return err
	}
	holds, err := b.NetDebit()
	if want := a.Deposited + a.Gifts - a.Settled - a.Returned; err != nil || holds != want {
		a.Halted = fmt.Sprintf("the ledger account holds %d less %d, the chain says %d", b.Debits, b.Credits, want)
	}
	return nil
}

// orMissing is for a row that must exist.
func orMissing(err error) error {
	if err != nil {
		return err
	}
	return store.ErrCorrupt
}
