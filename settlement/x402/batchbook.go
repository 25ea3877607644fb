package x402

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

const batchMemo = "x402 channels "

// sweep is money of channels that came for good: the receiver's total went from
// one figure to another.
type sweep struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	At   int64  `json:"at"`
}

func (w sweep) posting(row, currency string) ledger.Posting {
	return ledger.Posting{ID: postingID(row), At: w.At, Memo: batchMemo + row, Entries: []ledger.Entry{
		{Account: ledger.USDC, Debit: w.To - w.From, Currency: currency}, {Account: ledger.Revenue, Credit: w.To - w.From, Currency: currency}}}
}

// Continue looks after what channels owe:
//
//	1 a channel is claimed from when its payer takes its deposit back, when more
//	  than ClaimAbove of it is unclaimed, or for longer than ClaimAfter
//	2 what was claimed is sent to us
//	3 what came for good is in the ledger, once; then a channel needs no care until
//	  its next sale
//
// What a payer took back before it was claimed is lost, and its channel says so.
func (s *BatchSeller) Continue(ctx context.Context) error {
	if !s.turn() {
		return nil
	}
	rows, err := openRows(s.DB, s.under(openBatchPrefix))
	if err != nil || len(rows) == 0 {
		return err
	}
	var failed []error
	var claims []evm.BatchClaim
	for _, marker := range rows {
		claim, err := s.due(ctx, strings.Replace(marker, openBatchPrefix, batchChannelPrefix, 1))
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", marker, err))
		} else if claim != nil && len(claims) < evm.MaxBatchClaims {
			claims = append(claims, *claim)
		}
	}
	failed = append(failed, s.claim(ctx, claims)) // 1
	claimed, settled, err := s.Chain.BatchTotals(ctx, s.Terms.Contract, 1)
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	if claimed > settled { // 2
		if _, err := s.Chain.SettleBatch(ctx, s.Terms.Contract, claimed); err != nil {
			failed = append(failed, fmt.Errorf("have %d sent to us: %w", claimed-settled, err))
		} else {
			s.at("batch.settled")
		}
	}
	return errors.Join(append(failed, s.book(ctx, rows))...)
}

// turn reports whether enough time has passed since the last look.
func (s *BatchSeller) turn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.Now(); now-s.looked >= s.Every || now < s.looked {
		s.looked = now
		return true
	}
	return false
}

// claim claims from channels together, or from each by itself if one of them
// keeps the others from it.
func (s *BatchSeller) claim(ctx context.Context, claims []evm.BatchClaim) error {
	if len(claims) == 0 {
		return nil
	}
	_, err := s.Chain.ClaimBatch(ctx, s.Terms.Contract, claims)
	if err == nil {
		s.at("batch.claimed")
		return nil
	}
	failed := []error{fmt.Errorf("claim from %d channels: %w", len(claims), err)}
	if len(claims) > 1 {
		for i := range claims {
			failed = append(failed, s.claim(ctx, claims[i:i+1]))
		}
	}
	return errors.Join(failed...)
}

// due looks at one open channel, and returns what to claim from it now.
func (s *BatchSeller) due(ctx context.Context, row string) (*evm.BatchClaim, error) {
	var c BatchChannel
	err := s.DB.View(func(r store.Reader) (err error) {
		c, _, err = readBatchChannel(r, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	st, err := s.Chain.BatchState(ctx, s.Terms.Contract, c.Channel, 1)
	if err != nil || st.Claimed >= c.Charged {
		return nil, err
	}
	owed := c.Charged - st.Claimed
	if st.WithdrawAt == 0 && owed < s.ClaimAbove && s.Now()-c.DueAt < s.ClaimAfter && st.Balance >= c.Charged {
		return nil, nil
	}
	claim := &evm.BatchClaim{Channel: c.Config, Most: c.Charged, Signature: c.Signature, Total: min(c.Charged, st.Balance)}
	if claim.Total <= st.Claimed {
		return nil, nil
	}
	return claim, nil
}

// book is rule 3.
func (s *BatchSeller) book(ctx context.Context, rows []string) error {
	claimed, settled, err := s.Chain.BatchTotals(ctx, s.Terms.Contract, 0)
	if err != nil {
		return err
	}
	states := make(map[string]evm.BatchState)
	for _, marker := range rows {
		id, err := wire.ParseDigest(marker[strings.LastIndexByte(marker, '/')+1:])
		if err != nil {
			return err
		}
		if states[marker], err = s.Chain.BatchState(ctx, s.Terms.Contract, id, 0); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx store.Tx) error {
		was, known, err := s.booked(tx)
		if err != nil || !known {
			return err
		}
		if settled > was {
			row := fmt.Sprintf("%s%s/%016d", s.under(batchSweepPrefix), s.Receiver, settled)
			w := sweep{From: was, To: settled, At: s.Now()}
			tx.Set(row, wire.MustMarshal(w))
			tx.Set(s.bookedRow(), wire.MustMarshal(settled))
			if _, err := ledger.Post(tx, w.posting(row, s.Currency)); err != nil {
				return err
			}
		}
		for _, marker := range rows {
			if err := s.close(tx, marker, states[marker], claimed == settled); err != nil {
				return err
			}
		}
		return nil
	})
}

// close records what is claimed of a channel for good, and that nothing is to be
// done about one of which all is.
func (s *BatchSeller) close(tx store.Tx, marker string, final evm.BatchState, sent bool) error {
	c, known, err := readBatchChannel(tx, strings.Replace(marker, openBatchPrefix, batchChannelPrefix, 1))
	if err != nil || !known {
		return err
	}
	if c.Claimed = max(c.Claimed, min(final.Claimed, c.Charged)); c.Claimed > c.Charged-c.Lost {
		c.Lost = c.Charged - c.Claimed // its payer put something in again
	}
	if final.Block >= c.Block && final.Balance < c.Charged && final.Balance == final.Claimed {
		c.Lost = c.Charged - c.Claimed
	}
	done := c.Owed() == 0 && sent
	if c.Owed() == 0 {
		c.DueAt = 0
	}
	s.put(tx, &c, !done)
	return nil
}

// OpenBatch reports whether BatchSeller.Continue has something to do.
func OpenBatch(db store.DB) (bool, error) { return anyRow(db, openBatchPrefix) }

// BatchSales calls fn for every sale from a channel after a row, in the order of
// rows.
func BatchSales(r store.Reader, after string, fn func(row string, s *Sale) error) error {
	return r.Scan(batchSalePrefix, after, func(row string, _ []byte) error {
		sale, _, err := readSale(r, row)
		if err != nil {
			return err
		}
		return fn(row, &sale)
	})
}

// BatchChannels calls fn for every channel that pays us, in the order of rows.
func BatchChannels(r store.Reader, fn func(network string, c *BatchChannel) error) error {
	return r.Scan(batchChannelPrefix, "", func(row string, _ []byte) error {
		c, _, err := readBatchChannel(r, row)
		if err != nil {
			return err
		}
		return fn(networkOf(row, batchChannelPrefix), &c)
	})
}

func readSweep(r store.Reader, row string) (w sweep, err error) {
	raw, err := r.Get(row)
	if err == nil {
		err = wire.Unmarshal(raw, &w, wire.DocumentLimits)
	}
	return w, err
}
