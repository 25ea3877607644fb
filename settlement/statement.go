package settlement

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/wire"
)

// StatementSchema is the schema of a statement.
const StatementSchema = "chio.statement.v1"

// The bounds of one statement; what is left goes into the next.
const (
	MaxReceipts = 131072
	MaxRounds   = 128
)

// ErrStatement refuses a statement that does not add up.
var ErrStatement = errors.New("statement is not valid")

// Statement is what one side owes the other for a set of receipts under one
// treaty: a pure function of the obligations, the price rounds and the
// statement before it. Gross is in the treaty's currency, Net in its settlement
// currency.
type Statement struct {
	Schema       string              `json:"schema"`
	Treaty       wire.Digest         `json:"treaty_id"`
	Payer        did.DID             `json:"payer"`
	Payee        did.DID             `json:"payee"`
	Sequence     uint64              `json:"sequence"` // per channel, from 1
	Period       Period              `json:"period"`
	ReceiptsRoot wire.Digest         `json:"receipts_root"` // see ReceiptsRoot
	Count        uint64              `json:"count"`
	Gross        wire.MonetaryAmount `json:"gross"`
	Rounds       []RoundTotal        `json:"price_rounds"` // by round; empty without conversion
	Net          wire.MonetaryAmount `json:"net"`
	Cumulative   uint64              `json:"cumulative_minor"` // net of all statements on the channel
	Previous     *wire.Digest        `json:"previous,omitzero"`
	ChainID      string              `json:"chain_id"` // CAIP-2
	Channel      wire.Digest         `json:"channel"`
}

// Period is the times of the earliest and the latest receipt, unix seconds.
type Period struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// RoundTotal is what one price round converts: the median, rounded half to
// even, once for all its calls.
type RoundTotal struct {
	Round wire.Digest `json:"round"`
	Count uint64      `json:"count"`
	Gross uint64      `json:"gross_units"`
	Net   uint64      `json:"net_units"`
}

// ReceiptsRoot is the RFC 6962 root over receipt ids in ascending order; the
// data of a leaf is the 32 bytes of the id, which is the SHA-256 of the
// receipt's body.
func ReceiptsRoot(receipts []wire.Digest) wire.Digest {
	sorted := slices.Clone(receipts)
	slices.SortFunc(sorted, compareDigests)
	return merkleRoot(sorted)
}

// merkleRoot is RFC 6962 §2.1 over receipt ids that are ascending.
func merkleRoot(ids []wire.Digest) wire.Digest {
	switch len(ids) {
	case 0:
		return receipt.EmptyRoot()
	case 1:
		return receipt.LeafHash(ids[0][:])
	}
	split := 1
	for split*2 < len(ids) {
		split *= 2
	}
	return receipt.NodeHash(merkleRoot(ids[:split]), merkleRoot(ids[split:]))
}

func compareDigests(a, b wire.Digest) int { return bytes.Compare(a[:], b[:]) }

// draft is a statement being made: its sums grow with each obligation, and of
// those only the receipts are kept.
type draft struct {
	terms     *Terms
	total     Statement
	receipts  []wire.Digest // ascending once computed
	contests  uint64        // of the direction, when it was read
	prices    *prices
	converter oracle.Converter
}

// add puts an obligation into the statement. The order has no influence.
func (d *draft) add(o *Obligation) error {
	if err := d.prices.eligible(o); err != nil {
		return err
	}
	st := &d.total
	if o.Payer != st.Payer || o.Payee != st.Payee || o.Treaty != st.Treaty {
		return fmt.Errorf("%w: receipt %s belongs to another statement", ErrStatement, o.Receipt)
	}
	if len(d.receipts) == 0 || o.At < st.Period.From {
		st.Period.From = o.At
	}
	st.Period.To = max(st.Period.To, o.At)
	if err := raise(&st.Gross.Units, o.Amount.Units); err != nil {
		return err
	}
	if err := st.addRound(o); err != nil {
		return err
	}
	d.receipts = append(d.receipts, o.Receipt)
	return nil
}

// compute is the statement over what was added.
func (d *draft) compute() (*Statement, error) {
	slices.SortFunc(d.receipts, compareDigests)
	st := d.total
	st.Rounds = append([]RoundTotal{}, d.total.Rounds...)
	st.Count, st.ReceiptsRoot = uint64(len(d.receipts)), merkleRoot(d.receipts)
	if err := d.convert(&st); err != nil {
		return nil, err
	}
	return &st, st.Check()
}

