package settlement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
)

// How often a statement or voucher that did not reach its peer is sent again:
// after 2, 4, 8, 16 and 32 seconds. Then it is a dead letter: an alarm says so,
// and it is tried once an hour.
const (
	maxAttempts    = 5
	deadLetterWait = 3600
)

// retry is what became of sending to one peer, while it fails.
type retry struct {
	Attempts uint64 `json:"attempts"`
	Next     int64  `json:"next"` // unix seconds
	Error    string `json:"error"`
}

func (t retry) dead() bool { return t.Attempts > maxAttempts }

// wait is how long after the present attempt the next one comes, in seconds.
func (t retry) wait() int64 {
	if t.dead() {
		return deadLetterWait
	}
	return 1 << t.Attempts
}

const retryPrefix = "s/y/"

func retryKey(peer did.DID) string { return retryPrefix + peer.String() }

// Continue finishes what a run began and could not send, with every peer whose
// turn it is, and files what long statements are over; it makes no new
// statements. What failed is named in the error.
func (s *Settler) Continue(ctx context.Context) error {
	due, err := s.dueRetries(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, peer := range due {
		if err := s.resend(ctx, peer); err != nil {
			failed = append(failed, fmt.Errorf("continue with %s: %w", peer, err))
		}
	}
	channels, err := s.all()
	if err != nil {
		return err
	}
	for _, a := range channels {
		if a.Unfiled > 0 {
			failed = append(failed, s.fileReceipts(ctx, a))
		}
	}
	return errors.Join(failed...)
}

// dueRetries lists the peers that are owed a message now, and forgets failures
// that somebody else has made good.
func (s *Settler) dueRetries(ctx context.Context) (due []did.DID, err error) {
	channels, err := s.all()
	if err != nil {
		return nil, err
	}
	owed := make(map[string]did.DID)
	for _, a := range channels {
		if a.Side != Out || a.Halted != "" {
			continue
		}
		open, err := s.unfinished(a)
		if err != nil {
			return nil, err
		}
		if open {
			owed[retryKey(a.Peer)] = a.Peer
		}
	}
	failing := make(map[string]retry)
	var forgotten []string
	err = s.cfg.DB.View(func(r store.Reader) error {
		return r.Scan(retryPrefix, "", func(key string, row []byte) (err error) {
			if owed[key] == "" {
				forgotten = append(forgotten, key)
			}
			failing[key], _, err = decodeRow[retry](key, row)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(owed)) {
		if failing[key].Next <= s.cfg.Now() {
			due = append(due, owed[key])
		}
	}
	if len(forgotten) == 0 {
		return due, nil
	}
	return due, s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		for _, key := range forgotten {
			tx.Delete(key)
		}
		return nil
	})
}

// resend takes the channels with one peer to delivered vouchers, and remembers
// when to try again if that fails.
func (s *Settler) resend(ctx context.Context, peer did.DID) error {
	err := s.finishAll(ctx, peer)
	if ctx.Err() != nil {
		return err // we are stopping: nobody's failure
	}
	return errors.Join(err, s.cfg.DB.Update(context.WithoutCancel(ctx), func(tx store.Tx) error {
		t, _, rowErr := load[retry](tx, retryKey(peer))
		if rowErr != nil {
			return rowErr
		}
		if err == nil {
			tx.Delete(retryKey(peer))
			return nil
		}
		was := t.dead()
		t.Attempts++
		t.Next, t.Error = s.cfg.Now()+t.wait(), bounded(err.Error())
		if t.dead() && !was {
			alarm := Alarm{Peer: peer, Reason: fmt.Sprintf("a statement or voucher could not be sent %d times, the last time: %s", t.Attempts, t.Error)}
			tx.AfterCommit(func() { s.cfg.Alarm(alarm) })
		}
		return save(tx, retryKey(peer), t)
	}))
}

func (s *Settler) finishAll(ctx context.Context, peer did.DID) error {
	defer s.lock(peer)()
	channels, err := s.list(Out, peer)
	if err != nil {
		return err
	}
	run := s.newRunner(peer)
	for _, a := range channels {
		if a, err = s.reconciled(ctx, a); err != nil {
			return err
		}
		if err := run.finish(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// bounded keeps a stored error short and readable.
func bounded(text string) string {
	if len(text) > maxReasonBytes {
		text = text[:maxReasonBytes]
	}
	return strings.ToValidUTF8(text, "")
}

// SweepHolds releases the holds of calls that are under way no more, without
// spending them, once they are older than a lease in seconds. A call and its
// hold begin and end in the same transactions, so there should be none. The
// hold of a call that is under way stays, however old: its effect is unknown.
func (s *Settler) SweepHolds(ctx context.Context, lease int64) (released []string, err error) {
	err = s.cfg.DB.Update(ctx, func(tx store.Tx) error {
		released = nil
		var stale []string
		err := tx.Scan(holdPrefix, "", func(key string, row []byte) error {
			h, _, err := decodeRow[hold](key, row)
			if err != nil {
				return err
			}
			if s.cfg.Now()-h.At >= lease {
				stale = append(stale, strings.TrimPrefix(key, holdPrefix))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, call := range stale {
			if journal.CheckOpen(tx, call) == nil {
				continue
			}
			if err := release(tx, call); err != nil {
				return err
			}
			released = append(released, call)
		}
		return nil
	})
	return released, err
}

// Totals is what the payments of a node come to, for its metrics. Amounts are
// units of the currency.
type Totals struct {
	Halted      uint64   // channels
	DeadLetters uint64   // peers to whom nothing can be sent
	Problems    []string // of both, in words
	Money       map[Flow]Amounts
}

// Flow is a direction in one currency.
type Flow struct {
	Side     Side
	Currency string
}

// Amounts of one flow: promised by vouchers, of that mined and final, and owed
// without a voucher.
type Amounts struct{ Vouchered, Redeemed, Final, Unvouchered uint64 }

// Flows lists the flows, what we pay last.
func (t *Totals) Flows() []Flow {
	return slices.SortedFunc(maps.Keys(t.Money), func(a, b Flow) int {
		return cmp.Or(strings.Compare(string(a.Side), string(b.Side)), strings.Compare(a.Currency, b.Currency))
	})
}

// ReadTotals adds up every channel and exposure.
func ReadTotals(r store.Reader) (*Totals, error) {
	t := &Totals{Money: make(map[Flow]Amounts)}
	channels, err := scanAccounts(r, "s/c/")
	if err != nil {
		return nil, err
	}
	for _, a := range channels {
		if a.Halted != "" {
			t.Halted++
			t.Problems = append(t.Problems, fmt.Sprintf("channel %s with %s is halted: %s", a.Channel, a.Peer, a.Halted))
		}
		f := Flow{a.Side, a.Currency}
		m := t.Money[f]
		m.Vouchered, m.Redeemed, m.Final = m.Vouchered+a.Vouchered, m.Redeemed+a.Redeemed, m.Final+a.Settled
		t.Money[f] = m
	}
	err = r.Scan(retryPrefix, "", func(key string, row []byte) error {
		failing, _, err := decodeRow[retry](key, row)
		if err == nil && failing.dead() {
			t.DeadLetters++
			t.Problems = append(t.Problems, fmt.Sprintf("nothing gets through to %s: %s", strings.TrimPrefix(key, retryPrefix), failing.Error))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, r.Scan("s/x/", "", func(key string, row []byte) error {
		x, _, err := decodeRow[Exposure](key, row)
		if parts := strings.Split(key, "/"); err == nil && len(parts) == 5 {
			f := Flow{Side(parts[2]), parts[4]}
			m := t.Money[f]
			m.Unvouchered += x.Unvouchered
			t.Money[f] = m
		}
		return err
	})
}
