package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ListReceipts asks "receipt/list": receipts that pass the filter, newest
// first, from a cursor on, or before an index (0: from the newest).
type ListReceipts struct {
	ReceiptFilter
	Cursor string `json:"cursor,omitempty"`
	Before uint64 `json:"before,omitzero"`
	Limit  int    `json:"limit,omitzero"` // default and most: 1000
}

// ReceiptRow is one line of a receipt list. Receipt is present where one
// receipt was asked for. Of an archived receipt a list knows what the index
// kept, and Archived names its file.
type ReceiptRow struct {
	Index        uint64 `json:"index"`
	ID           string `json:"id"`
	Time         int64  `json:"time"`
	Server       string `json:"server"`
	Tool         string `json:"tool"`
	Verdict      string `json:"verdict"`
	Code         string `json:"code,omitempty"`
	Agent        string `json:"agent,omitempty"` // its name here
	AgentKey     string `json:"agent_key,omitempty"`
	CapabilityID string `json:"capability_id,omitempty"`
	Charged      uint64 `json:"charged_minor,omitzero"`
	Currency     string `json:"currency,omitempty"`
	Archived     string `json:"archived,omitempty"`
	// Observed is what guards in observe mode would have decided.
	Observed *receipt.WouldBe `json:"observed,omitempty"`
	Receipt  wire.Raw         `json:"receipt,omitempty"`
}

// ReceiptList answers "receipt/list". Total counts the log, not the filter.
// NextCursor goes on after the last receipt looked at; it is absent at the end
// of the log. A page may be short, or empty, where the filter passes little.
type ReceiptList struct {
	Total      uint64       `json:"total"`
	Receipts   []ReceiptRow `json:"receipts"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

const (
	// maxListed bounds a page.
	maxListed = 1000
	// maxLooked bounds the index cards that one request looks at.
	maxLooked = 2_000_000
)

func (n *Node) listReceipts(_ context.Context, req ListReceipts) (*ReceiptList, error) {
	if req.Limit <= 0 || req.Limit > maxListed {
		req.Limit = maxListed
	}
	before, err := req.before(req.Cursor)
	if err != nil {
		return nil, err
	}
	if req.Cursor == "" {
		before = req.Before
	}
	list := &ReceiptList{Receipts: []ReceiptRow{}}
	err = n.db.View(func(r store.Reader) (err error) {
		if list.Total, err = rlog.Size(r); err != nil {
			return err
		}
		next, err := selectRows(r, &req.ReceiptFilter, before, req.Limit, func(row *ReceiptRow) {
			list.Receipts = append(list.Receipts, *row)
		})
		if err != nil || next == 0 {
			return err
		}
		list.NextCursor, err = req.cursor(next)
		return err
	})
	return list, err
}

// selectRows visits the rows of one page and says where the next begins, 0 at
// the end of the log.
func selectRows(r store.Reader, filter *ReceiptFilter, before uint64, limit int, fn func(*ReceiptRow)) (next uint64, err error) {
	f, err := filter.resolve(r)
	if err != nil {
		return 0, err
	}
	rows, found := newRows(r), 0
	return rlog.Select(r, f, before, maxLooked, func(c rlog.Card) error {
		row, err := rows.of(&f, &c)
		if err != nil || row == nil {
			return err
		}
		fn(row)
		if found++; found >= limit {
			return store.ErrStop
		}
		return nil
	})
}

// of reads the row of a card that passed; nil if the receipt itself does not.
func (w *rowReader) of(f *rlog.Filter, c *rlog.Card) (*ReceiptRow, error) {
	leaf, err := rlog.Leaf(w.r, c.Index)
	if errors.Is(err, rlog.ErrArchived) {
		return w.archived(c)
	}
	if err != nil {
		return nil, err
	}
	b, err := receipt.Peek(leaf)
	if err != nil {
		return nil, fmt.Errorf("receipt %d: %w", c.Index, err)
	}
	if !f.Accepts(&b) {
		return nil, nil
	}
	return w.row(c.Index, &b)
}

// showReceipt answers "receipt/show".
func (n *Node) showReceipt(_ context.Context, req ByID) (row *ReceiptRow, err error) {
	err = n.db.View(func(r store.Reader) error {
		index, leaf, file, err := n.receiptByID(r, req.ID)
		if err != nil {
			return err
		}
		b, err := receipt.Peek(leaf)
		if err != nil {
			return err
		}
		if row, err = newRows(r).row(index, &b); err == nil {
			row.Receipt, row.Archived = leaf, file
		}
		return err
	})
	return row, err
}

// receiptByID finds a receipt wherever it is; file names the archive it was
// read from.
func (n *Node) receiptByID(r store.Reader, id string) (index uint64, leaf []byte, file string, err error) {
	index, leaf, err = rlog.ByID(r, id)
	switch {
	case errors.Is(err, rlog.ErrArchived):
		leaf, file, err = n.archive.leaf(r, index)
	case errors.Is(err, store.ErrNotFound):
		err = &Problem{Code: "CHIO-RECEIPT-UNKNOWN", Message: fmt.Sprintf("no receipt %.80q in this log", id),
			Hint: "chio-node receipt list shows them", Exit: ExitFailure}
	}
	return index, leaf, file, err
}

// leafAt is the receipt at index, from the log or from its archive file.
func (n *Node) leafAt(r store.Reader, index uint64) ([]byte, error) {
	leaf, err := rlog.Leaf(r, index)
	if errors.Is(err, rlog.ErrArchived) {
		leaf, _, err = n.archive.leaf(r, index)
	}
	return leaf, err
}