// addRound adds an obligation to the total of its round, keeping the order.
func (st *Statement) addRound(o *Obligation) error {
	if o.Round == nil || st.Gross.Currency == st.Net.Currency {
		return nil
	}
	i, found := slices.BinarySearchFunc(st.Rounds, *o.Round, func(t RoundTotal, id wire.Digest) int { return compareDigests(t.Round, id) })
	if !found {
		st.Rounds = slices.Insert(st.Rounds, i, RoundTotal{Round: *o.Round})
	}
	st.Rounds[i].Count++
	return raise(&st.Rounds[i].Gross, o.Amount.Units)
}

func (d *draft) convert(st *Statement) error {
	if !d.terms.converts() {
		st.Net.Units = st.Gross.Units
	}
	for i := range st.Rounds {
		total := &st.Rounds[i]
		price, err := d.prices.of(total.Round)
		if err != nil {
			return err
		}
		gross := wire.MonetaryAmount{Units: total.Gross, Currency: st.Gross.Currency}
		net, err := d.converter.Convert(gross, price, st.Net.Currency, settleRule)
		if err != nil {
			return err
		}
		total.Net = net.Units
		if err := raise(&st.Net.Units, net.Units); err != nil {
			return err
		}
	}
	return raise(&st.Cumulative, st.Net.Units)
}

// Check refuses a statement that does not add up by itself:
//
//	1 the schema is ours, two different parties are named, and the chain
//	2 the sequence starts at 1, and only the first names no previous statement
//	3 it is over 1 to MaxReceipts receipts, within a period that has passed in order
//	4 rounds are in order and none is repeated; with conversion their counts,
//	  gross and net sum up, without it there are none and net is gross
//	5 net is above zero and within the cumulative amount
func (st *Statement) Check() error {
	switch {
	case st.Schema != StatementSchema || st.Payer == "" || st.Payee == "" || st.Payer == st.Payee || st.ChainID == "": // 1
		return fmt.Errorf("%w: schema %.40q, parties or chain", ErrStatement, st.Schema)
	case st.Treaty.IsZero() || st.Channel.IsZero():
		return fmt.Errorf("%w: treaty or channel is missing", ErrStatement)
	case st.Sequence == 0 || (st.Sequence == 1) != (st.Previous == nil): // 2
		return fmt.Errorf("%w: sequence %d and previous statement do not fit", ErrStatement, st.Sequence)
	case st.Count == 0 || st.Count > MaxReceipts || st.Period.From <= 0 || st.Period.To < st.Period.From: // 3
		return fmt.Errorf("%w: %d receipts from %d to %d", ErrStatement, st.Count, st.Period.From, st.Period.To)
	case len(st.Rounds) > MaxRounds || st.Gross.Units > wire.MaxUnits || st.Cumulative > wire.MaxUnits:
		return fmt.Errorf("%w: %d rounds or an amount out of range", ErrStatement, len(st.Rounds))
	}
	if err := st.checkRounds(); err != nil { // 4
		return err
	}
	if st.Net.Units == 0 || st.Net.Units > st.Cumulative || st.Sequence == 1 && st.Net.Units != st.Cumulative { // 5
		return fmt.Errorf("%w: net %d of cumulative %d", ErrStatement, st.Net.Units, st.Cumulative)
	}
	return nil
}

func (st *Statement) checkRounds() error {
	if st.Gross.Currency == st.Net.Currency {
		if len(st.Rounds) != 0 || st.Gross != st.Net {
			return fmt.Errorf("%w: %d rounds or net %d of gross %d without a conversion", ErrStatement, len(st.Rounds), st.Net.Units, st.Gross.Units)
		}
		return nil
	}
	var count, gross, net uint64
	for i, t := range st.Rounds {
		if i > 0 && compareDigests(st.Rounds[i-1].Round, t.Round) >= 0 {
			return fmt.Errorf("%w: price rounds are repeated or not sorted", ErrStatement)
		}
		for _, sum := range [...]struct {
			total *uint64
			part  uint64
		}{{&count, t.Count}, {&gross, t.Gross}, {&net, t.Net}} {
			if err := raise(sum.total, sum.part); err != nil {
				return fmt.Errorf("%w: %w", ErrStatement, err)
			}
		}
	}
	if count != st.Count || gross != st.Gross.Units || net != st.Net.Units {
		return fmt.Errorf("%w: rounds sum up to %d receipts, %d, %d; stated %d, %d, %d", ErrStatement, count, gross, net, st.Count, st.Gross.Units, st.Net.Units)
	}
	return nil
}
