package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/admit"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
)

// WatchReceipts asks "receipt/watch": receipts from index From on that pass the
// filter, oldest first. Without From it answers where the log ends now. If there
// is nothing it waits, up to WaitSeconds, for the log to grow.
type WatchReceipts struct {
	ReceiptFilter
	From        *uint64 `json:"from,omitempty"`
	WaitSeconds int64   `json:"wait_seconds,omitzero"` // at most 30
}

// WatchedReceipts answers "receipt/watch": ask again from Next on.
type WatchedReceipts struct {
	Receipts []ReceiptRow `json:"receipts"`
	Next     uint64       `json:"next"`
}

const (
	maxWaitSeconds = 30
	// maxWatched bounds the receipts of one answer, maxScanned those looked at.
	maxWatched = 256
	maxScanned = 4096
	// maxWatchers bounds the requests that wait at one time.
	maxWatchers = 64
)

// feed tells those who wait that the log grew. It holds no receipts: a watcher
// reads them from the store at its own pace, and the committer waits for none.
type feed struct {
	mu       sync.Mutex
	grown    chan struct{} // closed at the next append; nil while nobody waits
	watchers int
}

var _ admit.Participant = (*feed)(nil)

// Admit appends nothing.
func (f *feed) Admit(store.Tx, *kernel.Admittance, *kernel.Ticket) error { return nil }

// Close is called in the transaction that appends a receipt.
func (f *feed) Close(tx store.Tx, _ *kernel.Closing, _ uint64) error {
	tx.AfterCommit(f.wake)
	return nil
}

// Refuse is called in the transaction that appends a denial.
func (f *feed) Refuse(tx store.Tx, _ *kernel.Refusal, _ uint64) error {
	tx.AfterCommit(f.wake)
	return nil
}

func (f *feed) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.grown != nil {
		close(f.grown)
		f.grown = nil
	}
}

// next is closed at the next append.
func (f *feed) next() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.grown == nil {
		f.grown = make(chan struct{})
	}
	return f.grown
}

// enter takes a watcher's place until leave is called.
func (f *feed) enter() (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watchers >= maxWatchers {
		return nil, &Problem{Code: "CHIO-RECEIPT-WATCHERS", Message: fmt.Sprintf("%d watchers wait already", f.watchers),
			Hint: "end one of them, or poll chio-node receipt list", Exit: ExitFailure}
	}
	f.watchers++
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.watchers--
	}, nil
}

// watchReceipts answers "receipt/watch". It ends with the node.
func (n *Node) watchReceipts(ctx context.Context, req WatchReceipts) (*WatchedReceipts, error) {
	if req.WaitSeconds < 0 || req.WaitSeconds > maxWaitSeconds {
		return nil, usage("wait_seconds is %d, want 0 to %d", req.WaitSeconds, maxWaitSeconds)
	}
	leave, err := n.feed.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	timeout := time.NewTimer(time.Duration(req.WaitSeconds) * time.Second)
	defer timeout.Stop()
	for {
		grown := n.feed.next() // before reading: what comes after the view is announced here
		answer, behind, err := n.watched(&req)
		if err != nil || len(answer.Receipts) > 0 || behind || req.WaitSeconds == 0 || req.From == nil {
			return answer, err
		}
		req.From = &answer.Next
		select {
		case <-grown:
		case <-timeout.C:
			return answer, nil
		case <-ctx.Done():
			return answer, nil
		case <-n.context().Done():
			return nil, &Problem{Code: "CHIO-NODE-DOWN", Message: "the node is stopping", Hint: "start it again: chio-node up", Exit: ExitFailure}
		}
	}
}

// watched reads one page, from the first receipt that is not archived on, and
// whether it ends before the log does.
func (n *Node) watched(req *WatchReceipts) (a *WatchedReceipts, behind bool, err error) {
	a = &WatchedReceipts{Receipts: []ReceiptRow{}}
	err = n.db.View(func(r store.Reader) error {
		f, err := req.resolve(r)
		if err != nil {
			return err
		}
		size, err := rlog.Size(r)
		if err != nil {
			return err
		}
		archived, err := rlog.Archived(r)
		if err != nil {
			return err
		}
		if a.Next = size; req.From == nil {
			return nil
		}
		a.Next = max(*req.From, archived)
		end, rows := a.Next+maxScanned, newRows(r)
		defer func() { behind = a.Next < size }()
		return rlog.Scan(r, a.Next, func(index uint64, leaf []byte) error {
			if index >= end || len(a.Receipts) >= maxWatched {
				return store.ErrStop
			}
			a.Next = index + 1
			b, err := receipt.Peek(leaf)
			if err != nil || !f.Accepts(&b) {
				return err
			}
			row, err := rows.row(index, &b)
			if err == nil {
				a.Receipts = append(a.Receipts, *row)
			}
			return err
		})
	})
	return a, behind, err
}
