package settlement

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// maxDifferences bounds what one audit names; a ledger with so many is beyond
// reading line by line.
const maxDifferences = 200

// Audit is the comparison of what happened with what was posted. Facts are
// obligations, statements that convert, deposits, gifts, redemptions, returns, and what
// arrived or went back on rails without a channel.
type Audit struct {
	Facts       uint64   `json:"facts"`    // that have their posting
	Postings    uint64   `json:"postings"` // of which each has its fact
	Differences []string `json:"differences"`
}

// Explainer accounts for postings of other parts of the node: it reports
// whether a posting is one of its own, and what is wrong with it.
type Explainer func(r store.Reader, rec *ledger.Record) (mine bool, problem string, err error)

// auditor is one Audit.
type auditor struct {
	r        store.Reader
	s        *Settler
	others   []Explainer
	res      *Audit
	channels map[wire.Digest]*account
	moved    map[wire.Digest]*moves
	paid     map[wire.Digest]bool // ids of postings that payments without a channel have
}

// moves are the sums of the postings that a channel caused.
type moves struct{ deposits, gifts, settled, returned, count uint64 }

// Audit compares the ledger with the facts, both ways, and says what differs.
// It only fails where rows cannot be read. ledger.Verify judges the ledger by
// itself and should come first.
//
//	1 every obligation has its posting, of its amount, and one that was given up
//	  another one that takes it back
//	2 every statement that both sides signed and that converts has its posting
//	3 every booked deposit has its posting, of its amount, and no other has one
//	4 per channel, and per account that stands for one, deposits, gifts, redemptions and returns in the ledger
//	  are the figures of the channel
//	5 every movement of a payment without a channel has its posting
//	6 every posting has its fact
func (s *Settler) Audit(r store.Reader, others ...Explainer) (*Audit, error) {
	a := &auditor{r: r, s: s, others: others, res: &Audit{Differences: []string{}},
		channels: make(map[wire.Digest]*account), moved: make(map[wire.Digest]*moves), paid: make(map[wire.Digest]bool)}
	channels, err := scanAccounts(r, "s/c/")
	if err != nil {
		return nil, err
	}
	for _, c := range channels {
		a.channels[c.Channel] = c
		a.moved[c.Channel] = &moves{}
	}
	for _, step := range []func() error{a.obligations, a.statements, a.deposits, a.payments, a.postings} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for _, c := range channels { // 4
		a.compare(c)
	}
	return a.res, nil
}

func (a *auditor) differ(format string, args ...any) {
	switch n := len(a.res.Differences); {
	case n < maxDifferences:
		a.res.Differences = append(a.res.Differences, fmt.Sprintf(format, args...))
	case n == maxDifferences:
		a.res.Differences = append(a.res.Differences, "there are more")
	}
}

