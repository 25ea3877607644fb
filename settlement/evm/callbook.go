package evm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/ledger"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// Rows of calls:
//
//	e/c/<chain id>/<account>/<hash of id>    the record
//	e/co/<chain id>/<account>/<hash of id>   there, if it is not over
//
// The name of a record is also the beginning of the keys of its transactions.
const (
	callPrefix     = "e/c/"
	openCallPrefix = "e/co/"
	callMemo       = "contract call "
)

func (c *Chain) callRow(id string) string {
	return fmt.Sprintf("%s%d/%s/%s", callPrefix, c.config.ChainID, c.config.Key.address, wire.Hash([]byte(id)))
}

func (c *Chain) readCall(row string) (rec CallRecord, known bool, err error) {
	err = c.config.DB.View(func(r store.Reader) error {
		rec, known, err = readCall(r, row)
		return err
	})
	return rec, known, err
}

func readCall(r store.Reader, row string) (rec CallRecord, known bool, err error) {
	raw, err := r.Get(row)
	if errors.Is(err, store.ErrNotFound) {
		return rec, false, nil
	}
	if err == nil {
		err = wire.UnmarshalCanonical(raw, &rec, wire.DocumentLimits)
	}
	if err == nil && rec.Schema != callSchema {
		err = fmt.Errorf("%w: %.40q", wire.ErrSchema, rec.Schema)
	}
	if err != nil {
		return rec, true, fmt.Errorf("row %s: %w", row, err)
	}
	return rec, true, nil
}

// writeCall stores a record together with the posting that follows from it.
func (c *Chain) writeCall(ctx context.Context, row string, rec *CallRecord, p *ledger.Posting) error {
	rec.UpdatedAt = c.config.Now()
	if len(rec.Reason) > maxReason {
		rec.Reason = strings.ToValidUTF8(rec.Reason[:maxReason], "")
	}
	if p != nil {
		p.At = rec.UpdatedAt
	}
	err := c.config.DB.Update(ctx, func(tx store.Tx) error {
		doc, err := wire.Marshal(rec)
		if err != nil {
			return err
		}
		tx.Set(row, doc)
		if open := openCallPrefix + strings.TrimPrefix(row, callPrefix); rec.over() {
			tx.Delete(open)
		} else {
			tx.Set(open, []byte{})
		}
		if p == nil {
			return nil
		}
		_, err = ledger.Post(tx, *p)
		return err
	})
	if err != nil {
		return fmt.Errorf("recording call %s: %w", row, err)
	}
	return nil
}

// maxReason bounds what a record keeps of a contract's words.
const maxReason = 500

func (c *Chain) openCalls() (rows []string, err error) {
	prefix := openCallPrefix + strings.TrimPrefix(strings.TrimSuffix(c.callRow(""), wire.Hash(nil).String()), callPrefix)
	err = c.config.DB.View(func(r store.Reader) error {
		return r.Scan(prefix, "", func(key string, _ []byte) error {
			rows = append(rows, callPrefix+strings.TrimPrefix(key, openCallPrefix))
			return nil
		})
	})
	return rows, err
}

// OpenCalls reports whether some chain's Caller.Continue has something to do.
func OpenCalls(db store.DB) (found bool, err error) {
	err = db.View(func(r store.Reader) error {
		return r.Scan(openCallPrefix, "", func(string, []byte) error {
			found = true
			return store.ErrStop
		})
	})
	return found, err
}

// Calls gives every call after a row to fn, in the order of rows.
func Calls(r store.Reader, after string, fn func(row string, rec *CallRecord) error) error {
	return r.Scan(callPrefix, after, func(row string, _ []byte) error {
		rec, _, err := readCall(r, row)
		if err != nil {
			return err
		}
		return fn(row, &rec)
	})
}

func callPostingID(row string) wire.Digest {
	return wire.Hash([]byte("chio.contract_call.posting.v1\x00" + row))
}

// posting is the expense of a call that cannot be undone any more, or nil.
func (c *Caller) posting(row string, rec *CallRecord) *ledger.Posting {
	if rec.State != CallFinal || rec.Spent == 0 {
		return nil
	}
	p := callPosting(row, rec, c.Currency)
	return &p
}

func callPosting(row string, rec *CallRecord, currency string) ledger.Posting {
	return ledger.Posting{ID: callPostingID(row), At: rec.UpdatedAt, Memo: callMemo + row, Entries: []ledger.Entry{
		{Account: ledger.Expense, Debit: rec.Spent, Currency: currency}, {Account: ledger.USDC, Credit: rec.Spent, Currency: currency}}}
}

// ExplainCalls accounts for the postings of calls: settlement.Explainer.
func ExplainCalls(currency string) func(r store.Reader, rec *ledger.Record) (mine bool, problem string, err error) {
	return func(r store.Reader, posted *ledger.Record) (bool, string, error) {
		row, ok := strings.CutPrefix(posted.Posting.Memo, callMemo)
		if !ok || callPostingID(row) != posted.Posting.ID {
			return false, "", nil
		}
		rec, known, err := readCall(r, row)
		switch {
		case err != nil:
			return false, "", err
		case !known || rec.State != CallFinal:
			return true, "its call is not final", nil
		}
		if want := callPosting(row, &rec, currency); fmt.Sprint(posted.Posting.Entries) != fmt.Sprint(want.Entries) {
			return true, fmt.Sprintf("entries %v, want %v", posted.Posting.Entries, want.Entries), nil
		}
		return true, "", nil
	}
}

// UnpostedCalls lists the final calls without their posting, and how many have
// it.
func UnpostedCalls(r store.Reader) (missing []string, facts uint64, err error) {
	err = Calls(r, "", func(row string, rec *CallRecord) error {
		if rec.State != CallFinal || rec.Spent == 0 {
			return nil
		}
		_, err := ledger.Get(r, callPostingID(row))
		switch {
		case errors.Is(err, store.ErrNotFound):
			missing = append(missing, "contract call "+row+" is final and has no posting")
			return nil
		case err == nil:
			facts++
		}
		return err
	})
	return missing, facts, err
}
