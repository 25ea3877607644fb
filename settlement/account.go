package settlement

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrHalted: what a channel holds on its chain is not what the ledger says;
// nothing is paid on it until an operator has found out why.
var ErrHalted = errors.New("channel is halted")

// account is the state of one channel. Amounts are units of its token.
type account struct {
	Side     Side        `json:"side"`
	Peer     did.DID     `json:"peer"`
	Channel  wire.Digest `json:"channel"`
	Treaty   wire.Digest `json:"treaty_id"` // the latest that used it
	ChainID  string      `json:"chain_id"`
	Contract string      `json:"contract"`
	Rail     string      `json:"rail,omitzero"` // empty: channel
	Currency string      `json:"currency"`

	Sequence   uint64       `json:"sequence"`         // statements begun
	Unfiled    uint64       `json:"unfiled,omitzero"` // the last so many receipts of statement Acked still stand among the open ones
	Acked      uint64       `json:"acked"`            // statements signed by both
	Head       *wire.Digest `json:"head,omitzero"`
	Cumulative uint64       `json:"cumulative"` // owed by all statements signed by both

	VoucherSequence uint64 `json:"voucher_sequence"` // the newest statement with a voucher
	Vouchered       uint64 `json:"vouchered"`        // promised by the newest voucher

	Redeemed   uint64    `json:"redeemed"` // mined, as we know of it
	Redemption *Transfer `json:"redemption,omitzero"`

	Deposits  uint64 `json:"deposits"`  // begun by us
	Booked    uint64 `json:"booked"`    // of those, in the ledger
	Deposited uint64 `json:"deposited"` // in the ledger: ours, final
	Gifts     uint64 `json:"gifts"`     // in the ledger: by others, final
	Settled   uint64 `json:"settled"`   // in the ledger: redeemed, final
	Backing   uint64 `json:"backing"`   // payee: final deposit when last seen

	Parties   *parties `json:"parties,omitzero"`
	Returned  uint64   `json:"returned,omitzero"`   // in the ledger: given back to us by ends of the channel, final
	Epoch     uint64   `json:"epoch,omitzero"`      // of these ends, in the ledger
	EndsBlock uint64   `json:"ends_block,omitzero"` // the newest block whose ends are in the ledger
	Leaving   *leaving `json:"leaving,omitzero"`

	FinalBlock uint64 `json:"final_block,omitzero"` // the newest that was compared
	Halted     string `json:"halted,omitempty"`     // why, while it is
	Agrees     bool   `json:"agrees,omitzero"`      // halted, and the figures agree again: an operator may resume it
}

func (a *account) key() string { return accountKey(a.Side, a.Peer, a.Channel) }

func (a *account) usable() error {
	if a.Halted != "" {
		hint := ""
		if a.Agrees {
			hint = "; the figures agree again, chio-node settle release lets it pay"
		}
		return fmt.Errorf("%w: %s: %s%s", ErrHalted, a.Channel, a.Halted, hint)
	}
	return nil
}

// deposit is one funding of a channel by this node.
type deposit struct {
	Amount uint64 `json:"amount"`
	Booked bool   `json:"booked"` // in the ledger
	Told   bool   `json:"told"`   // Fund has returned it to its caller
}

// The stages of a statement. Redeemed and final follow from the channel.
const (
	stageProposed  = "proposed"  // signed by the payer
	stageAcked     = "acked"     // signed by both
	stageVouchered = "vouchered" // the voucher is on disk
	stageRedeemed  = "redeemed"  // paid in a mined block
	stageFinal     = "final"     // paid for good
)

// record is a statement as stored.
type record struct {
	Stage     string        `json:"stage"`
	Document  wire.Raw      `json:"document"`        // the envelope
	Receipts  []wire.Digest `json:"receipts"`        // ascending; none if they have rows of their own
	Extent    *Extent       `json:"extent,omitzero"` // how a proposal without a list is described
	Voucher   wire.Raw      `json:"voucher,omitzero"`
	Delivered bool          `json:"delivered"` // payer: the payee has the voucher
}

// open decodes the statement of a record.
func (rec *record) open() (*Statement, *wire.Envelope, error) {
	st, env, err := ParseStatement(rec.Document)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: stored statement: %w", store.ErrCorrupt, err)
	}
	return st, env, nil
}

// stage is how far a statement has come, its channel considered.
func (rec *record) stage(a *account, st *Statement) string {
	switch {
	case rec.Stage != stageVouchered:
		return rec.Stage
	case a.Settled >= st.Cumulative:
		return stageFinal
	case a.Redeemed >= st.Cumulative:
		return stageRedeemed
	}
	return stageVouchered
}

// place says where a statement is stored.
type place struct {
	Channel  wire.Digest `json:"channel"`
	Sequence uint64      `json:"sequence"`
}

// accounts lists the channels of one direction with a peer.
func accounts(r store.Reader, side Side, peer did.DID) ([]*account, error) {
	return scanAccounts(r, peerAccounts(side, peer))
}

func scanAccounts(r store.Reader, prefix string) ([]*account, error) {
	var out []*account
	err := r.Scan(prefix, "", func(key string, value []byte) error {
		a, _, err := decodeRow[account](key, value)
		out = append(out, &a)
		return err
	})
	return out, err
}

// accountFor reads the channel of a treaty's direction, or starts it.
func (s *Settler) accountFor(r store.Reader, t *Terms, side Side) (*account, error) {
	id, err := s.accountID(t, side)
	if err != nil {
		return nil, err
	}
	a, ok, err := load[account](r, accountKey(side, t.Peer, id))
	if err != nil {
		return nil, err
	}
	if !ok {
		a = account{Side: side, Peer: t.Peer, Channel: id, ChainID: t.ChainID, Contract: t.Contract, Rail: t.Rail, Currency: t.SettleCurrency}
	}
	if a.Currency != t.SettleCurrency {
		return nil, fmt.Errorf("%w: channel %s settles in %s, treaty %s in %s", ErrTerms, id, a.Currency, t.Treaty, t.SettleCurrency)
	}
	a.Treaty = t.Treaty
	if a.Parties == nil && funded(t.Rail) {
		c := s.params(t, side)
		a.Parties = &parties{Payer: c.Payer, Payee: c.Payee, Token: c.Token}
	}
	return &a, nil
}

// reload reads a channel again inside a transaction and refuses if another
// writer has moved its statements since.
func reload(tx store.Tx, was *account) (*account, error) {
	a, ok, err := load[account](tx, was.key())
	if err != nil {
		return nil, err
	}
	if !ok {
		fresh := *was
		a = fresh
	}
	if a.Sequence != was.Sequence || a.Acked != was.Acked || a.Vouchered != was.Vouchered {
		return nil, fmt.Errorf("%w: channel %s was settled by another at the same time; run again", ErrConflict, was.Channel)
	}
	a.Treaty = was.Treaty
	return &a, nil
}

func readRecord(r store.Reader, channel wire.Digest, sequence uint64) (*record, error) {
	rec, ok, err := load[record](r, statementKey(channel, sequence))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("statement %d of channel %s: %w", sequence, channel, store.ErrNotFound)
	}
	return &rec, nil
}
