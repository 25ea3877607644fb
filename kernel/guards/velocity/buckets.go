package velocity

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// BucketsConfig is what Buckets is made of.
type BucketsConfig struct {
	// MaxBuckets bounds the buckets that are not full; default 100,000. With so
	// many, a call that needs another is denied: nobody else's is dropped.
	MaxBuckets uint64
}

const defaultMaxBuckets = 100000

// Buckets keeps the state of all limits in the store. It is a participant of
// the admission: a call takes room under all its limits or under none. All its
// state is in rows, so that running a closure again is harmless.
type Buckets struct{ max uint64 }

// NewBuckets returns the participant.
func NewBuckets(c BucketsConfig) *Buckets {
	if c.MaxBuckets == 0 {
		c.MaxBuckets = defaultMaxBuckets
	}
	return &Buckets{max: c.MaxBuckets}
}

// taking is one bucket that a call draws from.
type taking struct {
	key    string
	use    *Use
	amount uint64
}

// Admit takes what the guards asked for:
//
//  1. every use names its buckets: the leaf's grant and every token above it
//     that this kernel counts, or the agent and every agent that delegated to
//     it, or the agent's session
//  2. a bucket that two conjuncts name alike is drawn from once
//  3. each bucket is refilled to the call's time and must hold the amount
//  4. nothing is written unless all of them do
//
// A *kernel.Denial says which limit is used up and when there will be room.
func (b *Buckets) Admit(tx store.Tx, req *kernel.Admittance, ticket *kernel.Ticket) error {
	var list []taking
	for _, c := range req.Consume {
		u, ours := c.(*Use)
		if !ours {
			continue
		}
		amount, err := u.amount(req)
		if err != nil {
			return err
		}
		if amount == 0 {
			continue
		}
		if list, err = u.takings(list, req, ticket, amount); err != nil { // 1
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	return b.take(tx, list, req.Call.Now)
}

// take is rules 2 to 4.
func (b *Buckets) take(tx store.Tx, list []taking, now int64) error {
	after := make([]bucket, len(list))
	var fresh []string
	meta, err := readLedger(tx)
	if err != nil {
		return err
	}
	now = max(now, 0)
	for i, t := range list {
		if repeated(list[:i], t) { // 2
			continue
		}
		state, known, err := readBucket(tx, t.key, t.use.rate)
		if err != nil {
			return err
		}
		if !known {
			state = bucket{level: t.use.rate.full(), at: max(now, meta.floor)}
			fresh = append(fresh, t.key)
		}
		state.advance(t.use.rate, now)
		wait, ok := state.take(t.use.rate, t.amount) // 3
		if !ok {
			return t.use.spent(t.amount, wait)
		}
		after[i] = state
	}
	if len(fresh) > 0 {
		if err := b.makeRoom(tx, &meta, fresh, list, now); err != nil {
			return err
		}
	}
	for i, t := range list { // 4
		if !repeated(list[:i], t) {
			tx.Set(t.key, encodeBucket(after[i], after[i].fullAt(t.use.rate)))
		}
	}
	return nil
}

func repeated(before []taking, t taking) bool {
	for _, o := range before {
		if o.key == t.key {
			return true
		}
	}
	return false
}

// amount is what the call takes: one, or its worst case in the currency of
// the limit.
func (u *Use) amount(req *kernel.Admittance) (uint64, error) {
	if u.currency == "" {
		return 1, nil
	}
	if req.Charge == nil || req.Charge.Units == 0 {
		return 0, nil
	}
	charge := req.Charge
	if charge.Currency != u.currency {
		if req.ChargeIn == nil {
			return 0, u.deny(fmt.Sprintf("the price is in %.16s and nothing converts it to %s", charge.Currency, u.currency), "ask the operator for a limit in the currency of the price")
		}
		var err error
		if charge, err = req.ChargeIn(u.currency); err != nil || charge == nil || charge.Currency != u.currency {
			return 0, u.deny(fmt.Sprintf("the price is in %.16s and could not be converted to %s", req.Charge.Currency, u.currency), "try again when the oracle has a fresh round")
		}
	}
	if charge.Units > u.rate.capacity {
		return 0, u.deny(fmt.Sprintf("the price is %d, at most %d minor units of %s may be spent at once", charge.Units, u.rate.capacity, u.currency),
			"call a cheaper tool")
	}
	return charge.Units, nil
}

// takings appends the buckets of one use.
func (u *Use) takings(list []taking, req *kernel.Admittance, ticket *kernel.Ticket, amount uint64) ([]taking, error) {
	chain := req.Call.Mandate.Chain
	if len(chain) == 0 {
		return nil, u.deny("the call has no capability to count under", "present a capability")
	}
	leaf := chain[len(chain)-1]
	add := func(parts ...string) {
		list = append(list, taking{key: u.key(parts...), use: u, amount: amount})
	}
	switch u.scope {
	case perAgent:
		add("agent", leaf.Subject.String())
		if req.Call.Mandate.Origin != nil || req.Call.Route.PeerDID != "" {
			break // above the leaf is a kernel, which is no agent
		}
		for _, t := range chain[:len(chain)-1] {
			add("agent", t.Subject.String()) // or an agent had as many rates as keys to delegate to
		}
	case perSession:
		if s := req.Call.Mandate.Session; s != "" {
			add("session", leaf.Subject.String(), s)
			break
		}
		add("token", leaf.Subject.String(), leaf.Issuer.String(), leaf.ID)
	case perGrant:
		for _, h := range ticket.Held {
			if h.Token == leaf.Ref() {
				add("grant", h.Token.Issuer.String(), h.Token.ID, strconv.Itoa(h.Index))
			} else {
				add("above", h.Token.Issuer.String(), h.Token.ID)
			}
		}
		if len(ticket.Held) == 0 {
			return nil, u.deny("no token of this kernel counts the call", "present a capability that this kernel issued")
		}
	default:
		return nil, u.deny("the limit counts under nothing", "report this")
	}
	return list, nil
}

// spent is the denial of a limit that is used up.
func (u *Use) spent(amount, waitSeconds uint64) error {
	unit := "calls"
	if u.currency != "" {
		unit = "minor units of " + u.currency
	}
	return u.deny(fmt.Sprintf("%d %s per %d seconds are used up; room for %d in %d seconds (%s)",
		u.rate.limit, unit, u.rate.window, amount, waitSeconds, u.rule), fmt.Sprintf("wait %d seconds and call again", waitSeconds))
}

func (u *Use) deny(reason, fix string) error {
	return &kernel.Denial{Step: 10, Code: CodeVelocity, Guard: u.guard, Side: "local", Reason: reason, Fix: fix}
}

// Close does nothing: what was taken stays taken, whatever became of the call.
func (b *Buckets) Close(store.Tx, *kernel.Closing, uint64) error { return nil }

// Refuse does nothing: a call that was not admitted took nothing.
func (b *Buckets) Refuse(store.Tx, *kernel.Refusal, uint64) error { return nil }

// key is the row of the bucket of this limit under the given parts. The limit
// is part of it: two policies that limit differently count apart, and a
// policy that changes a limit begins anew.
func (u *Use) key(parts ...string) string {
	b := append(make([]byte, 0, 256), u.id[:]...)
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return rowPrefix + wire.Hash(b).String()
}
