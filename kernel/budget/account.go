package budget

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The errors a caller can act on. They abort the caller's transaction.
var (
	// ErrCorrupt: a row does not decode or an account would go below zero.
	ErrCorrupt = errors.New("budget rows are corrupt")
	// ErrOverflow: a running total would leave 64 bits.
	ErrOverflow = errors.New("budget total overflows")
	// ErrNoHold: the call holds nothing.
	ErrNoHold = errors.New("call has no hold")
	// ErrOverHold: the cost is above the hold or in another currency.
	ErrOverHold = errors.New("cost is above what was held")
	// ErrSettled: the call's hold already ended in another way.
	ErrSettled = errors.New("hold was already settled differently")
	// ErrHoldConflict: the call already holds something else, or has ended.
	ErrHoldConflict = errors.New("call already holds something else or has ended")
)

// maxPurses bounds the currencies one uncapped grant may be charged in.
const maxPurses = 8

// Account is what one grant, one token or one node of the tree has used. A
// grant with a money cap has at most one purse, in the cap's currency.
type Account struct {
	Invocations uint64 // taken and not given back
	Purses      []Purse
}

// Purse is the money side of an account in one currency, in minor units.
// Reserved = Committed + Released + Retained + Outstanding.
type Purse struct {
	Currency    string
	Reserved    uint64 // ever held
	Committed   uint64 // realized: what calls really cost
	Released    uint64 // given back
	Retained    uint64 // spent because the effect is unknown
	Outstanding uint64 // exposed: held by calls still running
}

// Spent is what counts against max_total_cost.
func (p *Purse) Spent() (uint64, error) {
	return sum(p.Outstanding, p.Committed, p.Retained)
}

// Purse returns the purse in a currency, zero if it was never used.
func (a *Account) Purse(currency string) Purse {
	for _, p := range a.Purses {
		if p.Currency == currency {
			return p
		}
	}
	return Purse{Currency: currency}
}

// put stores a purse back, keeping them sorted so that equal accounts have
// equal rows.
func (a *Account) put(p Purse) error {
	i, found := slices.BinarySearchFunc(a.Purses, p.Currency, func(q Purse, c string) int {
		return strings.Compare(q.Currency, c)
	})
	switch {
	case found:
		a.Purses[i] = p
	case len(a.Purses) >= maxPurses:
		return errTooManyCurrencies
	default:
		a.Purses = slices.Insert(a.Purses, i, p)
	}
	return nil
}

var errTooManyCurrencies = fmt.Errorf("the account is already charged in %d currencies", maxPurses)

// Snapshot returns the account of one grant as the reader sees it; a grant
// never used has the zero account.
func Snapshot(r store.Reader, token capability.Ref, grant int) (Account, error) {
	if grant < 0 || grant >= maxGrants {
		return Account{}, fmt.Errorf("grant index %d is outside 0 … %d", grant, maxGrants-1)
	}
	return readAccount(r, accountKey(token, grant))
}

func readAccount(r store.Reader, key string) (Account, error) {
	b, err := r.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return Account{}, nil
	}
	if err != nil {
		return Account{}, err
	}
	return decodeAccount(b)
}

// maxGrants bounds the grant index in a key.
const maxGrants = 100_000

// accountKey puts the id last: it is the only part of free length.
func accountKey(token capability.Ref, grant int) string {
	index := strconv.Itoa(maxGrants + grant)[1:] // five digits
	return grantRows + token.Issuer.String() + "/" + index + "/" + token.ID
}

const (
	grantRows  = "b/g/"
	familyRows = "b/f/"
)

func familyKey(token capability.Ref) string {
	return familyRows + token.Issuer.String() + "/" + token.ID
}

func sum(values ...uint64) (uint64, error) {
	var total uint64
	for _, v := range values {
		var carry uint64
		if total, carry = bits.Add64(total, v, 0); carry != 0 {
			return 0, ErrOverflow
		}
	}
	return total, nil
}

// after is what counts against a cap in a currency now, and with units more.
func (a *Account) after(currency string, units uint64) (spent, after uint64, err error) {
	purse := a.Purse(currency)
	if spent, err = purse.Spent(); err != nil {
		return 0, 0, err
	}
	after, err = sum(spent, units)
	return spent, after, err
}

// reserve takes one invocation and adds amount to its purse. One currency too
// many is errTooManyCurrencies; after an error a must not be stored.
func (a *Account) reserve(amount wire.MonetaryAmount) error {
	invocations, err := sum(a.Invocations, 1)
	if err != nil {
		return err
	}
	a.Invocations = invocations
	if amount.Currency == "" {
		return nil
	}
	purse := a.Purse(amount.Currency)
	if err := purse.reserve(amount.Units); err != nil {
		return err
	}
	return a.put(purse)
}

// settle ends one hold of amount: paid of it stays if it was reconciled, all
// of it if it was retained, and nothing, nor the invocation, if it was released.
func (a *Account) settle(state State, amount wire.MonetaryAmount, paid uint64) error {
	if state == Released {
		if a.Invocations == 0 {
			return fmt.Errorf("%w: no invocation to give back", ErrCorrupt)
		}
		a.Invocations--
	}
	if amount.Currency == "" {
		return nil
	}
	purse := a.Purse(amount.Currency)
	committed, retained := paid, uint64(0)
	if state == Retained {
		committed, retained = 0, amount.Units
	}
	if err := purse.end(committed, amount.Units-committed-retained, retained); err != nil {
		return err
	}
	return a.put(purse)
}

// reserve adds a hold to a purse.
func (p *Purse) reserve(units uint64) error {
	reserved, err := sum(p.Reserved, units)
	if err != nil {
		return err
	}
	outstanding, err := sum(p.Outstanding, units)
	if err != nil {
		return err
	}
	p.Reserved, p.Outstanding = reserved, outstanding
	return nil
}

// end moves units out of Outstanding into what became of them; the three parts
// add up to units.
func (p *Purse) end(committed, released, retained uint64) error {
	units, err := sum(committed, released, retained)
	if err != nil {
		return err
	}
	if units > p.Outstanding {
		return fmt.Errorf("%w: ending %d of %d outstanding %s", ErrCorrupt, units, p.Outstanding, p.Currency)
	}
	p.Outstanding -= units
	p.Committed += committed // cannot overflow: the parts of Reserved only move
	p.Released += released
	p.Retained += retained
	return nil
}

// balanced checks the law of the package on one purse.
func (p *Purse) balanced() error {
	parts, err := sum(p.Committed, p.Released, p.Retained, p.Outstanding)
	if err != nil || parts != p.Reserved {
		return fmt.Errorf("%w: %s reserved %d is not committed %d + released %d + retained %d + outstanding %d",
			ErrCorrupt, p.Currency, p.Reserved, p.Committed, p.Released, p.Retained, p.Outstanding)
	}
	return nil
}

// amountOf is the money of an optional charge: nil is free.
func amountOf(m *wire.MonetaryAmount) (wire.MonetaryAmount, error) {
	if m == nil {
		return wire.MonetaryAmount{}, nil
	}
	if m.Units > wire.MaxUnits {
		return wire.MonetaryAmount{}, fmt.Errorf("%w: %d", wire.ErrAmount, m.Units)
	}
	if m.Currency == "" || len(m.Currency) > maxCurrencyBytes {
		return wire.MonetaryAmount{}, fmt.Errorf("%w: %.16q", wire.ErrCurrency, m.Currency)
	}
	return *m, nil
}

const maxCurrencyBytes = 12
