package budget

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Report is what Audit found.
type Report struct {
	Accounts int      // of grants, tokens and nodes
	Calls    int      // whose holds are recorded
	Open     int      // of Calls
	Problems []string // at most maxProblems; empty if the books are sound
}

const maxProblems = 64

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Audit recomputes every account from the recorded holds and changes nothing:
//
//	1 every row decodes, and every purse obeys the law of the package
//	2 what is outstanding in an account is what open calls hold there, exactly
//	3 its other sums and its calls are at least what ended calls account for:
//	  records of calls that ended long ago are forgotten
//	4 no grant has spent more than the total its holds name
//	5 a rolling window counts what its buckets hold, exactly
//	6 every open hold belongs to a call that is under way, says open: one that
//	  does not stays spent, and is reported, never freed
//
// A problem is in the report; an error is a store that cannot be read.
func Audit(r store.Reader, open func(callID string) (bool, error)) (Report, error) {
	a := auditor{expected: make(map[string]*expectation), open: open}
	if err := r.Scan(holdRows, "", a.holds); err != nil {
		return a.Report, err
	}
	for prefix, decode := range map[string]func([]byte) (Account, error){
		grantRows: decodeAccount, familyRows: decodeAccount, nodeRows: nodeAccount,
	} {
		if err := r.Scan(prefix, "", func(key string, value []byte) error {
			a.account(key, value, decode)
			return nil
		}); err != nil {
			return a.Report, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.expected)) {
		a.problem("%s: calls hold under it and it has no row", key)
	}
	if err := a.windows(r); err != nil {
		return a.Report, err
	}
	slices.Sort(a.Problems)
	return a.Report, nil
}

// auditor is one Audit under way.
type auditor struct {
	Report
	expected map[string]*expectation // by account key, until the account was met
	open     func(string) (bool, error)
}

// expectation is what the recorded holds say of one account.
type expectation struct {
	account Account
	cap     *wire.MonetaryAmount // the lowest total any hold was taken under
}

func (a *auditor) holds(key string, value []byte) error {
	callID := strings.TrimPrefix(key, holdRows)
	c, err := decodeHolds(value)
	if err != nil {
		a.problem("holds of call %.80s: %v", callID, err)
		return nil
	}
	a.Calls++
	if c.state == Open {
		a.Open++
		switch known, err := a.open(callID); {
		case err != nil:
			return err
		case !known: // 6
			a.problem("call %.80s holds budget and is not under way; its hold stays spent", callID)
		}
	}
	for i := range c.holds {
		h := &c.holds[i]
		a.expect(accountKey(h.token, h.grant), c.state, h.amount, h.paid)
		if e := a.expected[accountKey(h.token, h.grant)]; h.total != nil && (e.cap == nil || h.total.Units < e.cap.Units) {
			e.cap = h.total
		}
		if h.family {
			a.expect(familyKey(h.token), c.state, wire.MonetaryAmount{}, 0)
		}
	}
	for i := range c.nodes {
		h := &c.nodes[i]
		a.expect(nodeKey(h.node), c.state, h.amount, h.paid)
	}
	return nil
}

// expect replays one hold into the account it was taken in.
func (a *auditor) expect(key string, state State, amount wire.MonetaryAmount, paid uint64) {
	e := a.expected[key]
	if e == nil {
		e = &expectation{}
		a.expected[key] = e
	}
	err := e.account.reserve(amount)
	if err == nil && state != Open {
		err = e.account.settle(state, amount, paid)
	}
	if err != nil {
		a.problem("%s: %v", key, err)
	}
}

func nodeAccount(b []byte) (Account, error) {
	r, err := decodeNode(b)
	return r.account, err
}

func (a *auditor) account(key string, value []byte, decode func([]byte) (Account, error)) {
	a.Accounts++
	e := a.expected[key]
	delete(a.expected, key)
	have, err := decode(value)
	if err != nil { // 1
		a.problem("%s: %v", key, err)
		return
	}
	if e == nil {
		e = &expectation{}
	}
	if have.Invocations < e.account.Invocations { // 3
		a.problem("%s: %d calls, the recorded holds have %d", key, have.Invocations, e.account.Invocations)
	}
	for _, want := range e.account.Purses {
		if have.Purse(want.Currency) == (Purse{Currency: want.Currency}) && want.Reserved > 0 { // 3
			a.problem("%s: no %s, the recorded holds have it", key, want.Currency)
		}
	}
	for _, p := range have.Purses {
		want := e.account.Purse(p.Currency)
		if p.Outstanding != want.Outstanding { // 2
			a.problem("%s: %d %s outstanding, open calls hold %d", key, p.Outstanding, p.Currency, want.Outstanding)
		}
		if p.Committed < want.Committed || p.Released < want.Released || p.Retained < want.Retained { // 3
			a.problem("%s: committed %d, released %d, retained %d %s, the recorded holds have %d, %d, %d", key,
				p.Committed, p.Released, p.Retained, p.Currency, want.Committed, want.Released, want.Retained)
		}
		if spent, err := p.Spent(); err != nil || e.cap != nil && e.cap.Currency == p.Currency && spent > e.cap.Units { // 4
			a.problem("%s: %d %s spent or held, the cap is %d", key, spent, p.Currency, e.cap.Units)
		}
	}
}

// windows is rule 5.
func (a *auditor) windows(r store.Reader) error {
	return r.Scan(nodeRows, "", func(key string, value []byte) error {
		row, err := decodeNode(value)
		if err != nil || row.rule.window != Rolling {
			return nil // what does not decode was reported with its account
		}
		var held usage
		err = scanBuckets(r, strings.TrimPrefix(key, nodeRows), row.epoch, func(_ int64, u usage) error { return held.add(u) })
		switch {
		case errors.Is(err, ErrCorrupt) || errors.Is(err, ErrOverflow):
			a.problem("%s: %v", key, err)
		case err != nil:
			return err
		case held != row.used:
			a.problem("%s: its window counts %d calls and %d units, its seconds %d and %d", key, row.used.calls, row.used.units, held.calls, held.units)
		}
		return nil
	})
}
