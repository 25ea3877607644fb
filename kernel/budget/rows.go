package budget

import (
	"encoding/binary"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// Rows are binary because several of them are read and written by every call.
// The first byte is the version; integers are shortest-form uvarints, strings
// carry their length, and nothing may follow.
const (
	accountVersion = 1
	holdVersion    = 2 // 1 had one amount for all holds and no tree
)

func (a *Account) encode() []byte {
	return a.appendTo(append(make([]byte, 0, 64), accountVersion))
}

func (a *Account) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, a.Invocations)
	b = binary.AppendUvarint(b, uint64(len(a.Purses)))
	for _, p := range a.Purses {
		b = appendString(b, p.Currency)
		for _, v := range [...]uint64{p.Reserved, p.Committed, p.Released, p.Retained, p.Outstanding} {
			b = binary.AppendUvarint(b, v)
		}
	}
	return b
}

// decodeAccount accepts only what encode writes: purses sorted, each balanced.
func decodeAccount(b []byte) (Account, error) {
	d := decoder{rest: b}
	d.version(accountVersion)
	a, err := d.account()
	if err != nil {
		return Account{}, err
	}
	return a, d.end("account")
}

func (d *decoder) account() (Account, error) {
	a := Account{Invocations: d.uint()}
	n := d.uint()
	if n > maxPurses {
		return Account{}, fmt.Errorf("%w: account row lists %d currencies", ErrCorrupt, n)
	}
	if n > 0 {
		a.Purses = make([]Purse, 0, n)
	}
	for range n {
		p := Purse{Currency: d.currency(), Reserved: d.uint(), Committed: d.uint(),
			Released: d.uint(), Retained: d.uint(), Outstanding: d.uint()}
		if last := len(a.Purses) - 1; last >= 0 && a.Purses[last].Currency >= p.Currency {
			d.bad = true
		}
		if d.bad {
			break
		}
		if err := p.balanced(); err != nil {
			return Account{}, err
		}
		a.Purses = append(a.Purses, p)
	}
	return a, nil
}

// callHolds is everything one call holds.
type callHolds struct {
	state  State
	now    int64               // unix seconds: when the holds were taken
	charge wire.MonetaryAmount // worst case of the call as priced; currency "" if it is free
	cost   wire.MonetaryAmount // what became of charge
	holds  []hold              // in the order of the tokens, leaf first
	nodes  []nodeHold          // parents first
}

// hold is one hold under one grant of one token.
type hold struct {
	token     capability.Ref
	grant     int
	amount    wire.MonetaryAmount // currency "" if the call is free
	paid      uint64              // of amount, once reconciled
	family    bool                // an invocation of the token as a whole, too
	total     *wire.MonetaryAmount
	remaining uint64
}

// nodeHold is one hold under one node of the tree.
type nodeHold struct {
	node   string
	epoch  uint64              // of the node's counters when it was taken
	slot   int64               // calendar: start of the window; rolling: the second
	amount wire.MonetaryAmount // currency "" if the call is free or the node counts calls only
	paid   uint64
}

// The bounds of one call's row: the tokens of a chain, with room, and every
// node of a tree.
const (
	maxHolds     = 16
	maxNodeHolds = MaxNodes
	maxIDBytes   = 256 // of a token id, in a row and in a key
)

func (c *callHolds) encode() []byte {
	b := make([]byte, 0, 192+48*len(c.nodes))
	b = append(b, holdVersion, byte(c.state))
	b = binary.AppendUvarint(b, uint64(c.now))
	b = appendMoney(appendMoney(b, c.charge), c.cost)
	b = binary.AppendUvarint(b, uint64(len(c.holds)))
	for _, h := range c.holds {
		b = append(b, h.token.Issuer[:]...)
		b = appendString(b, h.token.ID)
		b = binary.AppendUvarint(b, uint64(h.grant))
		b = binary.AppendUvarint(appendMoney(b, h.amount), h.paid)
		b = append(b, boolByte(h.family), boolByte(h.total != nil))
		if h.total != nil {
			b = binary.AppendUvarint(appendMoney(b, *h.total), h.remaining)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(c.nodes)))
	for _, n := range c.nodes {
		b = binary.AppendUvarint(appendString(b, n.node), n.epoch)
		b = binary.AppendUvarint(b, uint64(n.slot))
		b = binary.AppendUvarint(appendMoney(b, n.amount), n.paid)
	}
	return b
}

func decodeHolds(b []byte) (callHolds, error) {
	d := decoder{rest: b}
	version := d.version(holdVersion)
	c := callHolds{state: State(d.byte()), now: d.time()}
	if version > 1 {
		c.charge = d.money()
	}
	c.cost = d.money()
	n := d.uint()
	if c.state > Retained || n > maxHolds || n == 0 {
		return callHolds{}, fmt.Errorf("%w: hold row with state %d and %d holds", ErrCorrupt, c.state, n)
	}
	c.holds = make([]hold, 0, n)
	for range n {
		h := d.hold(version)
		if d.bad {
			break
		}
		c.holds = append(c.holds, h)
	}
	if version == 1 {
		c.upgrade()
	} else {
		c.nodes = d.nodeHolds()
	}
	return c, d.end("hold")
}

func (d *decoder) hold(version byte) hold {
	h := hold{}
	copy(h.token.Issuer[:], d.take(len(h.token.Issuer)))
	h.token.ID = d.string(maxIDBytes)
	grant := d.uint()
	d.bad = d.bad || grant >= maxGrants
	h.grant, h.amount = int(grant), d.money()
	if version > 1 {
		h.paid, h.family = d.uint(), d.bool()
	}
	if d.bool() {
		total := d.money()
		h.total, h.remaining = &total, d.uint()
	}
	d.bad = d.bad || h.paid > h.amount.Units
	return h
}

func (d *decoder) nodeHolds() []nodeHold {
	n := d.uint()
	d.bad = d.bad || n > maxNodeHolds
	if n == 0 || d.bad {
		return nil
	}
	out := make([]nodeHold, 0, n)
	for i := uint64(0); i < n && !d.bad; i++ {
		h := nodeHold{node: d.string(maxNodeIDBytes), epoch: d.uint(), slot: d.time(), amount: d.money(), paid: d.uint()}
		d.bad = d.bad || h.paid > h.amount.Units
		out = append(out, h)
	}
	return out
}

// upgrade completes a row of version 1: every hold was of the same amount.
func (c *callHolds) upgrade() {
	if len(c.holds) == 0 {
		return
	}
	c.charge = c.holds[0].amount
	for i := range c.holds {
		if c.state == Reconciled {
			c.holds[i].paid = min(c.cost.Units, c.holds[i].amount.Units)
		}
	}
}
