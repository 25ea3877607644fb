package ledger

import (
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Summary is what a verified ledger adds up to.
type Summary struct {
	Sequence uint64             // number of postings
	Head     wire.Digest        // digest of the last
	Totals   map[string]Balance // per currency over all accounts; the sides are equal
	Accounts int                // account and currency pairs in use
}

// Verify replays the whole ledger and compares it with what is stored. Every
// failure wraps ErrInconsistent and names the posting or row.
//
//	1 postings are numbered from 1 without a gap, and the counter is the last
//	2 each carries the digest of the one before
//	3 each is canonical and passes Posting.Check
//	4 each id is indexed to its posting, and nothing else is indexed
//	5 the stored balances are the replayed ones, no more and no fewer
//	6 per currency, all debits equal all credits
func Verify(r store.Reader) (Summary, error) {
	replayed := map[string]Balance{}
	s := Summary{Totals: map[string]Balance{}}
	err := r.Scan(postingPrefix, "", func(key string, row []byte) error {
		return s.replay(r, key, row, replayed)
	})
	if err != nil {
		return Summary{}, err
	}
	counted, err := Sequence(r)
	if err != nil {
		return Summary{}, fmt.Errorf("%w: %w", ErrInconsistent, err)
	}
	if counted != s.Sequence { // 1
		return Summary{}, fmt.Errorf("%w: %d postings, the counter says %d", ErrInconsistent, s.Sequence, counted)
	}
	if err := s.checkIndex(r); err != nil {
		return Summary{}, err
	}
	if err := s.checkBalances(r, replayed); err != nil {
		return Summary{}, err
	}
	for currency, total := range s.Totals { // 6
		if total.Debits != total.Credits {
			return Summary{}, fmt.Errorf("%w: %s debits %d, credits %d", ErrInconsistent, currency, total.Debits, total.Credits)
		}
	}
	return s, nil
}

func (s *Summary) replay(r store.Reader, key string, row []byte, balances map[string]Balance) error {
	rec, err := decodeRecord(row) // 3
	if err != nil {
		return fmt.Errorf("row %.80q: %w", key, err)
	}
	want := s.Sequence + 1
	if rec.Sequence != want || key != postingKey(want) { // 1
		return fmt.Errorf("%w: row %.80q holds posting %d, want %d", ErrInconsistent, key, rec.Sequence, want)
	}
	if rec.Previous != s.Head { // 2
		return fmt.Errorf("%w: posting %d follows %s, the one before is %s", ErrInconsistent, want, rec.Previous, s.Head)
	}
	if err := rec.Posting.Check(); err != nil { // 3
		return fmt.Errorf("%w: posting %d: %w", ErrInconsistent, want, err)
	}
	at, err := sequenceOf(r, rec.Posting.ID)
	if err != nil { // 4
		return fmt.Errorf("%w: index of posting %d: %w", ErrInconsistent, want, err)
	}
	if at != want { // 4
		return fmt.Errorf("%w: id of posting %d is indexed to %d", ErrInconsistent, want, at)
	}
	for _, e := range rec.Posting.Entries {
		for _, b := range e.keys() {
			if balances[b], err = balances[b].with(e); err != nil {
				return fmt.Errorf("%w: posting %d: %w", ErrInconsistent, want, err)
			}
		}
	}
	s.Sequence, s.Head = want, wire.Hash(row)
	return nil
}

// checkIndex counts: every posting's id is indexed to it, so as many index
// rows as postings means there are no others.
func (s *Summary) checkIndex(r store.Reader) error {
	var indexed uint64
	err := r.Scan(idPrefix, "", func(string, []byte) error { indexed++; return nil })
	if err == nil && indexed != s.Sequence { // 4
		err = fmt.Errorf("%w: %d postings, %d indexed ids", ErrInconsistent, s.Sequence, indexed)
	}
	return err
}

func (s *Summary) checkBalances(r store.Reader, replayed map[string]Balance) error {
	stored := 0
	compare := func(key string, row []byte) error {
		b, err := decodeBalance(key, row)
		if err != nil {
			return err
		}
		if want, used := replayed[key]; !used || b != want { // 5
			return fmt.Errorf("%w: balance %.120q is %+v, the postings give %+v", ErrInconsistent, key, b, want)
		}
		stored++
		if currency, total := strings.CutPrefix(key, totalPrefix); total {
			s.Totals[currency] = b
		} else {
			s.Accounts++
		}
		return nil
	}
	for _, prefix := range []string{balancePrefix, totalPrefix} {
		if err := r.Scan(prefix, "", compare); err != nil {
			return err
		}
	}
	if stored != len(replayed) { // 5
		return fmt.Errorf("%w: %d balances stored, the postings give %d", ErrInconsistent, stored, len(replayed))
	}
	return nil
}
