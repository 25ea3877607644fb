package federation

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
)

// bookKey is one direction between a party and another, seen from the party.
type bookKey struct {
	side settlement.Side
	peer int
}

// modelBook is what a party said last of one direction.
type modelBook struct {
	status    settlement.Direction
	channel   settlement.ChannelStatus
	acked     uint64 // statements that both have signed
	statement []byte // the newest of them
	voucher   []byte // its voucher, if there is one
	paid      map[string]bool
}

// between is what is owed in the direction of a book.
func (k bookKey) between(p, peer *modelParty) map[string]Obligation {
	out := make(map[string]Obligation)
	for _, o := range p.obligations() {
		if k.side == settlement.Out && o.Payee == peer.did() || k.side == settlement.In && o.Payer == peer.did() {
			out[o.ReceiptID] = o
		}
	}
	return out
}

// read brings a book to what the party's store says:
//
//	1 statements, vouchers and redemptions only go on
//	2 a statement is over receipts that this side knows to be owed, that no
//	  statement had before, and that nobody objects to
//	3 their sum is what the statements say, the voucher promises no more, and no
//	  more was redeemed
//	4 what is owed is in a voucher or counted as without one
//	5 what is objected to is counted as such
//	6 a payee gave no more credit than agreed
func (b *modelBook) read(r store.Reader, p, peer *modelParty, key bookKey, disputed map[string]objected) error {
	st, err := p.settler.Status(r, peer.did())
	if err != nil {
		return err
	}
	b.status = st.Out
	if key.side == settlement.In {
		b.status = st.In
	}
	owed := key.between(p, peer)
	if len(b.status.Channels) > 0 {
		if err := b.turn(r, p, owed, disputed); err != nil {
			return err
		}
	}
	contested, waived := uint64(0), uint64(0)
	for id, o := range disputed {
		switch _, ok := owed[id]; {
		case ok && o.Answered == AnswerWaived:
			waived++
		case ok && o.WithdrawnAt == 0:
			contested += modelPrice
		}
	}
	c, x := b.channel, b.status.Exposure["USD"]
	switch {
	case c.Cumulative != modelPrice*uint64(len(b.paid)), c.Vouchered > c.Cumulative, c.Redeemed > c.Vouchered: // 3
		return fmt.Errorf("statements over %d receipts say %d, the voucher promises %d, %d are redeemed", len(b.paid), c.Cumulative, c.Vouchered, c.Redeemed)
	case x.Unvouchered+c.Vouchered != modelPrice*(uint64(len(owed))-waived): // 4
		return fmt.Errorf("%d receipts are owed for, of them %d were given up; %d without a voucher, %d with one", len(owed), waived, x.Unvouchered, c.Vouchered)
	case key.side == settlement.In && x.Unvouchered+x.Held > modelUnvouchered: // 6
		return fmt.Errorf("%d are owed without a voucher and %d held: the treaty says %d", x.Unvouchered, x.Held, modelUnvouchered)
	}
	if b.status.Contested["USD"] != contested { // 5
		return fmt.Errorf("objected to is %d, and %d are counted as disputed", contested, b.status.Contested["USD"])
	}
	return nil
}

// turn is rules 1 and 2 of read.
func (b *modelBook) turn(r store.Reader, p *modelParty, owed map[string]Obligation, disputed map[string]objected) error {
	c, was := b.status.Channels[0], b.channel
	acked := c.Sequence
	if c.Stage == "proposed" {
		acked--
	}
	if len(b.status.Channels) > 1 || c.Halted != "" || acked < b.acked || c.Cumulative < was.Cumulative || c.Vouchered < was.Vouchered || c.Redeemed < was.Redeemed { // 1
		return fmt.Errorf("the channel was %+v and is %+v", was, c)
	}
	for n := b.acked + 1; n <= acked; n++ { // 2
		ids, err := p.settler.Receipts(r, c.Channel, n)
		if err != nil {
			return err
		}
		for _, id := range ids {
			_, known := owed[id.String()]
			if o, ok := disputed[id.String()]; !known || b.paid[id.String()] || ok && o.WithdrawnAt == 0 {
				return fmt.Errorf("statement %d is over receipt %s: owed %t, paid %t, disputed %t", n, id, known, b.paid[id.String()], ok)
			}
			b.paid[id.String()] = true
		}
	}
	b.channel, b.acked = c, acked
	if acked == 0 {
		return nil
	}
	var err error
	if b.statement, err = p.settler.StatementFile(r, c.Channel, acked); err != nil {
		return err
	}
	if b.voucher, err = p.settler.VoucherFile(r, c.Channel, acked); errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return err
}

// book is what a party's store says now.
func (p *modelParty) book(side settlement.Side, peer *modelParty) (*modelBook, error) {
	key := bookKey{side, peer.at}
	b := p.books[key]
	if b == nil {
		b = &modelBook{paid: make(map[string]bool)}
	}
	role := RoleOrigin
	if side == settlement.In {
		role = RoleHost
	}
	disputed := p.objections(peer, role)
	err := p.disk.View(func(r store.Reader) error { return b.read(r, p, peer, key, disputed) })
	if err != nil {
		return nil, fmt.Errorf("party %d, %s: %w", p.at, side, err)
	}
	p.books[key] = b
	return b, nil
}