// posted returns the posting that a fact must have. Its absence is a
// difference, not an error.
func (a *auditor) posted(id wire.Digest, fact string) (*ledger.Record, error) {
	rec, err := ledger.Get(a.r, id)
	if errors.Is(err, store.ErrNotFound) {
		a.differ("%s has no posting %s", fact, id)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a.res.Facts++
	return &rec, nil
}

func (a *auditor) obligations() error {
	return a.r.Scan("s/o/", "", func(key string, row []byte) error {
		o, _, err := decodeRow[owed](key, row)
		if err != nil {
			return err
		}
		id := o.Obligation.ID()
		if key != obligationKey(id) {
			a.differ("row %s holds obligation %s", key, id)
			return nil
		}
		rec, err := a.posted(id, "obligation "+id.String()+" of receipt "+o.Obligation.Receipt.String()) // 1
		if err != nil || rec == nil {
			return err
		}
		want, err := a.s.obligationEntries(&o.Obligation)
		if err != nil {
			a.differ("obligation %s: %v", id, err)
			return nil
		}
		a.same(rec, want, "obligation "+id.String())
		return a.waived(&o)
	})
}

// waived looks at an obligation that was given up.
func (a *auditor) waived(o *owed) error {
	id := o.Obligation.ID()
	if o.WaivedAt == 0 {
		return nil
	}
	if o.Sequence != 0 {
		a.differ("obligation %s was given up and is in statement %d", id, o.Sequence)
	}
	rec, err := a.posted(waiverID(id), "waiver of obligation "+id.String()) // 1
	if err != nil || rec == nil {
		return err
	}
	want, err := a.s.waiverEntries(&o.Obligation)
	if err == nil {
		a.same(rec, want, "waiver of obligation "+id.String())
	}
	return nil // whose obligation it is not was named before
}

func (a *auditor) statements() error {
	return a.r.Scan("s/s/", "", func(key string, row []byte) error {
		rec, _, err := decodeRow[record](key, row)
		if err != nil {
			return err
		}
		st, env, err := rec.open()
		if err != nil {
			return err
		}
		c := a.channels[st.Channel]
		if c == nil {
			a.differ("statement %s is on channel %s, which there is no row of", env.ID(), st.Channel)
			return nil
		}
		id, err := wire.DigestOf(st)
		if err != nil {
			return err
		}
		if rec.Stage == stageProposed || st.Gross.Currency == st.Net.Currency {
			if _, err := ledger.Get(a.r, id); !errors.Is(err, store.ErrNotFound) { // 2
				a.differ("statement %d of channel %s moves nothing and has posting %s", st.Sequence, st.Channel, id)
			}
			return nil
		}
		p, err := a.posted(id, fmt.Sprintf("statement %d of channel %s", st.Sequence, st.Channel)) // 2
		if err != nil || p == nil {
			return err
		}
		a.same(p, conversionEntries(c, st), "statement "+id.String())
		return nil
	})
}

func (a *auditor) deposits() error {
	for _, c := range a.channels {
		if c.Side != Out {
			continue
		}
		for n := uint64(1); n <= c.Deposits; n++ {
			row, ok, err := load[deposit](a.r, depositKey(c.Channel, n))
			if err != nil {
				return err
			}
			if !ok || row.Booked != (n <= c.Booked) {
				a.differ("deposit %d of channel %s is not as the channel says: %d of %d are booked", n, c.Channel, c.Booked, c.Deposits)
				continue
			}
			id, err := moveID(c.Channel, causeDeposit, n)
			if err != nil {
				return err
			}
			if !row.Booked {
				if _, err := ledger.Get(a.r, id); !errors.Is(err, store.ErrNotFound) { // 3
					a.differ("deposit %d of channel %s is not final and has posting %s", n, c.Channel, id)
				}
				continue
			}
			rec, err := a.posted(id, fmt.Sprintf("deposit %d of channel %s", n, c.Channel)) // 3
			if err != nil {
				return err
			}
			if rec != nil {
				a.same(rec, pair(ledger.Channel(c.Channel.String()), ledger.USDC, row.Amount, c.Currency), fmt.Sprintf("deposit %d of channel %s", n, c.Channel))
			}
		}
	}
	return nil
}

// same reports a posting whose entries are not what the fact makes them.
func (a *auditor) same(rec *ledger.Record, want []ledger.Entry, fact string) {
	if fmt.Sprint(rec.Posting.Entries) != fmt.Sprint(want) {
		a.differ("%s: posting %d is %v, the fact makes it %v", fact, rec.Sequence, rec.Posting.Entries, want)
	}
}

// payments looks at the rails without a channel.
func (a *auditor) payments() error {
	return a.r.Scan("s/p/", "", func(key string, row []byte) error {
		p, _, err := decodeRow[payment](key, row)
		if err != nil {
			return err
		}
		for i := range p.Moves {
			m := &p.Moves[i]
			fact := fmt.Sprintf("%s %s of statement %s", m.Kind, m.Reference, p.Statement)
			id, err := paymentMoveID(p.Statement, m)
			if err != nil {
				return err
			}
			rec, err := a.posted(id, fact) // 5
			if err != nil {
				return err
			}
			if rec != nil {
				a.same(rec, paymentEntries(&p, m), fact)
				a.paid[id] = true
				a.pay(&p, m)
			}
		}
		return nil
	})
}

// pay counts a movement at the account that stands for a channel.
func (a *auditor) pay(p *payment, m *move) {
	sum := a.moved[p.Channel]
	switch {
	case sum == nil:
		a.differ("statement %s is on account %s, which there is no row of", p.Statement, p.Channel)
	case m.Kind == MoveCapture:
		sum.settled += m.Amount
	default:
		sum.settled -= m.Amount
	}
}

// postings asks each posting for its fact, and sums up what channels caused.
func (a *auditor) postings() error {
	return ledger.Scan(a.r, 0, func(rec ledger.Record) error {
		known, err := a.explained(&rec)
		if err != nil {
			return err
		}
		if !known { // 6
			a.differ("posting %d, %q, has no fact", rec.Sequence, rec.Posting.Memo)
			return nil
		}
		a.res.Postings++
		return nil
	})
}

func (a *auditor) explained(rec *ledger.Record) (bool, error) {
	id := rec.Posting.ID
	if _, ok, err := load[owed](a.r, obligationKey(id)); err != nil || ok {
		return ok, err
	}
	if ok, err := a.waiver(rec); err != nil || ok {
		return ok, err
	}
	if at, ok, err := load[place](a.r, statementIndex(id)); err != nil || ok {
		if err == nil && a.channels[at.Channel] == nil {
			ok = false
		}
		return ok, err
	}
	if a.paid[id] {
		return true, nil
	}
	if ok, err := a.channelMove(rec); err != nil || ok {
		return ok, err
	}
	for _, explain := range a.others {
		mine, problem, err := explain(a.r, rec)
		if problem != "" {
			a.differ("posting %d, %q: %s", rec.Sequence, rec.Posting.Memo, problem)
		}
		if err != nil || mine {
			return mine, err
		}
	}
	return false, nil
}

// waiver reads the obligation that was given up from a posting's memo and
// believes it if the id follows from it.
func (a *auditor) waiver(rec *ledger.Record) (bool, error) {
	hex, is := strings.CutPrefix(rec.Posting.Memo, waiverMemo)
	id, err := wire.ParseDigest(hex)
	if !is || err != nil || waiverID(id) != rec.Posting.ID {
		return false, nil
	}
	o, ok, err := load[owed](a.r, obligationKey(id))
	return ok && o.WaivedAt == rec.Posting.At, err
}

// channelMove reads the cause of a posting from its memo and believes it if the
// id follows from it.
func (a *auditor) channelMove(rec *ledger.Record) (bool, error) {
	var cause, hex string
	var n uint64
	if got, _ := fmt.Sscanf(rec.Posting.Memo, "%s %d of channel %s", &cause, &n, &hex); got != 3 {
		return false, nil
	}
	channel, err := wire.ParseDigest(hex)
	if err != nil {
		return false, nil
	}
	if id, err := moveID(channel, cause, n); err != nil || id != rec.Posting.ID || a.channels[channel] == nil || len(rec.Posting.Entries) != 2 {
		return false, err
	}
	m, units := a.moved[channel], rec.Posting.Entries[0].Debit
	switch cause {
	case causeDeposit:
		m.deposits, m.count = m.deposits+units, m.count+1
	case causeGift:
		m.gifts += units
	case causeRedeem:
		m.settled += units
	case causeReturn:
		m.returned += units
	default:
		return false, nil
	}
	if cause != causeDeposit {
		a.res.Facts++
	}
	return true, nil
}

// compare holds a channel's figures against the postings it caused.
func (a *auditor) compare(c *account) {
	m := a.moved[c.Channel]
	for _, f := range []struct {
		what         string
		ledger, fact uint64
	}{
		{"deposits", m.deposits, c.Deposited}, {"gifts", m.gifts, c.Gifts}, {"redemptions", m.settled, c.Settled},
		{"returns", m.returned, c.Returned}, {"booked deposits", m.count, c.Booked},
	} {
		if f.ledger != f.fact {
			a.differ("channel %s: %s in the ledger %d, at the channel %d", c.Channel, f.what, f.ledger, f.fact)
		}
	}
}

// pair is the entries of a movement between two accounts.
func pair(debit, credit string, units uint64, currency string) []ledger.Entry {
	return []ledger.Entry{{Account: debit, Debit: units, Currency: currency}, {Account: credit, Credit: units, Currency: currency}}
}
