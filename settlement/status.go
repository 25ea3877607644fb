package settlement

import (
	"errors"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Status is how settlement with a peer stands, both directions.
type Status struct {
	Peer did.DID   `json:"peer"`
	Out  Direction `json:"out"` // what we pay
	In   Direction `json:"in"`  // what we are paid
}

// Direction is one of the two. Open are obligations in no statement yet;
// Exposure is what no voucher covers, per currency; Disputed are receipts that
// only one side has, or to which the payer objects. Contested is what the latter
// amount to: part of Exposure, not of Open.
type Direction struct {
	Open      map[string]uint64   `json:"open"` // minor units per currency
	Count     uint64              `json:"count"`
	Exposure  map[string]Exposure `json:"exposure"`
	Channels  []ChannelStatus     `json:"channels"`
	Disputed  []string            `json:"disputed,omitempty"`
	Contested map[string]uint64   `json:"contested,omitempty"` // minor units per currency
}

// ChannelStatus is a channel with its newest statement. Amounts are units of
// Currency. Deposited and Settled are what the ledger holds as final.
type ChannelStatus struct {
	Channel    wire.Digest  `json:"channel"`
	ChainID    string       `json:"chain_id"`
	Rail       string       `json:"rail,omitzero"` // absent: channel
	Currency   string       `json:"currency"`
	Sequence   uint64       `json:"sequence"`
	Statement  *wire.Digest `json:"statement,omitzero"` // the newest signed by both
	Stage      string       `json:"stage,omitempty"`    // of statement Sequence
	Cumulative uint64       `json:"cumulative"`
	Vouchered  uint64       `json:"vouchered"`
	Redeemed   uint64       `json:"redeemed"`
	Deposited  uint64       `json:"deposited"`
	Settled    uint64       `json:"settled"`
	Leaving    bool         `json:"leaving,omitzero"` // its end was announced, or consented to
	Tx         wire.Digest  `json:"tx,omitzero"`      // of the latest redemption we made
	Halted     string       `json:"halted,omitempty"`
	Reason     string       `json:"reason,omitempty"` // why Stage is unpaid, timed_out, failed or reorged
}

// Status reads how settlement with a peer stands.
func (s *Settler) Status(r store.Reader, peer did.DID) (*Status, error) {
	st := &Status{Peer: peer}
	var err error
	if st.Out, err = direction(r, Out, peer); err != nil {
		return nil, err
	}
	st.In, err = direction(r, In, peer)
	return st, err
}

func direction(r store.Reader, side Side, peer did.DID) (Direction, error) {
	d := Direction{Open: make(map[string]uint64), Channels: []ChannelStatus{}}
	err := open(r, side, peer, func(o Obligation) error {
		d.Count++
		d.Open[o.Amount.Currency] += o.Amount.Units
		return nil
	})
	if err != nil {
		return d, err
	}
	if d.Exposure, err = exposures(r, side, peer); err != nil {
		return d, err
	}
	prefix := disputePrefix(side, peer)
	err = r.Scan(prefix, "", func(key string, row []byte) error {
		d.Disputed = append(d.Disputed, strings.TrimPrefix(key, prefix))
		amount, err := contestedAmount(r, row)
		if err == nil && amount.Units > 0 {
			if d.Contested == nil {
				d.Contested = make(map[string]uint64)
			}
			d.Contested[amount.Currency] += amount.Units
		}
		return err
	})
	if err != nil {
		return d, err
	}
	channels, err := accounts(r, side, peer)
	if err != nil {
		return d, err
	}
	for _, a := range channels {
		c, err := channelStatus(r, a)
		if err != nil {
			return d, err
		}
		d.Channels = append(d.Channels, c)
	}
	return d, nil
}

func channelStatus(r store.Reader, a *account) (ChannelStatus, error) {
	c := ChannelStatus{Channel: a.Channel, ChainID: a.ChainID, Rail: a.Rail, Currency: a.Currency, Sequence: a.Sequence, Statement: a.Head,
		Cumulative: a.Cumulative, Vouchered: a.Vouchered, Redeemed: a.Redeemed, Deposited: a.Deposited + a.Gifts - a.Returned,
		Settled: a.Settled, Halted: a.Halted, Leaving: a.Leaving != nil}
	if a.Side == In {
		c.Deposited = a.Backing
	}
	if a.Redemption != nil {
		c.Tx = a.Redemption.Tx
	}
	if a.Sequence == 0 {
		return c, nil
	}
	rec, err := readRecord(r, a.Channel, a.Sequence)
	if err != nil {
		return c, err
	}
	st, _, err := rec.open()
	if err != nil {
		return c, err
	}
	c.Stage = rec.stage(a, st)
	if !funded(a.Rail) && rec.Stage == stageVouchered {
		return paymentStage(r, c, st)
	}
	return c, nil
}

// Peers lists those with whom something was ever owed or paid.
func (s *Settler) Peers(r store.Reader) ([]did.DID, error) {
	var out []did.DID
	seen := make(map[did.DID]bool)
	for _, side := range [...]Side{Out, In} {
		for _, root := range [...]string{"s/u/", "s/c/", "s/d/"} {
			prefix, after := root+string(side)+"/", ""
			for {
				var found did.DID
				err := r.Scan(prefix, after, func(key string, _ []byte) error {
					name, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
					found = did.DID(name)
					return store.ErrStop
				})
				if err != nil {
					return nil, err
				}
				if found == "" {
					break
				}
				if !seen[found] {
					seen[found] = true
					out = append(out, found)
				}
				after = prefix + found.String() + "0" // the byte after "/"
			}
		}
	}
	return out, nil
}

// StatementFile returns the bytes of statement.json, signed by both, or by the
// payer alone while the payee has not answered.
func (s *Settler) StatementFile(r store.Reader, channel wire.Digest, sequence uint64) ([]byte, error) {
	rec, err := readRecord(r, channel, sequence)
	if err != nil {
		return nil, err
	}
	return rec.Document, nil
}

// VoucherFile returns the bytes of voucher.json, or store.ErrNotFound while
// there is no voucher for the statement.
func (s *Settler) VoucherFile(r store.Reader, channel wire.Digest, sequence uint64) ([]byte, error) {
	rec, err := readRecord(r, channel, sequence)
	if err != nil {
		return nil, err
	}
	if len(rec.Voucher) == 0 {
		return nil, errors.Join(store.ErrNotFound, errors.New("the statement has no voucher yet"))
	}
	return rec.Voucher, nil
}

// Receipts returns the ids of the receipts that a statement is over, ascending.
func (s *Settler) Receipts(r store.Reader, channel wire.Digest, sequence uint64) ([]wire.Digest, error) {
	return receiptsOf(r, channel, sequence)
}

// Heads is what this node holds of a peer's payments: the answer to its status
// request.
func (s *Settler) Heads(peer did.DID) (out []ChannelStatus, err error) {
	err = s.cfg.DB.View(func(r store.Reader) error {
		d, err := direction(r, In, peer)
		out = d.Channels
		return err
	})
	return out, err
}
