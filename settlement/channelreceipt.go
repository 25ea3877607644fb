package settlement

import (
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxBookedReceipts bounds the receipts that one booking signs: a payee that
// redeemed once for more statements than these has receipts of the newest.
const maxBookedReceipts = 1000

// spanned is a statement of a channel with the part of it that lies between two
// totals.
type spanned struct {
	statement *Statement
	id        wire.Digest
	part      uint64 // of the net, between the two
	settled   uint64 // of the net, up to the higher
}

// spanning lists the statements of a channel that the totals from (exclusive) to
// (inclusive) pay, oldest first.
func spanning(r store.Reader, a *account, from, to uint64) (out []spanned, err error) {
	for n := a.VoucherSequence; n > 0 && len(out) < maxBookedReceipts; n-- {
		rec, err := readRecord(r, a.Channel, n)
		if errors.Is(err, store.ErrNotFound) {
			break // gone with an archive: its payment was booked
		}
		if err != nil {
			return nil, err
		}
		st, _, err := rec.open()
		if err != nil {
			return nil, err
		}
		begin := st.Cumulative - st.Net.Units
		if st.Cumulative <= from {
			break
		}
		if begin >= to {
			continue
		}
		id, err := wire.DigestOf(st)
		if err != nil {
			return nil, err
		}
		end := min(to, st.Cumulative)
		out = append(out, spanned{statement: st, id: id, part: end - max(from, begin), settled: end - begin})
	}
	slices.Reverse(out)
	return out, nil
}

// receiptsOfPayment signs, for each statement that the final figures of a
// channel pay since they were booked last, what was seen: the same form as on
// every rail.
func (s *Settler) receiptsOfPayment(tx store.Tx, a *account, total uint64) error {
	paid, err := spanning(tx, a, a.Settled, total)
	if err != nil {
		return err
	}
	reference := fmt.Sprintf("channel %s at %d", a.Channel, total)
	if a.Redemption != nil && a.Redemption.Settled == total && !a.Redemption.Tx.IsZero() {
		reference = "0x" + a.Redemption.Tx.String()
	}
	for _, p := range paid {
		r := s.channelReceipt(a, &p)
		r.State, r.Kind, r.Amount, r.Settled, r.Finality = PayPartial, MoveCapture, p.part, p.settled, FinalityFinal
		if p.settled == p.statement.Net.Units {
			r.State = PaySettled
		}
		r.Reference = reference
		if err := s.fileReceipt(tx, r); err != nil {
			return err
		}
	}
	return nil
}

// forget takes back a redemption that a reorganisation took out of the chain,
// and signs that for every statement it had paid. Only a chain that has come
// further than the redemption's block says so: an endpoint that is behind says
// nothing.
func (s *Settler) forget(tx store.Tx, a *account, seen *Standing) error {
	gone := a.Redemption
	if a.Side != In || gone == nil || seen.Block < gone.Block || seen.Block == 0 || seen.Settled >= a.Redeemed || a.Redeemed <= a.Settled {
		return nil
	}
	lost, err := spanning(tx, a, max(a.Settled, seen.Settled), a.Redeemed)
	if err != nil {
		return err
	}
	for _, p := range lost {
		r := s.channelReceipt(a, &p)
		begin := p.statement.Cumulative - p.statement.Net.Units
		r.State, r.Finality, r.Failure = PayReorged, FinalityOpen, fmt.Sprintf("block %d is none of the chain any more", gone.Block)
		r.Settled = min(max(a.Settled, begin)-begin, p.statement.Net.Units)
		r.Reference = fmt.Sprintf("channel %s at %d", a.Channel, gone.Settled)
		if !gone.Tx.IsZero() {
			r.Reference = "0x" + gone.Tx.String()
		}
		if err := s.fileReceipt(tx, r); err != nil {
			return err
		}
	}
	a.Redeemed, a.Redemption = max(a.Settled, seen.Settled), nil
	return nil
}

func (s *Settler) channelReceipt(a *account, p *spanned) *SettlementReceipt {
	payer, payee := s.parties(a.Peer, a.Side)
	return &SettlementReceipt{Schema: ReceiptSchema, Observer: s.cfg.Self, Payer: PartyOf(payer), Payee: PartyOf(payee), Statement: p.id,
		Rail: RailChannel, Net: p.statement.Net, ObservedAt: s.cfg.Now()}
}

// fileReceipt numbers, signs and stores a receipt that no payment row counts.
func (s *Settler) fileReceipt(tx store.Tx, r *SettlementReceipt) error {
	prefix := evidencePrefix(r.Statement) + ownReceipts
	r.Number = 1
	err := tx.Scan(prefix, "", func(string, []byte) error { r.Number++; return nil })
	if err != nil {
		return err
	}
	doc, err := SealReceipt(s.cfg.Kernel, r)
	if err != nil {
		return err
	}
	tx.Set(evidenceKey(r.Statement, r.Number), doc)
	return nil
}

// SealReceipt checks a settlement receipt and signs it with its observer's
// kernel key; the same receipt gives the same bytes.
func SealReceipt(kernel wire.Signer, r *SettlementReceipt) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	env, err := wire.Seal(ReceiptSchema, r, kernel)
	if err != nil {
		return nil, err
	}
	return env.Bytes(), nil
}

// PartyOf names an organisation in a settlement receipt.
func PartyOf(d did.DID) Party { return Party(d) }