// checkMoney is what holds of what one party owes another:
//
//	1 read holds at both
//	2 no charge without both receipts: the payee's own says that it allowed the
//	  call, the payer holds that one beside its own
//	3 what both signed and hold is the same bytes, and only the payee may be a
//	  signature ahead, only the payer a voucher
//	4 the chain paid no more than the payee has a voucher for
func (w *modelWorld) checkMoney(payer, payee *modelParty) error {
	out, err := payer.book(settlement.Out, payee)
	if err != nil {
		return err
	}
	in, err := payee.book(settlement.In, payer) // 1
	if err != nil {
		return err
	}
	for id, o := range (bookKey{settlement.In, payer.at}).between(payee, payer) { // 2
		if own := payee.ended[o.CallID]; own.id != id || own.verdict != receipt.Allow {
			return fmt.Errorf("call %s is charged for by receipt %s, the log says %+v", o.CallID, id, own)
		}
	}
	for id, o := range (bookKey{settlement.Out, payee.at}).between(payer, payee) { // 2
		own, ended := payer.ended[o.CallID]
		j, err := payer.exchange.Joint(payee.did(), id)
		if err != nil || !ended || own.role != RoleOrigin || len(j.PeerReceipt) == 0 {
			return fmt.Errorf("call %s is owed for, own receipt %+v, the peer's %d bytes: %w", o.CallID, own, len(j.PeerReceipt), err)
		}
	}
	switch {
	case out.acked > in.acked || in.acked > out.channel.Sequence, in.channel.Vouchered > out.channel.Vouchered: // 3
		return fmt.Errorf("the payer's channel is %+v, the payee's %+v", out.channel, in.channel)
	case out.acked == in.acked && !bytes.Equal(out.statement, in.statement),
		in.channel.Vouchered == out.channel.Vouchered && out.acked == in.acked && len(in.voucher) > 0 && !bytes.Equal(out.voucher, in.voucher): // 3
		return fmt.Errorf("two statements or vouchers %d:\n%s %s\n%s %s", in.acked, out.statement, out.voucher, in.statement, in.voucher)
	}
	standing, err := payee.rail.Standing(w.tb.ctx, in.channel.Channel)
	if err == nil && standing.Settled > in.channel.Vouchered { // 4
		err = fmt.Errorf("the chain paid %d, vouchered are %d", standing.Settled, in.channel.Vouchered)
	}
	return err
}

// square has everything paid that nobody objects to, and then the ledgers of
// both sides say the same. What a host has both signatures for its peer cannot
// object to: it gives in.
func (w *modelWorld) square() {
	w.tb.Helper()
	for i, a := range w.parties {
		for j, b := range w.parties {
			if i == j {
				continue
			}
			for id, o := range a.objections(b, RoleOrigin) {
				if o.State() != "refused" {
					continue
				}
				if err := a.exchange.Withdraw(w.tb.ctx, b.did(), id); err != nil {
					w.tb.Fatalf("party %d gives in about %s: %v", i, id, err)
				}
			}
			for _, turn := range [][2]int{{i, j}, {j, i}, {i, j}} { // statements, their redemption, what the chain says of it
				if err := w.settle(turn[0], turn[1]); err != nil {
					w.tb.Fatalf("party %d settles with party %d: %v", turn[0], turn[1], err)
				}
			}
		}
	}
	w.check()
	for i, a := range w.parties {
		for j, b := range w.parties {
			if i == j {
				continue
			}
			if err := w.checkSquare(a, b); err != nil {
				w.tb.Fatalf("party %d owes party %d: %v", i, j, err)
			}
		}
	}
}

// checkSquare is checkMoney when everything is delivered:
//
//	1 the ledgers balance, and what one side owes is what the other claims
//	2 that is what is objected to, at both sides, and nothing else is open
//	3 the chain has paid what the vouchers promise
func (w *modelWorld) checkSquare(payer, payee *modelParty) error {
	out, in := payer.books[bookKey{settlement.Out, payee.at}], payee.books[bookKey{settlement.In, payer.at}]
	owes, err := payer.balance(ledger.Payable(payee.did().String()))
	if err != nil { // 1
		return err
	}
	claims, err := payee.balance(ledger.Receivable(payer.did().String()))
	if err != nil { // 1
		return err
	}
	contested := out.status.Contested["USD"]
	switch {
	case owes != -claims, claims != int64(contested), in.status.Contested["USD"] != contested: // 1, 2
		return fmt.Errorf("%d are owed, %d claimed, %d and %d disputed", owes, claims, contested, in.status.Contested["USD"])
	case out.status.Count+in.status.Count > 0, out.status.Exposure["USD"].Unvouchered != contested, in.status.Exposure["USD"] != settlement.Exposure{Unvouchered: contested}: // 2
		return fmt.Errorf("open is %+v and %+v", out.status, in.status)
	case in.channel.Redeemed != out.channel.Cumulative, out.channel.Settled != in.channel.Settled, in.channel.Settled != in.channel.Vouchered: // 3
		return fmt.Errorf("the channel is %+v and %+v", out.channel, in.channel)
	}
	return nil
}

// balance is debits less credits of an account of a ledger that is sound.
func (p *modelParty) balance(account string) (n int64, err error) {
	err = p.disk.View(func(r store.Reader) error {
		if _, err := ledger.Verify(r); err != nil {
			return err
		}
		b, err := ledger.ReadBalance(r, account, "USD")
		n = int64(b.Debits) - int64(b.Credits)
		return err
	})
	return n, err
}
